"""Buckets: policy, public access, ownership, versioning, encryption, and the keys and stores that hang on them (Amazon S3 API)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from shared.adapters.aws import arns, policies
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, pages, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.adapters.aws.key_names import LIST, RESOLVE, full, names_of, resolved
from shared.adapters.aws.rewrite import PolicyPlace, rewrite, statements, unless
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.facet import CustomerKeysBlocked, ObjectOwnership, PolicyStatement, PublicAccessBlock, Versioning
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Receipt, Relation

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import (
        OwnershipControlsTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        VersioningConfigurationTypeDef,
    )

POLICY_BYTES = 20 * 1024

DEFAULT_RULE: Mapping[str, Any] = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
"""What S3 does for a bucket whose encryption nobody has set."""


def _read_policy(clients: Clients, bucket: Ref) -> tuple[PolicyStatement, ...]:
    return statements(_policy(clients, bucket))


def _write_policy(clients: Clients, bucket: Ref, changes: Sequence[PolicyStatement]) -> Receipt:
    return rewrite(_policy(clients, bucket), changes)


def _policy(clients: Clients, bucket: Ref) -> PolicyPlace:
    client, name = _client(clients, bucket), bucket.name

    def read() -> policies.Document | None:
        answer = unless("NoSuchBucketPolicy", client.get_bucket_policy, Bucket=name)
        return policies.parse(answer["Policy"]) if answer else None

    return PolicyPlace(
        read=read,
        write=lambda text: call(client.put_bucket_policy, Bucket=name, Policy=text),
        remove=lambda: call(client.delete_bucket_policy, Bucket=name),
        limit=POLICY_BYTES,
    )


def _read_public_access(clients: Clients, bucket: Ref) -> tuple[PublicAccessBlock, ...]:
    read = _client(clients, bucket).get_public_access_block
    answer = unless("NoSuchPublicAccessBlockConfiguration", read, Bucket=bucket.name)
    return (public_access(answer["PublicAccessBlockConfiguration"]),) if answer else ()


def _write_public_access(clients: Clients, bucket: Ref, wanted: Sequence[PublicAccessBlock]) -> Receipt:
    (block,) = wanted
    switches: PublicAccessBlockConfigurationTypeDef = {
        "BlockPublicAcls": block.block_acls,
        "IgnorePublicAcls": block.ignore_acls,
        "BlockPublicPolicy": block.block_policy,
        "RestrictPublicBuckets": block.restrict_buckets,
    }
    put = _client(clients, bucket).put_public_access_block
    return Receipt((request_id(call(put, Bucket=bucket.name, PublicAccessBlockConfiguration=switches)),))


def public_access(configuration: Mapping[str, Any]) -> PublicAccessBlock:
    """S3's four switches (PublicAccessBlockConfiguration; a missing one is off) as a facet."""
    return PublicAccessBlock(
        block_acls=configuration.get("BlockPublicAcls", False),
        ignore_acls=configuration.get("IgnorePublicAcls", False),
        block_policy=configuration.get("BlockPublicPolicy", False),
        restrict_buckets=configuration.get("RestrictPublicBuckets", False),
    )


def _read_ownership(clients: Clients, bucket: Ref) -> tuple[ObjectOwnership, ...]:
    read = _client(clients, bucket).get_bucket_ownership_controls
    answer = unless("OwnershipControlsNotFoundError", read, Bucket=bucket.name)
    return tuple(ObjectOwnership(rule=rule["ObjectOwnership"]) for rule in answer["OwnershipControls"]["Rules"]) if answer else ()


def _write_ownership(clients: Clients, bucket: Ref, wanted: Sequence[ObjectOwnership]) -> Receipt:
    client = _client(clients, bucket)
    (ownership,) = wanted
    if ownership.rule == "":
        return Receipt((request_id(call(client.delete_bucket_ownership_controls, Bucket=bucket.name)),))
    rules: OwnershipControlsTypeDef = {"Rules": [{"ObjectOwnership": ownership.rule}]}
    return Receipt((request_id(call(client.put_bucket_ownership_controls, Bucket=bucket.name, OwnershipControls=rules)),))


def _read_versioning(clients: Clients, bucket: Ref) -> tuple[Versioning, ...]:
    answer: Mapping[str, Any] = call(_client(clients, bucket).get_bucket_versioning, Bucket=bucket.name)
    return (Versioning(status=answer["Status"]),) if "Status" in answer else ()


def _write_versioning(clients: Clients, bucket: Ref, wanted: Sequence[Versioning]) -> Receipt:
    (versioning,) = wanted
    if versioning.status == "":
        raise Refused("a bucket that has had versions can only suspend them")
    configuration: VersioningConfigurationTypeDef = {"Status": versioning.status}
    put = _client(clients, bucket).put_bucket_versioning
    return Receipt((request_id(call(put, Bucket=bucket.name, VersioningConfiguration=configuration)),))


def _read_customer_keys(clients: Clients, bucket: Ref) -> tuple[CustomerKeysBlocked, ...]:
    return (CustomerKeysBlocked(on=all(map(_blocks, encryption(clients, bucket)))),)


def _write_customer_keys(clients: Clients, bucket: Ref, wanted: Sequence[CustomerKeysBlocked]) -> Receipt:
    """The default encryption, with its key, stays what it is."""
    (blocked,) = wanted
    types = ["SSE-C" if blocked.on else "NONE"]
    return rewrite_encryption(clients, bucket, lambda rule: {**rule, "BlockedEncryptionTypes": {"EncryptionType": types}})


def _blocks(rule: Mapping[str, Any]) -> bool:
    return "SSE-C" in rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", [])


def encryption(clients: Clients, bucket: Ref) -> list[Mapping[str, Any]]:
    """The rules of the bucket's encryption as S3 has them: one, as it takes no more."""
    read = _client(clients, bucket).get_bucket_encryption
    answer = unless("ServerSideEncryptionConfigurationNotFoundError", read, Bucket=bucket.name)
    rules: Sequence[Mapping[str, Any]] = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer else [DEFAULT_RULE]
    return list(rules)


_ENCRYPTING = Lock()


def rewrite_encryption(clients: Clients, bucket: Ref, changed: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Receipt:
    """Every rule of the bucket's encryption as `changed` makes it. What else the rule says stays (S3 PutBucketEncryption).

    Two facets stand in this one configuration, which S3 replaces as a whole and without any condition: one writer at a time.
    """
    put = _client(clients, bucket).put_bucket_encryption
    with _ENCRYPTING:
        rules = cast("Any", {"Rules": [changed(rule) for rule in encryption(clients, bucket)]})
        return Receipt((request_id(call(put, Bucket=bucket.name, ServerSideEncryptionConfiguration=rules)),))


def _default_keys(clients: Clients, bucket: Ref) -> tuple[str, ...]:
    """The KMS keys of the default encryption as the bucket names them: key ARN, key id, alias or alias ARN."""
    defaults = (rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in encryption(clients, bucket))
    return tuple(default["KMSMasterKeyID"] for default in defaults if default.get("KMSMasterKeyID"))


def _keys(clients: Clients, bucket: Ref) -> tuple[Ref, ...]:
    """The key of the default encryption. AWS's own key for S3 is none that we could fence, and stands by no name."""
    named = _default_keys(clients, bucket)
    return tuple(
        arns.named(Kind.KEY, resolved(clients, name, bucket.account, bucket.region))
        for name in named
        if not name.endswith("alias/aws/s3")
    )


def _stores(clients: Clients, key: Ref) -> tuple[Ref, ...]:
    """Buckets of the key's account and Region that encrypt with it by default, by whichever name.

    A bucket whose encryption we are not let see counts in: it can not be excluded.
    """
    names = names_of(clients, key)

    def encrypts(bucket: Ref) -> bool:
        try:
            return any(full(name, key.account, key.region) in names for name in _default_keys(clients, bucket))
        except Absent:
            return False
        except Refused:
            return True

    buckets = list(_buckets(clients, key.account, key.region))
    return tuple(bucket for bucket, does in zip(buckets, in_parallel(encrypts, buckets), strict=True) if does)


def _buckets(clients: Clients, account: str, region: str) -> Iterator[Ref]:
    for page in pages(clients.s3(account, region).get_paginator("list_buckets"), BucketRegion=region):
        for bucket in page["Buckets"]:
            yield bucket_ref(account, region, bucket["Name"])


def bucket_ref(account: str, region: str, name: str) -> Ref:
    """The bucket of this name, whose ARN says neither account nor Region."""
    arn = f"arn:{arns.partition_of(region)}:s3:::{name}"
    return Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=account, region=region, id=arn)


def find(clients: Clients, name: str, accounts: Iterable[str]) -> Ref | None:
    """The bucket of this name, if one of these accounts owns it. An account that does not let us look proves nothing."""
    for account in dict.fromkeys(filter(None, accounts)):
        try:
            found = _owned(clients, account, name)
        except CloudError:
            continue
        if found:
            return found
    return None


def _owned(clients: Clients, account: str, name: str) -> Ref | None:
    """One call, whatever the account holds; S3 says the Region with it."""
    answer = call(clients.s3(account, "").list_buckets, Prefix=name, MaxBuckets=1)
    regions = [bucket.get("BucketRegion", "") for bucket in answer["Buckets"] if bucket["Name"] == name]
    return bucket_ref(account, regions[0] or clients.region, name) if regions else None


def _client(clients: Clients, bucket: Ref) -> "S3Client":
    return clients.s3(bucket.account, bucket.region)


_READ_POLICY = frozenset({"s3:GetBucketPolicy"})
_READ_PUBLIC_ACCESS = frozenset({"s3:GetBucketPublicAccessBlock"})
_READ_OWNERSHIP = frozenset({"s3:GetBucketOwnershipControls"})
_READ_VERSIONING = frozenset({"s3:GetBucketVersioning"})
READ_ENCRYPTION = frozenset({"s3:GetEncryptionConfiguration"})

FACETS: FacetTable = {
    (Kind.BUCKET, PolicyStatement): FacetAdapter(
        _read_policy, _write_policy, _READ_POLICY, _READ_POLICY | {"s3:DeleteBucketPolicy", "s3:PutBucketPolicy"}
    ),
    (Kind.BUCKET, PublicAccessBlock): FacetAdapter(
        _read_public_access, _write_public_access, _READ_PUBLIC_ACCESS, frozenset({"s3:PutBucketPublicAccessBlock"})
    ),
    (Kind.BUCKET, ObjectOwnership): FacetAdapter(
        _read_ownership, _write_ownership, _READ_OWNERSHIP, frozenset({"s3:PutBucketOwnershipControls"})
    ),
    (Kind.BUCKET, Versioning): FacetAdapter(
        _read_versioning, _write_versioning, _READ_VERSIONING, frozenset({"s3:PutBucketVersioning"})
    ),
    (Kind.BUCKET, CustomerKeysBlocked): FacetAdapter(
        _read_customer_keys, _write_customer_keys, READ_ENCRYPTION, READ_ENCRYPTION | {"s3:PutEncryptionConfiguration"}
    ),
}

RELATIONS: RelationTable = {
    (Kind.BUCKET, Relation.KEYS): RelationAdapter(_keys, READ_ENCRYPTION | RESOLVE),
    (Kind.KEY, Relation.STORES): RelationAdapter(_stores, READ_ENCRYPTION | LIST | {"s3:ListAllMyBuckets"}),
}
