"""What the general laws do not say of a re-key's facets."""

import json
from collections.abc import Iterator

import pytest

from shared.domain.errors import Refused
from shared.domain.facet import CustomerKeysBlocked, EncryptedWith, KeyAccess, ReplicaKey, ReplicationRule
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.ports import Relation
from shared.sandbox.aws.server import ACCOUNT
from tests.contract import aws_rekey_scenes as scenes
from tests.contract.aws_responder import principal
from tests.contract.aws_stores import Stage, document, fresh, staged


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def _default(stage: Stage, bucket: Ref) -> dict[str, object]:
    answer = stage.client("s3").get_bucket_encryption(Bucket=bucket.name)
    rule: dict[str, object] = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    return rule


def test_a_bucket_that_refuses_callers_keys_goes_on_refusing_them_under_another_key(stage: Stage) -> None:
    bucket, new = scenes.bucket_under(stage, stage.key().id), stage.key()
    stage.world.write(bucket, [CustomerKeysBlocked(on=True)])
    stage.world.write(bucket, [EncryptedWith(key=new.id, bucket_key=True)])
    assert stage.world.look(bucket, CustomerKeysBlocked) == (CustomerKeysBlocked(on=True),)
    stage.world.write(bucket, [CustomerKeysBlocked(on=False)])
    assert stage.world.look(bucket, EncryptedWith) == (EncryptedWith(key=new.id, bucket_key=True),)


def test_a_bucket_that_encrypts_in_two_layers_keeps_both(stage: Stage) -> None:
    bucket, new = stage.bucket(), stage.key()
    twice = {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": stage.key().id}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": twice}]}
    stage.client("s3").put_bucket_encryption(Bucket=bucket.name, ServerSideEncryptionConfiguration=rules)
    stage.world.write(bucket, [EncryptedWith(key=new.id)])
    assert _default(stage, bucket)["ApplyServerSideEncryptionByDefault"] == {**twice, "KMSMasterKeyID": new.id}


def test_a_bucket_under_the_key_that_aws_keeps_for_s3_says_so_and_gets_it_back(stage: Stage) -> None:
    bucket = stage.bucket()
    own = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    stage.client("s3").put_bucket_encryption(Bucket=bucket.name, ServerSideEncryptionConfiguration=own)
    before = stage.world.look(bucket, EncryptedWith)
    assert before == (EncryptedWith(key=f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"),)
    stage.world.write(bucket, [EncryptedWith(key=stage.key().id)])
    stage.world.write(bucket, before)
    assert stage.world.look(bucket, EncryptedWith) == before


def test_only_the_named_rule_writes_its_copies_under_another_key(stage: Stage) -> None:
    bucket, new = scenes.replicated_under(stage, stage.key().id), stage.key()
    rules = stage.world.look(bucket, ReplicationRule)
    stage.world.write(bucket, [ReplicaKey(rule_id="encrypted", key=new.id)])
    assert stage.world.look(bucket, ReplicaKey) == (ReplicaKey(rule_id="encrypted", key=new.id),)
    assert stage.world.look(bucket, ReplicationRule) == rules


def test_a_bucket_that_sends_its_copies_into_the_keys_region_is_found_where_it_lies(stage: Stage) -> None:
    key = stage.key()
    bucket = scenes.replicated_under(stage, key.id, "eu-west-1")
    assert bucket.region == "eu-west-1"
    assert stage.world.related(key, Relation.DEPENDANTS) == (bucket,)


@pytest.mark.parametrize("rule_id", ["plain", "gone"])
def test_no_rule_is_made_to_encrypt_its_copies_that_did_not(stage: Stage, rule_id: str) -> None:
    bucket = scenes.replicated_under(stage, stage.key().id)
    with pytest.raises(Refused, match="under no key of KMS"):
        stage.world.write(bucket, [ReplicaKey(rule_id=rule_id, key=stage.key().id)])


def test_a_topic_that_shuts_us_out_can_not_be_excluded_from_what_encrypts_with_a_key(stage: Stage) -> None:
    key, topic = stage.key(), scenes.topic_under(stage, stage.key().id)
    shut = {"Sid": "Thief", "Effect": "Deny", "Principal": "*", "Action": "sns:GetTopicAttributes", "Resource": topic.id}
    stage.sandbox.cloud.policies.put(topic.id, document(shut))
    try:
        assert topic in stage.world.related(key, Relation.DEPENDANTS)
    finally:
        stage.sandbox.cloud.policies.delete(topic.id)


def _access(sid: str, key: Ref) -> KeyAccess:
    statement = {"Sid": sid, "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key.id}
    return KeyAccess(sid=sid, body=canonical(statement).decode())


@pytest.mark.parametrize("kind", [Kind.USER, Kind.ROLE])
def test_access_to_a_successor_is_given_beside_what_was_there_and_taken_back(stage: Stage, kind: Kind) -> None:
    iam, name, key = stage.client("iam"), fresh("nurse"), stage.key()
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    make = {Kind.USER: lambda: iam.create_user(UserName=name)}
    make.get(kind, lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust))()
    nurse, wanted = principal(kind, name), _access("Codeblue0badc0de0001", key)
    stage.world.write(nurse, [wanted])
    stage.world.write(nurse, [wanted])
    assert stage.world.look(nurse, KeyAccess) == (wanted,)
    document_of = getattr(iam, f"get_{kind}_policy")(
        **{f"{kind.capitalize()}Name": name}, PolicyName="CodeblueAccess-Codeblue0badc0de0001"
    )["PolicyDocument"]
    assert document_of["Statement"] == [json.loads(wanted.body or "")]
    stage.world.write(nurse, [wanted.absent])
    assert stage.world.look(nurse, KeyAccess) == ()


def test_a_policy_under_our_name_that_denies_is_none_of_our_permissions(stage: Stage) -> None:
    iam, name = stage.client("iam"), fresh("nurse")
    iam.create_user(UserName=name)
    theirs = document({"Sid": "Codeblue1", "Effect": "Deny", "Action": "*", "Resource": "*"})
    iam.put_user_policy(UserName=name, PolicyName="CodeblueAccess-Codeblue1", PolicyDocument=theirs)
    assert stage.world.look(principal(Kind.USER, name), KeyAccess) == ()
