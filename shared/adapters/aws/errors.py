"""One AWS call: what goes wrong becomes the domain's words, and nothing of what was asked for ever appears in them."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from shared.domain.errors import Absent, CloudError, DoesNotFit, Poisoned, Refused, Throttled, Unreachable

if TYPE_CHECKING:
    from botocore.paginate import Paginator

MEANINGS: tuple[tuple[type[CloudError], str], ...] = (
    (Throttled, r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ProvisionedThroughputExceeded|PriorRequestNotComplete"),
    (Refused, r"^NotImplemented$"),
    (Throttled, r"^(ConcurrentModification|EntityTemporarilyUnmodifiable|OperationAborted|ConflictingOperation)"),
    (Absent, r"^NoSuch|NotFound|^404$"),
    (DoesNotFit, r"LimitExceeded|QuotaExceeded|^PolicySizeLimit|^PackedPolicyTooLarge|^PolicyTooLarge"),
    (Poisoned, r"^MalformedPolicy"),
    (
        Unreachable,
        r"^(ExpiredToken|Invalid(ClientTokenId|AccessKeyId)|UnrecognizedClient|AuthFailure|(OptIn|Subscription)Required)",
    ),
)
"""Service error codes, first match decides; a code that is not here is the service saying no."""

SERVER_ERROR = 500

LOG = logging.getLogger("codeblue")

DENIED = "a use of a key was denied to us"
"""Begins the log's line about it; the deployment has an alarm on these words."""

USES = frozenset({"CreateGrant", "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt", "Sign"})
"""The operations of KMS that use a key or let one be used. Who may be looked at is no question of these."""


def call[**P, R](method: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """The answer of one SDK call. Raises `CloudError` as `MEANINGS` says, with the service's code and request id."""
    with _in_our_words():
        return method(*args, **kwargs)


def pages[T](paginator: "Paginator[T]", /, **params: object) -> Iterator[T]:
    """Every page of a paged call, fetched when it is asked for. Raises as `call`."""
    with _in_our_words():
        yield from paginator.paginate(**params)


def request_id(answer: Mapping[str, object]) -> str:
    """The id under which the service (and CloudTrail) knows this call: `ResponseMetadata.RequestId`."""
    metadata = answer.get("ResponseMetadata")
    return str(metadata.get("RequestId", "")) if isinstance(metadata, Mapping) else ""


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _answered(error) from None
    except ParamValidationError as error:
        raise Refused("AWS can not be asked in this form", type(error).__name__) from None
    except BotoCoreError as error:
        raise Unreachable(f"AWS gave no answer: {type(error).__name__}", type(error).__name__) from None


def _answered(error: ClientError) -> CloudError:
    """What the service answered. Its own sentence is left out: it repeats resources, which may name a patient."""
    code = error.response.get("Error", {}).get("Code", "")
    metadata = error.response.get("ResponseMetadata", {})
    return refusal(error.operation_name, code, metadata.get("HTTPStatusCode", 0), metadata.get("RequestId", ""))


def refusal(operation: str, code: str, status: int, request_id: str) -> CloudError:
    """A refusal by the service's code; a server's failure without a code of meaning is a matter of time."""
    meaning = next(
        (kind for kind, pattern in MEANINGS if re.search(pattern, code)), Throttled if status >= SERVER_ERROR else Refused
    )
    if meaning is Refused and (operation in USES or code.startswith("KMS.")):
        LOG.warning("%s: %s: %s (request %s)", DENIED, operation, code, request_id)
    return meaning(f"{operation}: {code}", code, request_id)
