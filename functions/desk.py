"""AWS Lambda behind a URL, and for runbooks: a person looks at cases and their record, or hands over an alert.

Nothing but the record is changed here: an alert opens a case, and its workflow goes on from there; a page is taken. Deciding is
`decide`'s.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent
from pydantic import Field, ValidationError

from shared.adapters.aws.runbooks import RUNBOOKS, Execution
from shared.bootstrap import finding
from shared.domain.case import Case, Mode, Verdict
from shared.domain.duration import Duration
from shared.domain.errors import BadInput, CodeblueError, NotApproved
from shared.domain.value import Value
from shared.report.handover import handover as handed_on
from shared.report.lines import of_audit, of_case, of_taken, of_undo
from shared.report.pack import pack
from shared.report.summary import summary, turned
from shared.workflow.acknowledging import acknowledge as take
from shared.workflow.answering import STATUS
from shared.workflow.deciding import rollback_plan
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge, arrived
from shared.workflow.local import settled
from shared.workflow.taking_in import take_in

from . import environment, runbook
from .doors import Tokens, Workflows
from .signed import NOBODY, answer, message, refused, signer
from .waking import wake

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

LARGEST = 5_000_000
"""Characters of an answer; a function's answer has six megabytes at most (Lambda quotas)."""

STATUSES = {**STATUS, BadInput: HTTPStatus.BAD_REQUEST}
"""What an errand may end with, beside what a decision may."""


class Errand(Value):
    """The request's body, as JSON. An alert is handed over as its source sends it (`event`), or by its name (`finding`, an ARN).

    `since` is how long a shift was that is handed over.
    """

    what: Literal["cases", "status", "report", "audit", "rollback", "plan", "respond", "acknowledge", "handover"]
    case: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,64}$")] = ""
    event: str = ""
    finding: str = ""
    since: Duration = timedelta(hours=12)


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, object]:
    """Entry point: a function URL's event, which gets an HTTP response, or a runbook's call, which gets what was asked."""
    if runbook.calls(context):
        return errand_of(runbook.behind(event, "desk", environment.settings().approvers))
    request = LambdaFunctionUrlEvent(event)
    who = signer(request, environment.settings().approvers)
    if not who:
        return message(HTTPStatus.FORBIDDEN, NOBODY)
    try:
        errand = Errand.model_validate_json(request.decoded_body or "")
        said = answer(HTTPStatus.OK, ERRANDS[errand.what](errand, environment.reader(), who))
    except (CodeblueError, ValidationError) as why:
        return refused(why, "{what, case, event}", STATUSES)
    return said if len(str(said["body"])) < LARGEST else message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "ask with --direct")


def errand_of(run: Execution) -> dict[str, object]:
    """What a runbook asks; before an approval, where the case stands. Raises `CodeblueError`.

    `NotApproved` where the case does not ask with the runbook's digest: what is shown is what an approver is asked about.
    """
    asked = {name: run.given[name] for name in ("case", "finding") if name in run.given}
    errand = Errand.model_validate({"what": RUNBOOKS[run.runbook].what or "status", **asked})
    if "digest" in run.given:
        _asks(errand.case, run.given["digest"], environment.reader())
    return ERRANDS[errand.what](errand, environment.reader(), run.by)


def _asks(case_id: str, digest: str, deps: Deps) -> None:
    waiting = deps.cases.load(case_id).awaiting
    if waiting is None or waiting.digest != digest:
        raise NotApproved(f"case {case_id} does not ask with this digest{f', but with {waiting.digest}' if waiting else ''}")


def cases(errand: Errand, deps: Deps, _who: str) -> dict[str, object]:
    """`{cases}`: every case, newest first."""
    del errand
    return {"cases": [of_case(case) for case in deps.cases.all()]}


def status(errand: Errand, deps: Deps, _who: str) -> dict[str, object]:
    """`{summary, open, settled}` of one case. Raises `Absent`."""
    case = deps.cases.load(errand.case)
    return {"summary": _summary(case, deps), "open": case.verdict is Verdict.OPEN, "settled": settled(case)}


def report(errand: Errand, deps: Deps, _who: str) -> dict[str, object]:
    """`{summary, evidence}` of one case. Raises `Absent`."""
    case = deps.cases.load(errand.case)
    content = pack(case, deps.journal(case.id), deps.place, environment.checked(case), deps.clock.now())
    return {"summary": _summary(case, deps), "evidence": content.model_dump(mode="json")}


def audit(errand: Errand, deps: Deps, _who: str) -> dict[str, object]:
    """The audit of one record, by the key that custody has: who trusts nobody here uses `--direct` and a key from elsewhere."""
    case = deps.cases.load(errand.case)
    return of_audit(case.id, environment.checked(case))


def rollback(errand: Errand, deps: Deps, _who: str) -> dict[str, object]:
    """What a rollback would take back. It is done by whoever may change all of it, and no function may."""
    case = deps.cases.load(errand.case)
    return of_undo(case.id, rollback_plan(case, deps))


def acknowledge(errand: Errand, deps: Deps, who: str) -> dict[str, object]:
    """Who has the page of this case, on record under their name. Raises `BadInput` where none is open, `Absent`, `LeaseLost`."""
    return of_taken(take(errand.case, deps, who))


def handover(errand: Errand, deps: Deps, _who: str) -> dict[str, object]:
    """What the next person on call has to know (`shared.report.handover`)."""
    now = deps.clock.now()
    return handed_on(deps.cases, deps.journal, deps.policy.paging, now - errand.since, now)


def plan(errand: Errand, deps: Deps, who: str) -> dict[str, object]:
    """`{cases, turned}`: the cases that this alert opens, each of which asks before it does anything. Raises `BadInput`."""
    doors = Doors(environment.workflows(), environment.tokens())
    return handed_over(_alert(errand), who, deps, environment.by_hand(), doors, Mode.ASK)


def respond(errand: Errand, deps: Deps, who: str) -> dict[str, object]:
    """The same for cases that ask where the policy says so, and go ahead where it does not. Raises `BadInput`."""
    doors = Doors(environment.workflows(), environment.tokens())
    return handed_over(_alert(errand), who, deps, environment.by_hand(), doors, None)


def _alert(errand: Errand) -> bytes:
    return finding(errand.finding) if errand.finding else errand.event.encode()


class Doors(NamedTuple):
    """What begins workflows and wakes them."""

    workflows: Workflows
    tokens: Tokens


def handed_over(raw: bytes, who: str, deps: Deps, judge: Judge, doors: Doors, mode: Mode | None) -> dict[str, object]:
    """The alert taken in for this person, who asks for whatever the cases ask; their workflows are begun."""
    opened: list[str] = []
    others: list[dict[str, object]] = []
    for admitted in take_in(arrived(raw), judge, deps, automatic=False, mode=mode, by=who):
        if isinstance(admitted, Case):
            wake(admitted, *doors)
            opened.append(admitted.id)
        else:
            others.append(turned(admitted.verdict, admitted.reason, admitted.left))
    return {"cases": list(dict.fromkeys(opened)), "turned": others}


def _summary(case: Case, deps: Deps) -> dict[str, object]:
    return summary(case, deps.journal(case.id), deps.place)


ERRANDS: Mapping[str, Callable[[Errand, Deps, str], dict[str, object]]] = {
    "cases": cases,
    "status": status,
    "report": report,
    "audit": audit,
    "rollback": rollback,
    "plan": plan,
    "respond": respond,
    "acknowledge": acknowledge,
    "handover": handover,
}
