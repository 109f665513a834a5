"""A bucket's replication and lifecycle rules: one is switched on or off, all else stays as it is (Amazon S3 API)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from shared.adapters.aws import s3
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable
from shared.adapters.aws.rewrite import unless
from shared.containment.parallel import in_parallel
from shared.domain.errors import Refused
from shared.domain.facet import LifecycleRule, ReplicationRule
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import BucketLifecycleConfigurationTypeDef, ReplicationConfigurationTypeDef

type Rule = Mapping[str, Any]
"""One rule as S3 has it."""


def _read_replication(clients: Clients, bucket: Ref) -> tuple[ReplicationRule, ...]:
    rules = replication(clients, bucket).get("Rules", [])
    owners = in_parallel(lambda rule: _owner(clients, bucket, rule["Destination"]), rules)
    return tuple(
        ReplicationRule(
            rule_id=rule["ID"],
            enabled=rule["Status"] == "Enabled",
            destination=rule["Destination"]["Bucket"],
            destination_account=owner,
        )
        for rule, owner in zip(rules, owners, strict=True)
    )


def _write_replication(clients: Clients, bucket: Ref, wanted: Sequence[ReplicationRule]) -> Receipt:
    configuration = replication(clients, bucket)
    rules = configuration.get("Rules", [])
    switched = _switched(rules, {rule.rule_id: rule.enabled for rule in wanted})
    if switched == rules:
        return Receipt(())
    put = clients.s3(bucket.account, bucket.region).put_bucket_replication
    merged = cast("ReplicationConfigurationTypeDef", {**configuration, "Rules": switched})
    return Receipt((request_id(call(put, Bucket=bucket.name, ReplicationConfiguration=merged)),))


def replication(clients: Clients, bucket: Ref) -> dict[str, Any]:
    """The bucket's replication as S3 has it (ReplicationConfiguration), empty where it has none. Raises as `call`."""
    read = clients.s3(bucket.account, bucket.region).get_bucket_replication
    answer = unless("ReplicationConfigurationNotFoundError", read, Bucket=bucket.name)
    return dict(answer["ReplicationConfiguration"]) if answer else {}


def _owner(clients: Clients, bucket: Ref, destination: Mapping[str, Any]) -> str:
    """The account that owns the destination, empty where nothing proves it.

    What a rule says of its destination's account is proof only where S3 itself hands the copies over to that account
    (AccessControlTranslation): else a thief could name ours and mean his own bucket.
    """
    said = str(destination.get("Account", ""))
    name = str(destination["Bucket"]).rsplit(":", 1)[-1]
    found = s3.find(clients, name, (bucket.account, said, clients.home))
    if found:
        return found.account
    return said if "AccessControlTranslation" in destination else ""


def _read_lifecycle(clients: Clients, bucket: Ref) -> tuple[LifecycleRule, ...]:
    return tuple(
        LifecycleRule(rule_id=rule["ID"], enabled=rule["Status"] == "Enabled", destructive=_deletes(rule))
        for rule in _lifecycle(clients, bucket).get("Rules", [])
    )


def _write_lifecycle(clients: Clients, bucket: Ref, wanted: Sequence[LifecycleRule]) -> Receipt:
    configuration = _lifecycle(clients, bucket)
    rules = configuration.pop("Rules", [])
    switched = _switched(rules, {rule.rule_id: rule.enabled for rule in wanted})
    if switched == rules:
        return Receipt(())
    put = clients.s3(bucket.account, bucket.region).put_bucket_lifecycle_configuration
    merged = cast("BucketLifecycleConfigurationTypeDef", {"Rules": switched})
    return Receipt((request_id(call(put, Bucket=bucket.name, LifecycleConfiguration=merged, **configuration)),))


def _lifecycle(clients: Clients, bucket: Ref) -> dict[str, Any]:
    """`Rules`, and beside them the size from which objects are moved: both are replaced by a write."""
    read = clients.s3(bucket.account, bucket.region).get_bucket_lifecycle_configuration
    answer = unless("NoSuchLifecycleConfiguration", read, Bucket=bucket.name)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"} if answer else {}


def _deletes(rule: Rule) -> bool:
    """Whether it deletes objects or versions. Tidying up delete markers and unfinished uploads loses nothing."""
    expiry = rule.get("Expiration", {})
    return "Days" in expiry or "Date" in expiry or "NoncurrentVersionExpiration" in rule


def _switched(rules: Sequence[Rule], wanted: Mapping[str, bool]) -> list[Rule]:
    """The rules, some of them switched on or off. Raises `Refused`: a rule to be on is not there any more."""
    gone = [rule_id for rule_id, on in wanted.items() if on and rule_id not in {rule["ID"] for rule in rules}]
    if gone:
        raise Refused("the rule is gone, and its name alone does not bring it back")
    return [{**rule, "Status": "Enabled" if wanted[rule["ID"]] else "Disabled"} if rule["ID"] in wanted else rule for rule in rules]


_READ_REPLICATION = frozenset({"s3:GetReplicationConfiguration", "s3:ListAllMyBuckets"})
WRITE_REPLICATION = frozenset({"s3:GetReplicationConfiguration", "s3:PutReplicationConfiguration", "iam:PassRole"})
_READ_LIFECYCLE = frozenset({"s3:GetLifecycleConfiguration"})

FACETS: FacetTable = {
    (Kind.BUCKET, ReplicationRule): FacetAdapter(_read_replication, _write_replication, _READ_REPLICATION, WRITE_REPLICATION),
    (Kind.BUCKET, LifecycleRule): FacetAdapter(
        _read_lifecycle, _write_lifecycle, _READ_LIFECYCLE, _READ_LIFECYCLE | {"s3:PutLifecycleConfiguration"}
    ),
}
