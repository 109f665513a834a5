"""Read, merge, write, read again: how a policy that the cloud replaces as a whole is changed without losing anybody's work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.adapters.aws import policies
from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.policies import EMPTY, Document
from shared.domain.errors import CloudError, DoesNotFit, Poisoned, Refused
from shared.domain.facet import PolicyStatement
from shared.ports import Receipt

TRIES = 3


@dataclass(frozen=True, slots=True)
class PolicyPlace:
    """Where one resource keeps its policy.

    `read` gives None where there is no policy; `write` and `remove` give the service's answer. `remove` is None where a resource
    cannot be without a policy. `limit` is the service's quota in bytes of JSON without spaces, 0 where the service alone knows.
    """

    read: Callable[[], Document | None]
    write: Callable[[str], Mapping[str, object]]
    remove: Callable[[], Mapping[str, object]] | None = None
    limit: int = 0


def statements(place: PolicyPlace) -> tuple[PolicyStatement, ...]:
    """Every statement of the policy as a facet, in the document's order."""
    found = policies.statements(place.read() or EMPTY)
    return tuple(PolicyStatement(sid=part, body=content) for part, content in found.items())


def rewrite(place: PolicyPlace, changes: Sequence[PolicyStatement]) -> Receipt:
    """Make these statements so in one write that keeps all others; nothing is written where they are so already.

    Differences that somebody else made meanwhile are notes. Where our statements do not stay, they are written again, three times.
    Raises `Poisoned` naming the statements of deleted principals, `DoesNotFit`, `Refused`.
    """
    before = place.read() or EMPTY
    written: list[str] = []
    notes = [f"several statements bore the name {sid}: all were replaced" for sid in policies.doubles(before, changes)]
    while not all(policies.holds(before, change) for change in changes):
        if len(written) == TRIES:
            raise Refused("the statements did not stay: somebody else writes this policy at the same time", request_id=written[-1])
        written.append(_write(place, policies.merge(before, changes), policies.stale_principals(before)))
        after = _read_back(place)
        if after is None:
            return Receipt(tuple(written), (*notes, "written, but it could not be read back"))
        notes.extend(policies.differences(policies.merge(before, changes), after, changes))
        before = after
    return Receipt(tuple(written), tuple(notes))


def _write(place: PolicyPlace, document: Document, stale: Sequence[str]) -> str:
    if place.remove and not document["Statement"]:
        return request_id(place.remove())
    text = policies.text(document)
    if place.limit and len(text.encode()) > place.limit:
        raise DoesNotFit(f"the policy would have {len(text.encode())} bytes, and {place.limit} is the quota")
    try:
        return request_id(place.write(text))
    except Poisoned as error:
        left = [part for part in stale if part in policies.parts(document)]
        if not left:
            raise
        raise Poisoned(f"statements of deleted principals: {', '.join(left)}", error.code, error.request_id) from None


def _read_back(place: PolicyPlace) -> Document | None:
    """The policy after our write. None where it can not be read now: the write's request id must not be lost for that."""
    try:
        return place.read() or EMPTY
    except CloudError:
        return None


def unless[**P, R](code: str, method: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R | None:
    """The answer of one call, or None where the service answers `code`: the resource is there and has none of it."""
    try:
        return call(method, *args, **kwargs)
    except CloudError as error:
        if error.code == code:
            return None
        raise
