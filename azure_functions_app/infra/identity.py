"""What the app's identity may do with what the app itself lives on; built-in roles, each at one resource."""

from collections.abc import Mapping

from azure_functions_app.infra.arm import API, Json, resource, resource_id

BUILT_IN: Mapping[str, tuple[str, str, str]] = {
    "Storage Blob Data Owner": (
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "Microsoft.Storage/storageAccounts",
        "variables('storage')",
    ),
    "Storage Queue Data Contributor": (
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        "Microsoft.Storage/storageAccounts",
        "variables('storage')",
    ),
    "Storage Table Data Contributor": (
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        "Microsoft.Storage/storageAccounts",
        "variables('storage')",
    ),
    "Azure Event Hubs Data Receiver": (
        "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
        "Microsoft.EventHub/namespaces",
        "variables('hubs')",
    ),
    "Monitoring Metrics Publisher": (
        "3913510d-42f4-4e42-8a64-420c390055eb",
        "Microsoft.Insights/components",
        "parameters('name')",
    ),
}
"""By its name: the role's id ("Azure built-in roles"), and the resource that it is assigned at."""

SITE = "Microsoft.Web/sites"


def assignments() -> tuple[Json, ...]:
    """One for each role, at its resource."""
    return tuple(_assignment(*row) for row in BUILT_IN.values())


def _assignment(role: str, kind: str, name: str) -> Json:
    app = resource_id(SITE, "parameters('name')")
    properties = {
        "principalId": f"[reference({app}, '{API[SITE]}', 'full').identity.principalId]",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{role}')]",
    }
    own_name = f"guid({resource_id(kind, name)}, {app}, '{role}')"
    after = [(SITE, "parameters('name')"), (kind, name)]
    scope = f"[{resource_id(kind, name)}]"
    return resource("Microsoft.Authorization/roleAssignments", own_name, properties, after=after, placed=False, scope=scope)
