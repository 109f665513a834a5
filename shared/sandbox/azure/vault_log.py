"""The audit log of a vault: who asked for what of which key, services that act for a resource included.

Source: "Azure Key Vault logging" (AuditEvent, table AZKVAuditLogs).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.vault_state import Vault

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud


@dataclass(frozen=True, slots=True)
class Use:
    """One operation on a vault. `caller` is an object id, `app_id` its application; both empty where no token was taken."""

    operation: str
    url: str
    caller: str = ""
    app_id: str = ""
    address: str = ""
    status: int = 200
    code: str = "OK"
    message: str = ""
    id: str = ""


def record(cloud: "Cloud", vault: Vault, use: Use, at: float) -> None:
    """Emit the row, for as long as a diagnostic setting sends it anywhere."""
    claims = {"claim": {"oid": use.caller, "appid": use.app_id}} if use.caller else {}
    columns = {
        "TimeGenerated": iso(at),
        "OperationName": use.operation,
        "Category": "AuditEvent",
        "ResultType": "Success" if use.code == "OK" else "Failed",
        "ResultSignature": use.code,
        "ResultDescription": use.message,
        "HttpStatusCode": use.status,
        "CallerIpAddress": use.address,
        "Identity": claims,
        "RequestUri": use.url,
        "Id": use.url,
        "CorrelationId": use.id,
        "_ResourceId": vault.id.lower(),
    }
    cloud.logs.record(vault.id, "AuditEvent", columns, at)
