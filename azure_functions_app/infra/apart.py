"""What answers a breach and what it answers for take different subscriptions, as far as the policy file says which those are.

Whoever has Contributor or Owner at a subscription writes the settings of every app in it, the list of approvers among them, and
opens every store and hub in it: nothing inside keeps them out.
"""

import re
from collections.abc import Iterator

from shared.domain.errors import BadInput
from shared.settings import Policy

UNDER = "/subscriptions/"


def workload(policy: Policy) -> frozenset[str]:
    """The subscriptions that the policy declares as responded for, and those that declared stores are in."""
    named = {account for tenant in policy.tenants.values() for account in tenant.accounts}
    stores = {store for tenant in policy.tenants.values() for store in tenant.buckets if store.lower().startswith(UNDER)}
    return frozenset({*named, *map(_subscription, stores)})


def apart(policy: Policy, home: str = "") -> None:
    """Raises `BadInput` where custody, or the app (in the subscription `home`), is in a subscription that is responded for."""
    for what, where in (("custody", _subscription(policy.custody.azure)), ("the app", home.lower())):
        if where and where in workload(policy):
            raise BadInput(
                f"{what} is in {where}, for which it responds: whoever administers that decides about cases and writes the record; "
                "take a subscription that nobody of the workload administers"
            )


GROUP = re.compile(r"/subscriptions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/[^/]+", re.IGNORECASE)


def kept(policy: Policy) -> None:
    """Raises `BadInput` with the lines that are missing for an app on Azure to have a record, and to answer for its cloud."""
    if lines := tuple(_missing(policy)):
        why = f"by this policy file an app on Azure would answer no alert: {'; '.join(lines)}. Nothing was written"
        raise BadInput(why)


def _missing(policy: Policy) -> Iterator[str]:
    if not GROUP.fullmatch(policy.custody.azure):
        yield '[custody] needs azure = "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP", where the record is kept'
    if policy.custody.directory:
        yield "[custody] directory has to go: the app has no folder that lasts"
    if policy.responder.clouds and "azure" not in policy.responder.clouds:
        yield '[responder] clouds needs "azure" in it'


def _subscription(resource: str) -> str:
    """The subscription of a resource id; empty for none."""
    return resource.lower().removeprefix(UNDER).partition("/")[0]
