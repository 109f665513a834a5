"""Keys, signatures, tokens and no credential at all: what each opens, and when it dies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerSasPermissions,
    PublicAccess,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from shared.sandbox.azure.clock import utc
from shared.sandbox.azure.delays import Delays
from shared.sandbox.azure.directory import ServicePrincipal
from shared.sandbox.azure.storage_state import Account
from shared.sandbox.azure.wire import Request
from tests.contract.azure.scenes import GROUP, Scene
from tests.contract.azure.storage_scenes import (
    ACCOUNT,
    by_key,
    by_signature,
    by_token,
    container,
    make_account,
    management,
    refused,
)

AUTHENTICATION = (403, "AuthenticationFailed")
PERMISSION = (403, "AuthorizationPermissionMismatch")


def read(client: BlobServiceClient, name: str = "record") -> Callable[[], bytes]:
    return client.get_blob_client("records", name).download_blob().readall


def attempt(client: BlobServiceClient, name: str = "record") -> Callable[[], object]:
    def try_to() -> bytes:
        return read(client, name)()

    return try_to


def later(scene: Scene, hours: float = 1.0) -> Any:  # noqa: ANN401 - a datetime, which the SDK takes
    return utc(scene.cloud.clock.now()) + timedelta(hours=hours)


def account_signature(scene: Scene, account: Account, key: str = "key1", permission: str = "rl") -> str:
    permissions = AccountSasPermissions.from_string(permission)  # type: ignore[no-untyped-call]
    types = ResourceTypes(object=True, container=True)
    return generate_account_sas(ACCOUNT, account.keys[key].value, types, permissions, later(scene))


def service_signature(scene: Scene, account: Account, key: str = "key1", permission: str = "r") -> str:
    permissions = BlobSasPermissions.from_string(permission)
    return generate_blob_sas(
        ACCOUNT, "records", "record", account_key=account.keys[key].value, permission=permissions, expiry=later(scene)
    )


def delegated(scene: Scene, who: ServicePrincipal | None = None, permission: str = "rl") -> str:
    start = utc(scene.cloud.clock.now() - 60)
    key = by_token(scene, who).get_user_delegation_key(start, later(scene, 24))
    permissions = ContainerSasPermissions.from_string(permission)
    return generate_container_sas(ACCOUNT, "records", user_delegation_key=key, permission=permissions, expiry=later(scene, 12))


class TestKeys:
    def test_a_key_made_anew_kills_the_old_one_and_its_signatures_and_leaves_the_other_alone(
        self, scene: Scene, account: Account
    ) -> None:
        one, other = by_key(scene, account), by_key(scene, account, "key2")
        links = [account_signature(scene, account), service_signature(scene, account)]
        assert {read(by_signature(scene, link))() for link in links} == {b"phi"}
        management(scene).storage_accounts.regenerate_key(GROUP, ACCOUNT, {"keyName": "key1"})
        assert {refused(attempt(client)) for client in (one, *(by_signature(scene, link) for link in links))} == {AUTHENTICATION}
        assert read(other)() == b"phi"

    def test_with_shared_keys_refused_only_tokens_and_what_they_delegate_go_on(self, scene: Scene, account: Account) -> None:
        management(scene).storage_accounts.update(GROUP, ACCOUNT, {"properties": {"allowSharedKeyAccess": False}})
        clients = (by_key(scene, account), by_signature(scene, account_signature(scene, account)))
        assert {refused(attempt(client)) for client in clients} == {(403, "KeyBasedAuthenticationNotPermitted")}
        assert read(by_token(scene))() == read(by_signature(scene, delegated(scene)))() == b"phi"

    def test_listing_keys_gives_what_they_are_and_since_when(self, scene: Scene, account: Account) -> None:
        before = management(scene).storage_accounts.list_keys(GROUP, ACCOUNT).keys_property or []
        scene.cloud.clock.advance(60)
        after = management(scene).storage_accounts.regenerate_key(GROUP, ACCOUNT, {"keyName": "key2"}).keys_property or []
        assert [each.key_name for each in after] == ["key1", "key2"]
        assert (after[0].value, after[0].creation_time) == (before[0].value, before[0].creation_time)
        assert after[1].creation_time > before[1].creation_time  # type: ignore[operator]


class TestDelegation:
    def test_it_opens_what_its_user_may_open_and_dies_with_the_users_role(self, scene: Scene, account: Account) -> None:
        _, portal = scene.cloud.entra.directory.add_application("portal")
        role = scene.cloud.rbac.assign(portal.id, "Storage Blob Data Reader", account.id)
        client = by_signature(scene, delegated(scene, portal, "rwl"))
        assert read(client)() == b"phi"
        assert refused(lambda: client.get_blob_client("records", "new").upload_blob(b"x")) == PERMISSION
        scene.cloud.rbac.remove(role)
        assert refused(attempt(client)) == PERMISSION

    def test_revoked_keys_go_on_for_as_long_as_they_are_cached_and_new_ones_are_good(self) -> None:
        scene = Scene(Delays(delegation_key=300))
        account = make_account(scene)
        container(scene, account).upload_blob("record", b"phi")
        client = by_signature(scene, delegated(scene))
        management(scene).storage_accounts.revoke_user_delegation_keys(GROUP, ACCOUNT)
        assert read(client)() == b"phi"
        scene.cloud.clock.advance(301)
        assert refused(attempt(client)) == AUTHENTICATION
        assert read(by_signature(scene, delegated(scene)))() == b"phi"

    def test_a_key_of_the_account_gets_no_delegation_key(self, scene: Scene, account: Account) -> None:
        client = by_key(scene, account)
        start, end = utc(scene.cloud.clock.now() - 60), later(scene)
        assert refused(lambda: client.get_user_delegation_key(start, end)) == AUTHENTICATION


class TestTokens:
    @pytest.mark.parametrize(
        ("role", "may"),
        [
            pytest.param("Storage Blob Data Reader", {"read"}, id="a reader reads"),
            pytest.param("Storage Blob Data Contributor", {"read", "write", "delete"}, id="a contributor writes and deletes"),
            pytest.param("Reader", set(), id="a reader of resources reads no data"),
            pytest.param("Storage Account Contributor", set(), id="one who manages the account reads no data with a token"),
        ],
    )
    def test_a_role_gives_its_data_actions(self, scene: Scene, account: Account, role: str, may: set[str]) -> None:
        _, app = scene.cloud.entra.directory.add_application("portal")
        scene.cloud.rbac.assign(app.id, role, account.id)
        blob = by_token(scene, app).get_blob_client("records", "record")
        tried: dict[str, Callable[[], object]] = {
            "read": lambda: blob.download_blob().readall(),
            "write": lambda: blob.upload_blob(b"x", overwrite=True),
            "delete": blob.delete_blob,
        }
        results = {name: refused(work) for name, work in tried.items()}
        assert {name for name, (status, _) in results.items() if status is None} == may
        assert set(results.values()) <= {(None, "allowed"), PERMISSION}

    def test_a_role_at_one_container_ends_there(self, scene: Scene, account: Account) -> None:
        container(scene, account, "others").upload_blob("record", b"x")
        _, app = scene.cloud.entra.directory.add_application("portal")
        scene.cloud.rbac.assign(app.id, "Storage Blob Data Reader", account.container_id("records"))
        client = by_token(scene, app)
        assert read(client)() == b"phi"
        assert refused(client.get_blob_client("others", "record").download_blob) == PERMISSION

    def test_an_expired_token_is_no_authentication(self, scene: Scene, account: Account) -> None:
        token = scene.bearer().get_token("https://storage.azure.com/.default").token
        request = Request("GET", f"https://{account.host}/records/record", {"authorization": f"Bearer {token}"})
        assert scene.cloud.answer(request).body == b"phi"
        scene.cloud.clock.advance(3601)
        refusal = scene.cloud.answer(request)
        assert (refusal.status, refusal.headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")
        assert "resource_id=https://storage.azure.com" in refusal.headers["www-authenticate"]


class TestNobody:
    def test_a_public_container_is_read_by_everybody_until_the_account_forbids_it(self, scene: Scene, account: Account) -> None:
        anyone = by_signature(scene)
        records = container(scene, account)
        assert refused(attempt(anyone)) == (401, "NoAuthenticationInformation")
        assert refused(lambda: records.set_container_access_policy({}, PublicAccess.BLOB)) == (409, "PublicAccessNotPermitted")
        management(scene).storage_accounts.update(GROUP, ACCOUNT, {"properties": {"allowBlobPublicAccess": True}})
        records.set_container_access_policy({}, PublicAccess.BLOB)
        assert read(anyone)() == b"phi"
        assert refused(lambda: list(anyone.get_container_client("records").list_blobs()))[0] == 401
        management(scene).storage_accounts.update(GROUP, ACCOUNT, {"properties": {"allowBlobPublicAccess": False}})
        assert refused(attempt(anyone)) == (409, "PublicAccessNotPermitted")


class TestNetworks:
    def test_default_deny_lets_in_named_addresses_and_subnets_only(self, scene: Scene, account: Account) -> None:
        subnet = f"/subscriptions/s/resourceGroups/{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/clinic"
        rules: Any = {"defaultAction": "Deny", "ipRules": [{"value": "192.0.2.0/24"}], "virtualNetworkRules": [{"id": subnet}]}
        management(scene).storage_accounts.update(GROUP, ACCOUNT, {"properties": {"networkAcls": rules}})
        assert read(by_key(scene, account, ip="192.0.2.7"))() == b"phi"
        assert read(by_key(scene, account, subnet=subnet))() == b"phi"
        assert refused(attempt(by_key(scene, account))) == (403, "AuthorizationFailure")

    def test_an_account_that_is_not_there_has_no_address(self, scene: Scene) -> None:
        client = by_signature(scene, url="https://nowhere.blob.core.windows.net")
        with pytest.raises(Exception, match="no account has the name"):
            read(client)()


def test_the_log_has_who_used_which_key_and_which_signature(scene: Scene, account: Account) -> None:
    sent = {"workspaceId": "/w", "logs": [{"category": name, "enabled": True} for name in ("StorageRead", "StorageWrite")]}
    where = f"{account.id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/audit"
    scene.cloud.resources.put(where, {"properties": sent}, "Microsoft.Insights/diagnosticSettings")
    read(by_key(scene, account, "key2"))()
    read(by_signature(scene, delegated(scene)))()
    read(by_token(scene))()
    with pytest.raises(HttpResponseError):
        read(by_signature(scene))()
    rows = [row.columns for row in scene.cloud.logs.rows("/w", "StorageBlobLogs", scene.cloud.clock.now())]
    shown = [(row["OperationName"], row["AuthenticationType"], row["AuthenticationHash"].partition("(")[0]) for row in rows]
    assert shown == [
        ("GetBlob", "AccountKey", "key2"),
        ("GetUserDelegationKey", "OAuth", ""),
        ("GetBlob", "DelegationSas", "user-delegation"),
        ("GetBlob", "OAuth", ""),
        ("GetBlob", "Anonymous", ""),
    ]
    assert rows[2]["Uri"] == f"https://{account.host}/records/record"
    assert (rows[-1]["StatusCode"], rows[-1]["StatusText"]) == (401, "NoAuthenticationInformation")
