"""Have a store take newer TLS only, where nobody was seen coming by an older one: where the store has such a floor of its own.

The floor is the whole account's: where it keeps queues, tables or files besides, whoever comes for those was not looked for.
"""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.containment.lasting import OLD_TLS, Standard
from shared.domain.facet import TlsFloor
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    forms, floor = situation.observed.forms.get(target), situation.observed.tls_floor
    if forms is None or target not in situation.observed.whole:
        return
    if floor == "off" or any(OLD_TLS.hurts(form, Standard("", floor)) for form in forms):
        return
    wanted = TlsFloor.model_validate({"version": floor})
    if not any(wanted.satisfied_by(now) for now in situation.world.look(target, TlsFloor)):
        yield action.change(target, wanted, f"{OLD_TLS.words}: nobody was seen making any")


ACTION = Action(
    name="raise-tls-floor",
    title="Take newer TLS only",
    wave=Wave.ENFORCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(TlsFloor,),
    hurts="A client that speaks an older TLS than the policy's floor, and was not seen in the evidence window.",
    undone="The floor is set as it was.",
    citation="45 CFR 164.312(e)(1)",
    propose=_propose,
)
