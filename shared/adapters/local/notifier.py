"""Waking people where no service for it is named."""

import logging

LOG = logging.getLogger("codeblue")


class LogNotifier:
    """Pages go to the log, which somebody may be reading."""

    def page(self, case_id: str, subject: str, body: str) -> None:
        LOG.warning("PAGE %s: %s: %s", case_id, subject, body)
