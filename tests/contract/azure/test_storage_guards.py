"""Retention, legal holds and what else hangs on an account in Resource Manager."""

from datetime import timedelta
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.storage.blob import BlobClient, ImmutabilityPolicy

from shared.sandbox.azure.clock import utc
from shared.sandbox.azure.storage_state import Account
from shared.sandbox.azure.vault_state import DAY
from tests.contract.azure.scenes import GROUP, Scene
from tests.contract.azure.storage_scenes import ACCOUNT, by_key, container, make_account, management, refused

POLICY = (409, "BlobImmutableDueToPolicy")
HOLD = (409, "BlobImmutableDueToLegalHold")


@pytest.fixture
def account(scene: Scene) -> Account:
    made = make_account(scene)
    container(scene, made, "custody")
    return made


def retain(scene: Scene, days: int = 30, **more: object) -> str:
    body: Any = {"properties": {"immutabilityPeriodSinceCreationInDays": days, **more}}
    return str(management(scene).blob_containers.create_or_update_immutability_policy(GROUP, ACCOUNT, "custody", body).etag)


def seen(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def blob(scene: Scene, account: Account, name: str) -> BlobClient:
    return by_key(scene, account).get_blob_client("custody", name)


class TestRetention:
    def test_a_kept_blob_is_not_changed_nor_deleted_and_may_go_when_its_time_is_over(self, scene: Scene, account: Account) -> None:
        retain(scene)
        record = blob(scene, account, "record")
        record.upload_blob(b"1")
        assert refused(lambda: record.upload_blob(b"2", overwrite=True)) == POLICY
        assert refused(record.delete_blob) == POLICY
        assert refused(lambda: record.set_blob_metadata({"a": "b"})) == POLICY
        scene.cloud.clock.advance(30 * DAY + 1)
        assert refused(lambda: record.upload_blob(b"2", overwrite=True)) == POLICY
        record.delete_blob()

    def test_protected_appends_go_on_under_a_locked_policy_and_nothing_else(self, scene: Scene, account: Account) -> None:
        etag = retain(scene, allowProtectedAppendWrites=True)
        management(scene).blob_containers.lock_immutability_policy(GROUP, ACCOUNT, "custody", **seen(etag))
        ledger = blob(scene, account, "ledger")
        ledger.create_append_blob()
        ledger.append_block(b"one\n", appendpos_condition=0)
        assert refused(ledger.delete_blob) == POLICY
        assert refused(ledger.create_append_blob) == POLICY
        assert ledger.download_blob().readall() == b"one\n"

    def test_locking_names_the_tag_that_was_seen_and_is_for_good(self, scene: Scene, account: Account) -> None:
        containers, etag = management(scene).blob_containers, retain(scene)
        assert refused(lambda: containers.lock_immutability_policy(GROUP, ACCOUNT, "custody", **seen('"x"')))[0] == 412
        locked = containers.lock_immutability_policy(GROUP, ACCOUNT, "custody", **seen(etag))
        assert (locked.state, locked.etag != etag) == ("Locked", True)
        now = str(locked.etag)
        refusal = refused(lambda: containers.delete_immutability_policy(GROUP, ACCOUNT, "custody", **seen(now)))
        assert refusal == (409, "ImmutabilityPolicyDeleteNotAllowed")
        assert refused(lambda: retain(scene, 10))[0] == 409

    @pytest.mark.parametrize(("days", "status"), [(29, 400), (31, None)], ids=["never shorter", "longer"])
    def test_a_locked_policy_only_grows(self, scene: Scene, account: Account, days: int, status: int | None) -> None:
        containers, etag = management(scene).blob_containers, retain(scene)
        locked = containers.lock_immutability_policy(GROUP, ACCOUNT, "custody", **seen(etag))
        body: Any = {"properties": {"immutabilityPeriodSinceCreationInDays": days}}
        done = refused(lambda: containers.extend_immutability_policy(GROUP, ACCOUNT, "custody", body, **seen(str(locked.etag))))
        assert done[0] == status

    def test_a_container_with_what_is_kept_is_not_deleted_and_its_account_neither(self, scene: Scene, account: Account) -> None:
        etag = retain(scene)
        management(scene).blob_containers.lock_immutability_policy(GROUP, ACCOUNT, "custody", **seen(etag))
        blob(scene, account, "record").upload_blob(b"1")
        assert refused(lambda: management(scene).blob_containers.delete(GROUP, ACCOUNT, "custody"))[0] == 409
        assert refused(by_key(scene, account).get_container_client("custody").delete_container)[0] == 409
        assert refused(lambda: management(scene).storage_accounts.delete(GROUP, ACCOUNT)) == (409, "AccountProtectedFromDeletion")


class TestHolds:
    def test_a_legal_hold_stops_appends_too_until_it_is_cleared(self, scene: Scene, account: Account) -> None:
        containers, ledger = management(scene).blob_containers, blob(scene, account, "ledger")
        ledger.create_append_blob()
        assert containers.set_legal_hold(GROUP, ACCOUNT, "custody", {"tags": ["INC001"]}).tags == ["inc001"]
        assert refused(lambda: ledger.append_block(b"x")) == HOLD
        assert refused(ledger.delete_blob) == HOLD
        containers.clear_legal_hold(GROUP, ACCOUNT, "custody", {"tags": ["inc001"]})
        ledger.append_block(b"x")

    def test_a_version_is_held_by_itself_where_its_container_was_made_for_it(self, scene: Scene, account: Account) -> None:
        management(scene).blob_services.set_service_properties(GROUP, ACCOUNT, {"properties": {"isVersioningEnabled": True}})  # type: ignore[call-overload]
        body: Any = {"properties": {"immutableStorageWithVersioning": {"enabled": True}}}
        management(scene).blob_containers.create(GROUP, ACCOUNT, "worm", body)
        record = by_key(scene, account).get_blob_client("worm", "record")
        first = record.upload_blob(b"1")["version_id"]
        until = utc(scene.cloud.clock.now()) + timedelta(days=10)
        record.set_immutability_policy(ImmutabilityPolicy(expiry_time=until, policy_mode="Locked"))
        second = record.upload_blob(b"2", overwrite=True)["version_id"]
        assert refused(lambda: record.delete_blob(version_id=first)) == POLICY
        record.set_legal_hold(True)
        third = record.upload_blob(b"3", overwrite=True)
        assert refused(lambda: record.delete_blob(version_id=second)) == HOLD
        scene.cloud.clock.advance(11 * DAY)
        record.delete_blob(version_id=first)
        assert record.get_blob_properties().version_id == third["version_id"]


class TestParts:
    def test_local_users_come_and_go_with_their_passwords(self, scene: Scene, account: Account) -> None:
        users = management(scene).local_users
        users.create_or_update(GROUP, ACCOUNT, "courier", {"properties": {"hasSshPassword": True}})
        assert users.regenerate_password(GROUP, ACCOUNT, "courier").ssh_password
        assert [each.name for each in users.list(GROUP, ACCOUNT)] == ["courier"]
        users.delete(GROUP, ACCOUNT, "courier")
        assert list(users.list(GROUP, ACCOUNT)) == []

    def test_replication_needs_versions_and_its_policy_on_both_sides_and_then_sends_what_is_written(
        self, scene: Scene, account: Account
    ) -> None:
        other = make_account(scene, "elsewhere")
        policies = management(scene).object_replication_policies
        rules = [{"sourceContainer": "custody", "destinationContainer": "copies"}]
        body: Any = {"properties": {"sourceAccount": account.id, "destinationAccount": other.id, "rules": rules}}
        assert refused(lambda: policies.create_or_update(GROUP, "elsewhere", "default", body))[0] == 409
        for name in (ACCOUNT, "elsewhere"):
            management(scene).blob_services.set_service_properties(GROUP, name, {"properties": {"isVersioningEnabled": True}})  # type: ignore[call-overload]
        made = policies.create_or_update(GROUP, "elsewhere", "default", body)
        assert [each.policy_id for each in policies.list(GROUP, "elsewhere")] == [made.policy_id]
        copies = container(scene, other, "copies")
        blob(scene, account, "before").upload_blob(b"1")
        policies.create_or_update(GROUP, ACCOUNT, str(made.policy_id), body)
        blob(scene, account, "record").upload_blob(b"phi", metadata={"ward": "7"})
        assert [each.name for each in copies.list_blobs()] == ["record"]
        assert copies.get_blob_client("record").download_blob().readall() == b"phi"
        policies.delete(GROUP, ACCOUNT, str(made.policy_id))
        blob(scene, account, "after").upload_blob(b"2")
        assert [each.name for each in copies.list_blobs()] == ["record"]

    def test_network_rules_are_replaced_whole(self, scene: Scene, account: Account) -> None:
        for address in ("192.0.2.1", "192.0.2.2"):
            rules: Any = {"properties": {"networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": address}]}}}
            management(scene).storage_accounts.update(GROUP, ACCOUNT, rules)
        found = management(scene).storage_accounts.get_properties(GROUP, ACCOUNT).network_rule_set
        assert [each.ip_address_or_range for each in found.ip_rules] == ["192.0.2.2"]

    def test_the_lifecycle_policy_is_one_and_can_be_taken_away(self, scene: Scene, account: Account) -> None:
        policies = management(scene).management_policies
        rule = {
            "name": "gone",
            "enabled": True,
            "type": "Lifecycle",
            "definition": {
                "filters": {"blobTypes": ["blockBlob"]},
                "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 0}}},
            },
        }
        body: Any = {"properties": {"policy": {"rules": [rule]}}}
        policies.create_or_update(GROUP, ACCOUNT, "default", body)
        assert [each.name for each in policies.get(GROUP, ACCOUNT, "default").policy.rules] == ["gone"]
        policies.delete(GROUP, ACCOUNT, "default")
        assert refused(lambda: policies.get(GROUP, ACCOUNT, "default"))[0] == 404
