"""Storage under customer-managed keys: re-wrapping, floating versions, and what a disabled key does to everybody."""

from typing import Any

from azure.storage.blob import ContainerEncryptionScope

from shared.sandbox.azure.storage_state import Account
from shared.sandbox.azure.vault_state import DAY
from tests.contract.azure.scenes import GROUP, Scene
from tests.contract.azure.storage_scenes import (
    ACCOUNT,
    by_key,
    by_token,
    make_key,
    management,
    refused,
    wrap,
)
from tests.contract.azure.vault_scenes import URL, VAULT, keys, make_vault

NO_KEY = (403, "KeyVaultEncryptionKeyNotFound")


def encryption(scene: Scene) -> Any:  # noqa: ANN401 - the SDK's model
    return management(scene).storage_accounts.get_properties(GROUP, ACCOUNT).encryption.key_vault_properties


def scope(scene: Scene, name: str, uri: str = "", **more: object) -> Any:  # noqa: ANN401 - the SDK's model
    keyed = {"source": "Microsoft.KeyVault", "keyVaultProperties": {"keyUri": uri}} if uri else {"source": "Microsoft.Storage"}
    body: Any = {"properties": {**keyed, **more}}
    return management(scene).encryption_scopes.put(GROUP, ACCOUNT, name, body)


def readable(scene: Scene, account: Account, name: str = "record") -> tuple[int | None, str]:
    """The same answer for the account's key and for a token, or the test stops here."""
    answers = {
        refused(lambda client=client: client.get_blob_client("records", name).download_blob().readall())  # type: ignore[misc]
        for client in (by_key(scene, account), by_token(scene))
    }
    assert len(answers) == 1
    return answers.pop()


class TestAccounts:
    def test_an_explicit_version_is_in_use_at_once_and_says_so(self, scene: Scene, account: Account) -> None:
        first = make_key(scene, account)
        wrap(scene, account, first)
        assert encryption(scene).current_versioned_key_identifier == f"{URL}/keys/cmk/{first}"
        second = keys(scene).rotate_key("cmk").properties.version
        scene.cloud.clock.advance(60)
        before = encryption(scene).last_key_rotation_timestamp
        wrap(scene, account, second)
        assert encryption(scene).current_versioned_key_identifier == f"{URL}/keys/cmk/{second}"
        assert encryption(scene).last_key_rotation_timestamp > before
        assert readable(scene, account) == (None, "allowed")

    def test_a_floating_version_moves_within_a_day_and_not_before(self, scene: Scene, account: Account) -> None:
        first = make_key(scene, account)
        wrap(scene, account)
        second = keys(scene).rotate_key("cmk").properties.version
        assert encryption(scene).current_versioned_key_identifier.endswith(first)
        scene.cloud.clock.advance(DAY + 1)
        assert encryption(scene).current_versioned_key_identifier.endswith(str(second))

    def test_disabling_the_version_in_use_refuses_everybody_and_the_old_one_nobody(self, scene: Scene, account: Account) -> None:
        first = make_key(scene, account)
        wrap(scene, account, first)
        second = keys(scene).rotate_key("cmk").properties.version
        keys(scene).update_key_properties("cmk", first, enabled=False)
        assert readable(scene, account) == NO_KEY
        wrap(scene, account, second)
        assert readable(scene, account) == (None, "allowed")

    def test_the_vaults_log_names_the_account_that_uses_a_version(self, scene: Scene, account: Account) -> None:
        version = make_key(scene, account)
        vault, identity = scene.cloud.vaults.of_host(VAULT), scene.cloud.entra.directory.identity_of(account.id)
        assert vault
        assert identity
        sent = {
            "workspaceId": "/w",
            "logAnalyticsDestinationType": "Dedicated",
            "logs": [{"category": "AuditEvent", "enabled": True}],
        }
        setting = f"{vault.id}/providers/Microsoft.Insights/diagnosticSettings/audit"
        scene.cloud.resources.put(setting, {"properties": sent}, "Microsoft.Insights/diagnosticSettings")
        wrap(scene, account, version)
        readable(scene, account)
        rows = [row.columns for row in scene.cloud.logs.rows("/w", "AZKVAuditLogs", scene.cloud.clock.now())]
        used = [(row["OperationName"], row["Id"].split("/")[5]) for row in rows if row["Identity"]["claim"]["oid"] == identity.id]
        assert used == [("KeyWrap", version), ("KeyUnwrap", version)]

    def test_an_expired_key_goes_on(self, scene: Scene, account: Account) -> None:
        wrap(scene, account, make_key(scene, account))
        vault = scene.cloud.vaults.of_host(VAULT)
        assert vault
        vault.keys["cmk"].current.expires = scene.cloud.clock.now() - DAY
        assert readable(scene, account) == (None, "allowed")

    def test_an_identity_that_lost_its_role_on_the_vault_locks_everybody_out(self, scene: Scene, account: Account) -> None:
        wrap(scene, account, make_key(scene, account))
        identity = scene.cloud.entra.directory.identity_of(account.id)
        assert identity
        held = next(each for each in scene.cloud.rbac.current() if each.principal_id == identity.id)
        scene.cloud.rbac.remove(held)
        assert readable(scene, account) == NO_KEY

    def test_a_vault_that_can_be_purged_is_not_taken(self, scene: Scene, account: Account) -> None:
        make_vault(scene, enablePurgeProtection=None)
        make_key(scene, account)
        assert refused(lambda: wrap(scene, account)) == (400, "KeyVaultPolicyError")

    def test_a_key_that_the_identity_may_not_use_is_not_taken(self, scene: Scene, account: Account) -> None:
        make_vault(scene)
        keys(scene).create_rsa_key("cmk")
        assert refused(lambda: wrap(scene, account)) == (403, "KeyVaultAuthenticationFailure")

    def test_back_to_the_services_own_keys(self, scene: Scene, account: Account) -> None:
        wrap(scene, account, make_key(scene, account))
        body: Any = {"properties": {"encryption": {"keySource": "Microsoft.Storage"}}}
        shown = management(scene).storage_accounts.update(GROUP, ACCOUNT, body)
        assert shown.encryption.key_vault_properties is None

    def test_what_the_service_alone_writes_is_refused_in_a_request(self, scene: Scene, account: Account) -> None:
        make_key(scene, account)
        named = {"keyname": "cmk", "keyvaulturi": URL, "currentVersionedKeyIdentifier": "x"}
        body: Any = {"properties": {"encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": named}}}
        assert refused(lambda: management(scene).storage_accounts.update(GROUP, ACCOUNT, body))[0] == 400


class TestScopes:
    def test_a_blob_stays_under_its_scope_and_a_copy_can_go_under_another(self, scene: Scene, account: Account) -> None:
        version = make_key(scene, account)
        scope(scene, "tenant-a", f"{URL}/keys/cmk/{version}")
        records = by_key(scene, account).get_container_client("records")
        old, new = records.get_blob_client("record"), records.get_blob_client("rewritten")
        assert old.get_blob_properties().encryption_scope is None
        new.start_copy_from_url(old.url, requires_sync=True, encryption_scope="tenant-a")
        assert new.get_blob_properties().encryption_scope == "tenant-a"
        keys(scene).update_key_properties("cmk", version, enabled=False)
        assert readable(scene, account, "rewritten") == NO_KEY
        assert readable(scene, account) == (None, "allowed")

    def test_a_disabled_scope_refuses_reading_and_writing_until_enabled_again(self, scene: Scene, account: Account) -> None:
        scope(scene, "tenant-a")
        blob = by_key(scene, account).get_blob_client("records", "scoped")
        blob.upload_blob(b"x", encryption_scope="tenant-a")
        scope(scene, "tenant-a", state="Disabled")
        assert readable(scene, account, "scoped") == (403, "EncryptionScopeDisabled")
        assert refused(lambda: blob.upload_blob(b"y", overwrite=True, encryption_scope="tenant-a"))[0] == 403
        scope(scene, "tenant-a", state="Enabled")
        assert readable(scene, account, "scoped") == (None, "allowed")
        assert [each.name for each in management(scene).encryption_scopes.list(GROUP, ACCOUNT)] == ["tenant-a"]

    def test_a_scope_moves_to_another_version_and_shows_which_is_in_use(self, scene: Scene, account: Account) -> None:
        first = make_key(scene, account)
        shown = scope(scene, "tenant-a", f"{URL}/keys/cmk/{first}").encryption_scope_properties
        assert (shown.source, shown.key_vault_properties.current_versioned_key_identifier) == (
            "Microsoft.KeyVault",
            f"{URL}/keys/cmk/{first}",
        )
        second = keys(scene).rotate_key("cmk").properties.version
        shown = scope(scene, "tenant-a", f"{URL}/keys/cmk/{second}").encryption_scope_properties
        assert shown.key_vault_properties.current_versioned_key_identifier.endswith(str(second))

    def test_a_containers_default_scope_is_for_good_and_may_forbid_others(self, scene: Scene, account: Account) -> None:
        scope(scene, "tenant-a")
        scope(scene, "tenant-b")
        default = ContainerEncryptionScope(default_encryption_scope="tenant-a", prevent_encryption_scope_override=True)
        tenant = by_key(scene, account).create_container("tenant", container_encryption_scope=default)
        assert tenant.upload_blob("record", b"x").get_blob_properties().encryption_scope == "tenant-a"
        other = refused(lambda: tenant.upload_blob("another", b"x", encryption_scope="tenant-b"))
        assert other == (403, "RequestForbiddenByContainerEncryptionPolicy")
        body: Any = {"properties": {"defaultEncryptionScope": "tenant-b"}}
        assert refused(lambda: management(scene).blob_containers.update(GROUP, ACCOUNT, "tenant", body))[0] == 409
