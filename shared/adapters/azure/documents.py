"""Small documents in a container, each changed only by whoever has read what it is now (`If-Match` with its ETag)."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.custody_places import STATE, Places
from shared.adapters.azure.errors import call, every
from shared.domain.errors import Absent, CloudError, Throttled

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient

LOST = frozenset({"BlobAlreadyExists", "ConditionNotMet"})
"""Codes by which the service says that somebody else was first."""

ATTEMPTS = 32


class Documents:
    """One container of blobs."""

    def __init__(self, clients: Clients, places: Places, container: str = STATE) -> None:
        self._clients, self._url, self._container = clients, places.blob_url, container

    def create(self, name: str, content: bytes) -> bool:
        """Keep a new document; False where there is one of that name."""
        return self._written(self._blob(name), content, "")

    def read(self, name: str) -> tuple[bytes, str]:
        """Content and ETag. Raises `Absent`."""
        found = call(self._blob(name).download_blob)
        return bytes(call(found.readall)), str(found.properties.etag)

    def write(self, name: str, content: bytes) -> None:
        """Keep it, whatever was there."""
        call(self._blob(name).upload_blob, content, overwrite=True)

    def change(self, name: str, step: Callable[[bytes], bytes | None]) -> bytes | None:
        """Change a document by a step from what it is to what it shall be; None where the step says that it shall stay.

        Where somebody else was first the step is taken again from what they made. An answer that was lost is none of that: what
        we wanted then stands there already.
        """
        wanted: bytes | None = None
        for _ in range(ATTEMPTS):
            content, etag = self.read(name)
            if wanted is not None and content == wanted:
                return wanted
            wanted = step(content)
            if wanted is None or self._written(self._blob(name), wanted, etag):
                return wanted
        raise Throttled("others change this document all the time", "ConditionNotMet")

    def names(self, prefix: str) -> Iterator[str]:
        """The names of the documents that begin so."""
        return every(lambda: self._blobs.list_blob_names(name_starts_with=prefix))

    def exists(self, name: str) -> bool:
        return bool(call(self._blob(name).exists))

    def _written(self, blob: "BlobClient", content: bytes, etag: str) -> bool:
        from azure.core import MatchConditions  # noqa: PLC0415 - with its client, paid when needed

        try:
            if etag:
                call(blob.upload_blob, content, overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
            else:
                call(blob.upload_blob, content, overwrite=False)
        except Absent:
            raise
        except CloudError as error:
            if error.code not in LOST:
                raise
            return False
        return True

    def _blob(self, name: str) -> "BlobClient":
        return self._blobs.get_blob_client(name)

    @property
    def _blobs(self) -> "ContainerClient":
        return self._clients.blobs(self._url).get_container_client(self._container)
