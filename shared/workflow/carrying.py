"""What a case document carries: it has to fit where cases are kept, however much an actor makes, shares or opens.

What is left out is no less fenced: it exists, so every look finds it again.
"""

from typing import Final

from shared.domain.case import Case

MOST_CARRIED: Final = 50
"""Actors. The root is the first of them."""

MOST_GIVEN: Final = 100
"""Credentials and rights that the lineage gave."""

MOST_MET: Final = 500
"""Ids of actors that are not carried."""

ROOM: Final = 112 * 1024
"""Bytes of a document that leave room for a plan and its approval (`shared.custody.leases.MAX_BYTES`)."""

LISTS: Final = ("access_points", "shared", "trails", "vaults", "touched", "deeds", "shown")
"""Parts of a scope that an actor can make as long as it likes."""

LEAST: Final = 10
"""Of each of them that are carried in any case."""


def carried(case: Case) -> Case:
    """The case as its document carries it."""
    case = _actors(case.but(scope=case.scope.but(given=case.scope.given[:MOST_GIVEN])))
    while len(case.model_dump_json()) > ROOM:
        longest = max(LISTS, key=lambda name: len(getattr(case.scope, name)))
        found = getattr(case.scope, longest)
        if len(found) <= LEAST:
            break
        case = case.but(scope=case.scope.but(**{longest: found[: max(LEAST, len(found) // 2)]}))
    return case


def _actors(case: Case) -> Case:
    if case.lineage is None or len(case.scope.standings) <= MOST_CARRIED:
        return case
    standings, others = case.scope.standings[:MOST_CARRIED], case.scope.standings[MOST_CARRIED:]
    members = case.lineage.members[: MOST_CARRIED - 1]
    met = tuple(dict.fromkeys((*case.met, *(s.actor.unique_id for s in others))))[-MOST_MET:]
    return case.but(scope=case.scope.but(standings=standings), lineage=case.lineage.but(members=members), met=met)
