"""Take a role from a group that nobody can take a quarantined principal out of: everybody in the group loses it with it.

Sign-in is off by then, and what was issued before ends by itself; until that, the role is what is left of the way in. Where others
are in the group, a person decides; a group that we or break-glass are in keeps its roles, and people are told.
"""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.case import Reach
from shared.domain.errors import Spared
from shared.domain.facet import RoleByGroup
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref
from shared.ports import Relation

SHOWN = 10
"""Members by name; of more there is the number."""


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    if not (whole := situation.quarantined(target)):
        return
    roles = [role for role in situation.world.look(target, RoleByGroup) if role.present]
    groups = {role.group: _members(target.but(kind=Kind.GROUP, id=role.group), situation) for role in roles}
    ours = {group for group, members in groups.items() if {each.id for each in members} & situation.exempt}
    who = blast_of(whole)
    # a group that is listed without the one whom it was found by is not listed whole: hidden members, or a directory that lags
    unlisted = {group for group, members in groups.items() if target.id not in {each.id for each in members}}
    for role in roles:
        if role.group not in ours:
            others = (*who.others, *_others(groups[role.group], situation))
            blast = who.but(others=others, known=who.known and role.group not in unlisted)
            yield action.change(target, role.but(present=False), "a rule or another directory puts it into the group", blast=blast)
    if ours:
        named = ", ".join(sorted(ours))
        raise Spared(f"we or break-glass too are in {named}: whoever keeps the rule of such a group takes the principal out of it")


def _members(group: Ref, situation: Situation) -> tuple[Ref, ...]:
    return situation.world.related(group, Relation.MEMBERS)


def _others(members: tuple[Ref, ...], situation: Situation) -> tuple[str, ...]:
    """Whom it hurts: everybody in the group who is not fenced as a whole anyway."""
    fenced = {s.actor.principal for s in situation.scope.standings if s.reach is Reach.PRINCIPAL}
    found = sorted(str(each) for each in members if each not in fenced)
    return (*found[:SHOWN], *((f"and {len(found) - SHOWN} more",) if len(found) > SHOWN else ()))


ACTION = Action(
    name="remove-group-roles",
    title="Take a role from a group that a rule fills",
    wave=Wave.FENCE,
    targets=frozenset({Kind.USER, Kind.SERVICE_PRINCIPAL}),
    facets=(RoleByGroup,),
    hurts="Everybody else in the group.",
    undone="Each role is assigned to the group again, at the same scope, with its id and condition.",
    citation="45 CFR 164.308(a)(4)(ii)(C)",
    propose=_propose,
)
