"""What is done about a record."""

from enum import StrEnum


class Decision(StrEnum):
    """What is done about a record."""

    ACT = "act"
    WATCH = "watch"
    DROP = "drop"
    UNREADABLE = "unreadable"
