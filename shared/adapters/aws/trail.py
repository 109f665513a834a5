"""CloudTrail trails: whether and what they record, and where their log lies (AWS CloudTrail API)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from shared.adapters.aws import s3
from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import Lister, Named, under_one_key
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.domain.errors import Refused
from shared.domain.facet import EncryptedWith, TrailLogging, TrailSelectors
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.ports import Receipt, Relation

if TYPE_CHECKING:
    from types_boto3_cloudtrail import CloudTrailClient

KINDS_OF_SELECTORS = ("EventSelectors", "AdvancedEventSelectors")
"""A trail has selectors of one kind."""


def _read_logging(clients: Clients, trail: Ref) -> tuple[TrailLogging, ...]:
    return (TrailLogging(on=call(_client(clients, trail).get_trail_status, Name=trail.id)["IsLogging"]),)


def _write_logging(clients: Clients, trail: Ref, wanted: Sequence[TrailLogging]) -> Receipt:
    (logging,) = wanted
    if not logging.on:
        raise Refused("an audit log is switched off by a person, and never by the program: it holds no permission to do so")
    return Receipt((request_id(call(_client(clients, trail).start_logging, Name=trail.id)),))


def _read_selectors(clients: Clients, trail: Ref) -> tuple[TrailSelectors, ...]:
    answer = call(_client(clients, trail).get_event_selectors, TrailName=trail.id)
    said = {kind: answer[kind] for kind in KINDS_OF_SELECTORS if answer.get(kind)}  # type: ignore[literal-required]
    return (TrailSelectors(selectors=canonical(said).decode()),) if said else ()


def _write_selectors(clients: Clients, trail: Ref, wanted: Sequence[TrailSelectors]) -> Receipt:
    (selectors,) = wanted
    put = _client(clients, trail).put_event_selectors
    return Receipt((request_id(call(put, TrailName=trail.id, **json.loads(selectors.selectors))),))


def _trails(clients: Clients, account: Ref) -> tuple[Ref, ...]:
    """Every trail that records the account, the organisation's included."""
    paginator = clients.cloudtrail(account.account, account.region).get_paginator("list_trails")
    arns = [trail["TrailARN"] for page in pages(paginator) for trail in page["Trails"]]
    return tuple(named(Kind.TRAIL, arn) for arn in dict.fromkeys(arns))


def _stores(clients: Clients, trail: Ref) -> tuple[Ref, ...]:
    """The bucket of the trail's log; its account is empty where it is neither the trail's account nor ours."""
    name = call(_client(clients, trail).get_trail, Name=trail.id)["Trail"]["S3BucketName"]
    return (s3.find(clients, name, (trail.account, clients.home)) or s3.bucket_ref("", trail.region, name),)


def _key(clients: Clients, trail: Ref) -> str:
    return call(_client(clients, trail).get_trail, Name=trail.id)["Trail"].get("KmsKeyId", "")


def _put_key(clients: Clients, trail: Ref, key: str) -> Mapping[str, object]:
    """Log files that lie in the bucket stay under their old key. CloudTrail refuses a key whose policy does not let it in."""
    return call(_client(clients, trail).update_trail, Name=trail.id, KmsKeyId=key)


def _with_keys(clients: Clients, key: Ref) -> Iterator[Named]:
    """The account's own trails whose home is the key's Region, however they are shown elsewhere."""
    for trail in call(clients.cloudtrail(key.account, key.region).describe_trails, includeShadowTrails=False)["trailList"]:
        yield named(Kind.TRAIL, trail["TrailARN"]), trail.get("KmsKeyId", "")


def _client(clients: Clients, trail: Ref) -> "CloudTrailClient":
    return clients.cloudtrail(trail.account, trail.region)


FACETS: FacetTable = {
    (Kind.TRAIL, TrailLogging): FacetAdapter(
        _read_logging, _write_logging, frozenset({"cloudtrail:GetTrailStatus"}), frozenset({"cloudtrail:StartLogging"})
    ),
    (Kind.TRAIL, TrailSelectors): FacetAdapter(
        _read_selectors, _write_selectors, frozenset({"cloudtrail:GetEventSelectors"}), frozenset({"cloudtrail:PutEventSelectors"})
    ),
    (Kind.TRAIL, EncryptedWith): under_one_key(
        _key, _put_key, frozenset({"cloudtrail:GetTrail"}), frozenset({"cloudtrail:UpdateTrail"}), aliases=False
    ),
}

LISTER = Lister(_with_keys, frozenset({"cloudtrail:DescribeTrails"}))

RELATIONS: RelationTable = {
    (Kind.ACCOUNT, Relation.TRAILS): RelationAdapter(_trails, frozenset({"cloudtrail:ListTrails"})),
    (Kind.TRAIL, Relation.STORES): RelationAdapter(_stores, frozenset({"cloudtrail:GetTrail", "s3:ListAllMyBuckets"})),
}
