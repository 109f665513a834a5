"""Runbooks of Systems Manager: which function each asks for what, and what a running one was told, by whom, in AWS's own words.

Of whoever calls a function its caller alone speaks. So a runbook hands over nothing but the id of its own execution, and everything
else is asked of Systems Manager: who began it, with which parameters, and whose word its `aws:approve` step took.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Refused
from shared.domain.value import Value

PERMISSIONS = frozenset({"ssm:GetAutomationExecution"})

ALIAS = "runbook"
"""The alias that runbooks call a function by. URLs are of another: who may be a runbook is thereby no URL, nor the reverse."""

QUESTION = "question"
"""The name of the step in which an approver is asked."""

ANSWERS: Mapping[str, bool] = {"Approved": True, "Rejected": False}
"""What `ApprovalStatus` says of an answer (Systems Manager user guide, `aws:approve`); anything else is none."""


WORDS: Mapping[str, bool] = {"Approve": True, "Approved": True, "Reject": False, "Rejected": False}
"""What an approver's own `Decision` says, as the signal that they sent (SendAutomationSignal) or as the status that it makes."""


class Runbook(NamedTuple):
    """One runbook: the function that it calls, what it asks of it, its parameters by their types, and what it is for."""

    function: Literal["desk", "decide"]
    what: str
    parameters: tuple[str, ...]
    about: str


RUNBOOKS: Mapping[str, Runbook] = {
    "Codeblue-Status": Runbook("desk", "status", ("Case",), "Where a case stands, what it asks, and what is left for people."),
    "Codeblue-Plan": Runbook(
        "desk", "plan", ("Finding",), "Open a case from a finding of GuardDuty's that asks before every wave; nothing is changed."
    ),
    "Codeblue-Respond": Runbook(
        "desk", "respond", ("Finding",), "Open a case from a finding of GuardDuty's and respond to it, as the policy file says."
    ),
    "Codeblue-Acknowledge": Runbook(
        "desk", "acknowledge", ("Case",), "Take the page of a case, under your name: nobody else is called. It decides nothing."
    ),
    "Codeblue-Approve": Runbook(
        "decide", "", ("Case", "Digest"), "Show what a case asks, have an approver answer, and go on with the case accordingly."
    ),
    "Codeblue-Rollback": Runbook(
        "desk", "rollback", ("Case",), "Show what a rollback would take back, what stays and why, and the digest to do it with."
    ),
}
"""By the name of the document."""

PATTERNS: Mapping[str, str] = {
    "Case": r"^cb-[a-z0-9-]{1,61}$",
    "Digest": r"^[0-9a-f]{64}$",
    "Finding": r"^arn:aws[a-z-]*:guardduty:[a-z0-9-]+:[0-9]{12}:detector/[A-Za-z0-9]+/finding/[A-Za-z0-9-]+$",
}
"""What a parameter may be: a value has at most 512 characters, so an alert is named, and fetched at its source."""


class Execution(Value):
    """A runbook that runs now. `given`: its parameters, by name in lower case. `answer`: what `by` said where one was asked."""

    runbook: str
    given: dict[str, str]
    by: str
    answer: bool | None = None


class _Decided(Value):
    """One approver's word in `ApproverDecisions`, an output of `aws:approve`; a comment says nothing of who it was."""

    approver: Annotated[str, Field(alias="Approver")]
    decision: Annotated[str, Field(alias="Decision")]
    at: Annotated[object, Field(alias="ApprovalDecisionTime")] = None
    comment: Annotated[object, Field(alias="Comment")] = None


DECISIONS = TypeAdapter(tuple[_Decided, ...])


def running(clients: Clients, ident: str, function: str) -> Execution:
    """The execution that calls this function at this moment (SSM GetAutomationExecution), with who stands behind it.

    Raises `CloudError`; `Refused` where it is no runbook of ours for this function, is over, or was not answered by one person.
    """
    found: Any = call(clients.ssm("", "").get_automation_execution, AutomationExecutionId=ident)["AutomationExecution"]
    runbook = RUNBOOKS.get(found.get("DocumentName", ""))
    over = found.get("AutomationExecutionStatus") != "InProgress"
    if runbook is None or over or not (runbook.function == function or _looks(found, function)):
        raise Refused("no runbook of ours runs under this id and calls this function now")
    given = {name.lower(): values[0] for name, values in found.get("Parameters", {}).items() if len(values) == 1}
    said = Execution(runbook=found["DocumentName"], given=given, by=found.get("ExecutedBy", ""))
    if function != "decide":
        return said
    answered = [step for step in found.get("StepExecutions", ()) if step.get("StepName") == QUESTION]
    return said.but(**_answer(answered))


def _looks(found: Mapping[str, Any], function: str) -> bool:
    """Whether an approval shows the case first: nothing was answered yet."""
    steps = found.get("StepExecutions", ())
    return function == "desk" and not any(step.get("StepName") == QUESTION and step.get("Outputs") for step in steps)


def _answer(steps: list[Mapping[str, Any]]) -> dict[str, object]:
    """Who answered, and what, in the one step that asks."""
    if len(steps) != 1 or steps[0].get("Action") != "aws:approve":
        raise Refused("nobody was asked by this runbook")
    outputs = steps[0].get("Outputs", {})
    answer = ANSWERS.get(next(iter(outputs.get("ApprovalStatus", ())), ""))
    said = [each for text in outputs.get("ApproverDecisions", ()) for each in _decisions(text)]
    given = {(each.approver, WORDS.get(each.decision)) for each in said}
    if answer is None or len(given) != 1:
        raise Refused("the question was not answered, or not by one person alone")
    by, word = given.pop()
    if word is not answer:
        raise Refused("what the step says and what its approver said are not the same")
    return {"answer": answer, "by": by}


def _decisions(text: str) -> tuple[_Decided, ...]:
    """What approvers said (JSON). A comment is anybody's words, an ARN among them: it is read over. Raises `Refused`."""
    try:
        return DECISIONS.validate_json(text)
    except ValidationError:
        raise Refused("the approver's decision has not the form that it has in Systems Manager") from None
