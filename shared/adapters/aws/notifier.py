"""Waking people through SNS."""

import logging
import os
from collections.abc import Mapping
from enum import StrEnum

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import CloudError
from shared.ports import Settled

PERMISSIONS = frozenset({"sns:Publish"})

LOG = logging.getLogger("codeblue")

MAX_SUBJECT = 100
"""SNS Publish refuses longer subjects."""

MARK = "codeblue-call-list"


class Mark(StrEnum):
    """Who passes a message on to the call list: nobody, for there is none; the topic's subscriber of ours; its sender has."""

    NONE = ""
    SUBSCRIBER = "subscriber"
    SENDER = "sender"


class SnsNotifier:
    """Publishes to one topic. A page that cannot be sent is logged, and never stops a fence.

    `console`: the address of the runbook that decides, where there is one. It only opens a page: nobody gets further without
    a session of their own. So it may be read by anybody, and says nothing of the case.
    """

    def __init__(self, clients: Clients, topic: str, console: str = "", mark: Mark = Mark.NONE) -> None:
        self._clients = clients
        self._topic, self._console, self._mark = topic, console, mark

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
        where = f"\n\nTo look and decide in the console, as yourself: {self._console}" if self._console else ""
        take = f"\ncodeblue acknowledge {case_id}" if self._mark else ""
        text = f"{body}\n\ncodeblue status {case_id}{take}{where}" if case_id else body
        self._publish(subject, text, {"what": "page", "case": case_id, "level": str(level + 1)})

    def settle(self, case_id: str, how: Settled, body: str) -> None:
        """Where there is a call list, who was called hears that they need not come."""
        if self._mark:
            self._publish(f"{case_id}: {how}", body, {"what": how, "case": case_id, "level": "1"})

    def _publish(self, subject: str, text: str, told: Mapping[str, str]) -> None:
        marks = {name: value for name, value in {**told, MARK: self._mark.value}.items() if value} if self._mark else {}
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in marks.items()}
        publish = self._clients.sns("", "").publish
        try:
            call(publish, TopicArn=self._topic, Subject=subject[:MAX_SUBJECT], Message=text, MessageAttributes=attributes)  # type: ignore[arg-type]  # what a comprehension says of itself
        except CloudError as error:
            LOG.error("nobody could be paged (%s): %s: %s", error.code, subject, text)  # noqa: TRY400  # no traceback: it could quote a request


def relayed() -> bool:
    """Whether a subscriber of the topic passes pages on (`CODEBLUE_RELAYED`): the function `notify` of a deployed responder."""
    return bool(os.environ.get("CODEBLUE_RELAYED"))


def notifier(clients: Clients, *, listed: bool = False) -> SnsNotifier | None:
    """The topic of the environment variable `CODEBLUE_TOPIC`, with the address in `CODEBLUE_CONSOLE`; None where it names none.

    `listed`: there is a call list.
    """
    topic = os.environ.get("CODEBLUE_TOPIC", "")
    mark = (Mark.SUBSCRIBER if relayed() else Mark.SENDER) if listed else Mark.NONE
    return SnsNotifier(clients, topic, os.environ.get("CODEBLUE_CONSOLE", ""), mark) if topic else None
