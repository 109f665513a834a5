"""Waking people through SNS."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.adapters.aws.links import Links
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


class DecisionPage(NamedTuple):
    """The decision page at this address, and what makes links to it, where the function may."""

    address: str
    links: Links | None

    def to(self, case_id: str) -> str:
        """Where people decide about this case: by a link, or where there can be none in the list of what is asked."""
        if self.links:
            try:
                return f"On a page, as yourself; the link opens once: {self.address}/open?t={self.links.made(case_id)}"
            except CloudError as error:
                LOG.warning("no link could be made (%s); the page goes out without", error.code)
        return f"On a page, as yourself: {self.address}/cases"


class SnsNotifier:
    """Publishes to one topic. A page that cannot be sent is logged, and never stops a fence.

    `console`: the address of the runbook that decides, where there is one. It only opens a page: nobody gets further without
    a session of their own. So it may be read by anybody, and says nothing of the case. The same holds for `decisions`.
    """

    def __init__(
        self, clients: Clients, topic: str, console: str = "", decisions: DecisionPage | None = None, mark: Mark = Mark.NONE
    ) -> None:
        self._clients = clients
        self._topic, self._console, self._decisions, self._mark = topic, console, decisions, mark

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
        take = f"\ncodeblue acknowledge {case_id}" if self._mark else ""
        more = [f"codeblue status {case_id}{take}", *self._where(case_id)] if case_id else ()
        self._publish(subject, body, {"what": "page", "case": case_id, "level": str(level + 1)}, more)

    def notice(self, subject: str, body: str) -> None:
        """To the topic, and no further: a message that its sender has passed on is told to no level of the call list."""
        self._publish(subject, body, {MARK: Mark.SENDER.value} if self._mark else {})

    def settle(self, case_id: str, how: Settled, body: str) -> None:
        """Where there is a call list, who was called hears that they need not come."""
        if self._mark:
            self._publish(f"{case_id}: {how}", body, {"what": how, "case": case_id, "level": "1"})

    def _where(self, case_id: str) -> Iterator[str]:
        """Where people look and decide."""
        if self._console:
            yield f"To look and decide in the console, as yourself: {self._console}"
        if self._decisions:
            yield self._decisions.to(case_id)

    def _publish(self, subject: str, body: str, told: Mapping[str, str], more: Iterable[str] = ()) -> None:
        """What is in `more` is in no log: a link may be there."""
        text = "\n\n".join((body, *more))
        marks = {name: value for name, value in {MARK: self._mark.value, **told}.items() if value} if self._mark else {}
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in marks.items()}
        publish = self._clients.sns("", "").publish
        try:
            call(publish, TopicArn=self._topic, Subject=subject[:MAX_SUBJECT], Message=text, MessageAttributes=attributes)  # type: ignore[arg-type]  # what a comprehension says of itself
        except CloudError as error:
            LOG.error("nobody could be paged (%s): %s: %s", error.code, subject, body)  # noqa: TRY400  # no traceback: it could quote a request


def relayed() -> bool:
    """Whether a subscriber of the topic passes pages on (`CODEBLUE_RELAYED`): the function `notify` of a deployed responder."""
    return bool(os.environ.get("CODEBLUE_RELAYED"))


def notifier(clients: Clients, links: Links | None = None, *, listed: bool = False) -> SnsNotifier | None:
    """The topic of the environment variable `CODEBLUE_TOPIC`, with the address in `CODEBLUE_CONSOLE`; None where it names none.

    So have they that of the decision page in `CODEBLUE_PAGE`, by one of these `links` each. `listed`: there is a call list.
    """
    topic, console, page = (os.environ.get(f"CODEBLUE_{name}", "") for name in ("TOPIC", "CONSOLE", "PAGE"))
    mark = (Mark.SUBSCRIBER if relayed() else Mark.SENDER) if listed else Mark.NONE
    return SnsNotifier(clients, topic, console, DecisionPage(page, links) if page else None, mark) if topic else None
