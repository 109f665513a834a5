"""Whether a key of a case is sound: what it protects was exposed, and the key itself was not the actor's to use.

Rules
1. Whoever used the key may hold data keys: rotation does not end those, a successor and a migration do.
2. Sound is what the whole record shows no use of by the lineage, up to after the fence. A record that is not whole, or late, shows
   nothing: the key is replaced.
3. A key whose policy, grants or state the lineage touched, or that lets the actors or outsiders in, is not sound.
"""

import json
from collections.abc import Iterator

from shared.containment.openness import ACCOUNT, named
from shared.containment.reach import did
from shared.domain.case import Case, Judged
from shared.domain.errors import CloudError
from shared.domain.facet import PolicyStatement
from shared.domain.resource import Ref
from shared.ports import Uses

from . import history
from .deps import Deps

HARMLESS = ("Describe", "Get", "List")
"""How calls begin that change nothing of a key."""

SOUND = "the whole record shows no use of the key by the actor, and nobody of theirs touched it: what it protects was exposed"
UNREAD = "nobody can say whether the actor used the key"


def judged(key: Ref, uses: Uses, case: Case, deps: Deps) -> Judged:
    """Whether this key (a replica is another) is sound, and why or why not."""
    why = next(_against(key, uses, case, deps), "")
    return Judged(key=key, sound=not why, why=why or SOUND)


def _against(key: Ref, uses: Uses, case: Case, deps: Deps) -> Iterator[str]:
    if calls := sorted({call for target, call in case.scope.deeds if target == key.id and not call.startswith(HARMLESS)}):
        yield f"the actor touched the key itself: {', '.join(calls)}"
    if any(did(standing, use.act) for use in uses.found for standing in case.scope.standings):
        yield "the actor used the key, and may hold data keys that it still opens"
    if not uses.whole or case.fenced_at is None or uses.through < case.fenced_at:
        yield f"{UNREAD}: the log is not whole up to the fence"
    if any(c.action == "revoke-grants" and c.target == key for c in history.made(deps.journal(case.id))):
        yield "a grant let the actor or an outsider use the key"
    if _open(key, case, deps):
        yield "its policy lets the actor or an outsider use it"


def _open(key: Ref, case: Case, deps: Deps) -> bool:
    """Whether an Allow statement names an actor, everybody or another organisation's account. What can not be read counts as so."""
    try:
        statements = [json.loads(s.body) for s in deps.world.look(key, PolicyStatement) if s.body]
    except CloudError:
        return True
    actors = {principal.id for principal in case.scope.principals}
    names = [name for s in statements if s.get("Effect") == "Allow" for kind, name in named(s.get("Principal")) if kind == "AWS"]
    return any(name in actors or not (found := ACCOUNT.fullmatch(name)) or found[1] not in deps.estate.accounts for name in names)
