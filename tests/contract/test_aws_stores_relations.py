"""What hangs on a store, a key, a trail and an account, over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from shared.domain.errors import Refused
from shared.domain.facet import SharedWith
from shared.domain.resource import Ref
from shared.ports import Relation
from tests.contract import aws_rekey_relations as rekey
from tests.contract.aws_stores import OUTSIDER, Stage, document, fresh, staged

type Related = tuple[Ref, tuple[Ref, ...]]
"""A resource, and what hangs on it."""

SHARED = SharedWith(account=OUTSIDER, shared=True)


@dataclass(frozen=True)
class Row:
    """One relation in one scene. `elsewhere`: permissions that only another scene of the relation needs."""

    sentence: str
    relation: Relation
    scene: Callable[[Stage], Related]
    elsewhere: frozenset[str] = frozenset()


def _encrypted(stage: Stage, key: Ref, name: str) -> Ref:
    bucket = stage.bucket()
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name or key.id}}
    stage.client("s3").put_bucket_encryption(Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": [default]})
    return bucket


def _alias(stage: Stage, key: Ref) -> str:
    name = f"alias/{fresh('charts')}"
    stage.client("kms").create_alias(AliasName=name, TargetKeyId=key.name)
    return name


def key_of_a_bucket_by_arn(stage: Stage) -> Related:
    key = stage.key()
    return _encrypted(stage, key, key.id), (key,)


def key_of_a_bucket_by_alias(stage: Stage) -> Related:
    key = stage.key()
    return _encrypted(stage, key, _alias(stage, key)), (key,)


def key_of_a_bucket_by_id(stage: Stage) -> Related:
    key = stage.key()
    return _encrypted(stage, key, key.name), (key,)


def no_key_of_ours(stage: Stage) -> Related:
    return _encrypted(stage, stage.key(), "alias/aws/s3"), ()


def stores_of_a_key(stage: Stage) -> Related:
    key, other = stage.key(), stage.key()
    _encrypted(stage, other, other.id)
    stage.bucket()
    return key, tuple(_encrypted(stage, key, name) for name in (key.id, key.name, _alias(stage, key)))


def family_of_a_primary(stage: Stage) -> Related:
    primary, *replicas = _family(stage)
    return primary, tuple(replicas)


def family_of_a_replica(stage: Stage) -> Related:
    primary, first, second = _family(stage)
    return first, (primary, second)


def a_key_of_one_region(stage: Stage) -> Related:
    return stage.key(), ()


def _family(stage: Stage) -> tuple[Ref, ...]:
    primary = stage.key(family=True)
    regions = ("eu-west-1", "us-west-2")
    for region in regions:
        stage.client("kms").replicate_key(KeyId=primary.name, ReplicaRegion=region)
    return (primary, *(primary.but(region=region, id=primary.id.replace(primary.region, region)) for region in regions))


def access_points_of_a_bucket(stage: Stage) -> Related:
    stage.access_point()
    bucket = stage.bucket()
    names = [fresh("reading") for _ in range(2)]
    for name in names:
        stage.client("s3control").create_access_point(AccountId=bucket.account, Name=name, Bucket=bucket.name)
    return bucket, tuple(stage.access_point_ref(name) for name in names)


def trails_of_an_account(stage: Stage) -> Related:
    return stage.account(), (stage.trail(), stage.trail())


def log_of_a_trail(stage: Stage) -> Related:
    trail = stage.trail()
    name = stage.client("cloudtrail").get_trail(Name=trail.id)["Trail"]["S3BucketName"]
    return trail, (stage.bucket_ref(name),)


def what_an_account_shares(stage: Stage) -> Related:
    made = (stage.snapshot(), stage.image(), stage.database_snapshot(), stage.cluster_snapshot())
    for ref in made:
        stage.world.write(ref, [SHARED])
    stage.snapshot()
    return stage.account(), made


def vaults_of_an_account(stage: Stage) -> Related:
    return stage.account(), (stage.vault(), stage.vault())


BY_NAME = frozenset({"kms:DescribeKey"})

ROWS = (
    Row("the key of a bucket is found by its ARN", Relation.KEYS, key_of_a_bucket_by_arn, BY_NAME),
    Row("the key of a bucket is found by its alias", Relation.KEYS, key_of_a_bucket_by_alias),
    Row("the key of a bucket is found by its id", Relation.KEYS, key_of_a_bucket_by_id, BY_NAME),
    Row("the stores of a key are found by whatever name they use", Relation.STORES, stores_of_a_key),
    Row("the replicas of a primary key are found", Relation.REPLICAS, family_of_a_primary),
    Row("the primary and the other replicas of a replica are found", Relation.REPLICAS, family_of_a_replica),
    Row("the access points of a bucket are found", Relation.ACCESS_POINTS, access_points_of_a_bucket),
    Row("the trails of an account are found", Relation.TRAILS, trails_of_an_account),
    Row("the bucket of a trail's log is found, with its account", Relation.STORES, log_of_a_trail),
    Row("snapshots and images that another account can use are found", Relation.SHARED, what_an_account_shares),
    Row("the vaults of an account are found", Relation.VAULTS, vaults_of_an_account),
    Row("the aliases of a key are found", Relation.ALIASES, rekey.aliases_of_a_key),
    Row("whatever encrypts with a key is found", Relation.DEPENDANTS, rekey.whatever_encrypts_with_a_key),
    Row("what only people can move to another key is found", Relation.LISTED, rekey.what_only_people_can_move),
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_what_hangs_on_a_resource_is_found(stage: Stage, row: Row) -> None:
    ref, related = row.scene(stage)
    found = stage.world.related(ref, row.relation)
    assert set(related) <= set(found)
    assert len(found) == len(set(found))
    if ref.kind is not stage.account().kind:
        assert set(found) == set(related)


@pytest.mark.parametrize(
    ("relation", "scene"),
    [
        pytest.param(Relation.KEYS, no_key_of_ours, id="the key that AWS keeps for S3 is no key of ours"),
        pytest.param(Relation.REPLICAS, a_key_of_one_region, id="a key of one Region has no replicas"),
    ],
)
def test_nothing_hangs_on_it(stage: Stage, relation: Relation, scene: Callable[[Stage], Related]) -> None:
    ref, _ = scene(stage)
    assert stage.world.related(ref, relation) == ()


def test_what_is_shared_with_nobody_is_not_found(stage: Stage) -> None:
    kept = {stage.snapshot(), stage.image(), stage.database_snapshot()}
    assert kept.isdisjoint(stage.world.related(stage.account(), Relation.SHARED))


def test_a_bucket_that_shuts_us_out_can_not_be_excluded_from_a_keys_stores(stage: Stage) -> None:
    key, locked = stage.key(), stage.bucket()
    shut = {"Sid": "Thief", "Effect": "Deny", "Principal": "*", "Action": "s3:Get*", "Resource": locked.id}
    stage.client("s3").put_bucket_policy(Bucket=locked.name, Policy=document(shut))
    try:
        assert stage.world.related(key, Relation.STORES) == (locked,)
    finally:
        stage.client("s3").delete_bucket_policy(Bucket=locked.name)


def test_a_store_has_no_replicas(stage: Stage) -> None:
    with pytest.raises(Refused, match="nothing hangs on a bucket"):
        stage.world.related(stage.bucket(), Relation.REPLICAS)
