"""Snapshots and images that other accounts can use (Amazon EC2 and Amazon RDS APIs).

EC2 and RDS take single accounts on and off the list: nobody else's entry is ever rewritten.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from shared.adapters.aws.arns import named, partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.adapters.aws.steps import Step, in_turn
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent
from shared.domain.facet import SharedWith
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Receipt, Relation

if TYPE_CHECKING:
    from types_boto3_ec2.literals import OperationTypeType
    from types_boto3_ec2.type_defs import LaunchPermissionModificationsTypeDef

EVERYONE = "all"
VERBS: tuple[tuple["OperationTypeType", bool], ...] = (("add", True), ("remove", False))


def _read_snapshot(clients: Clients, snapshot: Ref) -> tuple[SharedWith, ...]:
    read = clients.ec2(snapshot.account, snapshot.region).describe_snapshot_attribute
    answer = call(read, SnapshotId=snapshot.name, Attribute="createVolumePermission")
    return tuple(SharedWith(account=_party(permission), shared=True) for permission in answer["CreateVolumePermissions"])


def _write_snapshot(clients: Clients, snapshot: Ref, wanted: Sequence[SharedWith]) -> Receipt:
    modify = clients.ec2(snapshot.account, snapshot.region).modify_snapshot_attribute
    ask = partial(call, modify, SnapshotId=snapshot.name, Attribute="createVolumePermission")
    steps: list[Step] = []
    for verb, on in VERBS:
        users = [share.account for share in wanted if share.shared is on and share.account != EVERYONE]
        groups = [EVERYONE for share in wanted if share.shared is on and share.account == EVERYONE]
        if users or groups:
            steps.append(partial(ask, OperationType=verb, UserIds=users, GroupNames=groups))
    return in_turn(steps)


def _read_image(clients: Clients, image: Ref) -> tuple[SharedWith, ...]:
    read = clients.ec2(image.account, image.region).describe_image_attribute
    answer = call(read, ImageId=image.name, Attribute="launchPermission")
    return tuple(SharedWith(account=_party(permission), shared=True) for permission in answer["LaunchPermissions"])


def _write_image(clients: Clients, image: Ref, wanted: Sequence[SharedWith]) -> Receipt:
    modify = clients.ec2(image.account, image.region).modify_image_attribute
    return Receipt((request_id(call(modify, ImageId=image.name, LaunchPermission=_launch(wanted))),))


def _party(permission: Mapping[str, Any]) -> str:
    """Whom one entry of the list is for: an account, `all`, an organisation or a unit of one (by ARN)."""
    return str(next(iter(permission.values())))


def _launch(wanted: Iterable[SharedWith]) -> "LaunchPermissionModificationsTypeDef":
    changes: dict[str, list[dict[str, str]]] = {"Add": [], "Remove": []}
    for share in wanted:
        changes["Add" if share.shared else "Remove"].append({_field(share.account): share.account})
    return cast("LaunchPermissionModificationsTypeDef", {verb: listed for verb, listed in changes.items() if listed})


def _field(account: str) -> str:
    """What LaunchPermission calls this kind of party."""
    if account == EVERYONE:
        return "Group"
    return "OrganizationArn" if ":organization/" in account else "OrganizationalUnitArn" if ":ou/" in account else "UserId"


def _read_database(clients: Clients, snapshot: Ref) -> tuple[SharedWith, ...]:
    rds, name = clients.rds(snapshot.account, snapshot.region), _database_name(snapshot)
    if _of_cluster(snapshot):
        cluster = call(rds.describe_db_cluster_snapshot_attributes, DBClusterSnapshotIdentifier=name)
        return _restorers(cluster["DBClusterSnapshotAttributesResult"]["DBClusterSnapshotAttributes"])
    answer = call(rds.describe_db_snapshot_attributes, DBSnapshotIdentifier=name)
    return _restorers(answer["DBSnapshotAttributesResult"]["DBSnapshotAttributes"])


def _write_database(clients: Clients, snapshot: Ref, wanted: Sequence[SharedWith]) -> Receipt:
    rds, name = clients.rds(snapshot.account, snapshot.region), _database_name(snapshot)
    if _of_cluster(snapshot):
        modify: Callable[..., Any] = partial(rds.modify_db_cluster_snapshot_attribute, DBClusterSnapshotIdentifier=name)
    else:
        modify = partial(rds.modify_db_snapshot_attribute, DBSnapshotIdentifier=name)
    add = [share.account for share in wanted if share.shared]
    remove = [share.account for share in wanted if not share.shared]
    return Receipt((request_id(call(modify, AttributeName="restore", ValuesToAdd=add, ValuesToRemove=remove)),))


def _restorers(attributes: Iterable[Mapping[str, Any]]) -> tuple[SharedWith, ...]:
    accounts = (
        account for attribute in attributes if attribute["AttributeName"] == "restore" for account in attribute["AttributeValues"]
    )
    return tuple(SharedWith(account=account, shared=True) for account in accounts)


def _of_cluster(snapshot: Ref) -> bool:
    return ":cluster-snapshot:" in snapshot.id


def _database_name(snapshot: Ref) -> str:
    """The identifier, which may itself hold a colon (`rds:charts-2026-11-21`)."""
    return snapshot.id.split(":", 6)[6]


def _all_shared(clients: Clients, account: Ref) -> tuple[Ref, ...]:
    """The account's own snapshots and images in one Region that some other account can use.

    No API lists them: each is asked for its attribute, all at once. One that is deleted meanwhile is shared with nobody.
    """
    listed = [ref for refs in in_parallel(lambda lister: list(lister(clients, account)), LISTERS) for ref in refs]

    def is_shared(ref: Ref) -> bool:
        try:
            return bool(_ADAPTERS[ref.kind].read(clients, ref))
        except Absent:
            return False

    return tuple(ref for ref, shared in zip(listed, in_parallel(is_shared, listed), strict=True) if shared)


def _snapshots(clients: Clients, account: Ref) -> Iterator[Ref]:
    paginator = clients.ec2(account.account, account.region).get_paginator("describe_snapshots")
    for page in pages(paginator, OwnerIds=["self"]):
        yield from (_ec2(clients, account, Kind.SNAPSHOT, f"snapshot/{found['SnapshotId']}") for found in page["Snapshots"])


def _images(clients: Clients, account: Ref) -> Iterator[Ref]:
    paginator = clients.ec2(account.account, account.region).get_paginator("describe_images")
    for page in pages(paginator, Owners=["self"]):
        yield from (_ec2(clients, account, Kind.IMAGE, f"image/{found['ImageId']}") for found in page["Images"])


def _ec2(clients: Clients, account: Ref, kind: Kind, resource: str) -> Ref:
    """The ARN of a snapshot or image names no account."""
    region = account.region or clients.region
    arn = f"arn:{partition_of(region)}:ec2:{region}::{resource}"
    return Ref(cloud=Cloud.AWS, kind=kind, account=account.account, region=region, id=arn)


def _databases(clients: Clients, account: Ref) -> Iterator[Ref]:
    """Manual snapshots: RDS shares no other."""
    paginator = clients.rds(account.account, account.region).get_paginator("describe_db_snapshots")
    for page in pages(paginator, SnapshotType="manual"):
        yield from (named(Kind.DATABASE_SNAPSHOT, found["DBSnapshotArn"]) for found in page["DBSnapshots"])


def _clusters(clients: Clients, account: Ref) -> Iterator[Ref]:
    paginator = clients.rds(account.account, account.region).get_paginator("describe_db_cluster_snapshots")
    for page in pages(paginator, SnapshotType="manual"):
        yield from (named(Kind.DATABASE_SNAPSHOT, found["DBClusterSnapshotArn"]) for found in page["DBClusterSnapshots"])


LISTERS: tuple[Callable[[Clients, Ref], Iterator[Ref]], ...] = (_snapshots, _images, _databases, _clusters)

_LIST = frozenset({"ec2:DescribeImages", "ec2:DescribeSnapshots", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBSnapshots"})

_ADAPTERS: Mapping[Kind, FacetAdapter[SharedWith]] = {
    Kind.SNAPSHOT: FacetAdapter(
        _read_snapshot,
        _write_snapshot,
        frozenset({"ec2:DescribeSnapshotAttribute"}),
        frozenset({"ec2:ModifySnapshotAttribute"}),
    ),
    Kind.IMAGE: FacetAdapter(
        _read_image,
        _write_image,
        frozenset({"ec2:DescribeImageAttribute"}),
        frozenset({"ec2:ModifyImageAttribute"}),
    ),
    Kind.DATABASE_SNAPSHOT: FacetAdapter(
        _read_database,
        _write_database,
        frozenset({"rds:DescribeDBClusterSnapshotAttributes", "rds:DescribeDBSnapshotAttributes"}),
        frozenset({"rds:ModifyDBClusterSnapshotAttribute", "rds:ModifyDBSnapshotAttribute"}),
    ),
}

FACETS: FacetTable = {(kind, SharedWith): adapter for kind, adapter in _ADAPTERS.items()}

RELATIONS: RelationTable = {
    (Kind.ACCOUNT, Relation.SHARED): RelationAdapter(_all_shared, _LIST.union(*(adapter.reads for adapter in _ADAPTERS.values()))),
}
