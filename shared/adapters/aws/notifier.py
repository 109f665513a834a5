"""Waking people through SNS."""

import logging
import os

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import CloudError

PERMISSIONS = frozenset({"sns:Publish"})

LOG = logging.getLogger("codeblue")

MAX_SUBJECT = 100
"""SNS Publish refuses longer subjects."""


class SnsNotifier:
    """Publishes to one topic. A page that cannot be sent is logged, and never stops a fence.

    `console`: the address of the runbook that decides, where there is one. It only opens a page: nobody gets further without
    a session of their own. So it may be read by anybody, and says nothing of the case.
    """

    def __init__(self, clients: Clients, topic: str, console: str = "") -> None:
        self._clients = clients
        self._topic, self._console = topic, console

    def page(self, case_id: str, subject: str, body: str) -> None:
        where = f"\n\nTo look and decide in the console, as yourself: {self._console}" if self._console else ""
        text = f"{body}\n\ncodeblue status {case_id}{where}" if case_id else body
        try:
            call(self._clients.sns("", "").publish, TopicArn=self._topic, Subject=subject[:MAX_SUBJECT], Message=text)
        except CloudError as error:
            LOG.error("nobody could be paged (%s): %s: %s", error.code, subject, body)  # noqa: TRY400  # no traceback: it could quote a request


def notifier(clients: Clients) -> SnsNotifier | None:
    """The topic of the environment variable `CODEBLUE_TOPIC`, with the address in `CODEBLUE_CONSOLE`; None where it names none."""
    topic = os.environ.get("CODEBLUE_TOPIC", "")
    return SnsNotifier(clients, topic, os.environ.get("CODEBLUE_CONSOLE", "")) if topic else None
