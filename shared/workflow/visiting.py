"""The doctor's visit, on a schedule: people are paged about all that is not well, at once."""

from collections.abc import Iterable

from shared.domain.check import Check
from shared.ports import Notifier

SUBJECT = "A response would not work tonight as it should"

SHOWN = 40
"""Lines of one page; `codeblue doctor` shows all of them."""


def visit(checks: Iterable[Check], people: Notifier) -> dict[str, int]:
    """Look at everything, then page; how much was looked at, and how much is wrong. Raises nothing that a check does not."""
    found = list(checks)
    wrong = [f"{check.what} ({check.where}): NOT: {check.words}. Next: {check.next}" for check in found if not check.well]
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        people.page("", SUBJECT, "\n".join([*wrong[:SHOWN], *more, "`codeblue doctor` shows all of it."]))
    return {"looked": len(found), "wrong": len(wrong)}
