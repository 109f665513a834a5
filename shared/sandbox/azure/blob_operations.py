"""The Blob service's operations as a table: how each is recognised, what each kind of credential needs, how the log names it.

Source: Blob service REST reference ("Permissions" of each operation), "Create a service SAS" (permissions by operation),
"Azure Storage analytics logged operations" for the names.
"""

from dataclasses import dataclass
from typing import Literal

from shared.sandbox.azure.blob_call import BlobCall, Level

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"
CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers/"
SERVICES = "Microsoft.Storage/storageAccounts/blobServices/"

type Category = Literal["StorageRead", "StorageWrite", "StorageDelete"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `sas` are the letters of which one is enough; `action` the RBAC operation, `data` whether it is a data action.

    `marks` are headers or query parameters that must be there, `-name` ones that must not.
    """

    name: str
    method: str
    level: Level
    comp: str
    sas: str
    action: str
    data: bool
    category: Category
    marks: tuple[str, ...] = ()

    def fits(self, call: BlobCall) -> bool:
        if (self.method, self.level, self.comp) != (call.request.method, call.level, call.arg("comp")):
            return False
        return all(not _there(call, mark[1:]) if mark[0] == "-" else _there(call, mark) for mark in self.marks)


def _there(call: BlobCall, mark: str) -> bool:
    name, _, value = mark.partition("=")
    if value:
        return value in (call.arg(name), call.header(name).lower())
    return call.has(name) or name in call.request.query


def _row(line: str, *marks: str) -> Operation:
    name, method, level, comp, sas, action = line.split()
    kind, _, verb = action.partition(":")
    roots = {"blobs": BLOBS, "containers": CONTAINERS, "services": SERVICES}
    category: Category = "StorageRead" if method in ("GET", "HEAD") else "StorageDelete" if method == "DELETE" else "StorageWrite"
    places: dict[str, Level] = {"service": "service", "container": "container", "blob": "blob"}
    comp = "" if comp == "-" else comp
    return Operation(
        name, method, places[level], comp, "" if sas == "-" else sas, roots[kind] + verb, kind == "blobs", category, marks
    )


OPERATIONS: tuple[Operation, ...] = (
    _row("ListContainers GET service list l containers:read"),
    _row("GetUserDelegationKey POST service userdelegationkey - services:generateUserDelegationKey/action"),
    _row("GetAccountInformation GET service properties r services:read", "restype=account"),
    _row("GetBlobServiceProperties GET service properties r services:read"),
    _row("SetBlobServiceProperties PUT service properties w services:write"),
    _row("CreateContainer PUT container - cw containers:write", "restype=container"),
    _row("GetContainerProperties GET container - r containers:read", "restype=container"),
    _row("GetContainerProperties HEAD container - r containers:read", "restype=container"),
    _row("DeleteContainer DELETE container - d containers:delete", "restype=container"),
    _row("SetContainerMetadata PUT container metadata w containers:write"),
    _row("GetContainerACL GET container acl - containers:getAcl/action"),
    _row("SetContainerACL PUT container acl - containers:setAcl/action"),
    _row("ListBlobs GET container list l blobs:read"),
    _row("LeaseBlob PUT blob lease w blobs:write"),
    _row("GetBlobTags GET blob tags t blobs:tags/read"),
    _row("SetBlobTags PUT blob tags t blobs:tags/write"),
    _row("GetBlockList GET blob blocklist r blobs:read"),
    _row("PutBlockFromURL PUT blob block w blobs:write", "x-ms-copy-source"),
    _row("PutBlock PUT blob block w blobs:write"),
    _row("PutBlockList PUT blob blocklist cw blobs:write"),
    _row("AppendBlock PUT blob appendblock aw blobs:add/action"),
    _row("SealBlob PUT blob seal w blobs:write"),
    _row("SnapshotBlob PUT blob snapshot cw blobs:write"),
    _row("SetBlobMetadata PUT blob metadata w blobs:write"),
    _row("SetBlobProperties PUT blob properties w blobs:write"),
    _row("SetBlobTier PUT blob tier w blobs:write"),
    _row("UndeleteBlob PUT blob undelete w blobs:write"),
    _row("SetBlobImmutabilityPolicy PUT blob immutabilityPolicies i blobs:write"),
    _row("DeleteBlobImmutabilityPolicy DELETE blob immutabilityPolicies i blobs:write"),
    _row("SetBlobLegalHold PUT blob legalhold i blobs:write"),
    _row("PutBlobFromURL PUT blob - cw blobs:write", "x-ms-copy-source", "x-ms-blob-type"),
    _row("CopyBlobFromURL PUT blob - cw blobs:write", "x-ms-copy-source", "x-ms-requires-sync"),
    _row("CopyBlob PUT blob - cw blobs:write", "x-ms-copy-source"),
    _row("PutBlob PUT blob - cwa blobs:write", "x-ms-blob-type"),
    _row("GetBlob GET blob - r blobs:read"),
    _row("GetBlobProperties HEAD blob - r blobs:read"),
    _row("DeleteBlobVersion DELETE blob - x blobs:deleteBlobVersion/action", "versionid"),
    _row("DeleteBlob DELETE blob - d blobs:delete"),
)


def operation_of(call: BlobCall) -> Operation | None:
    """The operation that a request asks for, or None."""
    return next((each for each in OPERATIONS if each.fits(call)), None)
