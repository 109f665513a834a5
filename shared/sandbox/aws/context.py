"""The global condition keys of a request: who calls, since when, from where (IAM user guide, "AWS global condition context keys").

The network is told by headers that a sandbox client may set and no policy can: `x-sandbox-source-ip`, `x-sandbox-source-vpc` and
`x-sandbox-source-vpce`.
"""

from collections.abc import Mapping

from shared.sandbox.aws import keys
from shared.sandbox.aws.clock import iso
from shared.sandbox.aws.history import Identity, IdentityHistory
from shared.sandbox.aws.http import Incoming
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.wire_signature import credential

SOURCE_IP = "x-sandbox-source-ip"
SOURCE_VPC = "x-sandbox-source-vpc"
SOURCE_VPCE = "x-sandbox-source-vpce"

_TYPES = {
    "root": "Account",
    "user": "User",
    "role": "AssumedRole",
    "federated": "FederatedUser",
    "service": "Service",
    "anonymous": "Anonymous",
}

type Context = Mapping[str, tuple[str, ...]]


def of_request(caller: Caller, holder: Identity | None, incoming: Incoming, region: str, at: float) -> dict[str, tuple[str, ...]]:
    """The global keys, lower-cased. A key that the service would not send is absent."""
    single = {
        "aws:currenttime": iso(at),
        "aws:epochtime": str(int(at)),
        "aws:requestedregion": region,
        "aws:securetransport": _truth(incoming.secure),
        "aws:sourceip": incoming.headers.get(SOURCE_IP, incoming.address),
        "aws:sourcevpc": incoming.headers.get(SOURCE_VPC, ""),
        "aws:sourcevpce": incoming.headers.get(SOURCE_VPCE, ""),
        "aws:useragent": incoming.headers.get("user-agent", ""),
        "aws:viaawsservice": "false",
        **_of_principal(caller),
        **_of_session(caller),
        **_tags(caller, holder),
    }
    return {key: (value,) for key, value in single.items() if value}


def _of_principal(caller: Caller) -> dict[str, str]:
    principal = caller.principal
    named = {
        "aws:principaltype": _TYPES[principal.kind],
        "aws:principalisawsservice": _truth(principal.kind == "service"),
        "aws:principalaccount": principal.account,
        "aws:userid": principal.user_id or "anonymous",
        "aws:principalarn": principal.issuer if principal.kind == "role" else principal.arn,
    }
    if principal.kind == "user":
        named["aws:username"] = principal.arn.rpartition("/")[2]
    return named


def _of_session(caller: Caller) -> dict[str, str]:
    session = caller.session
    if session is None:
        return {}
    return {
        "aws:tokenissuetime": iso(session.issued_at),
        "aws:sourceidentity": session.source_identity,
        "aws:multifactorauthpresent": "false",
    }


def _tags(caller: Caller, holder: Identity | None) -> dict[str, str]:
    own = dict(holder.tags) if holder else {}
    given = dict(caller.session.tags) if caller.session else {}
    return {f"aws:principaltag/{key.lower()}": value for key, value in {**own, **given}.items()}


def _truth(value: bool) -> str:  # noqa: FBT001 - a conversion
    return "true" if value else "false"


def s3_keys(incoming: Incoming, *, at: float) -> dict[str, tuple[str, ...]]:
    """S3's keys about the signature and the connection ("Amazon S3 Signature Version 4 authentication specific policy keys").

    The sandbox's main listener counts as TLS 1.3, the second one as plain HTTP. `s3:signatureAge` is in milliseconds.
    """
    signed = credential(incoming)
    found = {
        "s3:tlsversion": "1.3" if incoming.secure else "",
        "s3:x-amz-content-sha256": incoming.headers.get("x-amz-content-sha256", ""),
    }
    if signed:
        found["s3:authtype"] = "REST-QUERY-STRING" if signed.presigned else "REST-HEADER"
        found["s3:signatureversion"] = signed.version
        found["s3:signatureage"] = str(max(0, round((at - signed.signed_at.timestamp()) * 1000)))
    return {key: (value,) for key, value in found.items() if value}


def of_resource(resource: str, account: str, history: IdentityHistory) -> dict[str, tuple[str, ...]]:
    """The keys that a resource itself gives: its account, a KMS key's aliases and tags, tags and boundary of a user or role."""
    found: dict[str, tuple[str, ...]] = {"aws:resourceaccount": (account,)}
    if ":kms:" in resource and (key := keys.find(account, "", resource)):
        found |= keys.about(key)
    found |= _of_identity(resource, account, history)
    return found


def _of_identity(resource: str, account: str, history: IdentityHistory) -> dict[str, tuple[str, ...]]:
    """IAM's `aws:ResourceTag`, `iam:ResourceTag` and `iam:PermissionsBoundary` of a user or role."""
    _, _, service, *_, named = resource.split(":", 5) if resource.count(":") > 4 else [""] * 6  # noqa: PLR2004
    kind, _, path = named.partition("/")
    if service != "iam" or kind not in {"user", "role"}:
        return {}
    owner = history.find(account, "user" if kind == "user" else "role", path.rpartition("/")[2])
    if owner is None:
        return {}
    found: dict[str, tuple[str, ...]] = {"iam:permissionsboundary": (owner.boundary,)} if owner.boundary else {}
    return found | {f"{prefix}:resourcetag/{key.lower()}": (value,) for key, value in owner.tags for prefix in ("aws", "iam")}
