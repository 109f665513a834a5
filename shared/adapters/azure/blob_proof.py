"""The `Objects` port as a proof asks it: listings and attributes come by requests of our own, read by a reader of our own.

The worker of a rewrite sees through the SDK and its models. What would escape it there (a page that is left out, a container that
is not listed, a scope that is read wrong) is to be seen here: of what is listed, containers and blobs, the two have in common but
the transport, and the order in which containers are gone through. Looks (HEAD) are the SDK's in both.
"""

from collections.abc import Iterator, Mapping
from itertools import chain, takewhile
from urllib.parse import urlencode

from shared.adapters.azure import blob_lines
from shared.adapters.azure.blob_lines import Line
from shared.adapters.azure.blob_seen import Place
from shared.adapters.azure.clients import STORAGE
from shared.adapters.azure.objects import AzureObjects
from shared.adapters.azure.rest import Rest
from shared.domain.errors import Absent
from shared.domain.resource import Ref
from shared.ports.objects import Attributes, Version

VERSION = {"x-ms-version": "2024-11-04"}
"""Of the service's REST API."""


class AzureProof(AzureObjects):
    """Storage accounts as `AzureObjects` has them; nothing is written through this."""

    def pages(self, store: Ref, container: str, prefix: str = "") -> Iterator[list[Line]]:
        """All of a container, or what begins so in it, page by page. Raises `CloudError`."""
        marker, more = "", True
        while more:
            found, marker = self._asked(store, container, marker=marker, prefix=prefix)
            yield found
            more = bool(marker)

    def containers(self, store: Ref) -> tuple[str, ...]:
        """Their names, in the order of their blobs' keys. Raises `CloudError`."""
        return self._containers(store)

    def _containers(self, store: Ref) -> tuple[str, ...]:
        """The same by a listing of our own; what it says of each is kept for the blobs in it."""
        service, directories = self._service_of(store), self._with_directories(store)
        found, marker, more = dict[str, Place](), "", True
        while more:
            following = urlencode({"marker": marker}) if marker else ""
            page, marker = blob_lines.containers(service.read(f"/?comp=list&{following}", VERSION))
            found |= {said["Name"]: _place(said, directories=directories) for said in page}
            more = bool(marker)
        self._places |= {(store, name): place for name, place in found.items()}
        return tuple(sorted(found, key="{}/".format))

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
        lines = chain.from_iterable(self.pages(store, container, name))
        own = takewhile(lambda line: line.name == name, lines)  # names are in order, and the whole one comes first
        found = next((line for line in own if blob_lines.version(store, container, line).id == version), None)
        if found is None:
            raise Absent("it is not listed", "BlobNotFound")
        return found

    def _asked(self, store: Ref, container: str, *, marker: str = "", prefix: str = "") -> tuple[list[Line], str]:
        asked = {"include": ",".join(self._included(store)), "maxresults": str(self._page), "marker": marker, "prefix": prefix}
        query = urlencode({name: value for name, value in asked.items() if value})
        return blob_lines.lines(self._service_of(store).read(f"/{container}?restype=container&comp=list&{query}", VERSION))

    def _service_of(self, store: Ref) -> Rest:
        return self._clients.rest(f"https://{store.name}.blob.core.windows.net", STORAGE)


def _place(said: Mapping[str, str], *, directories: bool) -> Place:
    """As `blob_seen.place` has it."""
    true = {name for name, value in said.items() if value == "true"}
    retained = "HasImmutabilityPolicy" in true and "ImmutableStorageWithVersioningEnabled" not in true
    return Place("HasLegalHold" in true or retained, "DenyEncryptionScopeOverride" in true, directories)
