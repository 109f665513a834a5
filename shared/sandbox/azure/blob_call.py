"""One request to a blob host, taken apart, and what the service refuses about it.

Source: Blob service REST reference, "Operations on blobs", "Blob service error codes".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from shared.sandbox.azure.storage_state import Account, Blob, Container, Version
from shared.sandbox.azure.wire import Problem, Request

if TYPE_CHECKING:
    from shared.sandbox.azure.blob_admission import Admission

VERSION = "2026-10-06"

type Level = Literal["service", "container", "blob"]

REFUSALS: Mapping[str, tuple[int, str]] = {
    "AppendPositionConditionNotMet": (412, "The append position condition specified was not met."),
    "AuthenticationFailed": (
        403,
        (
            "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
            "including the signature."
        ),
    ),
    "AuthorizationFailure": (403, "This request is not authorized to perform this operation."),
    "AuthorizationPermissionMismatch": (403, "This request is not authorized to perform this operation using this permission."),
    "AuthorizationProtocolMismatch": (403, "This request is not authorized to perform this operation using this protocol."),
    "AuthorizationResourceTypeMismatch": (
        403,
        "This request is not authorized to perform this operation using this resource type.",
    ),
    "AuthorizationServiceMismatch": (403, "This request is not authorized to perform this operation using this service."),
    "AuthorizationSourceIPMismatch": (403, "This request is not authorized to perform this operation using this source IP."),
    "AccountRequiresHttps": (400, "The account being accessed does not support http."),
    "BlobArchived": (409, "This operation is not permitted on an archived blob."),
    "BlobCustomerSpecifiedEncryptionMismatch": (
        409,
        "The given customer specified encryption does not match the encryption used to encrypt the blob.",
    ),
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "BlobImmutableDueToLegalHold": (409, "This operation is not permitted as the blob is immutable due to a legal hold."),
    "BlobImmutableDueToPolicy": (409, "This operation is not permitted as the blob is immutable due to a policy."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "CannotVerifyCopySource": (404, "The specified blob does not exist."),
    "ConditionNotMet": (412, "The condition specified using HTTP conditional header(s) is not met."),
    "ContainerAlreadyExists": (409, "The specified container already exists."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "InvalidAuthenticationInfo": (
        401,
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
    ),
    "InvalidBlobOrBlock": (400, "The specified blob or block content is invalid."),
    "InvalidBlobType": (409, "The blob type is invalid for this operation."),
    "InvalidBlockList": (400, "The specified block list is invalid."),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidQueryParameterValue": (400, "Value for one of the query parameters specified in the request URI is invalid."),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidXmlDocument": (400, "XML specified is not syntactically valid."),
    "KeyBasedAuthenticationNotPermitted": (403, "Key based authentication is not permitted on this storage account."),
    "LeaseAlreadyPresent": (409, "There is already a lease present."),
    "LeaseIdMismatchWithBlobOperation": (412, "The lease ID specified did not match the lease ID for the blob."),
    "LeaseIdMismatchWithLeaseOperation": (409, "The lease ID specified did not match the lease ID for the blob."),
    "LeaseIdMissing": (412, "There is currently a lease on the blob and no lease ID was specified in the request."),
    "LeaseIsBrokenAndCannotBeRenewed": (409, "The lease ID matched, but the lease has been broken and cannot be renewed."),
    "LeaseNotPresentWithBlobOperation": (412, "There is currently no lease on the blob."),
    "LeaseNotPresentWithLeaseOperation": (409, "There is currently no lease on the blob."),
    "MaxBlobSizeConditionNotMet": (412, "The max blob size condition specified was not met."),
    "Md5Mismatch": (400, "The MD5 value specified in the request did not match with the MD5 value calculated by the server."),
    "MissingRequiredHeader": (400, "An HTTP header that's mandatory for this request is not specified."),
    "NoAuthenticationInformation": (
        401,
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
    ),
    "OperationNotAllowedOnRootBlob": (403, "This operation is not permitted on the current version of a blob."),
    "PublicAccessNotPermitted": (409, "Public access is not permitted on this storage account."),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "SourceConditionNotMet": (412, "The source condition specified using HTTP conditional header(s) is not met."),
    "SnapshotsPresent": (409, "This operation is not permitted while the blob has snapshots."),
    "UnauthorizedBlobOverwrite": (403, "This request is not authorized to perform blob overwrites."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support the specified HTTP verb."),
}
"""Every code with its HTTP status and sentence."""


def refusal(code: str, detail: str = "", headers: Mapping[str, str] | None = None) -> Problem:
    """The service's refusal with this code."""
    status, sentence = REFUSALS[code]
    return Problem(status, code, f"{sentence} {detail}".rstrip(), headers)


@dataclass(frozen=True)
class BlobCall:
    """What is asked of which account, container and blob. `admission` says who asks, once that is known."""

    request: Request
    account: Account
    admission: "Admission | None" = None

    @cached_property
    def names(self) -> tuple[str, str]:
        """Container and blob name; empty where the path has none. A blob at the top is in `$root`."""
        container, _, blob = self.request.path.lstrip("/").partition("/")
        return container, blob

    @property
    def level(self) -> Level:
        container, blob = self.names
        return "blob" if blob else "container" if container else "service"

    @property
    def at(self) -> float:
        return self.request.at

    def arg(self, name: str) -> str:
        """A query parameter, or the empty string."""
        return self.request.query.get(name, "")

    def header(self, name: str) -> str:
        return self.request.header(name)

    def has(self, name: str) -> bool:
        return name in self.request.headers

    def prefixed(self, prefix: str) -> dict[str, str]:
        """The headers below a prefix, without it; names as they are spelled."""
        return {name[len(prefix) :]: value for name, value in self.request.headers.items() if name.lower().startswith(prefix)}

    def container(self) -> Container:
        """The container asked for. Raises Problem 404 ContainerNotFound."""
        found = self.account.containers.get(self.names[0])
        if found is None:
            raise refusal("ContainerNotFound")
        return found

    def found(self) -> Blob | None:
        """Everything kept under the blob's name, or None."""
        return self.container().blobs.get(self.names[1])

    def blob(self) -> Blob:
        """Everything kept under the blob's name. Raises Problem 404 BlobNotFound."""
        found = self.found()
        if found is None:
            raise refusal("BlobNotFound")
        return found

    def version(self) -> Version:
        """The version, snapshot or current state asked for. Raises Problem 404 BlobNotFound."""
        return pick(self.blob(), self.arg("versionid"), self.arg("snapshot"))


def pick(blob: Blob, version: str, snapshot: str) -> Version:
    """One state of a blob; the current one where neither id is given. Raises Problem 404 BlobNotFound."""
    if snapshot:
        found = next((each for each in blob.snapshots if each.snapshot == snapshot and each.deleted is None), None)
    elif version:
        found = next((each for each in blob.all() if each.id == version and not each.snapshot and each.deleted is None), None)
    else:
        found = blob.current
    if found is None:
        raise refusal("BlobNotFound")
    return found
