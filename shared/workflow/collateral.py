"""Collateral: somebody who is none of a case's actors is refused what the case has changed. People are paged, with the way back.

Rules
1. A refusal counts from a case's first change on, and on what the case has changed: on a store or key by something that can hurt
   others than its actors; of a user or role wherever a policy denies it. Anything else does not, nor do actors and ourselves.
2. Whoever is known to work there is told about one by one, once for all the same changes. Of others there may be any number,
   thieves among them: they are told about once for all of them.
3. That the record can not be read now keeps nobody from being told.
"""

import fnmatch
from collections.abc import Iterable, Iterator, Sequence

from shared.containment.action import Action
from shared.containment.actions import ACTIONS
from shared.containment.reach import did
from shared.domain.actor import Actor
from shared.domain.case import Case
from shared.domain.errors import CodeblueError
from shared.domain.plan import Change, Status
from shared.domain.resource import PRINCIPALS, Ref
from shared.domain.value import digest
from shared.intake.refusals import Refusal, refused
from shared.ports import Act, Memory

from . import history
from .deps import Deps
from .judging import Record

CASES_SECONDS = 5.0
"""How long the list of cases is good for: refusals come by the hundred, and minutes after what they are about."""

STANDING_SECONDS = 60.0
"""The same for what stands, at one version of its case."""

SUBJECT = "Somebody is refused by what a case has changed"


def heard(records: Iterable[Record], deps: Deps, memory: Memory) -> None:
    """Page people about the refusals among these records that are of our making. Raises `CloudError`."""
    for record in records:
        refusal = refused(record.document) if record.fact and record.fact.failed else None
        if refusal is not None and refusal.act.actor.unique_id not in deps.exempt:
            for case in deps.fresh.answer("cases", deps.cases.all, deps.clock, CASES_SECONDS):
                _weigh(refusal, case, deps, memory)


def _weigh(refusal: Refusal, case: Case, deps: Deps, memory: Memory) -> None:
    act = refusal.act
    touched = _touched(refusal, case)
    if not touched or any(did(standing, act) for standing in case.scope.standings):
        return
    blamed, known = _blamed(touched, case, deps), _known(act.actor, case)
    who = str(act.actor.principal) if known else "others"
    about = [case.id, who, *sorted(f"{c.target} {c.action}" for c in blamed or ())]
    if blamed == () or memory.seen(f"collateral {digest({'about': about})}"):
        return
    deps.notifier.page(case.id, SUBJECT, "\n".join(_words(act, case, touched, blamed, known=known)))


def _touched(refusal: Refusal, case: Case) -> tuple[Ref, ...]:
    """What the call was about, or by whom, that this case had changed by then."""
    act, scope = refusal.act, case.scope
    begun = min((wave.at for wave in case.waves if wave.counts.get(Status.APPLIED)), default=None)
    if begun is None or act.at < begun.replace(microsecond=0):  # a log's times are whole seconds
        return ()
    things = {*scope.resources, *scope.dependants}
    fenced = {*scope.principals, *(rightful.actor.principal for rightful in scope.rightful)}
    who = [act.actor.principal] if refusal.explicit and act.actor.principal in fenced and act.actor.principal else []
    return tuple(dict.fromkeys((*(each for each in refusal.resources if each in things), *who)))


def _blamed(touched: Sequence[Ref], case: Case, deps: Deps) -> tuple[Change, ...] | None:
    """The changes that stand there and could be the reason; None where the record can not be read now."""
    try:
        standing = deps.fresh.answer(
            ("standing", case.id, case.version), lambda: _standing(case, deps), deps.clock, STANDING_SECONDS
        )
    except CodeblueError:
        return None
    successors = {s.new: (s.old, s.old.successor) for s in case.scope.successors}
    there = {target for each in touched for target in (each, *successors.get(each, ()))}
    return tuple(c for c in standing if c.target in there and (c.target.kind in PRINCIPALS or hurtful(ACTIONS[c.action])))


def hurtful(action: Action) -> bool:
    """Whether it can refuse somebody who is no actor, by its own words."""
    return not action.aimed and not action.hurts.startswith("Nobody")


def _standing(case: Case, deps: Deps) -> tuple[Change, ...]:
    done = history.results(case, deps.journal(case.id))
    return tuple(result.change for result in done if result.outcome.status is Status.APPLIED)


def _known(actor: Actor, case: Case) -> bool:
    """Whether they are known to work there by right."""
    if actor.principal is None:
        return False
    named = actor.principal.id
    return any(r.actor.principal == actor.principal for r in case.scope.rightful) or any(
        fnmatch.fnmatchcase(named, pattern) for pattern in case.scope.allow
    )


def _words(act: Act, case: Case, touched: Sequence[Ref], blamed: Sequence[Change] | None, *, known: bool) -> Iterator[str]:
    who = act.actor.principal or f"a caller of the kind {act.actor.credential}"
    yield f"{who} was refused {act.name} on {touched[0]} at {act.at:%H:%M:%S} UTC, and is none of the actors of this case."
    if known:
        yield "They are known to work there. Nothing more is said about them while nothing else is changed there."
    else:
        yield "Nobody has declared or seen them working there: look who it is. Nothing more is said about others like them."
    if blamed is None:
        yield "The record can not be read now, so which change it was is not said. `codeblue status` shows what stands."
    for change in sorted(blamed or (), key=lambda c: (c.target, c.action)):
        action = ACTIONS[change.action]
        yield f"- {action.title}: {change.target}. It hurts: {action.hurts}"
    yield "To take one back, see first what that is, then do it with the digest that is shown:"
    targets = sorted({change.target for change in blamed}) if blamed else sorted(touched)
    yield from (f"  codeblue release {case.id} {target.id}" for target in targets)
