"""Refuse for good what is written to a bucket in another way than under its new key, where nobody was seen writing so."""

from collections.abc import Iterator

from shared.containment.action import Action, Situation
from shared.containment.lasting import ENCRYPTION, Standard, statement
from shared.domain.facet import EncryptedWith, PolicyStatement
from shared.domain.plan import Change, Wave
from shared.domain.resource import Kind, Ref


def _propose(action: Action, target: Ref, situation: Situation) -> Iterator[Change]:
    forms = situation.observed.forms.get(target)
    successors = {s.new.id for s in situation.scope.successors}
    default = next((now.key for now in situation.world.look(target, EncryptedWith)), "")
    if forms is None or default not in successors:
        return
    standard = Standard(default, situation.observed.tls_floor)
    for rule in ENCRYPTION:
        if not any(rule.hurts(form, standard) for form in forms):
            sid, body = statement(situation.case, rule, standard, sorted(situation.exempt), [f"{target.id}/*"])
            yield action.change(target, PolicyStatement(sid=sid, body=body), f"{rule.words}: nobody was seen making any")


ACTION = Action(
    name="require-encryption",
    title="Refuse what is written unencrypted or under another key",
    wave=Wave.ENFORCE,
    targets=frozenset({Kind.BUCKET}),
    facets=(PolicyStatement,),
    hurts="A writer that sends no encryption header, or another one, and was not seen in the evidence window.",
    undone="Our statements are removed from the policy; every other statement stays as it is.",
    citation="45 CFR 164.312(a)(2)(iv)",
    propose=_propose,
)
