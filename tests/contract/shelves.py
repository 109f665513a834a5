"""A store of charts in each cloud where what moves is copied: the same rows of tests are run on all of them."""

from contextlib import suppress
from typing import Any, Protocol

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContentSettings

from shared.adapters.local.clock import SystemClock
from shared.ports.objects import Objects
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Migration
from shared.reencryption.result import MigrationResult, Proof
from shared.reencryption.verify import verify
from shared.sandbox.azure.storage_state import Account, Block
from tests.contract.aws_objects import AWKWARD, MIB, Scene
from tests.contract.azure import objects as azure
from tests.unit.reencryption import NamingJournal

TYPE, WARD, TAGS = "application/dicom", {"ward": "7"}, {"tenant": "a", "phi": "yes"}
"""What a chart that is described has beside its content."""


class Shelf(Protocol):
    """What people and a responder do with a store, in one form. `names` are awkward ones that it takes."""

    names: tuple[str, ...]
    part: int
    objects: Objects
    plan: Migration
    journal: NamingJournal

    def put(self, name: str, content: bytes = b"phi", *, described: bool = False, under: str = "old") -> None: ...

    def drop(self, name: str) -> None: ...

    def content(self, name: str) -> bytes | None: ...

    def moved(self, name: str) -> bool:
        """Whether the newest version is under the successor."""
        ...

    def said(self, name: str) -> dict[str, object]:
        """Everything of the newest version that a copy carries along."""
        ...

    def versions(self, name: str) -> list[bytes]:
        """The contents of all versions, the newest first."""
        ...

    def keep_versions(self) -> None: ...

    def parts_left(self) -> int:
        """Parts that somebody has to pay for, and that nothing frees by itself."""
        ...


def run(shelf: Shelf, objects: Objects | None = None, *, parts: bool = False) -> MigrationResult:
    """One run of a worker with one thread. `parts`: what is larger than the shelf's part is copied in parts of that size."""
    limits = {"copy_limit": shelf.part, "part": shelf.part} if parts else {}
    plan = shelf.plan.but(width=1, **limits)
    return migrate(plan, objects or shelf.objects, shelf.journal, SystemClock())


def proof(shelf: Shelf) -> Proof:
    found = verify(shelf.plan, shelf.objects, shelf.journal, SystemClock())
    assert found is not None
    return found


class Bucket:
    """A bucket of S3's where nothing can be updated in place."""

    names: tuple[str, ...] = AWKWARD
    part = 5 * MIB

    def __init__(self, scene: Scene) -> None:
        self.objects: Objects = scene.objects
        self.scene, self.plan, self.journal = scene, scene.plan.but(canary=None), scene.journal

    def put(self, name: str, content: bytes = b"phi", *, described: bool = False, under: str = "old") -> None:
        tagging = "&".join(f"{key}={value}" for key, value in TAGS.items())
        more: dict[str, Any] = {"ContentType": TYPE, "CacheControl": "no-store", "Metadata": WARD, "Tagging": tagging}
        key = {"old": self.scene.old, "new": self.scene.new, "other": self.scene.other}[under]
        self.scene.put(name, content, SSEKMSKeyId=key, **(more if described else {}))

    def drop(self, name: str) -> None:
        self.scene.s3.delete_object(Bucket="charts", Key=name)

    def content(self, name: str) -> bytes | None:
        with suppress(self.scene.s3.exceptions.NoSuchKey):
            return self.scene.content(name)
        return None

    def moved(self, name: str) -> bool:
        return bool(self.scene.head(name)["SSEKMSKeyId"] == self.scene.new)

    def said(self, name: str) -> dict[str, object]:
        head = self.scene.head(name)
        tags = self.scene.s3.get_object_tagging(Bucket="charts", Key=name)["TagSet"]
        kept = {each: head.get(each) for each in ("ContentLength", "ContentType", "CacheControl", "Metadata", "StorageClass")}
        return {**kept, "tags": {tag["Key"]: tag["Value"] for tag in tags}}

    def versions(self, name: str) -> list[bytes]:
        ids = [line["VersionId"] for line in self.scene.versions() if line["Key"] == name]
        return [self.scene.content(name, VersionId=each) for each in ids]

    def keep_versions(self) -> None:
        self.scene.versioning("Enabled")

    def parts_left(self) -> int:
        uploads = self.scene.s3.list_multipart_uploads(Bucket="charts").get("Uploads", [])
        named = [{"Bucket": "charts", "Key": each["Key"], "UploadId": each["UploadId"]} for each in uploads]
        return sum(len(self.scene.s3.list_parts(**each).get("Parts", [])) for each in named)


class Container:
    """A container of an Azure account."""

    names = tuple(name for name in AWKWARD if name != "../x")  # which the service takes for another path
    part = 4096

    def __init__(self, estate: azure.Estate) -> None:
        self.objects: Objects = estate.objects
        self.estate, self.plan, self.journal = estate, estate.plan, estate.journal

    def put(self, name: str, content: bytes = b"phi", *, described: bool = False, under: str = "old") -> None:
        settings = ContentSettings(content_type=TYPE, cache_control="no-store")
        more: dict[str, Any] = {"content_settings": settings, "metadata": WARD, "tags": TAGS}
        scope = {"old": azure.OLD, "new": azure.NEW, "other": azure.OTHER}[under]
        self.estate.put(name, content, encryption_scope=scope, **(more if described else {}))

    def drop(self, name: str) -> None:
        with suppress(ResourceNotFoundError):
            self.estate.blob(name).delete_blob()

    def content(self, name: str) -> bytes | None:
        with suppress(ResourceNotFoundError):
            return self.estate.content(name)
        return None

    def moved(self, name: str) -> bool:
        return self.estate.scope_of(name) == azure.NEW

    def said(self, name: str) -> dict[str, object]:
        found = self.estate.blob(name).get_blob_properties()
        settings = dict(found.content_settings)
        kept = {"size": found.size, "metadata": found.metadata, "tier": (found.blob_tier, found.blob_tier_inferred)}
        return {**kept, **settings, "tags": self.estate.blob(name).get_blob_tags()}

    def versions(self, name: str) -> list[bytes]:
        listed = self.estate.charts.list_blobs(name_starts_with=name, include=["versions"])
        ids = [str(each.version_id) for each in listed if each.name == name]
        return [self.estate.content(name, version_id=each) for each in sorted(ids, reverse=True)]

    def keep_versions(self) -> None:
        self.estate.configure(isVersioningEnabled=True)

    def parts_left(self) -> int:
        """None that anybody has to free: blocks that no list names are gone after a week."""
        return 0


def waiting(account: Account, name: str) -> list[Block]:
    """Blocks that wait for a list, in the charts' container."""
    return list(account.containers[azure.CHARTS].blobs[name].uncommitted.values())
