"""One Azure call: what goes wrong becomes the domain's words, and nothing of what was asked for ever appears in them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from shared.domain.errors import Absent, CloudError, DoesNotFit, Refused, Throttled, Unreachable

MEANINGS: dict[int, type[CloudError]] = {
    HTTPStatus.UNAUTHORIZED: Unreachable,
    HTTPStatus.NOT_FOUND: Absent,
    HTTPStatus.REQUEST_TIMEOUT: Throttled,
    HTTPStatus.PRECONDITION_FAILED: Throttled,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: DoesNotFit,
    HTTPStatus.TOO_MANY_REQUESTS: Throttled,
}
"""What a status means; one that is not here is the service saying no, or from 500 on "later"."""

LATER = frozenset({"AnotherOperationInProgress", "StorageAccountOperationInProgress", "RetryableError", "ServerBusy"})
"""Codes of a conflict that passes by itself."""

IDS = ("x-ms-correlation-request-id", "x-ms-request-id", "request-id")
"""Headers with the id that the log of ARM, of the resource or of the directory shows for a call."""


def call[**P, R](method: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """The answer of one SDK call. Raises `CloudError` as `MEANINGS` says, with the service's code and request id."""
    with _in_our_words():
        return method(*args, **kwargs)


def every[T](pages: Callable[[], Any]) -> Iterator[T]:
    """Every item of a paged call, fetched when it is asked for. Raises as `call`."""
    with _in_our_words():
        yield from pages()


def sent[R](method: Callable[..., R], /, *args: object, **kwargs: object) -> tuple[R, str]:
    """The answer of one SDK call, and the id under which the service's log knows it. Raises as `call`."""
    found: list[str] = []

    def hear(response: Any) -> None:  # noqa: ANN401 - azure-core's PipelineResponse of whichever transport
        headers = response.http_response.headers
        found.append(next((str(headers[name]) for name in IDS if headers.get(name)), ""))

    answer = call(method, *args, raw_response_hook=hear, **kwargs)
    return answer, found[-1] if found else ""


def answered(send: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> str:
    """The id of a request that no SDK method makes as it is needed. Raises as `call`."""
    with _in_our_words():
        response = send(request)
        response.raise_for_status()
    return next((str(response.headers[name]) for name in IDS if response.headers.get(name)), "")


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except HttpResponseError as error:
        raise _answered(error) from None
    except AzureError as error:
        raise Unreachable(f"Azure gave no answer: {type(error).__name__}", type(error).__name__) from None


def _answered(error: HttpResponseError) -> CloudError:
    """What the service answered. Its own sentence is left out: it repeats resources, which may name a patient."""
    status, code = error.status_code or 0, _code(error)
    response: Any = error.response
    headers = response.headers if response is not None else {}
    meaning = MEANINGS.get(status, Throttled if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in LATER else Refused)
    request_id = next((str(headers[name]) for name in IDS if headers.get(name)), "")
    return meaning(f"Azure answered {status} {code}", code, request_id)


def _code(error: HttpResponseError) -> str:
    """The service's code: storage puts it in a header, ARM and Key Vault in the body."""
    found = getattr(error, "error_code", None) or getattr(error.error, "code", "") or ""
    return str(getattr(found, "value", found))
