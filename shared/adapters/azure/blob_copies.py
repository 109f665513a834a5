"""Copying a blob onto itself under another encryption scope, on the server: at once, or in blocks.

Every copy is on two conditions: the source still has the ETag that was looked at, and so has what it replaces. One request does
all of a small blob (Copy Blob From URL); a larger one is put together of blocks, and its commit is on the same condition, so that
whoever wrote between two blocks is right. Source: Blob service REST reference, "Copy Blob From URL", "Put Block From URL".
"""

import base64
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.adapters.azure.blob_seen import HEADERS, INFERRED
from shared.adapters.azure.errors import call, sent
from shared.domain.errors import Refused
from shared.ports.objects import BARRED, NULL, Bar, Encryption, Facts, Moved

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient

MIB = 1024 * 1024
COPY_LIMIT = 256 * MIB
"""Bytes of a blob that one Copy Blob From URL takes."""

PART = 256 * MIB
"""Bytes of a block, so that none takes long: the service would take 4,000 MiB (Put Block From URL)."""

BLOCKS = 50_000
LARGEST = BLOCKS * 4_000 * MIB
"""Blocks that a blob can have, and bytes of the largest one ("Scalability targets for Blob storage")."""

OURS = "codeblue-"
"""How the ids of our own blocks begin; those of a dead worker are gone a week after their last."""

SECONDS = 120
"""How long one copy is waited for."""


@dataclass(frozen=True, slots=True)
class Place:
    """One blob, and what opens it as a source: an access token of our own."""

    client: "BlobClient"
    token: Callable[[], str]

    @property
    def source(self) -> dict[str, Any]:
        return {"source_authorization": f"Bearer {self.token()}", "read_timeout": SECONDS}


def copy(place: Place, facts: Facts, encryption: Encryption) -> Moved:
    """Content, headers, MD5, metadata, tags and committed blocks go along; the tier has to be said."""
    _alone(place)
    answer, request_id = sent(
        place.client.start_copy_from_url,
        place.client.url,
        requires_sync=True,
        tags="COPY",
        encryption_scope=_scope(encryption),
        headers=_tier(facts),
        **place.source,
        **_same(facts, "source_"),
        **_same(facts),
    )
    return _moved(answer, [request_id])


def copy_parts(place: Place, facts: Facts, encryption: Encryption, part: int, begun: Callable[[str], None]) -> Moved:
    """Put Block From URL for each part, and Put Block List: nothing goes along by itself."""
    _alone(place)
    upload, size = uuid.uuid4().hex, max(min(part, PART), -(-facts.size // BLOCKS))
    begun(upload)
    blocks, ids = list[str](), list[str]()
    for start in range(0, facts.size, size):
        blocks.append(f"{OURS}{upload}-{len(blocks):05}")
        ids.append(_staged(place, encryption, blocks[-1], (start, min(size, facts.size - start))))
    answer, request_id = sent(
        place.client.commit_block_list,
        blocks,
        encryption_scope=_scope(encryption),
        headers=_tier(facts),
        read_timeout=SECONDS,
        **_described(facts),
        **_same(facts),
    )
    return _moved(answer, [*ids, request_id])


def _staged(place: Place, encryption: Encryption, block: str, span: tuple[int, int]) -> str:
    scope = _scope(encryption)
    return sent(place.client.stage_block_from_url, block, place.client.url, *span, encryption_scope=scope, **place.source)[1]


def _alone(place: Place) -> None:
    """Raises `Refused` while somebody else sends blocks: whatever is written now takes them away (Put Block, remarks)."""
    _, waiting = call(place.client.get_block_list, "uncommitted")
    if any(not str(block.id).startswith(OURS) for block in waiting):
        raise Refused("blocks of somebody else's are waiting", f"{BARRED}{Bar.UPLOADING}")


def _described(facts: Facts) -> dict[str, Any]:
    """Everything of the blob but its content, for a new list of blocks."""
    from azure.storage.blob import ContentSettings  # noqa: PLC0415 - with its client, paid when needed

    said: dict[str, Any] = {HEADERS[name]: value for name, value in facts.headers}
    if facts.checksum:
        said["content_md5"] = bytearray(base64.b64decode(facts.checksum.value))
    return {"content_settings": ContentSettings(**said), "metadata": dict(facts.metadata), "tags": dict(facts.tags) or None}


def _same(facts: Facts, prefix: str = "") -> dict[str, Any]:
    """The condition that nobody has written since."""
    from azure.core import MatchConditions  # noqa: PLC0415 - the same

    return {f"{prefix}etag": f'"{facts.etag}"', f"{prefix}match_condition": MatchConditions.IfNotModified}


def _tier(facts: Facts) -> dict[str, str]:
    """A tier that somebody chose; one that follows the account's is left to follow it."""
    chosen = facts.storage_class and not facts.storage_class.endswith(INFERRED)
    return {"x-ms-access-tier": facts.storage_class} if chosen else {}


def _scope(encryption: Encryption) -> str:
    return encryption.key.rpartition("/")[2]


def _moved(answer: Mapping[str, Any], ids: list[str]) -> Moved:
    return Moved(str(answer.get("version_id") or NULL), str(answer["etag"]).strip('"'), tuple(filter(None, ids)))
