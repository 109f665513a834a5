"""The keys that a bucket writes under: its default encryption, and those of its replication rules (Amazon S3 API)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from shared.adapters.aws import s3, s3_rules
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import UNSEEN, Lister, Named
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable
from shared.adapters.aws.key_names import RESOLVE, resolved
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, Refused
from shared.domain.facet import EncryptedWith, ReplicaKey
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt

type Rule = Mapping[str, Any]
"""One rule of encryption or replication as S3 has it."""


def _read_default(clients: Clients, bucket: Ref) -> tuple[EncryptedWith, ...]:
    """`aws:kms` without a key is AWS's own key for S3, which goes by its alias; SSE-S3 is no key at all."""
    return tuple(
        EncryptedWith(
            key=resolved(clients, _default_key(rule), bucket.account, bucket.region),
            bucket_key=rule.get("BucketKeyEnabled", False),
        )
        for rule in s3.encryption(clients, bucket)
    )


def _default_key(rule: Rule) -> str:
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    own = "alias/aws/s3" if default.get("SSEAlgorithm", "").startswith("aws:kms") else ""
    return str(default.get("KMSMasterKeyID", own))


def _write_default(clients: Clients, bucket: Ref, wanted: Sequence[EncryptedWith]) -> Receipt:
    (encrypted,) = wanted
    return s3.rewrite_encryption(clients, bucket, lambda rule: _under(encrypted, rule))


def _under(encrypted: EncryptedWith, rule: Rule) -> Rule:
    """The rule under this key; a bucket that asks for two layers (DSSE-KMS) keeps them."""
    now = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "")
    kms = {"SSEAlgorithm": now if now.startswith("aws:kms") else "aws:kms", "KMSMasterKeyID": encrypted.key}
    default = kms if encrypted.key else {"SSEAlgorithm": "AES256"}
    return {**rule, "ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": encrypted.bucket_key}


def _read_replicas(clients: Clients, bucket: Ref) -> tuple[ReplicaKey, ...]:
    return tuple(
        ReplicaKey(rule_id=rule["ID"], key=resolved(clients, name, bucket.account, bucket.region))
        for rule in s3_rules.replication(clients, bucket).get("Rules", [])
        if (name := _replica_key(rule))
    )


def _replica_key(rule: Rule) -> str:
    return str(rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID", ""))


def _write_replicas(clients: Clients, bucket: Ref, wanted: Sequence[ReplicaKey]) -> Receipt:
    """Raises `Refused`: a rule is gone, or never wrote its copies under a key of KMS."""
    configuration = s3_rules.replication(clients, bucket)
    keys = {each.rule_id: each.key for each in wanted}
    rules = configuration.get("Rules", [])
    if not keys.keys() <= {rule["ID"] for rule in rules if _replica_key(rule)}:
        raise Refused("the rule is gone, or writes its copies under no key of KMS")
    moved = [_replicating(rule, keys[rule["ID"]]) if rule["ID"] in keys else rule for rule in rules]
    put = clients.s3(bucket.account, bucket.region).put_bucket_replication
    merged = cast("Any", {**configuration, "Rules": moved})
    return Receipt((request_id(call(put, Bucket=bucket.name, ReplicationConfiguration=merged)),))


def _replicating(rule: Rule, key: str) -> Rule:
    return {**rule, "Destination": {**rule["Destination"], "EncryptionConfiguration": {"ReplicaKmsKeyID": key}}}


def _all(clients: Clients, key: Ref) -> Iterator[Named]:
    """Every bucket of the account with each key it names: a rule of another Region can write its copies into the key's."""
    paginator = clients.s3(key.account, key.region).get_paginator("list_buckets")
    # S3 says a bucket's Region only where the request has a parameter
    listed = pages(paginator, PaginationConfig={"PageSize": 1000})
    found = [(bucket["Name"], bucket.get("BucketRegion", key.region)) for page in listed for bucket in page["Buckets"]]
    buckets = [s3.bucket_ref(key.account, region, name) for name, region in found]
    named = in_parallel(lambda bucket: _named(clients, bucket), buckets)
    return ((bucket, name) for bucket, names in zip(buckets, named, strict=True) for name in names)


def _named(clients: Clients, bucket: Ref) -> list[str]:
    try:
        defaults = [_default_key(rule) for rule in s3.encryption(clients, bucket)]
        return [*defaults, *(_replica_key(rule) for rule in s3_rules.replication(clients, bucket).get("Rules", []))]
    except Absent:
        return []
    except Refused:
        return [UNSEEN]


_READ_REPLICATION = frozenset({"s3:GetReplicationConfiguration"})

FACETS: FacetTable = {
    (Kind.BUCKET, EncryptedWith): FacetAdapter(
        _read_default, _write_default, s3.READ_ENCRYPTION | RESOLVE, s3.READ_ENCRYPTION | {"s3:PutEncryptionConfiguration"}
    ),
    (Kind.BUCKET, ReplicaKey): FacetAdapter(
        _read_replicas, _write_replicas, _READ_REPLICATION | RESOLVE, s3_rules.WRITE_REPLICATION
    ),
}

LISTER = Lister(_all, s3.READ_ENCRYPTION | _READ_REPLICATION | {"s3:ListAllMyBuckets"})
