"""Identities of machines: the directory's log says that a service made them, the activity log who wrote the resource."""

from collections.abc import Iterator
from copy import replace
from datetime import datetime
from typing import Any

from shared.adapters.azure import activity, audits
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.rest import GRAPH
from shared.domain.actor import Actor, Credential
from shared.domain.errors import Absent
from shared.domain.resource import Kind, Ref
from shared.ports import Act

WRITES = "/write"


def made(clients: Clients, principal: Ref, since: datetime) -> Iterator[Act]:
    """What was done to a principal, and who wrote the resource whose identity it is: that is who made it."""
    resource = _resource(clients, principal) if principal.kind is Kind.SERVICE_PRINCIPAL else ""
    changes = audits.on(clients, principal.id, since)
    if not resource:
        yield from changes
        return
    yield from (replace(act, created=()) for act in changes)
    identity = Actor(credential=Credential.MANAGED_IDENTITY, account="", principal=principal, unique_id=principal.id)
    subscription = resource.split("/")[2]
    for event in activity.events(clients, subscription, since, f"resourceUri eq '{resource}'"):
        act = activity.act(event)
        if act and act.name.endswith(WRITES):
            yield replace(act, created=(identity,))


def _resource(clients: Clients, principal: Ref) -> str:
    """The resource that an identity is of: Graph tells it among the principal's other names. Empty for an application's."""
    try:
        found: dict[str, Any] = clients.rest(GRAPH).get(f"/v1.0/servicePrincipals/{principal.id}?$select=alternativeNames")
    except Absent:
        return ""
    return next((str(name).lower() for name in found.get("alternativeNames") or () if str(name).startswith("/subscriptions/")), "")
