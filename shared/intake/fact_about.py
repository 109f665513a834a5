"""What a fact is about, in a case's words: the part of a signal that each cloud reads in its own way."""

from typing import NamedTuple

from shared.domain.actor import Actor
from shared.domain.resource import Cloud, Ref
from shared.domain.signal import Source


class About(NamedTuple):
    """Who did it, to what and where. `id` and `detector` are the finding's own, where its name holds them."""

    cloud: Cloud
    source: Source
    account: str
    region: str
    actor: Actor | None
    resources: tuple[Ref, ...]
    id: str = ""
    detector: str = ""
