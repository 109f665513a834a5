"""Refuse for good what comes to a bucket in clear or over old TLS, where nobody was seen coming so."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.containment.lasting import TRANSPORT, Standard, statement
from shared.domain.facet import PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    forms, floor = situation.observed.forms.get(target), situation.observed.tls_floor
    if forms is None or floor == "off":
        return
    standard = Standard("", floor)
    for rule in TRANSPORT:
        if not any(rule.hurts(form, standard) for form in forms):
            where = [target.id, f"{target.id}/*"]
            sid, body = statement(situation.case, rule, standard, sorted(situation.exempt), where)
            yield action.change(target, PolicyStatement(sid=sid, body=body), f"{rule.words}: nobody was seen making any")


ACTION = Action(
    name="require-tls",
    title="Refuse requests in clear or over old TLS",
    wave=Wave.ENFORCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(PolicyStatement,),
    hurts="A client that speaks an older TLS than the policy's floor, and was not seen in the evidence window.",
    undone="Our statements are removed from the policy; every other statement stays as it is.",
    citation="45 CFR 164.312(e)(1)",
    propose=_propose,
)
