"""Object replication at work: what is written under a rule appears in another account, whoever's it is.

Source: "Object replication for block blobs". Both accounts hold the policy under one id; block blobs written from then on are
copied with headers and metadata, without tags and snapshots. The service takes minutes for it; here it is done with the write.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.blob_call import BlobCall
from shared.sandbox.azure.blob_commits import retire
from shared.sandbox.azure.storage_state import Account, Blob, Version

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

TYPE = "Microsoft.Storage/storageAccounts/objectReplicationPolicies"
WRITES = frozenset({"PutBlob", "PutBlockList", "PutBlobFromURL", "CopyBlob", "CopyBlobFromURL", "SetBlobMetadata"})


def replicate(cloud: "Cloud", call: BlobCall) -> None:
    """Copy what was just written to wherever rules of the account send it."""
    container, name = call.names
    blob = call.found()
    if blob is None or blob.current is None or blob.current.kind != "BlockBlob":
        return
    for destination, rule in _rules(cloud, call.account):
        prefixes = (rule.get("filters") or {}).get("prefixMatch") or [""]
        if rule.get("sourceContainer") == container and any(name.startswith(prefix) for prefix in prefixes):
            _bring(destination, str(rule.get("destinationContainer")), name, blob.current, call.at)


def _rules(cloud: "Cloud", source: Account) -> Iterator[tuple[Account, dict[str, Any]]]:
    """The rules that both sides have, with the account that each leads to."""
    for policy in cloud.resources.under(source.id, TYPE):
        properties = policy["properties"]
        named = str(properties.get("destinationAccount", "")).rpartition("/")[2]
        destination = cloud.storage.accounts.get(named)
        if destination is None or destination is source:
            continue
        if cloud.resources.find(f"{destination.id}/objectReplicationPolicies/{policy['name']}"):
            yield from ((destination, rule) for rule in properties.get("rules") or ())


def _bring(destination: Account, container: str, name: str, written: Version, at: float) -> None:
    held = destination.containers.get(container)
    if held is None:
        return
    blob = held.blobs.setdefault(name, Blob(name))
    retire(destination, blob, at)
    blob.current = replace(
        written,
        id=destination.moment(at) if destination.versioning else "",
        etag=destination.etag(),
        modified=at,
        headers=dict(written.headers),
        metadata=dict(written.metadata),
        tags={},
        scope=held.default_scope,
        worm=None,
        hold=False,
    )
