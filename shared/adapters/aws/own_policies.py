"""Policies of our own on a principal: inline, or customer-managed where the inline quota is used up.

Rules
1. Each has a name of its own, so that no write of ours replaces what somebody else wrote.
2. Only content says whose a policy is. One under our name that is not ours is replaced and reported, and never removed as ours.
3. It stands in one place: where the managed form is needed, an inline one that could not be replaced goes.
"""

from collections.abc import Callable
from typing import Any

from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.policies import Document, parse, text
from shared.adapters.aws.principal import Principal
from shared.containment.parallel import in_parallel
from shared.domain.errors import Absent, DoesNotFit, Refused
from shared.ports import Receipt

READS = ("Get{}Policy", "ListAttached{}Policies", "ListPolicyVersions", "GetPolicyVersion")

WRITES = (
    *READS,
    *("Put{}Policy", "Delete{}Policy", "Attach{}Policy", "Detach{}Policy"),
    *("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion"),
)

PATH = "/codeblue/"

type Ours = Callable[[Document], bool]
"""Whether a policy's content is what we write under its name."""


def found(principal: Principal, name: str) -> Document | None:
    """The policy under this name, wherever it stands. Raises `Absent`: the principal is gone."""
    in_line, attached = in_parallel(lambda look: look(principal, name), (inline, _attached))
    return in_line or attached


def inline(principal: Principal, name: str) -> Document | None:
    """The inline policy under this name."""
    try:
        return _parsed(principal.ask("get_{}_policy", PolicyName=name)["PolicyDocument"])
    except Absent:
        return None


def attached_arns(principal: Principal) -> tuple[str, ...]:
    """The managed policies of the principal. Raises `Absent`: the principal is gone."""
    return tuple(p["PolicyArn"] for p in principal.listed("list_attached_{}_policies", "AttachedPolicies"))


def delete_inline(principal: Principal, name: str) -> tuple[str, ...]:
    """Delete it; the ids of the requests made."""
    return (request_id(principal.ask("delete_{}_policy", PolicyName=name)),)


def listed(principal: Principal, prefix: str) -> list[str]:
    """The names, of one prefix, under which the principal has a policy. Needs `List{}Policies` as well."""
    inline_names, managed_names = in_parallel(lambda names: names(principal), (_inline_names, _managed_names))
    return sorted(name for name in {*inline_names, *managed_names} if name.startswith(prefix))


def put(principal: Principal, name: str, document: Document, ours: Ours) -> Receipt:
    """Put the policy under this name, inline. Raises `DoesNotFit` where the inline quota is used up."""
    was = inline(principal, name)
    answer = principal.ask("put_{}_policy", PolicyName=name, PolicyDocument=text(document))
    notes = (f"a policy named {name} with other content was there and is replaced",) if was and not ours(was) else ()
    return Receipt((request_id(answer),), notes)


def place(principal: Principal, name: str, document: Document, ours: Ours) -> Receipt:
    """Put the policy under this name, inline or managed. Raises `DoesNotFit` where nothing can be attached either."""
    try:
        return put(principal, name, document, ours)
    except DoesNotFit:
        attached = _attach(principal, name, document)
        removed = delete_inline(principal, name) if inline(principal, name) else ()
        return Receipt((*attached, *removed), (f"the inline policies are full: {name} is a managed policy",))


def withdraw(principal: Principal, name: str, ours: Ours) -> Receipt:
    """Remove the policy under this name where it is ours."""
    in_line, attached = in_parallel(lambda look: look(principal, name), (inline, _attached))
    notes = tuple(f"the policy {name} is not what we wrote; it stays" for one in (in_line, attached) if one and not ours(one))
    removed = delete_inline(principal, name) if in_line and ours(in_line) else ()
    detached = _detach(principal, name) if attached and ours(attached) else ()
    return Receipt((*removed, *detached), notes)


def _inline_names(principal: Principal) -> list[str]:
    return list(principal.listed("list_{}_policies", "PolicyNames"))


def _managed_names(principal: Principal) -> list[str]:
    """Of managed policies only those that are named as ours for this very principal."""
    first, last = _arn(principal, "").removesuffix(_tail(principal)), _tail(principal)
    ours = (arn for arn in attached_arns(principal) if arn.startswith(first) and arn.endswith(last))
    return [arn.removeprefix(first).removesuffix(last) for arn in ours]


def _attached(principal: Principal, name: str) -> Document | None:
    arn = _arn(principal, name)
    if arn not in attached_arns(principal):
        return None
    default = next(v["VersionId"] for v in _versions(principal, arn) if v["IsDefaultVersion"])
    version = call(principal.iam.get_policy_version, PolicyArn=arn, VersionId=default)["PolicyVersion"]
    return _parsed(version["Document"])


def _attach(principal: Principal, name: str, document: Document) -> tuple[str, ...]:
    arn = _arn(principal, name)
    published = _publish(principal, arn, text(document))
    try:
        attached = principal.ask("attach_{}_policy", PolicyArn=arn)
    except DoesNotFit:
        _erase(principal, arn)
        raise
    return (published, request_id(attached))


def _publish(principal: Principal, arn: str, document: str) -> str:
    """Make the managed policy say this; the id of the request that did."""
    name = arn.rpartition("/")[2]
    try:
        made: Any = call(principal.iam.create_policy, PolicyName=name, Path=PATH, PolicyDocument=document)
    except Refused as error:
        if error.code != "EntityAlreadyExists":
            raise
        _forget_versions(principal, arn)
        made = call(principal.iam.create_policy_version, PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    return request_id(made)


def _detach(principal: Principal, name: str) -> tuple[str, ...]:
    arn = _arn(principal, name)
    detached = principal.ask("detach_{}_policy", PolicyArn=arn)
    return (request_id(detached), *_erase(principal, arn))


def _erase(principal: Principal, arn: str) -> tuple[str, ...]:
    return (*_forget_versions(principal, arn), request_id(call(principal.iam.delete_policy, PolicyArn=arn)))


def _forget_versions(principal: Principal, arn: str) -> tuple[str, ...]:
    """Delete what is not the default version: IAM keeps five, and deletes no policy that has several."""
    old = [v["VersionId"] for v in _versions(principal, arn) if not v["IsDefaultVersion"]]
    return tuple(request_id(call(principal.iam.delete_policy_version, PolicyArn=arn, VersionId=version)) for version in old)


def _versions(principal: Principal, arn: str) -> list[Any]:
    return list(call(principal.iam.list_policy_versions, PolicyArn=arn)["Versions"])


def _arn(principal: Principal, name: str) -> str:
    return f"arn:{principal.partition}:iam::{principal.ref.account}:policy{PATH}{name}{_tail(principal)}"


def _tail(principal: Principal) -> str:
    """Managed policies are the account's, so their names carry the principal's."""
    return f"-{principal.ref.kind}-{principal.ref.name}"


def _parsed(document: object) -> Document:
    """The SDK has decoded the document; read again by the rules of `policies` for numbers that are too large."""
    return parse(text(document))  # type: ignore[arg-type]  # IAM stores objects only
