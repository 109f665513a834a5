"""S3 Control: access points, S3 Access Grants, and the account's own Block Public Access (Amazon S3 Control API)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.adapters.aws import policies, s3
from shared.adapters.aws.arns import named
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.facets import FacetAdapter, FacetTable, RelationAdapter, RelationTable
from shared.adapters.aws.rewrite import PolicyPlace, rewrite, statements, unless
from shared.domain.errors import CloudError, Refused
from shared.domain.facet import AccessGrant, PolicyStatement, PublicAccessBlock
from shared.domain.resource import Kind, Ref
from shared.ports import Receipt, Relation

if TYPE_CHECKING:
    from types_boto3_s3control import S3ControlClient

POLICY_BYTES = 20 * 1024


def _read_policy(clients: Clients, point: Ref) -> tuple[PolicyStatement, ...]:
    return statements(_policy(clients, point))


def _write_policy(clients: Clients, point: Ref, changes: Sequence[PolicyStatement]) -> Receipt:
    return rewrite(_policy(clients, point), changes)


def _policy(clients: Clients, point: Ref) -> PolicyPlace:
    client, account, name = _client(clients, point), point.account, point.name

    def read() -> policies.Document | None:
        answer = unless("NoSuchAccessPointPolicy", client.get_access_point_policy, AccountId=account, Name=name)
        return policies.parse(answer["Policy"]) if answer else None

    return PolicyPlace(
        read=read,
        write=lambda text: call(client.put_access_point_policy, AccountId=account, Name=name, Policy=text),
        remove=lambda: call(client.delete_access_point_policy, AccountId=account, Name=name),
        limit=POLICY_BYTES,
    )


def _read_public_access(clients: Clients, point: Ref) -> tuple[PublicAccessBlock, ...]:
    answer = call(_client(clients, point).get_access_point, AccountId=point.account, Name=point.name)
    return (s3.public_access(answer.get("PublicAccessBlockConfiguration", {})),)


def _write_public_access(_clients: Clients, _point: Ref, _wanted: Sequence[PublicAccessBlock]) -> Receipt:
    raise Refused("the public access settings of an access point are fixed when it is made; its bucket's settings hold for it too")


def _read_account(clients: Clients, account: Ref) -> tuple[PublicAccessBlock, ...]:
    read = _client(clients, account).get_public_access_block
    answer = unless("NoSuchPublicAccessBlockConfiguration", read, AccountId=account.account)
    return (s3.public_access(answer["PublicAccessBlockConfiguration"]),) if answer else ()


def _write_account(_clients: Clients, _account: Ref, _wanted: Sequence[PublicAccessBlock]) -> Receipt:
    raise Refused("Block Public Access of the whole account touches every bucket in it: that is for a person")


def _read_grants(clients: Clients, bucket: Ref) -> tuple[AccessGrant, ...]:
    """The account's grants in the bucket's Region whose scope reaches into the bucket. The scope names a prefix: it is not kept."""
    grants = (grant for grant in _grants(clients, bucket) if _reaches(grant["GrantScope"], bucket.name))
    return tuple(
        AccessGrant(grant_id=grant["AccessGrantId"], grantee=grant["Grantee"]["GranteeIdentifier"], present=True)
        for grant in grants
    )


def _write_grants(clients: Clients, bucket: Ref, wanted: Sequence[AccessGrant]) -> Receipt:
    (grant,) = wanted
    if grant.present:
        raise Refused("an access grant is created anew by a person: it would have another id")
    delete = _client(clients, bucket).delete_access_grant
    return Receipt((request_id(call(delete, AccountId=bucket.account, AccessGrantId=grant.grant_id)),))


def _grants(clients: Clients, bucket: Ref) -> Iterator[Mapping[str, Any]]:
    ask = partial(_client(clients, bucket).list_access_grants, AccountId=bucket.account)
    try:
        for page in _pages(ask):
            yield from page["AccessGrantsList"]
    except CloudError as error:
        if error.code != "AccessGrantsInstanceNotExistsError":
            raise


def _reaches(scope: str, bucket: str) -> bool:
    """Whether a grant's scope (`s3://bucket/prefix*`, or `s3://*` for the account) takes in anything of the bucket."""
    inside, prefix = f"s3://{bucket}/", scope.removesuffix("*")
    return prefix.startswith(inside) or inside.startswith(prefix)


def _points(clients: Clients, bucket: Ref) -> tuple[Ref, ...]:
    """Access points of the bucket's own account. One in another account can do only what the bucket's policy hands over to it."""
    ask = partial(_client(clients, bucket).list_access_points, AccountId=bucket.account, Bucket=bucket.name)
    listed = (point for page in _pages(ask) for point in page["AccessPointList"])
    return tuple(named(Kind.ACCESS_POINT, point["AccessPointArn"]) for point in listed)


def _pages(ask: Callable[..., Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every page; boto3 has no paginator for these calls."""
    page = call(ask)
    yield page
    while page.get("NextToken"):
        page = call(ask, NextToken=page["NextToken"])
        yield page


def _client(clients: Clients, target: Ref) -> "S3ControlClient":
    return clients.s3control(target.account, target.region)


_READ_POLICY = frozenset({"s3:GetAccessPointPolicy"})
_NONE: frozenset[str] = frozenset()

FACETS: FacetTable = {
    (Kind.ACCESS_POINT, PolicyStatement): FacetAdapter(
        _read_policy, _write_policy, _READ_POLICY, _READ_POLICY | {"s3:DeleteAccessPointPolicy", "s3:PutAccessPointPolicy"}
    ),
    (Kind.ACCESS_POINT, PublicAccessBlock): FacetAdapter(
        _read_public_access, _write_public_access, frozenset({"s3:GetAccessPoint"}), _NONE
    ),
    (Kind.ACCOUNT, PublicAccessBlock): FacetAdapter(
        _read_account, _write_account, frozenset({"s3:GetAccountPublicAccessBlock"}), _NONE
    ),
    (Kind.BUCKET, AccessGrant): FacetAdapter(
        _read_grants, _write_grants, frozenset({"s3:ListAccessGrants"}), frozenset({"s3:DeleteAccessGrant"})
    ),
}

RELATIONS: RelationTable = {
    (Kind.BUCKET, Relation.ACCESS_POINTS): RelationAdapter(_points, frozenset({"s3:ListAccessPoints"})),
}
