"""Rules about who signs in how (Microsoft Graph v1.0, conditionalAccessPolicy), and what they said before.

The directory's log has the whole rule before and after each change, for a month.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from shared.adapters.azure import audits
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.log_rows import moment
from shared.adapters.azure.rest import GRAPH
from shared.domain.errors import Unreachable
from shared.domain.facet import SignInRule
from shared.domain.facet.handed import RuleChange
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.intake import fact_entra
from shared.intake.fact_signal_azure import actor_of
from shared.intake.tolerant import folded, items
from shared.ports import Receipt

PLACE = "/v1.0/identity/conditionalAccess/policies"
SAYS = ("displayName", "state", "conditions", "grantControls", "sessionControls")
"""What of a rule can be written."""

CHANGED = "update conditional access policy"
WHOLE = "ConditionalAccessPolicy"

MOST = 500
"""Records about one rule that are read; where there are more, its changes are not known."""


def _read(clients: Clients, rule: Ref) -> tuple[SignInRule, ...]:
    graph = clients.rest(GRAPH)
    now = _body(graph.get(f"{PLACE}/{rule.id}"))
    wanted = quote(f"targetResources/any(t:t/id eq '{rule.id}')", safe="/:()")
    listed = list(islice(graph.every(f"/v1.0/auditLogs/directoryAudits?$filter={wanted}"), MOST + 1))
    if len(listed) > MOST:
        raise Unreachable("the directory's log has more about a rule than can be read at once", "TooManyRows")
    changes = [change for each in reversed(listed) if (change := _change(folded(each)))]
    return (SignInRule(body=now, changes=tuple(sorted(changes, key=lambda each: each.at))),)


def _body(policy: Mapping[str, Any]) -> str:
    return canonical({name: policy[name] for name in SAYS if policy.get(name) is not None}).decode()


def _change(event: Mapping[str, Any]) -> RuleChange | None:
    """A change that worked; None for any other event."""
    told = fact_entra.audit(event)
    if told.failed or str(event.get("activitydisplayname", "")).strip().lower() != CHANGED:
        return None
    actor = actor_of(told.actor)
    by = actor.unique_id if actor else ""
    return RuleChange(at=moment(event["activitydatetime"]), by=by, before=next(_before(event), ""))


def _before(change: Mapping[str, Any]) -> Iterator[str]:
    properties = (p for each in items(change.get("targetresources")) for p in items(folded(each).get("modifiedproperties")))
    for said in (folded(each) for each in properties):
        old = _parsed(said.get("oldvalue")) if said.get("displayname") == WHOLE else None
        if isinstance(old, Mapping):
            yield _body(old)


def _parsed(said: object) -> object:
    """The log writes a value as JSON in a string, and this one at times as JSON in that."""
    try:
        found = json.loads(said) if isinstance(said, str) else said
        return json.loads(found) if isinstance(found, str) else found
    except ValueError:
        return None


def _write(clients: Clients, rule: Ref, wanted: Sequence[SignInRule]) -> Receipt:
    (wish,) = wanted
    return Receipt((clients.rest(GRAPH).send("PATCH", f"{PLACE}/{rule.id}", json.loads(wish.body)),))


_READ = Rights(graph=frozenset({"Policy.Read.All"})) | audits.RIGHTS
_WRITE = Rights(graph=frozenset({"Policy.ReadWrite.ConditionalAccess"}))

FACETS: FacetTable = {
    (Kind.SIGN_IN_RULE, SignInRule): FacetAdapter(
        _read, _write, _READ, _WRITE, requests=frozenset({"Update conditional access policy"})
    )
}
