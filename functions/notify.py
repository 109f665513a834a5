"""AWS Lambda: a case's workflow has failed, run out of time or been stopped, and people are told; and the call list is called.

The topic is where every page goes, alarms among them. This function listens to it and passes each on to the level of the call list
that it is for: the only one of ours that reads what is kept of webhooks. No stage waits for an incident tool.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, TypeAdapter

from shared.adapters.aws.notifier import MARK, Mark
from shared.adapters.paging.call_list import pass_on
from shared.domain.value import Value
from shared.ports import Channels, Notifier, Told, What

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


class Attribute(BaseModel):
    """One attribute of a message."""

    Value: str = ""


class Message(BaseModel):
    """What the topic delivers ("Using Lambda with Amazon SNS"); its text stays with whoever subscribed to it."""

    Subject: Annotated[str, BeforeValidator(lambda said: said or "A page of Codeblue")] = "A page of Codeblue"
    Timestamp: AwareDatetime
    MessageAttributes: dict[str, Attribute] = {}


class Record(BaseModel):
    """One delivery."""

    Sns: Message


class Delivery(BaseModel):
    """The event."""

    Records: tuple[Record, ...]


WHAT: TypeAdapter[What] = TypeAdapter(What)


class Page(Value):
    """What people read."""

    case: str
    subject: str
    body: str


def handler(event: dict[str, object], context: "LambdaContext") -> None:
    """Entry point: messages of the topic, or an event of a rule for executions that did not succeed."""
    del context
    if "Records" in event:
        channels, topic = environment.call_list()
        for each in Delivery.model_validate(event).Records:
            relay(each.Sns, channels, topic)
        return
    page = told(Envelope.model_validate(event).detail)
    notify(page, environment.people())


def relay(message: Message, channels: Channels, topic: Notifier) -> None:
    """Pass a message on to its level; one that says no level is for the first. What its sender has passed on stays where it is."""
    marks = {name: mark.Value for name, mark in message.MessageAttributes.items()}
    if marks.get(MARK) == Mark.SENDER:
        return
    what = WHAT.validate_python(marks.get("what", "page"))
    subject = message.Subject if what == "page" else ""
    pass_on(Told(what, marks.get("case", ""), subject, int(marks.get("level", "1")), message.Timestamp), channels, topic)


def told(ended: Ended) -> Page:
    """What to say about an execution; its name begins with the case's id."""
    case = ended.name.partition("_")[0]
    body = "Its fences stand. It is begun again within minutes; if this comes again, work on it by hand: `codeblue apply`."
    return Page(case=case, subject=f"The workflow of a case {WORDS.get(ended.status, 'did not end well')}", body=body)


def notify(page: Page, people: Notifier) -> None:
    """Page them."""
    people.page(page.case, page.subject, page.body)
