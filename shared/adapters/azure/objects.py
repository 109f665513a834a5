"""The `Objects` port on Azure: blobs of storage accounts, under encryption scopes.

Rules
1. Nothing is updated in place: the service has no call for it. What moves is copied by the service onto itself; we read none of it.
2. An old version, a snapshot or what soft delete keeps is never copied: it would be the current one, or a deleted blob again.
3. A container's holds are asked for with every page of its listing, and the service has the last word: what it refuses for a hold,
   a lease or a container's own scope stays, with that reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shared.adapters.azure import blob_copies, blob_seen, names, stores
from shared.adapters.azure.blob_copies import COPY_LIMIT, LARGEST
from shared.adapters.azure.blob_seen import DELETED, SNAPSHOT, Place
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call, every
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.rest import ARM
from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.resource import Ref
from shared.ports.objects import (
    BARRED,
    CUSTOMER_KEY,
    NULL,
    Attributes,
    Bar,
    Encryption,
    Facts,
    Moved,
    Page,
    StoreFacts,
    Version,
    Versioning,
)

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobServiceClient

_SERVICES = "Microsoft.Storage/storageAccounts/blobServices"
_BLOBS = f"{_SERVICES}/containers/blobs"

LOOKS = Rights(
    frozenset(
        {
            "Microsoft.EventGrid/eventSubscriptions/read",
            "Microsoft.Storage/storageAccounts/read",
            f"{_SERVICES}/containers/read",
            f"{_SERVICES}/read",
        }
    ),
    frozenset({f"{_BLOBS}/read", f"{_BLOBS}/tags/read"}),
)
COPIES = Rights(data=frozenset({f"{_BLOBS}/read", f"{_BLOBS}/write", f"{_BLOBS}/tags/read", f"{_BLOBS}/tags/write"}))
RIGHTS = LOOKS | COPIES
"""What a rewrite and its proof take. Nothing in it deletes; whoever may have blobs copied may read them."""

SUBSCRIPTIONS = "/providers/Microsoft.EventGrid/eventSubscriptions?api-version=2022-06-15"

EVERYTHING = ("versions", "snapshots", "deleted")
WITHOUT_VERSIONS = ("snapshots", "deleted")
"""What is listed beside the current blobs; an account with directories keeps no versions."""

BARS: Mapping[str, Bar] = {
    "BlobImmutableDueToLegalHold": Bar.IMMUTABLE,
    "BlobImmutableDueToPolicy": Bar.IMMUTABLE,
    "InvalidBlobType": Bar.IN_PLACE,
    "LeaseIdMissing": Bar.LEASED,
    "RequestForbiddenByContainerEncryptionPolicy": Bar.IMPOSED,
}
CODES: Mapping[str, str] = {
    "AuthorizationFailure": "AccessDenied",
    "AuthorizationPermissionMismatch": "AccessDenied",
    "BlobUsesCustomerSpecifiedEncryption": CUSTOMER_KEY,
    "ConditionNotMet": "PreconditionFailed",
    "EncryptionScopeDisabled": "AccessDenied",
    "KeyVaultEncryptionKeyNotFound": "AccessDenied",
    "SourceConditionNotMet": "PreconditionFailed",
    "TargetConditionNotMet": "PreconditionFailed",
    **{code: f"{BARRED}{bar}" for code, bar in BARS.items()},
}
"""The service's codes in the port's words ("Blob service error codes")."""


class AzureObjects:
    """Storage accounts that `clients` can reach. `page`: versions a listing gives at a time, at most 5,000."""

    def __init__(self, clients: Clients, page: int = 5000) -> None:
        self._clients, self._page = clients, page
        self._places: dict[tuple[Ref, str], Place] = {}
        self._directories: dict[Ref, bool] = {}

    def store(self, store: Ref) -> StoreFacts:
        name = names.arm(store.id)
        found = call(self._clients.storage(store.account).blob_services.get_service_properties, name.group, name.name)
        told: Iterator[Mapping[str, Any]] = every(lambda: self._clients.rest(ARM).every(f"{store.id}{SUBSCRIPTIONS}"))
        versioning = Versioning.ENABLED if found.is_versioning_enabled else Versioning.NEVER
        return StoreFacts(versioning, tuple(blob_seen.consumers(told)), in_place=False, copy_limit=COPY_LIMIT, largest=LARGEST)

    def list(self, store: Ref, after: tuple[str, str] | None) -> Page:
        """Container by container; each page's end is a container's name and the service's own marker in it."""
        held, (at, marker) = self._containers(store), after or ("", "")
        coming = [name for name in held if not at or f"{name}/" >= f"{at}/"]
        for number, name in enumerate(coming):
            lines, following = self._listed(store, name, marker if name == at else "")
            later = coming[number + 1 : number + 2]
            end = (name, following) if following else (later[0], "") if later else None
            if lines or end is None:
                return Page(lines, end)
        return Page((), None)

    def head(self, store: Ref, key: str, version: str) -> Facts:
        container, _, _ = key.partition("/")
        with _in_the_ports_words():
            if version.startswith(DELETED):
                return blob_seen.facts(store, self._line(store, key, version), (), self._place(store, container))
            client = self._blob(store, key, version)
            found: Any = call(client.get_blob_properties)
            tags: Mapping[str, str] = call(client.get_blob_tags) if found.tag_count else {}
            return blob_seen.facts(store, found, blob_seen.pairs(tags), self._place(store, container))

    def attributes(self, store: Ref, key: str, version: str) -> Attributes:
        return blob_seen.attributes(self._line(store, key, version))

    def update(self, store: Ref, key: str, version: str, encryption: Encryption) -> Moved:  # noqa: ARG002 - the port's signature
        raise Refused("the Blob service changes no key in place", "MethodNotAllowed")

    def copy(self, store: Ref, version: Version, facts: Facts, encryption: Encryption) -> Moved:
        with _in_the_ports_words():
            return blob_copies.copy(self._source(store, version.key), facts, encryption)

    def copy_parts(
        self, store: Ref, version: Version, facts: Facts, encryption: Encryption, part: int, begun: Callable[[str], None]
    ) -> Moved:
        with _in_the_ports_words():
            return blob_copies.copy_parts(self._source(store, version.key), facts, encryption, part, begun)

    def abort(self, store: Ref, key: str, upload: str) -> None:
        """Nothing: blocks that no list names are gone a week after the last one, and only a write of the blob ends them sooner.

        The next copy is one. Nothing else of ours writes there: a list of the blocks that a blob has would empty one that was
        sent whole. People are told at how many blobs they lie (`MigrationResult.broken_off`).
        """

    def put(self, store: Ref, key: str, content: bytes) -> str:  # noqa: ARG002 - the port's signature
        raise Refused("nothing is tried where nothing is updated in place", "MethodNotAllowed")

    def read(self, store: Ref, key: str, version: str) -> bytes:  # noqa: ARG002 - the port's signature
        raise Refused("no blob is read", "MethodNotAllowed")

    def _containers(self, store: Ref) -> tuple[str, ...]:
        """Their names, in the order that the keys of their blobs have; what is known of each is kept for the blobs in it."""
        listed: Iterator[Any] = every(self._service(store).list_containers)
        directories = self._with_directories(store)
        found = {str(each.name): blob_seen.place(each, directories=directories) for each in listed}
        self._places |= {(store, name): place for name, place in found.items()}
        return tuple(sorted(found, key="{}/".format))

    def _listed(self, store: Ref, container: str, marker: str) -> tuple[tuple[Version, ...], str]:
        """One page of a container, and where the next one begins; one that was deleted meanwhile holds nothing."""
        client, wanted = self._service(store).get_container_client(container), self._included(store)

        def ask() -> tuple[list[Any], str]:
            pages: Any = client.list_blobs(include=list(wanted), results_per_page=self._page).by_page(marker or None)
            return list(next(pages, ())), str(pages.continuation_token or "")

        try:
            lines, following = call(ask)
        except Absent:
            self._places.pop((store, container), None)
            return (), ""
        newest_first = [blob_seen.version(store, container, line) for line in reversed(lines)]
        return tuple(sorted(newest_first, key=lambda version: version.key)), following

    def _line(self, store: Ref, key: str, version: str) -> Any:  # noqa: ANN401 - the SDK's model
        """The line of a listing that is about this version. Raises `Absent`."""
        container, _, name = key.partition("/")
        client, wanted = self._service(store).get_container_client(container), self._included(store)
        lines: Iterator[Any] = every(lambda: client.list_blobs(name_starts_with=name, include=list(wanted)))
        for line in lines:
            if line.name != name:
                break  # names are in order, and the whole one comes first
            if blob_seen.version(store, container, line).id == version:
                return line
        raise Absent("it is not listed", "BlobNotFound")

    def _included(self, store: Ref) -> Sequence[str]:
        return WITHOUT_VERSIONS if self._with_directories(store) else EVERYTHING

    def _with_directories(self, store: Ref) -> bool:
        if store not in self._directories:
            self._directories[store] = stores.account(self._clients, store).is_hns_enabled is True
        return self._directories[store]

    def _place(self, store: Ref, container: str) -> Place:
        if (store, container) not in self._places:
            found = call(self._service(store).get_container_client(container).get_container_properties)
            self._places[store, container] = blob_seen.place(found, directories=self._with_directories(store))
        return self._places[store, container]

    def _service(self, store: Ref) -> "BlobServiceClient":
        return self._clients.blobs(f"https://{store.name}.blob.core.windows.net")

    def _blob(self, store: Ref, key: str, version: str) -> "BlobClient":
        container, _, name = key.partition("/")
        snapshot = version.removeprefix(SNAPSHOT) if version.startswith(SNAPSHOT) else None
        own = None if snapshot or version == NULL else version
        return self._service(store).get_blob_client(container, name, snapshot=snapshot, version_id=own)

    def _source(self, store: Ref, key: str) -> blob_copies.Place:
        return blob_copies.Place(self._blob(store, key, NULL), self._clients.storage_token)


@contextmanager
def _in_the_ports_words() -> Iterator[None]:
    try:
        yield
    except CloudError as error:
        if error.code not in CODES:
            raise
        raise Refused(str(error), CODES[error.code], error.request_id) from None
