"""Rules about who signs in how (Microsoft Graph v1.0, conditionalAccessPolicy), and what they said before.

The directory's log has the whole rule before and after each change, for a month.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any
from urllib.parse import quote

from shared.adapters.azure import audits
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import FacetAdapter, FacetTable, Rights
from shared.adapters.azure.rest import GRAPH
from shared.domain.facet import SignInRule
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


def _read(clients: Clients, rule: Ref) -> tuple[SignInRule, ...]:
    graph = clients.rest(GRAPH)
    now = _body(graph.get(f"{PLACE}/{rule.id}"))
    wanted = quote(f"targetResources/any(t:t/id eq '{rule.id}')", safe="/:()")
    changes = [folded(each) for each in graph.every(f"/v1.0/auditLogs/directoryAudits?$filter={wanted}")]
    made = [each for each in changes if str(each.get("activitydisplayname", "")).strip().lower() == CHANGED]
    by = _who(made[0]) if made else ""
    row = list(takewhile(lambda each: _who(each) == by, made))
    return (SignInRule(body=now, by=by, before=next(_before(row[-1]), "") if by else ""),)


def _body(policy: Mapping[str, Any]) -> str:
    return canonical({name: policy[name] for name in SAYS if policy.get(name) is not None}).decode()


def _who(change: Mapping[str, Any]) -> str:
    actor = actor_of(fact_entra.audit(change).actor)
    return actor.unique_id if actor else ""


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
