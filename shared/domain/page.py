"""A page that is open: something of a case that needs a person, from when it was first told until somebody takes it."""

from pydantic import AwareDatetime

from .value import Value


class OpenPage(Value):
    """`about` tells one need from the next, `subject` says it, `told` counts the steps of the call list that were told.

    `by` is who acknowledged it, as the cloud knows them, empty while nobody has; `at` is when.
    """

    about: str
    subject: str
    since: AwareDatetime
    told: int = 1
    by: str = ""
    at: AwareDatetime | None = None
