"""After the proof, denies that stay: nothing is written any more but under the new key, and nobody seen at work is refused."""

from collections.abc import Iterable

from shared.containment.answers import ask
from shared.containment.lasting import ENCRYPTION, TRANSPORT, Rule, Standard
from shared.containment.observed import Form, Observed
from shared.domain.case import Case, LeftForPeople, Stage
from shared.domain.errors import CloudError
from shared.domain.facet import EncryptedWith, PolicyStatement, TlsFloor
from shared.domain.plan import Wave
from shared.domain.resource import Ref

from . import lasting, observing
from .deps import Deps
from .step import Next

CHANGE = "let them write as the bucket's default does, then `codeblue reconsider`"


def wanted(case: Case, deps: Deps) -> bool:
    """Whether lasting denies, or the end of the old keys, are still to be thought of: not before everything is proved."""
    if not all(v.done for v in case.versions):
        return False
    return any(lasting.allowed(case, deps, wave) and not lasting.planned(case, wave) for wave in (Wave.ENFORCE, Wave.RETIRE))


def enforce(case: Case, deps: Deps) -> Next:
    """The lasting denies. Raises `NotDurable`."""
    if not lasting.allowed(case, deps, Wave.ENFORCE):
        return Next(case, Stage.RETIRE)
    guarded = lasting.guarded(case, deps)
    floor = deps.policy.fence.tls_floor
    judged = [s for s in guarded if floor != "off" or deps.world.traits(s, PolicyStatement)]
    forms, unknown = observing.stores(case, deps, judged)
    spared = lasting.worded(case, CHANGE, _spared(case, deps, forms, floor))
    seen = lasting.worded(spared, observing.BLIND, unknown)
    following = lasting.decided(
        seen, deps, Wave.ENFORCE, guarded, Observed(forms=forms, tls_floor=floor, whole=_whole(forms, floor, deps))
    )
    return following if following.stage else Next(following.case, Stage.RETIRE)


def _whole(stores: Iterable[Ref], floor: str, deps: Deps) -> frozenset[Ref]:
    """Those with a floor of their own of which every request is on record. What can not be read is not."""
    having = [store for store in stores if floor != "off" and deps.world.traits(store, TlsFloor)]
    return frozenset(store for store in having if _recorded(store, deps))


def _recorded(store: Ref, deps: Deps) -> bool:
    return ask(lambda: deps.evidence.recorded(store), default=False, about=str(store)).value


def _spared(case: Case, deps: Deps, forms: observing.Forms, floor: str) -> Iterable[LeftForPeople]:
    """What is not refused, because somebody was seen doing it."""
    transport = TRANSPORT if floor != "off" else ()
    for store, seen in forms.items():
        standard = Standard(_default(store, deps), floor)
        encryption = ENCRYPTION if standard.key in {s.new.id for s in case.scope.successors} else ()
        for rule in (*encryption, *transport):
            if by := _hurt(rule, seen, standard):
                reason = f"{rule.words} are not refused: {', '.join(by)} was seen making them"
                yield LeftForPeople(target=str(store), reason=reason, next=CHANGE, blocks=False)


def _hurt(rule: Rule, seen: Iterable[Form], standard: Standard) -> list[str]:
    return sorted({form.by for form in seen if rule.hurts(form, standard)})


def _default(store: Ref, deps: Deps) -> str:
    """The key that the store's default names, empty where it can not be read: the proposal says so."""
    try:
        return next((now.key for now in deps.world.look(store, EncryptedWith)), "")
    except CloudError:
        return ""
