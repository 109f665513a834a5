"""A single CloudTrail record in any spelling, read tolerantly."""

from .fact import Fact
from .tolerant import Document
from .trail import trail_of
from .trail_fact import fact_of


def fact(document: Document) -> Fact:
    """The fact; the same that the fast reader makes of the same record."""
    return fact_of(trail_of(document))
