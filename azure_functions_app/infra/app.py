"""The function app and what it lives on, as an ARM template for one resource group.

No key opens anything here: the app's own identity reads its storage and the hub, and writes its log.
"""

from typing import Any

from azure_functions_app.infra import identity, watch
from azure_functions_app.infra.arm import API, Json, parameter, resource, resource_id, template

STORAGE, PLAN, SITE, HUBS = (
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Web/serverfarms",
    "Microsoft.Web/sites",
    "Microsoft.EventHub/namespaces",
)
PACKAGES, HUB, CONSUMER_GROUP = "packages", "alerts", "codeblue"

PARAMETERS: Json = {
    "name": {
        "type": "string",
        "minLength": 2,
        "maxLength": 40,
        "metadata": {"description": "The app's; no other customer has it."},
    },
    "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
    "clientId": parameter("string", "Of the app registration that tokens are made out to."),
    "audiences": parameter("array", "Its id and URI, as `aud` of tokens has them."),
    "senders": parameter("array", "Object ids of those that hand over alerts."),
    "approvers": parameter("array", "Object ids of the people who decide."),
    "email": parameter("string", "Who is paged."),
    "hubKeys": {
        "type": "bool",
        "defaultValue": False,
        "metadata": {"description": "Whether keys open the hub too; diagnostic settings send with nothing else."},
    },
}
VARIABLES: Json = {
    "storage": "[concat('cbapp', uniqueString(resourceGroup().id))]",
    "hubs": "[concat('cb-alerts-', uniqueString(resourceGroup().id))]",
}


def definition() -> Json:
    """The whole template. Its output is the object id of the app's identity, which the roles are assigned to."""
    resources = [*_storage(), _plan(), _site(), _authentication(), *_hub(), *identity.assignments(), *watch.resources()]
    outputs = {
        "principal": {
            "type": "string",
            "value": f"[reference({resource_id(SITE, NAME)}, '{API[SITE]}', 'full').identity.principalId]",
        }
    }
    return template("deploymentTemplate", PARAMETERS, VARIABLES, resources, outputs)


NAME, ACCOUNT, NAMESPACE = "parameters('name')", "variables('storage')", "variables('hubs')"


def _storage() -> tuple[Json, ...]:
    """For the host's and Durable Functions' own state, and the app's package."""
    properties = {
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "allowCrossTenantReplication": False,
        "allowSharedKeyAccess": False,
        "defaultToOAuthAuthentication": True,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "encryption": {
            "keySource": "Microsoft.Storage",
            "requireInfrastructureEncryption": True,
            "services": {service: {"enabled": True, "keyType": "Account"} for service in ("blob", "file", "queue", "table")},
        },
    }
    account = resource(STORAGE, ACCOUNT, properties, sku={"name": "Standard_ZRS"}, kind="StorageV2")
    container = f"concat({ACCOUNT}, '/default/{PACKAGES}')"
    inside = resource(
        f"{STORAGE}/blobServices/containers", container, {"publicAccess": "None"}, after=[(STORAGE, ACCOUNT)], placed=False
    )
    return account, inside


def _plan() -> Json:
    return resource(PLAN, NAME, {"reserved": True}, sku={"name": "FC1", "tier": "FlexConsumption"}, kind="functionapp")


def _site() -> Json:
    package = f"[concat(reference({resource_id(STORAGE, ACCOUNT)}).primaryEndpoints.blob, '{PACKAGES}')]"
    by_identity = {"type": "SystemAssignedIdentity"}
    properties: Json = {
        "serverFarmId": f"[{resource_id(PLAN, NAME)}]",
        "httpsOnly": True,
        "clientAffinityEnabled": False,
        "functionAppConfig": {
            "deployment": {"storage": {"type": "blobContainer", "value": package, "authentication": by_identity}},
            "scaleAndConcurrency": {"maximumInstanceCount": 40, "instanceMemoryMB": 2048},
            "runtime": {"name": "python", "version": "3.13"},
        },
        "siteConfig": {"appSettings": _pairs(settings()), "ftpsState": "Disabled", "http20Enabled": True, "minTlsVersion": "1.2"},
    }
    after = [(PLAN, NAME), (STORAGE, ACCOUNT), (f"{STORAGE}/blobServices/containers", f"{ACCOUNT}, 'default', '{PACKAGES}'")]
    logs = [(watch.COMPONENT, NAME)]
    return resource(SITE, NAME, properties, after=[*after, *logs], kind="functionapp,linux", identity={"type": "SystemAssigned"})


def settings() -> dict[str, str]:
    """The app's settings: those of `azure_functions_app.environment`, the triggers', and the host's."""
    return {
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "Authorization=AAD",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"[reference({resource_id(watch.COMPONENT, NAME)}).ConnectionString]",
        "AzureWebJobsStorage__accountName": f"[{ACCOUNT}]",
        "CODEBLUE_APPROVERS": "[join(parameters('approvers'), ',')]",
        "CODEBLUE_AUDIENCES": "[join(parameters('audiences'), ',')]",
        "CODEBLUE_POLICY": "response.toml",
        "CODEBLUE_SENDERS": "[join(parameters('senders'), ',')]",
        "CODEBLUE_TENANT": "[toLower(subscription().tenantId)]",
        "EVENTS__fullyQualifiedNamespace": f"[concat({NAMESPACE}, '.servicebus.windows.net')]",
        "EVENTS_HUB": HUB,
    }


def _pairs(named: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": text} for name, text in sorted(named.items())]


def _authentication() -> Json:
    """Every request has a token of the tenant's, made out to us, or is answered with 401. No path is excepted."""
    registration = {
        "clientId": "[parameters('clientId')]",
        "openIdIssuer": "[concat('https://sts.windows.net/', subscription().tenantId, '/')]",
    }
    entra: dict[str, Any] = {"registration": registration, "validation": {"allowedAudiences": "[parameters('audiences')]"}}
    properties = {
        "platform": {"enabled": True, "runtimeVersion": "~1"},
        "globalValidation": {"requireAuthentication": True, "unauthenticatedClientAction": "Return401"},
        "httpSettings": {"requireHttps": True},
        "identityProviders": {"azureActiveDirectory": {"enabled": True, **entra}},
        "login": {"tokenStore": {"enabled": False}},
    }
    name = f"concat({NAME}, '/authsettingsV2')"
    return resource(f"{SITE}/config", name, properties, after=[(SITE, NAME)], placed=False)


def _hub() -> tuple[Json, ...]:
    """Where alerts are sent to; by identities alone, unless somebody asks for keys."""
    space = resource(
        HUBS,
        NAMESPACE,
        {"disableLocalAuth": "[not(parameters('hubKeys'))]", "minimumTlsVersion": "1.2", "zoneRedundant": True},
        sku={"name": "Standard", "tier": "Standard", "capacity": 1},
    )
    week = {"partitionCount": 4, "retentionDescription": {"cleanupPolicy": "Delete", "retentionTimeInHours": 168}}
    hub = resource(f"{HUBS}/eventhubs", f"concat({NAMESPACE}, '/{HUB}')", week, after=[(HUBS, NAMESPACE)], placed=False)
    group = f"concat({NAMESPACE}, '/{HUB}/{CONSUMER_GROUP}')"
    after = [(f"{HUBS}/eventhubs", f"{NAMESPACE}, '{HUB}'")]
    return space, hub, resource(f"{HUBS}/eventhubs/consumergroups", group, {}, after=after, placed=False)
