"""Microsoft.KeyVault in Resource Manager: vaults, their access policies, network rules and protections; deleted vaults.

Source: Key Vault management REST reference; "Azure Key Vault soft-delete overview": protections only ever tighten.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shared.sandbox.azure.arm_call import ArmCall, not_found
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.vault_book import DeletedVault
from shared.sandbox.azure.vault_state import Vault
from shared.sandbox.azure.wire import Answer, Problem

if TYPE_CHECKING:
    from shared.sandbox.azure.cloud import Cloud

TYPE = "Microsoft.KeyVault/vaults"
NAME = re.compile(r"[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]$")
KEPT_FOR_EVER = {
    "enablePurgeProtection": 'The property "enablePurgeProtection" cannot be set to false.',
    "enableSoftDelete": 'The property "enableSoftDelete" can be set to false only for creating new vault.',
}
"""What cannot be switched off: Enabling the purge protection for a vault is an irreversible action."""

type Doing = Callable[["VaultProvider", ArmCall], Answer]


class VaultProvider:
    """The resource provider. Its state is the cloud's book of vaults."""

    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud

    def handle(self, call: ArmCall) -> Answer:
        doing = ROUTES.get((call.method, call.kinds, call.tail.lower()))
        if doing is None:
            raise Problem(404, "NotFound", f"No operation {call.method} on {call.type}.")
        return doing(self, call)

    def vault(self, call: ArmCall) -> Vault:
        """The vault named first. Raises Problem 404 ResourceNotFound."""
        found = self.cloud.vaults.living.get(call.pairs[0][1].lower())
        wanted = f"{call.scope}/providers/{call.namespace}/{call.pairs[0][0]}/{call.pairs[0][1]}"
        if found is None or found.id.lower() != wanted.lower():
            raise not_found(wanted)
        return found

    def keep(self, vault: Vault) -> dict[str, Any]:
        """Store the vault's document among the resources; the document."""
        system = {"createdAt": iso(vault.created), "createdByType": "Application"}
        content = {"location": vault.location, "tags": vault.tags, "systemData": system, "properties": vault.properties}
        return self.cloud.resources.put(vault.id, content, TYPE)


def put(provider: VaultProvider, call: ArmCall) -> Answer:
    """Create a vault, replace its document, or recover a deleted one (`createMode` recover)."""
    name, body, book = call.name, call.body, provider.cloud.vaults
    given = dict(body.get("properties") or {})
    if not NAME.match(name):
        raise Problem(400, "VaultNameNotValid", f"The vault name '{name}' is invalid.")
    living, recover = book.living.get(name.lower()), given.pop("createMode", "default") == "recover"
    if living and living.id.lower() != call.resource_id.lower():
        raise Problem(409, "VaultAlreadyExists", f"The vault name '{name}' is already in use. Vault names are globally unique.")
    if living is None and name.lower() in book.deleted:
        return _recover(provider, name) if recover else _taken(name)
    if living is None:
        at = call.request.at
        living = Vault(call.resource_id, name, str(body["location"]), _defaults(given, name), created=at)
        _judge({}, living.properties)
        book.add(living)
    else:
        _judge(living.properties, given)
        kept = {
            each: living.properties[each] for each in (*KEPT_FOR_EVER, "softDeleteRetentionInDays") if each in living.properties
        }
        living.properties = _defaults({**kept, **given}, name)
    living.tags = dict(body.get("tags") or {})
    return Answer.of(200, provider.keep(living))


def _recover(provider: VaultProvider, name: str) -> Answer:
    vault = provider.cloud.vaults.deleted.pop(name.lower()).vault
    return Answer.of(200, provider.keep(provider.cloud.vaults.add(vault)))


def _taken(name: str) -> Answer:
    message = (
        "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. "
        f"Vault: {name}"
    )
    raise Problem(409, "ConflictError", message)


def _defaults(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    standing = {
        "accessPolicies": [],
        "enabledForDeployment": False,
        "enableRbacAuthorization": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "publicNetworkAccess": "Enabled",
    }
    own = {"vaultUri": f"https://{name.lower()}.vault.azure.net/", "provisioningState": "Succeeded"}
    return {**standing, **{key: value for key, value in given.items() if value is not None}, **own}


def _judge(now: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises Problem 400 for a change that the service refuses."""
    for name, sentence in KEPT_FOR_EVER.items():
        if given.get(name) is False and (now.get(name) or name == "enablePurgeProtection"):
            raise Problem(400, "BadRequest", f"{sentence} Enabling the purge protection for a vault is an irreversible action.")
    days = given.get("softDeleteRetentionInDays")
    if days is not None and not 7 <= days <= 90:  # noqa: PLR2004 - the service's bounds
        raise Problem(400, "BadRequest", 'The property "softDeleteRetentionInDays" must be between 7 and 90.')
    if days is not None and now.get("softDeleteRetentionInDays") not in (None, days):
        raise Problem(400, "BadRequest", 'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.')
    policies = given.get("accessPolicies")
    if policies is not None and len(policies) > 1024:  # noqa: PLR2004 - the service's bound
        raise Problem(400, "BadRequest", "A vault has at most 1024 access policies.")


def patch(provider: VaultProvider, call: ArmCall) -> Answer:
    """Change what is given; `networkAcls` and `accessPolicies` are replaced whole."""
    vault, given = provider.vault(call), dict(call.body.get("properties") or {})
    given.pop("createMode", None)
    _judge(vault.properties, given)
    vault.properties = {**vault.properties, **{key: value for key, value in given.items() if value is not None}}
    if call.body.get("tags") is not None:
        vault.tags = dict(call.body["tags"])
    return Answer.of(200, provider.keep(vault))


def show(provider: VaultProvider, call: ArmCall) -> Answer:
    """One vault."""
    return Answer.of(200, provider.keep(provider.vault(call)))


def listed(provider: VaultProvider, call: ArmCall) -> Answer:
    """The vaults of a subscription or a resource group."""
    return Answer.of(200, {"value": provider.cloud.resources.under(call.scope, TYPE)})


def delete(provider: VaultProvider, call: ArmCall) -> Answer:
    """Soft deletion of a vault with everything in it. Its name stays taken."""
    vault = provider.vault(call)
    del provider.cloud.vaults.living[vault.name.lower()]
    provider.cloud.vaults.deleted[vault.name.lower()] = DeletedVault(vault, call.request.at)
    provider.cloud.resources.drop(vault.id)
    return Answer.of(200)


def edit_policies(provider: VaultProvider, call: ArmCall) -> Answer:
    """Add to, replace or remove from the access policies: `accessPolicies/{add|replace|remove}`."""
    vault, kind = provider.vault(call), call.name.lower()
    given = list((call.body.get("properties") or {}).get("accessPolicies") or ())
    policies: list[dict[str, Any]] = list(vault.properties["accessPolicies"])
    for entry in given:
        same = [each for each in policies if _whose(each) == _whose(entry)]
        policies = [each for each in policies if each not in same]
        left = _edited(kind, same[0] if same else None, entry)
        policies += [left] if left else []
    vault.properties["accessPolicies"] = policies
    content = {
        "id": call.resource_id,
        "type": f"{TYPE}/accessPolicies",
        "location": vault.location,
        "properties": {"accessPolicies": policies},
    }
    provider.keep(vault)
    return Answer.of(200, content)


def _whose(entry: Mapping[str, Any]) -> tuple[str, str]:
    return str(entry["objectId"]).lower(), str(entry.get("applicationId") or "").lower()


def _edited(kind: str, now: dict[str, Any] | None, given: dict[str, Any]) -> dict[str, Any] | None:
    if now is None:
        return None if kind == "remove" else given
    if kind == "replace":
        return given
    sets = {}
    for what in {*now["permissions"], *given["permissions"]}:
        had, named = (list(each["permissions"].get(what) or ()) for each in (now, given))
        lower = {str(each).lower() for each in named}
        rest = [each for each in had if str(each).lower() not in lower]
        sets[what] = rest if kind == "remove" else rest + named
    return {**now, "permissions": sets} if any(sets.values()) else None


def list_deleted(provider: VaultProvider, call: ArmCall) -> Answer:
    """The deleted vaults of a subscription."""
    here = f"/subscriptions/{call.subscription}/".lower()
    found = [each for each in provider.cloud.vaults.deleted.values() if each.vault.id.lower().startswith(here)]
    return Answer.of(200, {"value": [_shown(each) for each in found]})


def _gone(provider: VaultProvider, call: ArmCall) -> DeletedVault:
    found = provider.cloud.vaults.deleted.get(call.name.lower())
    if found is None:
        raise Problem(404, "DeletedVaultNotFound", f"The specified deleted vault '{call.name}' does not exist.")
    return found


def show_deleted(provider: VaultProvider, call: ArmCall) -> Answer:
    """One deleted vault."""
    return Answer.of(200, _shown(_gone(provider, call)))


def purge(provider: VaultProvider, call: ArmCall) -> Answer:
    """A deleted vault gone for good, unless it is protected."""
    gone = _gone(provider, call)
    if gone.vault.protected:
        message = (
            f'Operation "DeletedVaultPurge" is not allowed because purge protection is enabled for this vault. Vault: {call.name}'
        )
        raise Problem(400, "MethodNotAllowed", message)
    del provider.cloud.vaults.deleted[call.name.lower()]
    return Answer.of(200)


def _shown(gone: DeletedVault) -> dict[str, Any]:
    vault = gone.vault
    subscription = "/".join(vault.id.split("/")[:3])
    protection = {"purgeProtectionEnabled": True} if vault.protected else {}
    return {
        "id": f"{subscription}/providers/Microsoft.KeyVault/locations/{vault.location}/deletedVaults/{vault.name}",
        "name": vault.name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {
            "vaultId": vault.id,
            "location": vault.location,
            "tags": vault.tags,
            "deletionDate": iso(gone.at),
            "scheduledPurgeDate": iso(gone.purged_at),
            **protection,
        },
    }


ROUTES: Mapping[tuple[str, str, str], Doing] = {
    ("PUT", "vaults", ""): put,
    ("PATCH", "vaults", ""): patch,
    ("GET", "vaults", ""): show,
    ("DELETE", "vaults", ""): delete,
    ("GET", "vaults", "vaults"): listed,
    ("PUT", "vaults/accesspolicies", ""): edit_policies,
    ("GET", "deletedvaults", "deletedvaults"): list_deleted,
    ("GET", "locations/deletedvaults", ""): show_deleted,
    ("POST", "locations/deletedvaults", "purge"): purge,
}
