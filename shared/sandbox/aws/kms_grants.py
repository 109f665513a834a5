"""KMS grants: who may hold one, listed in full, and revoked by id. Every grant is enforced by the authoriser.

Source: KMS API reference, CreateGrant, ListGrants, RevokeGrant, RetireGrant.
"""

from collections.abc import Mapping
from typing import Any

from moto.kms.models import Grant, Key

from shared.sandbox.aws import keys
from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import Refusal
from shared.sandbox.aws.resource_policies import account_of, by_arn

OPERATIONS = frozenset(
    {
        "CreateGrant",
        "Decrypt",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "ReEncryptFrom",
        "ReEncryptTo",
        "RetireGrant",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)


def create_grant(cloud: Cloud, ask: Ask) -> Reply:
    """CreateGrant: for a principal that exists; the same specification under the same name gives the same grant."""
    params = ask.params
    key = keys.require(ask.account, ask.region, params["KeyId"])
    grantee = str(params.get("GranteePrincipal") or params.get("GranteeServicePrincipal", ""))
    _require_principal(cloud, grantee)
    if unknown := set(params["Operations"]) - OPERATIONS:
        raise Refusal("ValidationException", f"Operations {sorted(unknown)} are not grant operations.")
    grant = _same(key, params) or key.add_grant(
        params.get("Name", ""), grantee, params["Operations"], params.get("Constraints", {}), params.get("RetiringPrincipal", "")
    )
    cloud.keys.notes(key.arn).grants.setdefault(
        grant.id, {"CreationDate": utc(ask.at), "IssuingAccount": f"arn:aws:iam::{ask.caller.principal.account}:root"}
    )
    return ask.answer({"GrantId": grant.id, "GrantToken": grant.token})


def _require_principal(cloud: Cloud, grantee: str) -> None:
    known = account_of(grantee) in cloud.history.accounts()
    if grantee.startswith("arn:") and known and not grantee.endswith(":root") and by_arn(grantee, cloud.history) is None:
        raise Refusal("InvalidArnException", f"{grantee} is not a valid principal.")


def _same(key: Key, params: Mapping[str, Any]) -> Grant | None:
    """An equal grant of the same name: CreateGrant is idempotent with a name."""
    wanted = (params.get("Name"), params.get("GranteePrincipal"), params["Operations"], params.get("Constraints", {}))
    held = key.grants.values()
    found = (grant for grant in held if (grant.name, grant.grantee_principal, grant.operations, grant.constraints) == wanted)
    return next(found, None) if params.get("Name") else None


def _listed(cloud: Cloud, key: Key, grant: Grant) -> dict[str, Any]:
    entry = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "Name": grant.name,
        "GranteePrincipal": grant.grantee_principal,
        "RetiringPrincipal": grant.retiring_principal,
        "Operations": grant.operations,
        "Constraints": grant.constraints,
        **cloud.keys.notes(key.arn).grants.get(grant.id, {}),
    }
    return {name: value for name, value in entry.items() if value}


def list_grants(cloud: Cloud, ask: Ask) -> Reply:
    """ListGrants: of one key, by id or grantee, in pages."""
    params = ask.params
    key = keys.require(ask.account, ask.region, params["KeyId"])
    wanted_id, grantee = params.get("GrantId"), params.get("GranteePrincipal")
    grants = [
        grant
        for grant in key.grants.values()
        if (not wanted_id or grant.id == wanted_id) and (not grantee or grant.grantee_principal == grantee)
    ]
    return ask.answer(_page(params, [_listed(cloud, key, grant) for grant in grants]))


def _page(params: Mapping[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    start, limit = int(params.get("Marker") or 0), int(params.get("Limit", 50))
    more = start + limit < len(entries)
    page = {"Grants": entries[start : start + limit], "Truncated": more}
    return page | ({"NextMarker": str(start + limit)} if more else {})


def list_retirable_grants(cloud: Cloud, ask: Ask) -> Reply:
    """ListRetirableGrants: the grants of an account and Region that a principal may retire."""
    backend = keys.backend(ask.account, ask.region)
    found = [
        _listed(cloud, key, grant)
        for key in backend.keys.values()
        for grant in key.grants.values()
        if grant.retiring_principal == ask.params["RetiringPrincipal"]
    ]
    return ask.answer(_page(ask.params, found))


def revoke_grant(_: Cloud, ask: Ask) -> Reply:
    """RevokeGrant, by the grant's id on its key."""
    key = keys.require(ask.account, ask.region, ask.params["KeyId"])
    if key.grants.pop(ask.params["GrantId"], None) is None:
        raise Refusal("NotFoundException", f"Grant ID {ask.params['GrantId']} not found")
    return ask.answer({})


RULES: dict[str, Rule] = {
    "CreateGrant": create_grant,
    "ListGrants": list_grants,
    "ListRetirableGrants": list_retirable_grants,
    "RevokeGrant": revoke_grant,
}
