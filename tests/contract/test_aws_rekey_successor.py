"""The successor of a key: one for each case whoever makes it, like the old key, and without what does not belong in it."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.world import AwsWorld
from shared.domain.errors import Refused
from shared.domain.facet import PolicyStatement, Successor
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt
from shared.sandbox.aws.faults import Fault
from shared.sandbox.aws.server import ACCOUNT
from tests.contract.aws_stores import Stage, allow, at, deny, document, fresh, staged


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


def _succeed(stage: Stage, old: Ref, case: str = "") -> Ref:
    """The key's successor in a case, made now."""
    wanted = Successor(case=case or fresh("case"))
    stage.world.write(old, [wanted])
    (found,) = (each for each in stage.world.look(old, Successor) if each.case == wanted.case)
    return at(Kind.KEY, found.key)


def _keys(stage: Stage) -> set[str]:
    listed = stage.client("kms").get_paginator("list_keys").paginate()
    return {key["KeyArn"] for page in listed for key in page["Keys"]}


def _tags(stage: Stage, key: str) -> dict[str, str]:
    return {tag["TagKey"]: tag["TagValue"] for tag in stage.client("kms").list_resource_tags(KeyId=key)["Tags"]}


def _statements(stage: Stage, key: Ref) -> Sequence[dict[str, object]]:
    return [json.loads(each.body or "") for each in stage.world.look(key, PolicyStatement)]


def test_a_successor_is_of_the_old_keys_kind_with_its_tags_and_rotation_period(stage: Stage) -> None:
    kms = stage.client("kms")
    made = kms.create_key(Description="charts", Tags=[{"TagKey": "data", "TagValue": "phi"}], MultiRegion=False)
    old = at(Kind.KEY, made["KeyMetadata"]["Arn"])
    kms.enable_key_rotation(KeyId=old.id, RotationPeriodInDays=200)
    new = _succeed(stage, old, "case-of-tags")
    metadata = kms.describe_key(KeyId=new.id)["KeyMetadata"]
    assert (metadata["KeySpec"], metadata["KeyUsage"], metadata["MultiRegion"]) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", False)
    assert _tags(stage, new.id) == {"data": "phi", "codeblue:successor-of": old.id, "codeblue:case": "case-of-tags"}
    status = kms.get_key_rotation_status(KeyId=new.id)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 200)


def test_a_key_that_makes_signatures_gets_one_that_does_and_is_not_rotated(stage: Stage) -> None:
    kms = stage.client("kms")
    old = at(Kind.KEY, kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"])
    metadata = kms.describe_key(KeyId=_succeed(stage, old).id)["KeyMetadata"]
    assert (metadata["KeySpec"], metadata["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")


def test_a_family_of_keys_is_followed_by_a_family_in_the_same_regions(stage: Stage) -> None:
    old = stage.key(family=True)
    stage.client("kms").replicate_key(KeyId=old.name, ReplicaRegion="eu-west-1")
    replica = old.but(region="eu-west-1", id=old.id.replace(old.region, "eu-west-1"))
    case = fresh("case")
    new = _succeed(stage, old, case)
    (of_replica,) = stage.world.look(replica, Successor)
    assert of_replica == Successor(case=case, key=new.id.replace(new.region, "eu-west-1"))
    assert stage.client("kms", "eu-west-1").describe_key(KeyId=of_replica.key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert stage.world.write(replica, [Successor(case=case)]) == Receipt(())


def test_a_replica_that_came_later_is_followed_by_a_replica_of_the_same_successor(stage: Stage) -> None:
    old, case, before = stage.key(family=True), fresh("case"), _keys(stage)
    new = _succeed(stage, old, case)
    stage.client("kms").replicate_key(KeyId=old.name, ReplicaRegion="eu-west-1")
    replica = old.but(region="eu-west-1", id=old.id.replace(old.region, "eu-west-1"))
    assert stage.world.look(replica, Successor) == ()
    assert _succeed(stage, replica, case).name == new.name
    assert _keys(stage) - before == {new.id}


def test_a_successor_asked_for_on_a_replica_is_made_where_the_primary_is(stage: Stage) -> None:
    old = stage.key(family=True)
    stage.client("kms").replicate_key(KeyId=old.name, ReplicaRegion="eu-west-1")
    new = _succeed(stage, old.but(region="eu-west-1", id=old.id.replace(old.region, "eu-west-1")))
    family = stage.client("kms").describe_key(KeyId=new.name)["KeyMetadata"]["MultiRegionConfiguration"]
    assert family["PrimaryKey"]["Region"] == old.region


def test_each_case_has_a_successor_of_its_own(stage: Stage) -> None:
    old = stage.key()
    first, second = _succeed(stage, old), _succeed(stage, old)
    assert first != second
    assert {each.key for each in stage.world.look(old, Successor)} == {first.id, second.id}


def test_the_policy_is_the_old_one_without_our_fences_and_without_deleted_principals(stage: Stage) -> None:
    iam, kms, old = stage.client("iam"), stage.client("kms"), stage.key()
    for name in ("gone", "nurse"):
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    gone, nurse = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("gone", "nurse"))
    mixed = {**allow("Readers", "*", "kms:Decrypt"), "Principal": {"AWS": [gone, nurse]}}
    stale = {**allow("Leaver", "*", "kms:Decrypt"), "Principal": {"AWS": gone}}
    about = allow("ByName", old.id, "kms:Encrypt")
    kms.put_key_policy(KeyId=old.id, PolicyName="default", Policy=document(allow("Root", "*", "kms:*"), mixed, stale, about))
    stage.world.write(old, [deny("Codeblue0badc0de0001", "*", "kms:Decrypt")])
    iam.delete_role(RoleName="gone")
    found = {each["Sid"]: each for each in _statements(stage, _succeed(stage, old))}
    assert found.keys() == {"Root", "Readers", "ByName"}
    assert found["Readers"]["Principal"] in ({"AWS": nurse}, {"AWS": [nurse]})
    assert found["ByName"]["Resource"] == "*"


def test_two_workers_at_once_make_one_successor_and_whatever_else_they_made_is_marked(stage: Stage) -> None:
    old, before, wanted = stage.key(), _keys(stage), Successor(case=fresh("case"))
    stage.sandbox.cloud.faults.add(Fault("latency", operation="CreateKey", seconds=0.5))
    try:
        with ThreadPoolExecutor(2) as pool:
            receipts = list(pool.map(lambda world: world.write(old, [wanted]), [stage.world, AwsWorld(Clients())]))
    finally:
        stage.sandbox.cloud.faults.clear()
    (found,) = stage.world.look(old, Successor)
    orphans = _keys(stage) - before - {found.key}
    assert "codeblue:orphan" not in _tags(stage, found.key)
    assert all("codeblue:orphan" in _tags(stage, orphan) for orphan in orphans)
    assert [note for receipt in receipts for note in receipt.notes if "orphan" in note] or not orphans
    assert stage.world.write(old, [wanted]) == Receipt(())


def test_the_key_that_an_earlier_worker_left_unfinished_is_finished(stage: Stage) -> None:
    kms, old, case = stage.client("kms"), stage.key(), fresh("case")
    new = _succeed(stage, old, case)
    (alias,) = kms.list_aliases(KeyId=new.id)["Aliases"]
    kms.delete_alias(AliasName=alias["AliasName"])
    before = _keys(stage)
    assert stage.world.look(old, Successor) == ()
    assert _succeed(stage, old, case) == new
    assert _keys(stage) == before


def test_a_key_that_only_bears_our_tags_is_no_successor(stage: Stage) -> None:
    """The thief knows the names of the tags; a key under a policy of theirs must not become the one that data moves to."""
    kms, old, case = stage.client("kms"), stage.key(), fresh("case")
    tags = [{"TagKey": "codeblue:successor-of", "TagValue": old.id}, {"TagKey": "codeblue:case", "TagValue": case}]
    theirs = {**allow("Thief", "*", "kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    planted = kms.create_key(Tags=tags, Policy=document(theirs))["KeyMetadata"]["Arn"]
    assert _succeed(stage, old, case).id != planted


def test_a_key_under_our_alias_without_our_tags_is_no_successor_and_ours_is_marked(stage: Stage) -> None:
    kms, old, case = stage.client("kms"), stage.key(), fresh("case")
    new = _succeed(stage, old, case)
    (alias,) = kms.list_aliases(KeyId=new.id)["Aliases"]
    kms.update_alias(AliasName=alias["AliasName"], TargetKeyId=stage.key().name)
    assert stage.world.look(old, Successor) == ()
    receipt = stage.world.write(old, [Successor(case=case)])
    assert "orphan" in receipt.notes[0]
    assert stage.world.look(old, Successor) == ()


@pytest.mark.parametrize(
    "parameters",
    [pytest.param({"Origin": "EXTERNAL"}, id="a key whose material was imported is for people to replace")],
)
def test_some_keys_only_people_can_replace(stage: Stage, parameters: dict[str, str]) -> None:
    old = at(Kind.KEY, stage.client("kms").create_key(**parameters)["KeyMetadata"]["Arn"])
    with pytest.raises(Refused, match="a person makes its successor"):
        stage.world.write(old, [Successor(case=fresh("case"))])


def test_a_successor_is_made_and_not_chosen(stage: Stage) -> None:
    old, other, case = stage.key(), stage.key(), fresh("case")
    with pytest.raises(Refused, match="never chosen"):
        stage.world.write(old, [Successor(case=case, key=other.id)])
    _succeed(stage, old, case)
    with pytest.raises(Refused, match="never chosen"):
        stage.world.write(old, [Successor(case=case, key=other.id)])
