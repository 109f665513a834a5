"""What the app's identity may do in a subscription that it responds for, and in custody: an ARM template for each subscription.

They are apart because custody is: whoever administers a workload writes no record of what was done about it. Both roles are what
the adapters declare (`shared.adapters.azure.permissions`). Graph's permissions are no resources of ARM's: an output lists them, for
an administrator of the directory to consent to.
"""

from typing import cast

from azure_functions_app.infra.arm import API, Json, parameter, template
from shared.adapters.azure.permissions import Definition, graph, responder_roles, rewriter_role

DEFINITIONS, ASSIGNMENTS, DEPLOYMENTS = (
    "Microsoft.Authorization/roleDefinitions",
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Resources/deployments",
)
SUBSCRIPTION = "subscriptionDeploymentTemplate"
PRINCIPAL: Json = {"principal": parameter("string", "Object id of the app's identity.")}
GROUP: Json = {
    "custody": parameter("string", "The resource group in this subscription that keeps the record; nothing else is in it.")
}


def definition() -> Json:
    """The template of a subscription that is responded for: the role, assigned to all of it."""
    respond, _ = responder_roles(["[subscription().id]"])
    at_all = {**_assignment("respond", "subscription().id"), "dependsOn": [_definition_id("respond")]}
    outputs: Json = {"graph": {"type": "array", "value": list(graph())}}
    return template(SUBSCRIPTION, PRINCIPAL, _name_of("respond"), [_role("respond", respond), at_all], outputs)


def rewriting() -> Json:
    """The template of a subscription where what is stored may be written anew: the role for that, assigned to all of it."""
    role = rewriter_role(["[subscription().id]"])
    at_all = {**_assignment("rewrite", "subscription().id"), "dependsOn": [_definition_id("rewrite")]}
    return template(SUBSCRIPTION, PRINCIPAL, _name_of("rewrite"), [_role("rewrite", role), at_all], {})


def custody() -> Json:
    """The template of custody's subscription: the role, assigned to custody's resource group alone."""
    _, keeps = responder_roles(["[subscription().id]"])
    inside = template("deploymentTemplate", {}, {}, [_assignment("custody", "subscription().id, parameters('custody')")], {})
    nested: Json = {
        "type": DEPLOYMENTS,
        "apiVersion": API[DEPLOYMENTS],
        "name": "codeblue-custody",
        "resourceGroup": "[parameters('custody')]",
        "dependsOn": [_definition_id("custody")],
        "properties": {"mode": "Incremental", "template": inside},
    }
    return template(SUBSCRIPTION, PRINCIPAL | GROUP, _name_of("custody"), [_role("custody", keeps), nested], {})


def _name_of(role: str) -> Json:
    return {role: f"[guid(subscription().id, 'codeblue-{role}')]"}


def _role(name: str, role: Definition) -> Json:
    """The role under a name that no other subscription's has: a directory has each name once ("Azure custom roles")."""
    return {
        "type": DEFINITIONS,
        "apiVersion": API[DEFINITIONS],
        "name": f"[variables('{name}')]",
        "properties": {**cast("Json", role), "roleName": f"[concat('{role['roleName']}-', subscription().subscriptionId)]"},
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
