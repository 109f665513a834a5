"""Leases on blobs: one holder at a time, for a while or until it lets go.

Source: Blob service REST reference, "Lease Blob".
"""

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.clock import http_date
from shared.sandbox.azure.storage_state import Blob, Lease
from shared.sandbox.azure.wire import Answer

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

FOR_EVER = float("inf")
SHORTEST, LONGEST = 15, 60


def lease(_: "Cloud", call: BlobCall) -> Answer:
    """Acquire, renew, change, release or break."""
    action, blob = call.header("x-ms-lease-action").lower(), call.blob()
    current = call.version()
    doing = ACTIONS.get(action)
    if doing is None:
        raise refusal("InvalidHeaderValue")
    return doing(call, blob).plus({"etag": current.etag, "last-modified": http_date(current.modified)})


def _acquire(call: BlobCall, blob: Blob) -> Answer:
    seconds = int(call.header("x-ms-lease-duration") or 0)
    if seconds != -1 and not SHORTEST <= seconds <= LONGEST:
        raise refusal("InvalidHeaderValue")
    proposed = call.header("x-ms-proposed-lease-id") or str(uuid.uuid4())
    held = blob.lease
    if held and held.holds(call.at) and held.id.lower() != proposed.lower():
        raise refusal("LeaseAlreadyPresent")
    blob.lease = Lease(proposed, seconds, FOR_EVER if seconds == -1 else call.at + seconds)
    return Answer(201, {"x-ms-lease-id": proposed})


def _held(call: BlobCall, blob: Blob) -> Lease:
    named = call.header("x-ms-lease-id").lower()
    if blob.lease is None:
        raise refusal("LeaseNotPresentWithLeaseOperation")
    if blob.lease.id.lower() != named:
        raise refusal("LeaseIdMismatchWithLeaseOperation")
    return blob.lease


def _renew(call: BlobCall, blob: Blob) -> Answer:
    held = _held(call, blob)
    if held.broken_at is not None:
        raise refusal("LeaseIsBrokenAndCannotBeRenewed")
    held.ends = FOR_EVER if held.seconds == -1 else call.at + held.seconds
    return Answer(200, {"x-ms-lease-id": held.id})


def _change(call: BlobCall, blob: Blob) -> Answer:
    held = _held(call, blob)
    if not held.holds(call.at):
        raise refusal("LeaseNotPresentWithLeaseOperation")
    held.id = call.header("x-ms-proposed-lease-id")
    return Answer(200, {"x-ms-lease-id": held.id})


def _release(call: BlobCall, blob: Blob) -> Answer:
    _held(call, blob)
    blob.lease = None
    return Answer(200)


def _break(call: BlobCall, blob: Blob) -> Answer:
    held = blob.lease
    if held is None or not held.holds(call.at):
        raise refusal("LeaseNotPresentWithLeaseOperation")
    left = 0.0 if held.ends == FOR_EVER else held.ends - call.at
    period = min(float(call.header("x-ms-lease-break-period") or left), left or float("inf"))
    held.broken_at = call.at + (0.0 if period == FOR_EVER else period)
    return Answer(202, {"x-ms-lease-time": str(round(held.broken_at - call.at))})


ACTIONS: Mapping[str, Callable[[BlobCall, Blob], Answer]] = {
    "acquire": _acquire,
    "renew": _renew,
    "change": _change,
    "release": _release,
    "break": _break,
}
