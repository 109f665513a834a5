"""Key Vault as the services' own clients meet it: each test is a sentence of its documentation."""

import hashlib
import json
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.keys import KeyRotationLifetimeAction, KeyRotationPolicy, KeyRotationPolicyAction
from azure.keyvault.keys.crypto import EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.networks import judge
from shared.sandbox.azure.vault_state import DAY
from shared.sandbox.azure.wire import Request
from tests.contract.azure.scenes import GROUP, Scene
from tests.contract.azure.vault_scenes import URL, VAULT, cryptography, keys, make_vault, management, refusal

DIGEST = hashlib.sha256(b"checkpoint").digest()


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    make_vault(made)
    return made


class TestAccess:
    def test_the_first_hop_is_a_challenge_that_says_where_a_token_is_to_be_had(self, scene: Scene) -> None:
        first = scene.cloud.answer(Request("GET", f"{URL}/keys?api-version=2025-07-01"))
        assert first.status == 401
        assert first.json()["error"] == {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer or PoP token."}
        assert 'resource="https://vault.azure.net"' in first.headers["www-authenticate"]
        assert list(keys(scene).list_properties_of_keys()) == []

    def test_with_roles_a_caller_without_one_is_refused_by_rbac_for_each_data_action(self, scene: Scene) -> None:
        keys(scene).create_rsa_key("cmk")
        _, reader = scene.cloud.entra.directory.add_application("portal")
        vault = scene.cloud.vaults.of_host(VAULT)
        assert vault
        scene.cloud.rbac.assign(reader.id, "Key Vault Crypto Service Encryption User", f"{vault.id}/keys/cmk")
        assert keys(scene, reader).get_key("cmk").name == "cmk"
        with pytest.raises(HttpResponseError) as refused:
            keys(scene, reader).create_rsa_key("mine")
        assert refusal(refused.value)[:2] == (403, "Forbidden")
        assert "keys/create/action" in refused.value.message

    def test_with_access_policies_roles_count_for_nothing_and_all_leaves_out_purge(self, scene: Scene) -> None:
        _, app = scene.cloud.entra.directory.add_application("portal")
        entry = {"tenantId": scene.cloud.entra.directory.tenant, "objectId": app.id, "permissions": {"keys": ["get", "create"]}}
        make_vault(scene, "by-policy", enableRbacAuthorization=False, accessPolicies=[entry], enablePurgeProtection=None)
        url = "https://by-policy.vault.azure.net"
        assert keys(scene, app, url).create_rsa_key("cmk").name == "cmk"
        with pytest.raises(HttpResponseError) as refused:
            keys(scene, None, url).get_key("cmk")
        assert "does not have keys get permission" in refused.value.message
        edit: Any = {"properties": {"accessPolicies": [{**entry, "permissions": {"keys": ["create"]}}]}}
        management(scene).vaults.update_access_policy(GROUP, "by-policy", "remove", edit)
        assert keys(scene, app, url).get_key("cmk").name == "cmk"
        with pytest.raises(HttpResponseError):
            keys(scene, app, url).create_rsa_key("another")

    def test_a_role_taken_away_goes_on_for_as_long_as_removals_take(self) -> None:
        scene = Scene(Delays(rbac=600))
        vault = make_vault(scene)
        _, app = scene.cloud.entra.directory.add_application("portal")
        held = scene.cloud.rbac.assign(app.id, "Key Vault Crypto Officer", str(vault.id))
        keys(scene, app).create_rsa_key("cmk")
        scene.cloud.rbac.remove(held)
        assert keys(scene, app).get_key("cmk").name == "cmk"
        scene.cloud.clock.advance(601)
        with pytest.raises(HttpResponseError):
            keys(scene, app).get_key("cmk")

    def test_the_firewall_lets_in_named_networks_only(self, scene: Scene) -> None:
        rules: Any = {"defaultAction": "Deny", "bypass": "AzureServices", "ipRules": [{"value": "192.0.2.0/24"}]}
        management(scene).vaults.update(GROUP, VAULT, {"properties": {"networkAcls": rules}})
        assert list(keys(scene, ip="192.0.2.9").list_properties_of_keys()) == []
        with pytest.raises(HttpResponseError) as refused:
            list(keys(scene).list_properties_of_keys())
        assert "Client address is not authorized" in refused.value.message


class TestVersions:
    def test_every_version_has_material_of_its_own_and_old_ones_go_on_until_disabled_by_id(self, scene: Scene) -> None:
        client = keys(scene)
        first = client.create_rsa_key("cmk")
        wrapped = cryptography(scene, first).wrap_key(KeyWrapAlgorithm.rsa_oaep_256, b"k" * 32)
        second = client.rotate_key("cmk")
        assert first.key.n != second.key.n  # type: ignore[attr-defined]
        assert client.get_key("cmk").id == second.id
        assert cryptography(scene, first).unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == b"k" * 32
        client.update_key_properties("cmk", first.properties.version, enabled=False)
        with pytest.raises(HttpResponseError) as refused:
            cryptography(scene, str(first.id)).unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key)
        assert "disabled" in refused.value.message
        assert [each.enabled for each in client.list_properties_of_key_versions("cmk")] == [False, True]

    def test_updating_without_a_version_changes_the_latest_only(self, scene: Scene) -> None:
        client = keys(scene)
        first, _ = client.create_rsa_key("cmk"), client.rotate_key("cmk")
        client.update_key_properties("cmk", enabled=False)
        assert client.get_key("cmk", first.properties.version).properties.enabled
        assert not client.get_key("cmk").properties.enabled

    def test_an_expired_version_opens_what_it_closed_and_closes_nothing_more(self, scene: Scene) -> None:
        key = keys(scene).create_rsa_key("cmk")
        vault = scene.cloud.vaults.of_host(VAULT)
        assert vault
        wrapped = cryptography(scene, str(key.id)).encrypt(EncryptionAlgorithm.rsa_oaep, b"note")
        vault.keys["cmk"].current.expires = scene.cloud.clock.now() - 1
        client = cryptography(scene, str(key.id))
        assert client.decrypt(EncryptionAlgorithm.rsa_oaep, wrapped.ciphertext).plaintext == b"note"
        answer = _post(scene, f"{key.id}/wrapkey", {"alg": "RSA-OAEP", "value": "AAAA"})
        assert (answer["code"], answer["innererror"]["code"]) == ("Forbidden", "KeyNotYetValidOrExpired")

    @pytest.mark.parametrize("life", [None, "P90D"])
    def test_a_rotation_policy_comes_back_with_a_notification_that_nobody_set(self, scene: Scene, life: str | None) -> None:
        client = keys(scene)
        client.create_rsa_key("cmk")
        rotate = KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_after_create="P30D")
        client.update_key_rotation_policy("cmk", KeyRotationPolicy(lifetime_actions=[rotate], expires_in=life))
        found = client.get_key_rotation_policy("cmk")
        shown = [(str(each.action), each.time_after_create, each.time_before_expiry) for each in found.lifetime_actions]
        assert [(kind.rpartition(".")[2].lower(), *when) for kind, *when in shown] == [
            ("rotate", "P30D", None),
            ("notify", None, "P30D"),
        ]

    def test_the_service_rotates_by_itself_when_the_time_has_come(self, scene: Scene) -> None:
        client = keys(scene)
        client.create_rsa_key("cmk")
        rotate = KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_after_create="P30D")
        client.update_key_rotation_policy("cmk", KeyRotationPolicy(lifetime_actions=[rotate], expires_in="P90D"))
        scene.cloud.clock.advance(31 * DAY)
        assert len(list(client.list_properties_of_key_versions("cmk"))) == 2
        with pytest.raises(HttpResponseError):
            client.update_key_rotation_policy("cmk", KeyRotationPolicy(lifetime_actions=[rotate], expires_in="P7D"))


class TestCryptography:
    def test_an_es256_signature_is_the_keys_own_and_verifies_elsewhere(self, scene: Scene) -> None:
        key = keys(scene).create_ec_key("signer", curve="P-256")
        signed = cryptography(scene, str(key.id)).sign(SignatureAlgorithm.es256, DIGEST)
        point = ec.EllipticCurvePublicNumbers(_number(key.key.x), _number(key.key.y), ec.SECP256R1()).public_key()  # type: ignore[attr-defined]
        pair = utils.encode_dss_signature(_number(signed.signature[:32]), _number(signed.signature[32:]))
        point.verify(pair, DIGEST, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        answer = _post(scene, f"{key.id}/wrapkey", {"alg": "RSA-OAEP", "value": "AAAA"})
        assert answer["innererror"]["code"] == "KeyOperationForbidden"

    def test_a_digest_of_another_length_is_a_bad_parameter(self, scene: Scene) -> None:
        key = keys(scene).create_ec_key("signer", curve="P-256")
        assert _post(scene, f"{key.id}/sign", {"alg": "ES256", "value": "AAAA"})["code"] == "BadParameter"


class TestDeletion:
    def test_a_deleted_key_can_be_recovered_and_its_name_is_taken_meanwhile(self, scene: Scene) -> None:
        client = keys(scene)
        made = client.create_rsa_key("cmk")
        deleted = client.begin_delete_key("cmk").result()
        assert deleted.recovery_id == f"{URL}/deletedkeys/cmk"
        with pytest.raises(ResourceNotFoundError):
            client.get_key("cmk")
        with pytest.raises(ResourceExistsError):
            client.create_rsa_key("cmk")
        assert client.begin_recover_deleted_key("cmk").result().id == made.id

    def test_purge_protection_forbids_purging_to_everybody(self, scene: Scene) -> None:
        client = keys(scene)
        client.create_rsa_key("cmk")
        client.begin_delete_key("cmk").wait()
        with pytest.raises(HttpResponseError) as refused:
            client.purge_deleted_key("cmk")
        assert refused.value.status_code == 403
        scene.cloud.clock.advance(91 * DAY)
        assert list(client.list_deleted_keys()) == []

    def test_a_deleted_vault_keeps_its_name_and_comes_back_with_its_keys(self, scene: Scene) -> None:
        keys(scene).create_rsa_key("cmk")
        vaults = management(scene).vaults
        vaults.delete(GROUP, VAULT)
        with pytest.raises(HttpResponseError) as taken:
            make_vault(scene)
        assert taken.value.status_code == 409
        with pytest.raises(HttpResponseError):
            vaults.begin_purge_deleted(VAULT, "swedencentral").wait()
        assert [each.name for each in vaults.list_deleted()] == [VAULT]
        make_vault(scene, createMode="recover")
        assert keys(scene).get_key("cmk").name == "cmk"

    @pytest.mark.parametrize(
        "change",
        [{"enablePurgeProtection": False}, {"enableSoftDelete": False}, {"softDeleteRetentionInDays": 7}],
        ids=["purge protection stays", "soft delete stays", "the retention period stays"],
    )
    def test_protections_are_one_way(self, scene: Scene, change: dict[str, Any]) -> None:
        with pytest.raises(HttpResponseError) as refused:
            management(scene).vaults.update(GROUP, VAULT, _patch(change))
        assert refused.value.status_code == 400


def test_audit_rows_say_who_used_which_key(scene: Scene) -> None:
    key = keys(scene).create_rsa_key("cmk")
    vault = scene.cloud.vaults.of_host(VAULT)
    assert vault
    sent = {"workspaceId": "/w", "logAnalyticsDestinationType": "Dedicated", "logs": [{"category": "AuditEvent", "enabled": True}]}
    scene.cloud.resources.put(
        f"{vault.id}/providers/Microsoft.Insights/diagnosticSettings/audit",
        {"properties": sent},
        "Microsoft.Insights/diagnosticSettings",
    )
    cryptography(scene, str(key.id)).wrap_key(KeyWrapAlgorithm.rsa_oaep, b"k" * 16)
    rows = [row.columns for row in scene.cloud.logs.rows("/w", "AZKVAuditLogs", scene.cloud.clock.now())]
    assert rows[-1]["OperationName"] in ("KeyWrap", "KeyGet")
    assert {row["Identity"]["claim"]["oid"] for row in rows} == {scene.owner.id}


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        pytest.param({}, "", id="nothing set lets everybody in"),
        pytest.param({"networkAcls": {"defaultAction": "Deny"}}, "firewall", id="default deny keeps everybody out"),
        pytest.param({"publicNetworkAccess": "Disabled"}, "no public way", id="no public access overrides every rule"),
    ],
)
def test_network_rules(rules: dict[str, Any], verdict: str) -> None:
    assert judge(rules, Request("GET", "https://x")) == verdict


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _patch(properties: dict[str, Any]) -> Any:  # noqa: ANN401 - the SDK takes JSON where its types say a model
    return {"properties": properties}


def _post(scene: Scene, url: str, body: dict[str, object]) -> dict[str, Any]:
    token = scene.bearer().get_token("https://vault.azure.net/.default").token
    content = json.dumps(body).encode()
    answer = scene.cloud.answer(Request("POST", f"{url}?api-version=2025-07-01", {"authorization": f"Bearer {token}"}, content))
    error: dict[str, Any] = answer.json()["error"]
    return error
