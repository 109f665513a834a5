"""Network rules of accounts and vaults, which have the same form (`networkAcls` and `publicNetworkAccess`)."""

from typing import Any

from shared.domain.facet import NetworkRules


def facet(rules: Any, public: object) -> NetworkRules:  # noqa: ANN401 - two SDKs, two models, the same fields
    """What the rules say, in one order. Where there are none, the whole world comes in."""
    private = _said(public, "Enabled").lower() == "disabled"
    if rules is None:
        return NetworkRules(closed=False, endpoints_only=private)
    ranges = [*(rules.ip_rules or ()), *(getattr(rules, "ipv6_rules", None) or ())]
    addresses = [str(getattr(rule, "value", None) or getattr(rule, "ip_address_or_range", "")) for rule in ranges]
    subnets = [str(getattr(rule, "id", None) or getattr(rule, "virtual_network_resource_id", "")) for rule in _subnets(rules)]
    return NetworkRules(
        closed=_said(rules.default_action, "Allow").lower() == "deny",
        addresses=tuple(sorted(addresses)),
        subnets=tuple(sorted(subnets)),
        resources=tuple(
            sorted(f"{each.tenant_id} {each.resource_id}" for each in getattr(rules, "resource_access_rules", None) or ())
        ),
        services="AzureServices" in _said(rules.bypass, "AzureServices"),
        endpoints_only=private,
    )


def _said(value: object, otherwise: str) -> str:
    """The word of an enumeration, known to the SDK or not, or what the service means where there is none."""
    return str(getattr(value, "value", value) or otherwise)


def _subnets(rules: Any) -> list[Any]:  # noqa: ANN401 - the same
    return list(rules.virtual_network_rules or ())


def document(rules: NetworkRules) -> dict[str, object]:
    """The same as it is sent: the whole set, for the service replaces it whole."""
    newer = [{"value": address} for address in rules.addresses if ":" in address]
    named = [dict(zip(("tenantId", "resourceId"), each.split(" ", 1), strict=True)) for each in rules.resources]
    return {
        "networkAcls": {
            "defaultAction": "Deny" if rules.closed else "Allow",
            "bypass": "AzureServices" if rules.services else "None",
            "ipRules": [{"value": address} for address in rules.addresses if ":" not in address],
            "virtualNetworkRules": [{"id": subnet} for subnet in rules.subnets],
            **({"ipv6Rules": newer} if newer else {}),
            **({"resourceAccessRules": named} if named else {}),
        },
        "publicNetworkAccess": "Disabled" if rules.endpoints_only else "Enabled",
    }
