"""Questions to a cloud that may stay without an answer: what came of them, and what a person should know."""

from collections.abc import Callable

import msgspec

from shared.domain.case import LeftForPeople
from shared.domain.errors import CloudError


class Answer[T](msgspec.Struct, frozen=True):
    """What a question brought, or a default and what a person should know about that."""

    value: T
    left: tuple[LeftForPeople, ...] = ()


def ask[T](question: Callable[[], T], default: T, about: str) -> Answer[T]:
    """The answer, or the default where the cloud gives none: a scope is made from what can be had."""
    try:
        return Answer(question())
    except CloudError as error:
        reason = f"could not be read: {error}"
        unread = LeftForPeople(target=about, reason=reason, next="look at it by hand; it is not covered", passing=True)
        return Answer(default, (unread,))
