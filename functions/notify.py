"""AWS Lambda: a case's workflow has failed, run out of time or been stopped, and people are told."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from shared.domain.value import Value
from shared.ports import Notifier

from . import environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

WORDS = {"FAILED": "has failed", "TIMED_OUT": "has run out of time", "ABORTED": "was stopped"}
"""What happened, by the status of the execution ("Step Functions Execution Status Change")."""


class Ended(BaseModel):
    """The part of EventBridge's event that says which execution it is; AWS adds to the rest of it."""

    model_config = ConfigDict(extra="ignore")

    name: str
    status: str


class Envelope(BaseModel):
    """EventBridge's envelope around it."""

    model_config = ConfigDict(extra="ignore")

    detail: Ended


class Page(Value):
    """What people read."""

    case: str
    subject: str
    body: str


def handler(event: dict[str, object], context: "LambdaContext") -> None:
    """Entry point: an event of a rule for executions that did not succeed."""
    del context
    page = told(Envelope.model_validate(event).detail)
    notify(page, environment.people())


def told(ended: Ended) -> Page:
    """What to say about an execution; its name begins with the case's id."""
    case = ended.name.partition("_")[0]
    body = "Its fences stand. It is begun again within minutes; if this comes again, work on it by hand: `codeblue apply`."
    return Page(case=case, subject=f"The workflow of a case {WORDS.get(ended.status, 'did not end well')}", body=body)


def notify(page: Page, people: Notifier) -> None:
    """Page them."""
    people.page(page.case, page.subject, page.body)
