"""The world as the product sees it, over the sandbox: a store, an encryption scope, a vault and keys to look at."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

from azure.mgmt.compute import ComputeManagementClient
from azure.storage.blob import AccessPolicy, PublicAccess

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.world import AzureWorld
from shared.domain.facet import (
    AnonymousAccess,
    CrossTenantCopy,
    DelegationKeys,
    EncryptedWith,
    Facet,
    KeyState,
    LifecycleRule,
    LocalUsers,
    LogSent,
    NetworkRules,
    PrivateLink,
    PurgeProtection,
    ReplicationRule,
    Rotated,
    RotationPolicy,
    SharedKeyAccess,
    SoftDelete,
    StoredAccess,
    StoreKey,
    Successor,
    SuccessorApart,
    TlsFloor,
    Versioning,
)
from shared.domain.resource import Kind, Ref
from shared.sandbox.azure.arm_call import take_apart
from shared.sandbox.azure.callers import Caller
from shared.sandbox.azure.private_links import PrivateLinks
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.transport import transport
from shared.sandbox.azure.wire import Request
from shared.sandbox.azure.workspaces import add_workspace
from tests.contract.azure import estate_scenes as estate
from tests.contract.azure.scenes import GROUP, SCOPE, SUBSCRIPTION, Arm, Scene
from tests.contract.azure.storage_scenes import container, make_account, management, wrap
from tests.contract.azure.vault_scenes import VAULT, keys, make_vault

_NUMBERS = count(1)
OK = 200
ROLE = "00000000-feed-4bad-8bad-000000000001"


@dataclass(frozen=True)
class Stage:
    """One sandbox, and the world with exactly the rights that `may` gives it."""

    scene: Scene
    world: AzureWorld
    clients: Clients

    def may(self, rights: Rights) -> None:
        """Give the responder these rights and no others, at the whole subscription."""
        role = Role(ROLE, "responder", tuple(sorted(rights.actions)), data_actions=tuple(sorted(rights.data)), custom=True)
        self.scene.cloud.rbac.definitions[ROLE] = role

    def everything(self) -> None:
        self.may(Rights(frozenset({"*"}), frozenset({"*"})))

    def store(self, **properties: object) -> Ref:
        return names.ref(Kind.BUCKET, make_account(self.scene, f"phi{next(_NUMBERS)}", **properties).id)

    def suspended(self) -> Ref:
        """A store whose versions somebody switched off."""
        store = self.store()
        body: Any = {"properties": {"isVersioningEnabled": False}}
        management(self.scene).blob_services.set_service_properties(GROUP, store.name, body)
        return store

    def lifecycle(self, store: Ref) -> None:
        actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 0}}}
        definition = {"filters": {"blobTypes": ["blockBlob"]}, "actions": actions}
        rule = {"name": "gone", "enabled": True, "type": "Lifecycle", "definition": definition}
        body: Any = {"properties": {"policy": {"rules": [rule]}}}
        management(self.scene).management_policies.create_or_update(GROUP, store.name, "default", body)

    def vault(self, **properties: object) -> Ref:
        return names.ref(Kind.KEY_VAULT, str(make_vault(self.scene, f"vault-{next(_NUMBERS)}", **properties).id))

    def key(self) -> Ref:
        """A key by the address of its first version."""
        if self.scene.cloud.vaults.of_host(VAULT) is None:
            make_vault(self.scene)
        made = keys(self.scene).create_rsa_key(f"key-{next(_NUMBERS)}")
        return names.ref(Kind.KEY, str(made.id), SUBSCRIPTION)

    @cached_property
    def versions(self) -> tuple[names.KeyName, names.KeyName]:
        """Two versions of one key: to make material takes its time, and all stores may be under the same."""
        if self.scene.cloud.vaults.of_host(VAULT) is None:
            make_vault(self.scene)
        made = (keys(self.scene).create_rsa_key("cmk"), keys(self.scene).rotate_key("cmk"))
        first, second = (names.key(str(each.id)) for each in made)
        return first, second

    def wrapped(self) -> tuple[Ref, str]:
        """A store under the first version of a key, and the address of the second."""
        store, (first, second) = self.store(), self.versions
        vault, identity = self.scene.cloud.vaults.of_host(VAULT), self.scene.cloud.entra.directory.identity_of(store.id)
        assert vault
        assert identity
        self.scene.cloud.rbac.assign(identity.id, "Key Vault Crypto Service Encryption User", vault.id)
        wrap(self.scene, self.scene.cloud.storage.accounts[store.name], first.version)
        return store, f"{second.vault_url}/keys/{second.name}/{second.version}"

    def scoped(self) -> tuple[Ref, str]:
        """An encryption scope under the first version, and the address of the second."""
        store, second = self.wrapped()
        first = self.scene.cloud.storage.accounts[store.name].wrapping
        assert first
        keyed = {"source": "Microsoft.KeyVault", "keyVaultProperties": {"keyUri": first.current}}
        body: Any = {"properties": keyed}
        made = management(self.scene).encryption_scopes.put(GROUP, store.name, "tenant", body)
        return names.ref(Kind.ENCRYPTION_SCOPE, str(made.id)), second

    def rotating(self) -> Ref:
        """A key that rotates by itself, under which a store and disks are; another case has replaced it."""
        disks, second = self.disks()
        key = names.ref(Kind.KEY, second, disks.account)
        for wanted in (RotationPolicy(after="P30D", life="P90D"), SuccessorApart(case="cb-0")):
            self.world.write(key, [wanted])
        return key

    def disks(self) -> tuple[Ref, str]:
        """A disk encryption set under the first version of a key, and the address of the second."""
        store, second = self.wrapped()
        first = self.scene.cloud.storage.accounts[store.name].wrapping
        vault = self.scene.cloud.vaults.of_host(VAULT)
        assert first
        assert vault
        client = ComputeManagementClient(self.scene.bearer(), SUBSCRIPTION, **self.scene.options())
        properties = {"activeKey": {"keyUrl": first.current, "sourceVault": {"id": vault.id}}}
        body: Any = {"location": "swedencentral", "identity": {"type": "SystemAssigned"}, "properties": properties}
        made = client.disk_encryption_sets.begin_create_or_update(GROUP, f"disks-{next(_NUMBERS)}", body).result()
        return names.ref(Kind.DISK_ENCRYPTION_SET, str(made.id)), second

    def linked(self, target: Ref) -> tuple[Ref, Facet]:
        """A target with a private endpoint of somebody's, let in."""
        endpoint = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.Network/privateEndpoints/foreign-{next(_NUMBERS)}"
        request = Request("PUT", f"https://management.azure.com{endpoint}")
        call = take_apart(request, Caller(self.scene.owner.id, "", "User"))
        PrivateLinks(self.scene.cloud).connect(call, target.id, manual=False)
        (link,) = self.world.look(target, PrivateLink)
        return target, link.but(approved=False)

    def replicated(self, *containers: str) -> tuple[Ref, Facet]:
        """A store of whose containers the blobs go to another account, and that one of them goes no more."""
        source, destination = self.store(), self.store()
        versions: Any = {"properties": {"isVersioningEnabled": True}}
        for store in (source, destination):
            management(self.scene).blob_services.set_service_properties(GROUP, store.name, versions)
        rules = [{"sourceContainer": each, "destinationContainer": each} for each in containers]
        accounts = {"sourceAccount": source.id, "destinationAccount": destination.id}
        body: Any = {"properties": {**accounts, "rules": rules}}
        policies = management(self.scene).object_replication_policies
        made = policies.create_or_update(GROUP, destination.name, "default", body)
        whole: Any = made.as_dict()
        properties = {key: value for key, value in whole["properties"].items() if key not in ("policyId", "enabledTime")}
        taken: Any = {"properties": properties}
        policies.create_or_update(GROUP, source.name, str(made.policy_id), taken)
        rule, *_ = self.world.look(source, ReplicationRule)
        return source, rule.but(enabled=False)

    def silenced(self) -> tuple[Ref, Facet]:
        """A store whose log somebody has just switched off, and the setting as it was."""
        store, workspace = self.store(), f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.OperationalInsights/workspaces/night"
        if self.scene.cloud.resources.find(workspace) is None:
            add_workspace(self.scene.cloud, workspace)
        place = f"{store.id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night"
        logs = [{"category": category, "enabled": True} for category in ("StorageRead", "StorageWrite")]
        arm = Arm(self.scene)
        assert arm("PUT", place, {"properties": {"workspaceId": workspace, "logs": logs}})[0] == OK
        (sent,) = self.world.look(store, LogSent)
        assert arm("DELETE", place)[0] == OK
        return store, sent

    def handed_out(self) -> tuple[Ref, Facet]:
        """A store with a policy that signatures name, and another one that stays."""
        store = self.store(allowBlobPublicAccess=True)
        account = self.scene.cloud.storage.accounts[store.name]
        client = container(self.scene, account, "charts")
        policy = AccessPolicy(permission="r", expiry="2027-01-01T00:00:00Z")
        client.set_container_access_policy({"portal": policy, "ward": policy}, PublicAccess.BLOB)
        found = next(each for each in self.world.look(store, StoredAccess) if each.name == "portal")
        return store, found.but(body=None)


def staged() -> Stage:
    """A cloud with a responder that may do everything until told otherwise."""
    scene = Scene()
    _, responder = scene.cloud.entra.directory.add_application("codeblue")
    clients = Clients(scene.bearer(responder), transport(scene.cloud), retries=0)
    stage = Stage(scene, AzureWorld(clients), clients)
    stage.everything()
    scene.cloud.rbac.assign(responder.id, ROLE, SCOPE)
    return stage


@dataclass(frozen=True)
class Row:
    """A sentence, what sets it up (the target and what is asked of it), and whether it can be taken back."""

    sentence: str
    scene: Callable[[Stage], tuple[Ref, Facet]]
    undone: bool = True


RULES = NetworkRules(closed=True, addresses=("192.0.2.0/24",), subnets=())
MIXED = NetworkRules(
    closed=True,
    addresses=("192.0.2.0/24", "2001:db8::/64"),
    subnets=(f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.Network/virtualNetworks/clinic/subnets/wards",),
    resources=(f"5c2e1f90-7a41-4c7e-9b1e-c0deb10e0000 {SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.Synapse/workspaces/lake",),
    services=False,
)


def _with_rule(stage: Stage) -> tuple[Ref, Facet]:
    store = stage.store()
    stage.lifecycle(store)
    return store, LifecycleRule(rule_id="gone", enabled=False, destructive=True)


def _age(stage: Stage) -> datetime:
    return datetime.fromtimestamp(stage.scene.cloud.clock.now(), UTC) - timedelta(milliseconds=1)


def _key_made_anew(stage: Stage) -> tuple[Ref, Facet]:
    store = stage.store()
    account = stage.scene.cloud.storage.accounts[store.name]
    account.keys["key1"] = replace(account.keys["key1"], created=account.created - 60)
    return store, StoreKey(name="key1", since=_age(stage))


def _encrypted(made: tuple[Ref, str]) -> tuple[Ref, Facet]:
    return made[0], EncryptedWith(key=made[1])


ROWS: tuple[Row, ...] = (
    Row("nothing of a store is public", lambda s: (s.store(allowBlobPublicAccess=True), AnonymousAccess(allowed=False))),
    Row("a store's own keys do not open it", lambda s: (s.store(), SharedKeyAccess(allowed=False))),
    Row("a store's log goes where it went before", lambda s: s.silenced(), undone=False),
    Row("another version takes a key's place", lambda s: (s.key(), Successor(case="c")), undone=False),
    Row(
        "a key in a vault of its own takes a key's place",
        lambda s: (s.rotating(), SuccessorApart(case=f"cb-{next(_NUMBERS)}")),
        undone=False,
    ),
    Row("a store takes no users of its own", lambda s: (s.store(isSftpEnabled=True, isHnsEnabled=True), LocalUsers(allowed=False))),
    Row("no other tenant may have copies", lambda s: (s.store(), CrossTenantCopy(allowed=False))),
    Row("another tenant manages the subscription no more", estate.delegated, undone=False),
    Row("nor one of its groups", estate.group_delegated, undone=False),
    Row("a disk is handed out no more", estate.disk, undone=False),
    Row("a snapshot is handed out no more", estate.snapshot, undone=False),
    Row("a store takes newer TLS only", lambda s: (s.store(minimumTlsVersion="TLS1_0"), TlsFloor(version="1.2"))),
    Row("a store is reached from named addresses alone", lambda s: (s.store(), RULES)),
    Row("a store keeps every kind of rule it has", lambda s: (s.store(), MIXED)),
    Row("a store is reached by private endpoints alone", lambda s: (s.store(), NetworkRules(closed=False, endpoints_only=True))),
    Row("a store's key is made anew", _key_made_anew, undone=False),
    Row("links in people's names are dead", lambda s: (s.store(), DelegationKeys(since=_age(s))), undone=False),
    Row("a store keeps versions", lambda s: (s.suspended(), Versioning(status="Enabled"))),
    Row("a store keeps blobs that are deleted", lambda s: (s.store(), SoftDelete(days=14))),
    Row("nobody destroys before its time what a store has deleted", estate.purgeable),
    Row("a store keeps containers that are deleted", lambda s: (s.store(), SoftDelete(of="containers", days=14))),
    Row("a rule that deletes is suspended", _with_rule),
    Row("a store goes under another version", lambda s: _encrypted(s.wrapped())),
    Row("an encryption scope goes under another version", lambda s: _encrypted(s.scoped())),
    Row("a private endpoint of a store is rejected", lambda s: s.linked(s.store()), undone=False),
    Row("a private endpoint of a vault is rejected", lambda s: s.linked(s.vault()), undone=False),
    Row("blobs go nowhere else", lambda s: s.replicated("charts"), undone=False),
    Row("a policy that signatures name is taken away", lambda s: s.handed_out()),
    Row("an encryption scope has another made for it", lambda s: (s.scoped()[0], Successor(case="cb-1")), undone=False),
    Row("an account under a key has a scope made for it", lambda s: (s.wrapped()[0], Successor(case="cb-1")), undone=False),
    Row("disks go under another version", lambda s: _encrypted(s.disks())),
    Row(
        "a vault is protected from purging",
        lambda s: (s.vault(enablePurgeProtection=None), PurgeProtection(on=True)),
        undone=False,
    ),
    Row("a vault is reached from named addresses alone", lambda s: (s.vault(), RULES)),
    Row("a version of a key is switched off", lambda s: (s.key(), KeyState(enabled=False, deletion_pending=False))),
    Row("a key rotates by itself", lambda s: (s.key(), RotationPolicy(after="P30D", life="P90D"))),
    Row("a key gets another version", lambda s: (s.key(), Rotated(since=_age(s))), undone=False),
)
