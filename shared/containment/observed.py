"""What every single request of the evidence window says about the stores and keys: how they are used, and who still needs what.

A lasting deny, and the end of a key, hurt whoever was not thought of: so both are judged by what was seen, by name.
"""

from collections.abc import Iterable, Mapping

import msgspec

from shared.domain.actor import Actor
from shared.domain.resource import Ref
from shared.ports import Encrypting, Request

WRITES = frozenset({"CopyObject", "CreateMultipartUpload", "PutObject", "UploadPart", "UploadPartCopy"})
"""Calls that a bucket's policy judges as `s3:PutObject` (service authorization reference, Amazon S3)."""


class Form(msgspec.Struct, frozen=True):
    """One way in which somebody uses a store. `asked` is None for what is no write, or where the record does not show it."""

    by: str
    asked: Encrypting | None
    tls: str
    writes: bool


class Need(msgspec.Struct, frozen=True):
    """Something that still needs an old key, and why. `by`: who was seen needing it; `user`: its ARN, where it is rightful."""

    reason: str
    by: str = ""
    user: str = ""


class Observed(msgspec.Struct, frozen=True):
    """`forms` by store, and `needs` by key; what is not in them is not known. `restore` are roles that restore backups (ARNs).

    `whole` are stores of which the record has every request there can be: an account can keep other things than objects, too.
    """

    forms: Mapping[Ref, frozenset[Form]] = msgspec.field(default_factory=dict)
    needs: Mapping[Ref, tuple[Need, ...]] = msgspec.field(default_factory=dict)
    restore: tuple[str, ...] = ()
    tls_floor: str = "off"
    whole: frozenset[Ref] = frozenset()


UNOBSERVED = Observed()
"""Nothing was looked at: nothing lasting is proposed."""


def form(request: Request) -> Form:
    """The form of one request."""
    writes = request.act.name in WRITES
    return Form(who(request.act.actor), request.asked if writes else None, request.tls, writes)


def forms(requests: Iterable[Request]) -> dict[Ref, set[Form]]:
    """The forms of all requests, by store: few, however many requests there are."""
    found: dict[Ref, set[Form]] = {}
    for request in requests:
        found.setdefault(request.store, set()).add(form(request))
    return found


def who(actor: Actor) -> str:
    """A caller as people know it: its user's or role's ARN."""
    return actor.principal.id if actor.principal else str(actor)
