"""A fact: one record of any source, read far enough to be decided on, and no further.

It is what streams by the million; a `Signal` is what a case keeps. So it is a msgspec struct and not a pydantic value, what a call
asked for stays undecoded until a rule looks at it, and names are text: `resources` as their cloud writes them, without object keys.
"""

from typing import Any

import msgspec

from .tolerant import fold

type Request = msgspec.Raw | dict[str, Any]

NOTHING = msgspec.Raw(b"null")


class Who(msgspec.Struct, frozen=True, gc=False):
    """Who did it. `credential` is a `Credential`; `keys` are the roots of its lineage, by which facts of one breach are joined.

    `text` is what the source calls it, `via` the service that it asked to do it. `service`: a cloud service acted by itself.
    """

    text: str = ""
    credential: str = ""
    account: str = ""
    keys: tuple[str, ...] = ()
    name: str = ""
    service: bool = False
    via: str = ""


NOBODY = Who()


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One record. `at` is in seconds since 1970, None where the record does not say when.

    `closed`: why it is none of our business any more (resolved, compliant, archived), in a sentence. `aside`: why it is recognised
    and set aside. `opens`: the identities that it made or handed out. `severity`: 0 to 10. `sure`: how sure the source is, 0 to 1.
    """

    source: str
    event: str
    id: str = ""
    at: float | None = None
    account: str = ""
    region: str = ""
    service: str = ""
    actor: Who = NOBODY
    resources: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    failed: bool = False
    error: str = ""
    sample: bool = False
    reads: bool = False
    closed: str = ""
    aside: str = ""
    severity: float = 0.0
    sure: float = 1.0
    techniques: tuple[str, ...] = ()
    address: str = ""
    agent: str = ""
    request_id: str = ""
    network: str = ""
    request: Request = NOTHING
    answer: Request = NOTHING
    more: Request = NOTHING

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for, with folded keys at the top; empty where there is nothing or it can not be read."""
        return opened(self.request)

    @property
    def answered(self) -> dict[str, Any]:
        """What came back, likewise."""
        return opened(self.answer)

    @property
    def added(self) -> dict[str, Any]:
        """What the source adds (`additionalEventData`), likewise."""
        return opened(self.more)


ESCAPED = b"\\u"
"""A character by its number, as JSON may write any."""


def mentions(request: Request, *words: bytes) -> bool:
    """Whether its bytes may say one of these, in lower case, in any case: a look before they are decoded, and never a false no."""
    if isinstance(request, dict):
        return True
    body = bytes(request).lower()
    for word in words:
        if word in body:
            return True
    return ESCAPED in body


def opened(request: Request) -> dict[str, Any]:
    """The mapping in these bytes, its keys folded; text that holds one is opened too."""
    thing: object = request
    if isinstance(request, msgspec.Raw):
        try:
            thing = msgspec.json.decode(request)
            if isinstance(thing, str):
                thing = msgspec.json.decode(thing)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return {}
    return {fold(key): value for key, value in thing.items()} if isinstance(thing, dict) else {}
