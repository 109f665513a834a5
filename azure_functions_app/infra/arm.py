"""Azure Resource Manager's template language, as far as it is needed here."""

from collections.abc import Iterable, Mapping
from typing import Any

type Json = dict[str, Any]
"""Any: a template in the language's own JSON."""

type Named = tuple[str, str]
"""A resource by its type and the expression that gives its name, or its names from the outermost."""

API: Mapping[str, str] = {
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Authorization/roleDefinitions": "2022-04-01",
    "Microsoft.EventHub/namespaces": "2024-01-01",
    "Microsoft.EventHub/namespaces/eventhubs": "2024-01-01",
    "Microsoft.EventHub/namespaces/eventhubs/consumergroups": "2024-01-01",
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/activityLogAlerts": "2020-10-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/scheduledQueryRules": "2022-06-15",
    "Microsoft.OperationalInsights/workspaces": "2023-09-01",
    "Microsoft.Resources/deployments": "2024-03-01",
    "Microsoft.Storage/storageAccounts": "2023-05-01",
    "Microsoft.Storage/storageAccounts/blobServices/containers": "2023-05-01",
    "Microsoft.Web/serverfarms": "2024-04-01",
    "Microsoft.Web/sites": "2024-04-01",
    "Microsoft.Web/sites/config": "2024-04-01",
}
"""The version of each type's API that its properties are written for."""

SCHEMA = "https://schema.management.azure.com/schemas/{version}/{kind}.json#"
VERSIONS = {"deploymentTemplate": "2019-04-01", "subscriptionDeploymentTemplate": "2018-05-01"}


def template(kind: str, parameters: Json, variables: Json, resources: Iterable[Json], outputs: Json) -> Json:
    """A whole template, for a resource group or a subscription."""
    return {
        "$schema": SCHEMA.format(version=VERSIONS[kind], kind=kind),
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "variables": variables,
        "resources": list(resources),
        "outputs": outputs,
    }


def parameter(kind: str, words: str) -> Json:
    """A parameter that has to be given."""
    return {"type": kind, "metadata": {"description": words}}


def resource_id(kind: str, names: str) -> str:
    """The expression of a resource's id in the same group."""
    return f"resourceId('{kind}', {names})"


def resource(
    kind: str, name: str, properties: Json, /, *, after: Iterable[Named] = (), placed: bool = True, **more: object
) -> Json:
    """One resource; `name` is an expression. `placed`: it has a location of its own."""
    where: Json = {"location": "[parameters('location')]"} if placed else {}
    depends: Json = {"dependsOn": [f"[{resource_id(*each)}]" for each in after]} if after else {}
    return {"type": kind, "apiVersion": API[kind], "name": f"[{name}]", **where, **depends, **more, "properties": properties}
