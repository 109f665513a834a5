"""What Defender for Cloud says of the clinic's thief: one alert for each kind of credential that it holds (REST API, Alerts)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.clock import utc
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.security import store_alert

BY: Mapping[str, tuple[str, tuple[Mapping[str, str], ...]]] = {
    "2517000000000000001_d0000000-0000-4000-8000-0000000000a1": ("Account key", ()),
    "2517000000000000002_d0000000-0000-4000-8000-0000000000a2": (
        "OAuth",
        ({"type": "account", "name": names.EXPORT, "servicePrincipalId": names.EXPORT_ID},),
    ),
    "2517000000000000003_d0000000-0000-4000-8000-0000000000a3": (
        "OAuth",
        (
            {
                "type": "account",
                "name": names.NURSE.partition("@")[0],
                "upnSuffix": names.NURSE.partition("@")[2],
                "aadUserId": names.NURSE_ID,
            },
        ),
    ),
}
"""The alert's id, how the caller proved itself, and the identities that it names."""


def stored(cloud: Cloud) -> None:
    """Let Defender know all of them."""
    for name in BY:
        store_alert(cloud, names.ACCOUNT_ID, alert(name))


def alert(name: str, at: float | None = None) -> dict[str, Any]:
    """The properties of one alert, made at this moment (seconds since 1970), or now."""
    way, identities = BY[name]
    return {
        "vendorName": "Microsoft",
        "productName": "Microsoft Defender for Cloud",
        "alertType": "Storage.Blob_GeoAnomaly",
        "alertDisplayName": "Access from an unusual location to a storage blob container",
        "systemAlertId": name,
        "severity": "High",
        "status": "Active",
        "timeGeneratedUtc": (datetime.now(UTC) if at is None else utc(at)).isoformat(),
        "compromisedEntity": names.ACCOUNT,
        "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": names.ACCOUNT_ID}],
        "azureResourceId": names.ACCOUNT_ID,
        "extendedProperties": {"Authentication type": way, "Client IP address": names.THIEF_IP, "Operations types": "GetBlob"},
        "entities": [{"type": "ip", "address": names.THIEF_IP}, *map(dict, identities)],
    }
