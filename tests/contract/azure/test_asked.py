"""What is asked of Azure before a fence: the logs, the directory and the sources of alerts, with exactly the declared rights."""

from collections.abc import Callable
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_account_sas, generate_container_sas

from shared.adapters.azure import directory, evidence, log_rows, sources
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.directory import AzureDirectory
from shared.adapters.azure.evidence import AzureEvidence
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.sources import AzureSources
from shared.domain.actor import Actor, Credential
from shared.domain.errors import Absent, CloudError, Unreachable
from shared.domain.resource import Kind, Ref
from shared.domain.signal import Confirmation, Signal
from shared.intake.azure_names import principal, ref
from shared.intake.fact_azure_alerts import defender
from shared.intake.fact_azure_data import storage
from shared.intake.fact_signal import signal_of
from shared.intake.tolerant import folded
from shared.sandbox.azure import clinic_alerts
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.clinic import Hands, build
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.transport import transport
from tests.contract.azure.scenes import Bearer

ROLE = "00000000-feed-4bad-8bad-00000000000a"
SINCE = datetime.now(UTC) - timedelta(days=1)
STORE: Any = ref(names.ACCOUNT_ID)
KEY = Actor(credential=Credential.STORE_KEY, account="", access_key=names.ACCOUNT, unique_id=names.ACCOUNT)

BLOBS = f"{names.ACCOUNT_ID}/blobServices/default"
LINKS = f"{names.ACCOUNT}/user-delegation"


class Desk:
    """A clinic where everybody has been at work, and a responder with the rights that it is given."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.held = build(self.cloud).credentials
        _, self._who = self.cloud.entra.directory.add_application("asking")
        self.cloud.rbac.definitions[ROLE] = Role(ROLE, "asking", (), custom=True)
        self.cloud.rbac.assign(self._who.id, ROLE, f"/subscriptions/{names.SUBSCRIPTION}")
        self.bearer = Bearer(self.cloud, self._who)
        self.clients = Clients(self.bearer, transport(self.cloud), retries=0)
        viewer: Any = self.cloud.entra.directory.identity_of(names.IDENTITY_ID)
        self.viewer, thief = viewer.id, self.cloud.entra.directory.principals[names.EXPORT_ID]
        self.read(Bearer(self.cloud, viewer), ip=names.VIEWER_IP, subnet=names.SUBNET_ID)
        self.read(Bearer(self.cloud, thief), ip=names.THIEF_IP)
        self.read(self._pair("legacy"), ip=names.LEGACY_IP)
        self.read(self._pair("thief-key"), ip=names.THIEF_IP)
        until = datetime.now(UTC) + timedelta(hours=1)
        link = generate_account_sas(names.ACCOUNT, self.held["legacy"]["account_key"], "o", "r", until)
        self.read(link, ip="203.0.113.50")

    def _pair(self, who: str) -> dict[str, str]:
        return {name: self.held[who][name] for name in ("account_name", "account_key")}

    def read(self, credential: Any, **place: str) -> None:  # noqa: ANN401 - whatever opens a store
        client = BlobServiceClient(names.BLOB_URL, credential=credential, transport=transport(self.cloud, **place), retry_total=0)
        client.get_blob_client(names.TENANTS[0], "0000.dcm").download_blob().readall()

    def may(self, rights: Rights) -> None:
        role = self.cloud.rbac.definitions[ROLE]
        self.cloud.rbac.definitions[ROLE] = replace(role, actions=tuple(rights.actions), data_actions=tuple(rights.data))
        self._who.permissions = set(rights.graph)

    def row(self, address: str) -> dict[str, Any]:
        """The log's row of somebody's read."""
        workspace, rows = names.WORKSPACE_ID.lower(), self.cloud.logs.rows
        found = (row.columns for row in rows(workspace, "StorageBlobLogs", self.cloud.clock.now()))
        return dict(next(row for row in found if str(row["CallerIpAddress"]).startswith(address)))


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


def who(desk: Desk, actor: Actor | None = None) -> set[tuple[str, str]]:
    """Who used the store, or whom the log shows as this actor, and from where."""
    log = AzureEvidence(desk.clients)
    acts = log.by(actor, SINCE) if actor else log.on(STORE, SINCE)
    return {(a.actor.unique_id, a.source_network or a.source_address) for a in acts if a.name == "GetBlob"}


def test_the_log_tells_credentials_and_places_apart(desk: Desk) -> None:
    desk.may(evidence.RIGHTS)
    first, second = f"{names.ACCOUNT}/key1", f"{names.ACCOUNT}/key2"
    keys = {(first, names.THIEF_IP), (second, names.LEGACY_IP), (second, "203.0.113.50")}
    tokens = {(desk.viewer, names.SUBNET_ID.lower()), (names.EXPORT_ID, names.THIEF_IP)}
    assert who(desk) == keys | tokens
    assert who(desk, KEY) == keys
    assert who(desk, KEY.but(access_key=first, unique_id=first)) == {(first, names.THIEF_IP)}
    program = Actor(
        credential=Credential.SERVICE_PRINCIPAL,
        account="",
        principal=principal(Kind.SERVICE_PRINCIPAL, names.EXPORT_ID),
        unique_id=names.EXPORT_ID,
    )
    assert who(desk, program) == {(names.EXPORT_ID, names.THIEF_IP)}
    links = {a.actor.session for a in AzureEvidence(desk.clients).on(STORE, SINCE) if a.source_address == "203.0.113.50"}
    assert {len(link) for link in links} == {8}


def test_a_link_is_of_whoever_alone_asked_for_keys_to_sign_such_links_with() -> None:
    desk = Desk()
    desk.may(evidence.RIGHTS)
    linked = "203.0.113.51"
    signers = [Bearer(desk.cloud, desk.cloud.entra.directory.principals[each]) for each in (names.EXPORT_ID, desk.viewer)]
    desk.read(signed(desk, signers[0]), ip=linked)
    assert {each for each in who(desk) if each[1] == linked} == {(names.EXPORT_ID, linked)}
    signed(desk, signers[1])
    assert {each for each in who(desk) if each[1] == linked} == {(f"{names.ACCOUNT}/user-delegation", linked)}


@pytest.mark.parametrize(
    ("method", "place", "whose"),
    [
        pytest.param("DELETE", BLOBS, LINKS, id="nobody's where the log was stopped"),
        pytest.param("PUT", BLOBS, LINKS, id="nobody's where the log may have gone elsewhere"),
        pytest.param("PUT", names.VAULT_ID, names.EXPORT_ID, id="its signer's where another thing's log may have"),
    ],
)
def test_a_link_is(method: str, place: str, whose: str) -> None:
    desk = Desk()
    desk.may(evidence.RIGHTS)
    linked = "203.0.113.51"
    desk.read(signed(desk, Bearer(desk.cloud, desk.cloud.entra.directory.principals[names.EXPORT_ID])), ip=linked)
    administrator: Any = desk.cloud.entra.directory.principal_of(desk.held["administrator"]["azure_client_id"])
    setting = f"{place}/providers/Microsoft.Insights/diagnosticSettings/night"
    known = desk.cloud.resources.get(setting)["properties"]
    Hands(desk.cloud, administrator).arm(method, setting, {"properties": known})
    assert {each for each in who(desk) if each[1] == linked} == {(whose, linked)}


def signed(desk: Desk, signer: Bearer) -> str:
    """A link that somebody has signed in their own name."""
    place = transport(desk.cloud, ip=names.VIEWER_IP)
    client = BlobServiceClient(names.BLOB_URL, credential=signer, transport=place, retry_total=0)
    until = datetime.now(UTC) + timedelta(hours=1)
    key = client.get_user_delegation_key(SINCE, until)
    may = ContainerSasPermissions(read=True)
    return generate_container_sas(names.ACCOUNT, names.TENANTS[0], user_delegation_key=key, permission=may, expiry=until)


def test_what_was_done_to_a_store_is_told_by_the_activity_log(desk: Desk) -> None:
    desk.may(evidence.RIGHTS)
    acts = [a for a in AzureEvidence(desk.clients).on(STORE, SINCE) if "/" in a.name]
    assert {a.name for a in acts} >= {"microsoft.storage/storageaccounts/write"}
    assert {a.actor.credential for a in acts} == {Credential.SERVICE_PRINCIPAL}


NOT_TOLD_APART = {
    "Microsoft.Insights/logs/AZKVAuditLogs/read",
    "Microsoft.Insights/logs/StorageBlobLogs/read",
    "Microsoft.Resources/subscriptions/read",
}
"""The embedded log asks for the right to logs, not for that to one table; and who may read anything in a subscription sees it."""


@pytest.mark.parametrize("right", sorted(evidence.RIGHTS.actions - NOT_TOLD_APART))
def test_without_one_right_the_log_tells_nothing(desk: Desk, right: str) -> None:
    desk.may(Rights(evidence.RIGHTS.actions - {right}))
    log = AzureEvidence(desk.clients)
    with pytest.raises(CloudError):
        log.by(KEY, SINCE), log.on(STORE, SINCE)


def test_a_log_that_was_stopped_within_the_hour_has_told_who_works_there_and_an_older_one_has_not() -> None:
    desk = Desk()
    desk.may(evidence.RIGHTS)
    setting = f"{names.ACCOUNT_ID}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night".lower()
    assert desk.cloud.resources.drop(setting)
    assert AzureEvidence(desk.clients).recorded(STORE)
    assert {a.name for a in AzureEvidence(desk.clients).on(STORE, SINCE)} >= {"GetBlob"}
    desk.cloud.logs.forget()
    assert not AzureEvidence(desk.clients).recorded(STORE)
    with pytest.raises(Unreachable):
        AzureEvidence(desk.clients).on(STORE, SINCE)


@pytest.mark.parametrize("place", log_rows.ELSEWHERE)
def test_a_store_that_keeps_more_than_blobs_tells_too_little(desk: Desk, place: str) -> None:
    desk.may(evidence.RIGHTS)
    kind = f"Microsoft.Storage/storageAccounts/{place.replace('/default', '')}"
    kept = desk.cloud.resources.put(f"{names.ACCOUNT_ID}/{place}/wards", {"properties": {}}, kind)
    with pytest.raises(Unreachable):
        AzureEvidence(desk.clients).on(STORE, SINCE)
    desk.cloud.resources.drop(kept["id"])
    assert AzureEvidence(desk.clients).recorded(STORE)


RESOLVED: tuple[tuple[str, Callable[[Desk], Ref], Credential], ...] = (
    ("a user by sign-in name", lambda _: principal(Kind.USER, names.NURSE), Credential.ENTRA_USER),
    ("a program by object id", lambda _: principal(Kind.SERVICE_PRINCIPAL, names.EXPORT_ID), Credential.SERVICE_PRINCIPAL),
    (
        "a program by its application's id",
        lambda desk: principal(Kind.SERVICE_PRINCIPAL, f"app:{desk.held['thief']['azure_client_id']}"),
        Credential.SERVICE_PRINCIPAL,
    ),
    ("a machine's identity", lambda desk: principal(Kind.SERVICE_PRINCIPAL, desk.viewer), Credential.MANAGED_IDENTITY),
    ("a user whom a log took for a program", lambda _: principal(Kind.SERVICE_PRINCIPAL, names.NURSE_ID), Credential.ENTRA_USER),
)


@pytest.mark.parametrize(("named", "credential"), [row[1:] for row in RESOLVED], ids=[row[0] for row in RESOLVED])
def test_the_directory_knows_them_by_object_id(desk: Desk, named: Callable[[Desk], Ref], credential: Credential) -> None:
    desk.may(directory.RIGHTS)
    found = AzureDirectory(desk.clients).resolve(Actor(credential=Credential.ENTRA_USER, account="", principal=named(desk)))
    assert found.principal
    assert (found.credential, found.unique_id) == (credential, found.principal.id)


def test_nobody_is_nobody(desk: Desk) -> None:
    desk.may(directory.RIGHTS)
    lost = principal(Kind.USER, "00000000-0000-4000-8000-000000000000")
    with pytest.raises(Absent):
        AzureDirectory(desk.clients).resolve(KEY.but(principal=lost))
    assert AzureDirectory(desk.clients).resolve(KEY) == KEY


def alert(_: Desk) -> Signal:
    return signal_of(defender(folded({"properties": clinic_alerts.alert(next(iter(clinic_alerts.BY)))})), "0" * 64)


def request(desk: Desk) -> Signal:
    return signal_of(storage(folded(desk.row(names.THIEF_IP))), "0" * 64)


@pytest.mark.parametrize("told", [alert, request])
def test_a_source_bears_out_what_it_said_and_nothing_else(desk: Desk, told: Callable[[Desk], Signal]) -> None:
    desk.may(sources.RIGHTS)
    asked, said = AzureSources(desk.clients), told(desk)
    assert asked.confirm(said) is Confirmation.AGREES
    assert asked.confirm(said.but(source_address="203.0.113.1")) is Confirmation.DISAGREES
    assert asked.confirm(said.but(id="nobody-said-this")) is Confirmation.NOT_FOUND
    assert asked.confirm(said.but(id="' or true")) is Confirmation.NOT_FOUND
    desk.may(Rights())
    assert asked.confirm(said) is Confirmation.UNREACHABLE
