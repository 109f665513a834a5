"""One Azure call: what goes wrong becomes the domain's words, and nothing of what was asked for ever appears in them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from shared.domain.errors import Absent, CloudError, DoesNotFit, Refused, Throttled, Unreachable
from shared.intake.azure_calls import called

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

CORRELATED = "x-ms-correlation-request-id"
IDS = ("x-ms-request-id", "request-id")
"""Headers with the id that the log of ARM (`CORRELATED`), of the resource or of the directory shows for a call."""


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
        if response.http_request.method != "GET":  # who waits for the end of what was begun asks after it
            found.append(known(response.http_request, response.http_response))

    answer = call(method, *args, raw_response_hook=hear, **kwargs)
    return answer, found[-1] if found else ""


def answered(send: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> str:
    """The id of a request that no SDK method makes as it is needed. Raises as `call`."""
    with _in_our_words():
        response = send(request)
        response.raise_for_status()
    return known(request, response)


def known(request: Any, response: Any) -> str:  # noqa: ANN401 - azure-core has two of each
    """The id under which the service's log knows this write; ARM takes it from whoever calls, and so it is known by more."""
    if correlation := response.headers.get(CORRELATED):
        return called(str(correlation), request.method, unquote(urlsplit(request.url).path))
    return _id(response.headers)


def _id(headers: Mapping[str, str]) -> str:
    return next((str(headers[name]) for name in IDS if headers.get(name)), "")


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
    meaning = MEANINGS.get(status, Throttled if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in LATER else Refused)
    request_id = known(response.request, response) if response is not None else ""
    return meaning(f"Azure answered {status} {code}", code, request_id)


def _code(error: HttpResponseError) -> str:
    """The service's code: storage puts it in a header, ARM and Key Vault in the body."""
    found = getattr(error, "error_code", None) or getattr(error.error, "code", "") or ""
    return str(getattr(found, "value", found))
