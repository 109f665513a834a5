"""Read, merge, write, read again: how a policy that the cloud replaces as a whole is changed, and the rest of it kept."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from shared.adapters.aws import policies
from shared.adapters.aws.errors import call, request_id
from shared.adapters.aws.policies import EMPTY, Document
from shared.domain.errors import CloudError, DoesNotFit, Poisoned, Refused
from shared.domain.facet import PolicyStatement
from shared.ports import Receipt


class PolicyPlace(msgspec.Struct, frozen=True):
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

    What somebody else did to the policy after our write is noted, and the engine writes again where ours did not stay. What was
    written between our reading and our writing is lost without a trace here, for no service has a conditional write: only the
    log shows it, and a later sweep gives it back. Raises `Poisoned` naming the statements of deleted principals, `DoesNotFit`,
    `Refused`.
    """
    before = place.read() or EMPTY
    if all(policies.holds(before, change) for change in changes):
        return Receipt(())
    merged = policies.merge(before, changes)
    written = _write(place, merged, policies.stale_principals(merged))
    doubles = (f"several statements bore the name {sid}: all were replaced" for sid in policies.doubles(before, changes))
    return Receipt((written,), (*doubles, *_since(place, merged, changes)))


def _since(place: PolicyPlace, merged: Document, changes: Sequence[PolicyStatement]) -> tuple[str, ...]:
    """What somebody else did since our write. It is no error where that can not be read: the write's request id must be kept."""
    try:
        after = place.read() or EMPTY
    except CloudError as error:
        return (f"written, but it could not be read back: {error}",)
    lost = (change.sid for change in changes if not policies.holds(after, change))
    return (*(f"statement {sid}, ours, did not stay" for sid in lost), *policies.differences(merged, after, changes))


def _write(place: PolicyPlace, document: Document, stale: Sequence[str]) -> str:
    if place.remove and not document["Statement"]:
        return request_id(place.remove())
    text = policies.text(document)
    if place.limit and len(text.encode()) > place.limit:
        raise DoesNotFit(f"the policy would have {len(text.encode())} bytes, and {place.limit} is the quota")
    try:
        return request_id(place.write(text))
    except (Poisoned, Refused) as error:
        # each service has its own code for a policy with such principals: AWS Backup calls it an invalid parameter
        if not stale or "Denied" in error.code:
            raise
        raise Poisoned(f"statements of deleted principals: {', '.join(stale)}", error.code, error.request_id) from None


def unless[**P, R](code: str, method: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R | None:
    """The answer of one call, or None where the service answers `code`: the resource is there and has none of it."""
    try:
        return call(method, *args, **kwargs)
    except CloudError as error:
        if error.code == code:
            return None
        raise
