"""Waking people where no service for it is named."""

import logging

from shared.ports import Settled

LOG = logging.getLogger("codeblue")


class LogNotifier:
    """Pages go to the log, which somebody may be reading."""

    def page(self, case_id: str, subject: str, body: str, level: int = 0) -> None:
        LOG.warning("PAGE %s: %s: %s", f"{case_id}, level {level + 1}" if level else case_id, subject, body)

    def notice(self, subject: str, body: str) -> None:
        LOG.info("%s: %s", subject, body)

    def settle(self, case_id: str, how: Settled, body: str) -> None:
        """Nobody keeps track of a log's pages."""
