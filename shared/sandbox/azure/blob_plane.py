"""The Blob service: who asks, from where, whether they may; then the operation, and the log.

Source: "Authorize requests to Azure Storage", "Storage firewall rules", "Azure Monitor Logs reference - StorageBlobLogs".
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from shared.sandbox.azure import blob_containers as containers
from shared.sandbox.azure import blob_copies as copies
from shared.sandbox.azure import blob_listing as listing
from shared.sandbox.azure import blob_reads as reads
from shared.sandbox.azure import blob_writes as writes
from shared.sandbox.azure import blob_xml as xml
from shared.sandbox.azure import networks
from shared.sandbox.azure.blob_admission import Admission, admit
from shared.sandbox.azure.blob_call import VERSION, BlobCall, refusal
from shared.sandbox.azure.blob_leases import lease
from shared.sandbox.azure.blob_operations import Operation, operation_of
from shared.sandbox.azure.blob_replication import WRITES, replicate
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.faults import Dropped
from shared.sandbox.azure.wire import Answer, Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

type Doing = Callable[["Cloud", BlobCall], Answer]

DOING: Mapping[str, Doing] = {
    "AppendBlock": writes.append_block,
    "CopyBlob": copies.copy_blob,
    "CopyBlobFromURL": copies.copy_blob,
    "CreateContainer": containers.create,
    "DeleteBlob": reads.delete_blob,
    "DeleteBlobImmutabilityPolicy": writes.delete_immutability,
    "DeleteBlobVersion": reads.delete_version,
    "DeleteContainer": containers.delete,
    "GetAccountInformation": containers.account_information,
    "GetBlob": reads.get_blob,
    "GetBlobProperties": reads.get_properties,
    "GetBlobServiceProperties": containers.service_properties,
    "GetBlobTags": writes.get_tags,
    "GetBlockList": reads.get_block_list,
    "GetContainerACL": containers.get_acl,
    "GetContainerProperties": containers.properties,
    "GetUserDelegationKey": containers.delegation_key,
    "LeaseBlob": lease,
    "ListBlobs": listing.list_blobs,
    "ListContainers": listing.list_containers,
    "PutBlob": writes.put_blob,
    "PutBlobFromURL": copies.put_from_url,
    "PutBlock": writes.put_block,
    "PutBlockFromURL": copies.put_block_from_url,
    "PutBlockList": writes.put_block_list,
    "SealBlob": writes.seal,
    "SetBlobImmutabilityPolicy": writes.set_immutability,
    "SetBlobLegalHold": writes.set_hold,
    "SetBlobMetadata": writes.set_metadata,
    "SetBlobProperties": writes.set_properties,
    "SetBlobTags": writes.set_tags,
    "SetBlobTier": writes.set_tier,
    "SetContainerACL": containers.set_acl,
    "SetContainerMetadata": containers.set_metadata,
    "SnapshotBlob": writes.snapshot,
    "UndeleteBlob": reads.undelete,
}


class BlobService:
    """The plane of `*.blob.core.windows.net`."""

    name = "blob"

    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud

    def handle(self, request: Request) -> Answer:
        account = self.cloud.storage.of_host(request.host)
        if account is None:
            raise Dropped(f"no account has the name {request.host}")
        self.cloud.vaults.tend(request.at)
        call = BlobCall(request, account)
        operation = operation_of(call)
        try:
            call = self._admitted(call)
            if operation is None:
                raise refusal("UnsupportedHttpVerb")
            answer = self._do(operation, call)
        except Problem as problem:
            self._log(operation, call, problem.status, problem.code, 0)
            raise
        self._log(operation, call, answer.status, "Success", len(answer.body))
        echoed = {"x-ms-version": request.header("x-ms-version") or VERSION, "server": "Windows-Azure-Blob/1.0"}
        known = request.header("x-ms-client-request-id")
        return answer.plus({**echoed, **({"x-ms-client-request-id": known} if known else {})})

    def refuse(self, request: Request, problem: Problem) -> Answer:
        """As XML with the code in a header too; an answer to HEAD, and one that nothing changed, has only the header."""
        headers = {"x-ms-error-code": problem.code, "x-ms-version": request.header("x-ms-version") or VERSION, **problem.headers}
        if request.method == "HEAD" or problem.status == HTTPStatus.NOT_MODIFIED:
            return Answer(problem.status, headers)
        message = f"{problem.message}\nRequestId:{request.id}\nTime:{iso(request.at)}"
        return xml.answer(problem.status, "Error", [("Code", problem.code), ("Message", message)]).plus(headers)

    def _admitted(self, call: BlobCall) -> BlobCall:
        """The call with who asks. Raises Problem."""
        properties = call.account.properties
        if not call.request.secure and properties.get("supportsHttpsTrafficOnly") is not False:
            raise refusal("AccountRequiresHttps")
        admission = admit(self.cloud, call)
        self.cloud.calls.identify(call.request, admission.caller or "anonymous")
        if networks.judge(properties, call.request, endpoints=networks.approved(properties)):
            raise refusal("AuthorizationFailure")
        return replace(call, admission=admission)

    def _do(self, operation: Operation, call: BlobCall) -> Answer:
        if call.admission:
            call.admission.allow(operation, call)
        answer = DOING[operation.name](self.cloud, call)
        if operation.name in WRITES:
            replicate(self.cloud, call)
        return answer

    def _log(self, operation: Operation | None, call: BlobCall, status: int, text: str, size: int) -> None:
        request, account = call.request, call.account
        container, blob = call.names
        columns = {
            "TimeGenerated": iso(request.at),
            "AccountName": account.name,
            "Category": operation.category if operation else "StorageRead",
            "OperationName": operation.name if operation else "Unknown",
            "StatusCode": status,
            "StatusText": text,
            "Protocol": "HTTPS" if request.secure else "HTTP",
            "Uri": f"{request.url.partition('?')[0]}{_asked(request)}",
            "TlsVersion": "TLS 1.3" if request.secure else "",
            "ObjectKey": "/".join(("", account.name, *(each for each in (container, blob) if each))),
            "CallerIpAddress": f"{request.address}:443",
            "UserAgentHeader": request.header("user-agent"),
            "ClientRequestId": request.header("x-ms-client-request-id"),
            "CorrelationId": request.id,
            "RequestBodySize": len(request.body),
            "ResponseBodySize": size,
            "ServiceType": "blob",
            "_ResourceId": account.id.lower(),
            **_who(call, call.admission),
        }
        self.cloud.logs.record(f"{account.id}/blobServices/default", str(columns["Category"]), columns, request.at)


def _asked(request: Request) -> str:
    """Which version or snapshot was asked for, as the log's address has it; what signs a link it leaves out."""
    named: dict[str, str] = {name: request.query[name] for name in ("versionid", "snapshot") if name in request.query}
    return f"?{urlencode(named)}" if named else ""


def _who(call: BlobCall, admission: Admission | None) -> dict[str, str]:
    """Who asked, as the log has it: one whose credential was not taken is named by the kind of it only."""
    if admission is not None:
        return dict(admission.logged)
    scheme = call.header("authorization").partition(" ")[0]
    kind = "SAS" if "sig" in call.request.query else {"SharedKey": "AccountKey", "Bearer": "OAuth"}.get(scheme, "Anonymous")
    return {"AuthenticationType": kind, "AuthenticationHash": ""}
