"""A person who decides, as far as more is known of them than one name."""

from collections.abc import Mapping

from pydantic import Field

from .value import Value


class Vouched(Value):
    """What an identity provider says of whoever decides. `names`: what else they are called, in lower case.

    `claims` are what the decision goes on record with, by name: never a token, and no more than it takes to ask the provider.
    """

    names: frozenset[str] = frozenset()
    claims: Mapping[str, str] = Field(default_factory=dict)


UNVOUCHED = Vouched()
"""Nobody says more of them than their name."""
