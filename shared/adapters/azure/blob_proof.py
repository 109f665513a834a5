"""The `Objects` port as a proof asks it: listings and attributes come by requests of our own, read by a reader of our own.

The worker of a rewrite sees through the SDK and its models. What would escape it there (a page that is left out, a scope that is
read wrong) is to be seen here: of a listing the two have but the transport in common. Looks (HEAD) are the SDK's in both.
"""

from collections.abc import Iterator
from urllib.parse import urlencode

from shared.adapters.azure import blob_lines
from shared.adapters.azure.blob_lines import Line
from shared.adapters.azure.clients import STORAGE
from shared.adapters.azure.objects import AzureObjects
from shared.domain.errors import Absent
from shared.domain.resource import Ref
from shared.ports.objects import Attributes, Version

VERSION = {"x-ms-version": "2024-11-04"}
"""Of the service's REST API."""


class AzureProof(AzureObjects):
    """Storage accounts as `AzureObjects` has them; nothing is written through this."""

    def pages(self, store: Ref, container: str) -> Iterator[list[Line]]:
        """All of a container, page by page. Raises `CloudError`."""
        marker, more = "", True
        while more:
            found, marker = self._asked(store, container, marker=marker)
            yield found
            more = bool(marker)

    def containers(self, store: Ref) -> tuple[str, ...]:
        """Their names, in the order of their blobs' keys. Raises `CloudError`."""
        return self._containers(store)

    def attributes(self, store: Ref, key: str, version: str) -> Attributes:
        return blob_lines.attributes(self._raw_line(store, key, version))

    def _listed(self, store: Ref, container: str, marker: str) -> tuple[tuple[Version, ...], str]:
        try:
            found, following = self._asked(store, container, marker=marker)
        except Absent:
            return (), ""
        newest_first = [blob_lines.version(store, container, line) for line in reversed(found)]
        return tuple(sorted(newest_first, key=lambda version: version.key)), following

    def _raw_line(self, store: Ref, key: str, version: str) -> Line:
        """The line that is about this version. Raises `Absent`."""
        container, _, name = key.partition("/")
        marker, more = "", True
        while more:
            found, marker = self._asked(store, container, marker=marker, prefix=name)
            for line in found:
                if line.name != name:
                    raise Absent("it is not listed", "BlobNotFound")  # names are in order, and the whole one comes first
                if blob_lines.version(store, container, line).id == version:
                    return line
            more = bool(marker)
        raise Absent("it is not listed", "BlobNotFound")

    def _asked(self, store: Ref, container: str, *, marker: str = "", prefix: str = "") -> tuple[list[Line], str]:
        asked = {"include": ",".join(self._included(store)), "maxresults": str(self._page), "marker": marker, "prefix": prefix}
        query = urlencode({name: value for name, value in asked.items() if value})
        service = self._clients.rest(f"https://{store.name}.blob.core.windows.net", STORAGE)
        return blob_lines.lines(service.read(f"/{container}?restype=container&comp=list&{query}", VERSION))
