"""Whether this endpoint knows UpdateObjectEncryption, found out where it can hurt nobody.

To a server that does not know the call it is an ordinary PUT: it answers 200 and replaces the object by the request's XML. So an
object of our own is written into a bucket of the responder's own, updated, and looked at: size, ETag, key and content. It is never
in a bucket with data, where it would wake consumers, be replicated, or be locked.
"""

from collections.abc import Callable
from functools import partial

from shared.domain.errors import CloudError
from shared.ports import Clock
from shared.ports.objects import Encryption, Facts, Objects, Scheme, StoreFacts

from .answers import Answer, meaning, persistently
from .plan import Migration

CONTENT = b"codeblue: an object that may be destroyed"
PROVED = "proved"
FOREIGN = "closed: S3 updates in place only under a key of the bucket's own account"
"""S3 API reference, UpdateObjectEncryption: the request with another account's key is refused."""

NO_CALL = "closed: the store's service changes no key in place"

NO_PLACE = "closed: the responder has no bucket of its own in this Region to try it in; `codeblue init` makes one"


def try_update(plan: Migration, held: StoreFacts, objects: Objects, clock: Clock) -> str:
    """`PROVED`, or why the lane stays closed. Raises `CloudError` where there was no answer to judge by."""
    if not held.in_place:
        return NO_CALL
    if plan.foreign:
        return FOREIGN
    if plan.canary is None:
        return NO_PLACE
    canary, key = plan.canary, f"codeblue/canary/{plan.id}"

    def ask[T](call: Callable[[], T]) -> T:
        return persistently(clock, call)

    try:
        version = ask(partial(objects.put, canary.store, key, CONTENT))
        before = ask(partial(objects.head, canary.store, key, version))
        ask(partial(objects.update, canary.store, key, version, Encryption(Scheme.SSE_KMS, canary.key)))
        after = ask(partial(objects.head, canary.store, key, version))
        content = ask(partial(objects.read, canary.store, key, version))
    except CloudError as error:
        if meaning(error) is Answer.RETRY:
            raise
        return f"closed: the canary failed with {error.code}"
    harm = _harm(before, after) or ("" if content == CONTENT else "its content")
    return f"closed: the call changed {harm}" if harm else _proved(after, canary.key)


def _harm(before: Facts, after: Facts) -> str:
    fields = ("size", "etag", "modified", "checksum", "metadata")
    return ", ".join(field for field in fields if getattr(before, field) != getattr(after, field))


def _proved(after: Facts, key: str) -> str:
    return PROVED if after.encryption.key == key else "closed: the call did not change the key"
