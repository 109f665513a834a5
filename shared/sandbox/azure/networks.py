"""Network rules of a vault or a storage account: who may come in from where.

Source: "Configure Azure Key Vault networking settings", "Azure Storage firewall rules". Both have the same form of rule set.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, Literal

from shared.sandbox.azure.wire import SOURCE_ENDPOINT, Request

type Verdict = Literal["", "firewall", "no public way"]


def judge(properties: Mapping[str, Any], request: Request, *, endpoints: tuple[str, ...] = ()) -> Verdict:
    """Why a request may not come in; empty where it may. `endpoints` are ids of approved private endpoints."""
    through = request.header(SOURCE_ENDPOINT).lower()
    if through and through in {each.lower() for each in endpoints}:
        return ""
    if str(properties.get("publicNetworkAccess") or "Enabled").lower() in ("disabled", "securedbyperimeter"):
        return "no public way"
    rules = properties.get("networkAcls") or {}
    if str(rules.get("defaultAction") or "Allow").lower() == "allow":
        return ""
    return "" if _from_subnet(rules, request.subnet) or _from_address(rules, request.address) else "firewall"


def _from_subnet(rules: Mapping[str, Any], subnet: str) -> bool:
    named = {str(rule.get("id", "")).lower() for rule in rules.get("virtualNetworkRules") or ()}
    return bool(subnet) and subnet.lower() in named


def _from_address(rules: Mapping[str, Any], address: str) -> bool:
    caller = ipaddress.ip_address(address)
    ranges = (*(rules.get("ipRules") or ()), *(rules.get("ipv6Rules") or ()))
    return any(caller in ipaddress.ip_network(str(rule.get("value")), strict=False) for rule in ranges)


def approved(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the private endpoints whose connection is approved."""
    found = []
    for connection in properties.get("privateEndpointConnections") or ():
        inner = connection.get("properties") or {}
        if (inner.get("privateLinkServiceConnectionState") or {}).get("status") == "Approved":
            found.append(str((inner.get("privateEndpoint") or {}).get("id", "")))
    return tuple(found)
