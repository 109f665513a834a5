"""Microsoft.Compute: disk encryption sets, disks and snapshots, and the links by which their content is handed out.

A set re-wraps its disks under another key; nothing of their content is encrypted anew.
"""

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure import documents
from shared.sandbox.azure.arm_call import ArmCall
from shared.sandbox.azure.clock import iso, moment
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

_SETS = "Microsoft.Compute/diskEncryptionSets"
_DISKS = ("Microsoft.Compute/disks", "Microsoft.Compute/snapshots")
_LONGEST = 4294967295
_FOLLOWS = 3600.0
"""A set that follows the newest version takes it within an hour."""


class Compute:
    """The provider of disks."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._routes: Mapping[tuple[str, str, str], Callable[[ArmCall], Answer]] = {
            ("PUT", "diskencryptionsets", ""): self._write_set,
            ("PATCH", "diskencryptionsets", ""): self._write_set,
            ("GET", "diskencryptionsets", ""): self._read_set,
            ("DELETE", "diskencryptionsets", ""): self._delete_set,
            ("GET", "diskencryptionsets/associatedresources", ""): self._associated,
            **{(verb, kind, ""): self._write_disk for verb in ("PUT", "PATCH") for kind in ("disks", "snapshots")},
            **{("GET", kind, ""): self._read_disk for kind in ("disks", "snapshots")},
            **{("DELETE", kind, ""): self._delete_disk for kind in ("disks", "snapshots")},
            **{("POST", kind, "begingetaccess"): self._grant for kind in ("disks", "snapshots")},
            **{("POST", kind, "endgetaccess"): self._revoke for kind in ("disks", "snapshots")},
        }

    def handle(self, call: ArmCall) -> Answer:
        tail = call.tail.lower() if call.method == "POST" else ""
        handler = self._routes.get((call.method, call.kinds, tail))
        if handler is None:
            raise documents.unsupported(call)
        return handler(call)

    def _write_set(self, call: ArmCall) -> Answer:
        before = dict(self._cloud.resources.find(call.resource_id) or {})
        old = before.get("properties") or {}
        made = documents.write(self._cloud, call)
        properties = made["properties"]
        try:
            self._accept(made)
        except Problem:
            self._restore(call.resource_id, before)
            raise
        self._identify(made)
        url, was = properties["activeKey"]["keyUrl"], (old.get("activeKey") or {}).get("keyUrl")
        properties["previousKeys"] = old.get("previousKeys") or []
        if was and was != url:
            properties["previousKeys"] = [*properties["previousKeys"], old["activeKey"]]
        if was != url:
            properties["lastKeyRotationTimestamp"] = iso(call.request.at)
        return Answer.of(200, made)

    def _identify(self, made: dict[str, Any]) -> None:
        """A set with an identity of its own has a principal, which its vault has to let in."""
        if "SystemAssigned" in str((made.get("identity") or {}).get("type")):
            directory = self._cloud.entra.directory
            principal = directory.identity_of(made["id"]) or directory.add_managed_identity(made["id"])
            made["identity"] = {**made["identity"], "principalId": principal.id, "tenantId": directory.tenant}

    def _restore(self, resource_id: str, before: Mapping[str, Any]) -> None:
        if before:
            self._cloud.resources.by_id[resource_id.lower()] = dict(before)
        else:
            self._cloud.resources.drop(resource_id)

    def _accept(self, made: Mapping[str, Any]) -> None:
        """The key must be one of a protected vault, enabled, named with its version."""
        properties = made["properties"]
        url = (properties.get("activeKey") or {}).get("keyUrl", "")
        steps = url.removeprefix("https://").split("/")
        follows = properties.get("rotationToLatestKeyVersionEnabled") is True
        if len(steps) < 3 or (len(steps) < 4 and not follows):  # noqa: PLR2004 - HOST/keys/NAME/VERSION
            raise Problem(400, "InvalidParameter", "The value of parameter activeKey.keyUrl is invalid: a key version is required.")
        found = self._cloud.vaults.find(f"https://{steps[0]}/", *steps[2:4])
        if found is None:
            raise Problem(404, "KeyVaultKeyNotFound", f"Unable to find the key {steps[2]} in the key vault {steps[0]}.")
        if not found[0].protected:
            raise Problem(400, "KeyVaultNotPurgeProtected", "The key vault must have soft delete and purge protection enabled.")
        if not found[2].enabled:
            raise Problem(400, "KeyVaultKeyDisabled", f"The key {steps[2]} is disabled.")
        properties["activeKey"]["keyUrl"] = found[0].kid(found[1], found[2])

    def _read_set(self, call: ArmCall) -> Answer:
        for held in self._cloud.resources.under(call.resource_id, _SETS):
            self._follow(held["properties"])
        return documents.read(self._cloud, call)

    def _follow(self, properties: dict[str, Any]) -> None:
        """What a set does by itself: take the newest version, and forget the old ones once all its disks are wrapped anew."""
        now, url = self._cloud.clock.now(), properties["activeKey"]["keyUrl"]
        host, _, name, version = url.removeprefix("https://").split("/")
        newest = self._cloud.vaults.find(f"https://{host}/", name)
        if properties.get("rotationToLatestKeyVersionEnabled") and newest and newest[2].name != version:
            if not newest[2].enabled:
                properties["autoKeyRotationError"] = {
                    "code": "KeyVaultKeyDisabled",
                    "message": "The newest key version is disabled.",
                }
            elif newest[2].created + _FOLLOWS <= now:
                properties["previousKeys"] = [*properties.get("previousKeys", ()), dict(properties["activeKey"])]
                properties["activeKey"] = {**properties["activeKey"], "keyUrl": newest[0].kid(newest[1], newest[2])}
                properties["lastKeyRotationTimestamp"] = iso(newest[2].created + _FOLLOWS)
                properties.pop("autoKeyRotationError", None)
        if moment(properties["lastKeyRotationTimestamp"]) + self._cloud.delays.disk_rewrap <= now:
            properties["previousKeys"] = []

    def _delete_set(self, call: ArmCall) -> Answer:
        if list(self._under_set(call.resource_id)):
            text = f"Disk encryption set '{call.name}' cannot be deleted: it is used by disks or snapshots."
            raise Problem(409, "OperationNotAllowed", text)
        return documents.delete(self._cloud, call)

    def _under_set(self, resource_id: str) -> list[str]:
        held = (one for kind in _DISKS for one in self._cloud.resources.under("", kind))
        return [one["id"] for one in held if _set_of(one).lower() == resource_id.lower()]

    def _associated(self, call: ArmCall) -> Answer:
        return Answer.of(200, {"value": self._under_set(call.resource_id)})

    def _write_disk(self, call: ArmCall) -> Answer:
        before = self._cloud.resources.find(call.resource_id) or {}
        was = before.get("properties") or {}
        if was.get("diskState") == "ActiveSAS" and "encryption" in (call.body.get("properties") or {}):
            raise Problem(
                409, "OperationNotAllowed", f"Cannot update disk '{call.name}' while a shared access signature is active."
            )
        made = documents.write(self._cloud, call)
        properties = made["properties"]
        if _set_of(made):
            self._cloud.resources.get(_set_of(made))
        properties.setdefault("encryption", {"type": "EncryptionAtRestWithPlatformKey"})
        properties.setdefault("timeCreated", iso(call.request.at))
        properties.setdefault("uniqueId", str(uuid.uuid4()))
        properties.setdefault("diskState", "Unattached")
        properties.setdefault("networkAccessPolicy", "AllowAll")
        return Answer.of(200, made)

    def _read_disk(self, call: ArmCall) -> Answer:
        for kind in _DISKS:
            for held in self._cloud.resources.under(call.resource_id, kind):
                self._expire(held)
        return documents.read(self._cloud, call)

    def _expire(self, held: dict[str, Any]) -> None:
        link = self._cloud.disk_links.get(held["id"].lower())
        if link and link[1] <= self._cloud.clock.now():
            self._end(held)

    def _end(self, held: dict[str, Any]) -> None:
        self._cloud.disk_links.pop(held["id"].lower(), None)
        held["properties"]["diskState"] = "Unattached"

    def _delete_disk(self, call: ArmCall) -> Answer:
        held = self._cloud.resources.find(call.resource_id)
        if held and held["properties"].get("diskState") == "ActiveSAS":
            raise Problem(
                409, "OperationNotAllowed", f"Disk '{call.name}' has an active shared access signature and cannot be deleted."
            )
        return documents.delete(self._cloud, call)

    def _grant(self, call: ArmCall) -> Answer:
        held, asked = self._cloud.resources.get(call.resource_id), call.body
        seconds, properties = int(asked.get("durationInSeconds", 0)), held["properties"]
        self._expire(held)
        if not 0 < seconds <= _LONGEST:
            raise Problem(400, "InvalidParameter", "The value of parameter durationInSeconds is invalid.")
        if properties["networkAccessPolicy"] == "DenyAll" or properties.get("publicNetworkAccess") == "Disabled":
            text = f"Export of '{call.name}' is not permitted: its networkAccessPolicy does not allow it."
            raise Problem(409, "OperationNotAllowed", text)
        if properties["diskState"] not in ("Unattached", "ActiveSAS"):
            raise Problem(
                409, "OperationNotAllowed", f"Cannot grant access to disk '{call.name}' in state {properties['diskState']}."
            )
        self._cloud.disk_links[call.resource_id.lower()] = (secrets.token_urlsafe(32), call.request.at + seconds)
        properties["diskState"] = "ActiveSAS"
        signature = self._cloud.disk_links[call.resource_id.lower()][0]
        host = f"md-{properties['uniqueId'].partition('-')[0]}.blob.storage.azure.net"
        return Answer.of(
            200, {"accessSAS": f"https://{host}/{properties['uniqueId']}/abcd?sv=2018-03-28&sr=b&si=x&sig={signature}"}
        )

    def _revoke(self, call: ArmCall) -> Answer:
        self._end(self._cloud.resources.get(call.resource_id))
        return Answer(200)


def _set_of(disk: Mapping[str, Any]) -> str:
    return str(((disk.get("properties") or {}).get("encryption") or {}).get("diskEncryptionSetId") or "")


class DiskExport:
    """The host that hands out the content of disks to whoever has a link."""

    name = "disks"

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def handle(self, request: Request) -> Answer:
        signature, now = request.query.get("sig", ""), self._cloud.clock.now()
        if not any(secrets.compare_digest(signature, held) and now < until for held, until in self._cloud.disk_links.values()):
            raise Problem(403, "AuthenticationFailed", "Server failed to authenticate the request.")
        content = b"" if request.method == "HEAD" else b"\0" * 512
        return Answer(200, {"content-type": "application/octet-stream", "x-ms-blob-type": "PageBlob"}, content)

    def refuse(self, _: Request, problem: Problem) -> Answer:
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{problem.code}</Code><Message>{problem.message}</Message></Error>'
        )
        return Answer(problem.status, {"content-type": "application/xml", "x-ms-error-code": problem.code}, body.encode())
