"""What the app's identity may do in a subscription that it responds for, and in custody: an ARM template for the subscription.

Both roles are what the adapters declare (`shared.adapters.azure.permissions`). Graph's permissions are no resources of ARM's: the
output lists them, for an administrator of the directory to consent to.
"""

from typing import cast

from azure_functions_app.infra.arm import API, Json, parameter, template
from shared.adapters.azure.permissions import Definition, graph, responder_roles

DEFINITIONS, ASSIGNMENTS, DEPLOYMENTS = (
    "Microsoft.Authorization/roleDefinitions",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Resources/deployments",
)
PARAMETERS: Json = {
    "principal": parameter("string", "Object id of the app's identity."),
    "custody": parameter("string", "The resource group in this subscription that keeps the record; nothing else is in it."),
}
VARIABLES: Json = {
    "respond": "[guid(subscription().id, 'codeblue-respond')]",
    "custody": "[guid(subscription().id, 'codeblue-custody')]",
}


def definition() -> Json:
    """The whole template."""
    respond, custody = responder_roles(["[subscription().id]"])
    inside = template("deploymentTemplate", {}, {}, [_assignment("custody", "subscription().id, parameters('custody')")], {})
    nested: Json = {
        "type": DEPLOYMENTS,
        "apiVersion": API[DEPLOYMENTS],
        "name": "codeblue-custody",
        "resourceGroup": "[parameters('custody')]",
        "dependsOn": [_definition_id("custody")],
        "properties": {"mode": "Incremental", "template": inside},
    }
    at_all = {**_assignment("respond", "subscription().id"), "dependsOn": [_definition_id("respond")]}
    resources = [_role("respond", respond), _role("custody", custody), at_all, nested]
    return template(
        "subscriptionDeploymentTemplate", PARAMETERS, VARIABLES, resources, {"graph": {"type": "array", "value": list(graph())}}
    )


def _role(name: str, role: Definition) -> Json:
    return {
        "type": DEFINITIONS,
        "apiVersion": API[DEFINITIONS],
        "name": f"[variables('{name}')]",
        "properties": cast("Json", role),
    }


def _definition_id(name: str) -> str:
    return f"[subscriptionResourceId('{DEFINITIONS}', variables('{name}'))]"


def _assignment(name: str, scope: str) -> Json:
    return {
        "type": ASSIGNMENTS,
        "apiVersion": API[ASSIGNMENTS],
        "name": f"[guid({scope}, parameters('principal'), variables('{name}'))]",
        "properties": {
            "principalId": "[parameters('principal')]",
            "principalType": "ServicePrincipal",
            "roleDefinitionId": _definition_id(name),
        },
    }
