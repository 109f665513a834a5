"""Conditional headers and leases: what has to be so before anything is done.

Source: "Specifying conditional headers for Blob service operations", "Lease Blob".
"""

from email.utils import parsedate_to_datetime

from shared.sandbox.azure.blob_call import BlobCall, refusal
from shared.sandbox.azure.storage_state import Lease, Version
from shared.sandbox.azure.wire import Problem


def demand_for_write(call: BlobCall, now: Version | None) -> None:
    """Raises Problem 412, or 409 for `If-None-Match: *` on a blob that is there."""
    if call.header("if-none-match") == "*" and now is not None:
        raise refusal("BlobAlreadyExists")
    if now is None:
        if call.header("if-match"):
            raise refusal("ConditionNotMet")
        return
    if not _holds(call, now, ""):
        raise refusal("ConditionNotMet")


def demand_for_read(call: BlobCall, now: Version) -> None:
    """Raises Problem 412, or 304 where nothing is newer than what the client has."""
    if not _same(call.header("if-match"), now.etag) or not _unmodified(call.header("if-unmodified-since"), now):
        raise refusal("ConditionNotMet")
    seen = call.header("if-none-match")
    if (seen and _same(seen, now.etag)) or not _modified(call.header("if-modified-since"), now):
        raise Problem(304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def demand_of_source(call: BlobCall, source: Version) -> None:
    """The same for what a copy reads from (`x-ms-source-if-…`). Raises Problem 412."""
    if not _holds(call, source, "x-ms-source-"):
        raise refusal("SourceConditionNotMet")


def _holds(call: BlobCall, now: Version, prefix: str) -> bool:
    unwanted = call.header(f"{prefix}if-none-match")
    return (
        _same(call.header(f"{prefix}if-match"), now.etag)
        and not (unwanted and _same(unwanted, now.etag))
        and _modified(call.header(f"{prefix}if-modified-since"), now)
        and _unmodified(call.header(f"{prefix}if-unmodified-since"), now)
    )


def _same(wanted: str, etag: str) -> bool:
    return wanted in ("", "*") or wanted.strip('"') == etag.strip('"')


def _modified(since: str, now: Version) -> bool:
    return not since or int(now.modified) > parsedate_to_datetime(since).timestamp()


def _unmodified(since: str, now: Version) -> bool:
    return not since or int(now.modified) <= parsedate_to_datetime(since).timestamp()


def demand_lease(call: BlobCall, lease: Lease | None) -> None:
    """A write needs the id of the lease that is on the blob. Raises Problem 412."""
    named, holds = call.header("x-ms-lease-id"), lease is not None and lease.holds(call.at)
    if holds and not named:
        raise refusal("LeaseIdMissing")
    if holds and lease is not None and named.lower() != lease.id.lower():
        raise refusal("LeaseIdMismatchWithBlobOperation")
    if named and not holds:
        raise refusal("LeaseNotPresentWithBlobOperation")
