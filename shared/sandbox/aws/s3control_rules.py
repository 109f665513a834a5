"""S3 Access Grants, which moto lacks: an instance per account, grants in it, and their deletion.

Source: S3 API reference, CreateAccessGrantsInstance, CreateAccessGrant, ListAccessGrants, DeleteAccessGrant.
"""

import uuid
from typing import Any

from shared.sandbox.aws.clock import utc
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import CONFLICT, NOT_FOUND, Refusal

PAGE = 100


def _instance(ask: Ask) -> str:
    return f"arn:aws:s3:{ask.region}:{ask.account}:access-grants/default"


def _grants(cloud: Cloud, ask: Ask) -> dict[str, dict[str, Any]]:
    if ask.account not in cloud.books.access_grants:
        raise Refusal("AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist", NOT_FOUND)
    return cloud.books.access_grants[ask.account]


def create_instance(cloud: Cloud, ask: Ask) -> Reply:
    """CreateAccessGrantsInstance: one per account and Region."""
    if ask.account in cloud.books.access_grants:
        raise Refusal("AccessGrantsInstanceAlreadyExists", "Access Grants Instance already exists", CONFLICT)
    cloud.books.access_grants[ask.account] = {}
    return ask.answer({"CreatedAt": utc(ask.at), "AccessGrantsInstanceId": "default", "AccessGrantsInstanceArn": _instance(ask)})


def create_grant(cloud: Cloud, ask: Ask) -> Reply:
    """CreateAccessGrant."""
    grants, params, made = _grants(cloud, ask), ask.params, str(uuid.uuid4())
    grants[made] = {
        "CreatedAt": utc(ask.at),
        "AccessGrantId": made,
        "AccessGrantArn": f"{_instance(ask)}/grant/{made}",
        "Grantee": params["Grantee"],
        "Permission": params["Permission"],
        "AccessGrantsLocationId": params["AccessGrantsLocationId"],
        "GrantScope": params.get("AccessGrantsLocationConfiguration", {}).get("S3SubPrefix", "s3://*"),
    }
    return ask.answer(grants[made])


def list_grants(cloud: Cloud, ask: Ask) -> Reply:
    """ListAccessGrants, in pages."""
    grants, start = list(_grants(cloud, ask).values()), int(ask.params.get("NextToken") or 0)
    end = start + int(ask.params.get("MaxResults") or PAGE)
    page: dict[str, Any] = {"AccessGrantsList": grants[start:end]}
    return ask.answer(page | ({"NextToken": str(end)} if end < len(grants) else {}))


def get_grant(cloud: Cloud, ask: Ask) -> Reply:
    """GetAccessGrant."""
    return ask.answer(_grant(cloud, ask))


def _grant(cloud: Cloud, ask: Ask) -> dict[str, Any]:
    found = _grants(cloud, ask).get(ask.params["AccessGrantId"])
    if found is None:
        raise Refusal("NoSuchAccessGrantError", "The specified access grant does not exist", NOT_FOUND)
    return found


def delete_grant(cloud: Cloud, ask: Ask) -> Reply:
    """DeleteAccessGrant."""
    del _grants(cloud, ask)[_grant(cloud, ask)["AccessGrantId"]]
    return ask.answer({})


RULES: dict[str, Rule] = {
    "CreateAccessGrant": create_grant,
    "CreateAccessGrantsInstance": create_instance,
    "DeleteAccessGrant": delete_grant,
    "GetAccessGrant": get_grant,
    "ListAccessGrants": list_grants,
}
