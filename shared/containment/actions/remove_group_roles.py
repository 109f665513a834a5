"""Take a role from a group that nobody can take a quarantined principal out of: everybody in the group loses it with it.

Sign-in is off by then, and what was issued before ends by itself; until that, the role is what is left of the way in. Where others
are in the group, a person decides; a group that we or break-glass are in keeps its roles, and people are told.
"""

from collections.abc import Iterator

from shared.containment.action import Action, Situation, blast_of
from shared.domain.errors import Refused
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
    for role in roles:
        if role.group not in ours:
            blast = who.but(others=(*who.others, *_others(groups[role.group], situation)))
            yield action.change(target, role.but(present=False), "a rule or another directory puts it into the group", blast=blast)
    if ours and ours == set(groups):
        raise Refused(f"we or break-glass are in the group {min(ours)} too: whoever keeps its rule takes the principal out of it")


def _members(group: Ref, situation: Situation) -> tuple[Ref, ...]:
    return situation.world.related(group, Relation.MEMBERS)


def _others(members: tuple[Ref, ...], situation: Situation) -> tuple[str, ...]:
    """Whom it hurts: everybody in the group who is not fenced as a whole anyway."""
    found = sorted(str(each) for each in members if not situation.quarantined(each))
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
