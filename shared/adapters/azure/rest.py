"""Services without a client of their own, asked over azure-core's pipeline: Microsoft Graph, and Resource Manager by hand."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shared.adapters.azure.errors import call, known

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.rest import HttpRequest, HttpResponse

GRAPH = "https://graph.microsoft.com"
ARM = "https://management.azure.com"


class Rest:
    """One service by its address. Paths begin with `/`."""

    def __init__(self, client: "PipelineClient[HttpRequest, HttpResponse]", base: str) -> None:
        self._client, self._base = client, base

    def get(self, path: str) -> dict[str, Any]:
        """One object. Raises `CloudError`."""
        found: dict[str, Any] = self._ask("GET", path, None).json()
        return found

    def every(self, path: str) -> Iterator[dict[str, Any]]:
        """Every object of a collection, page after page. Raises `CloudError`."""
        following = path
        while following:
            page = self.get(following)
            yield from page["value"]
            following = str(page.get("@odata.nextLink") or page.get("nextLink") or "").removeprefix(self._base)

    def send(self, method: str, path: str, content: Mapping[str, object] | None = None) -> str:
        """A write; the id under which the service's log knows it. Raises `CloudError`."""
        answer = self._ask(method, path, content)
        return known(answer.request, answer)

    def read(self, path: str, headers: Mapping[str, str]) -> bytes:
        """An answer as it comes. Raises `CloudError`."""
        return bytes(self._ask("GET", path, None, headers).read())

    def _ask(
        self, method: str, path: str, content: Mapping[str, object] | None, headers: Mapping[str, str] | None = None
    ) -> "HttpResponse":
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - with its client, paid when needed

        sent = dict(content) if content is not None else None
        request = HttpRequest(method, f"{self._base}{path}", json=sent, headers=dict(headers or {}))
        answer = call(self._client.send_request, request)
        call(answer.raise_for_status)
        return answer
