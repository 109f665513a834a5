"""A clinic served on loopback, its people at work in it, and the command line that answers an alert about it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas
from typer.testing import CliRunner

from shared.cli.app import app
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.clinic import Clinic, build
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.server import Server
from shared.sandbox.azure.transport import transport

EVENTS = Path(__file__).parents[3] / "events" / "azure"


class Night:
    """One clinic and everybody in it."""

    def __init__(self, url: str, cloud: Cloud, clinic: Clinic, policy: Path, patch: pytest.MonkeyPatch) -> None:
        self.cloud, self.clinic, self._url, self.policy, self._patch = cloud, clinic, url, policy, patch
        held = clinic.credentials
        self.clinician = self._client(
            ManagedIdentityCredential(transport=transport(url, identity=names.IDENTITY_ID, ip=names.VIEWER_IP)),
            ip=names.VIEWER_IP,
            subnet=names.SUBNET_ID,
        )
        self.legacy = self._client(_pair(held["legacy"]), ip=names.LEGACY_IP)
        self.thief_by_key = self._client(_pair(held["thief-key"]), ip=names.THIEF_IP)
        thief = held["thief"]
        secret = (thief["azure_tenant_id"], thief["azure_client_id"], thief["azure_client_secret"])
        self.program = ClientSecretCredential(*secret, transport=transport(url, ip=names.THIEF_IP), retry_total=0)
        self.thief_by_secret = self._client(self.program, ip=names.THIEF_IP)
        self.thief_by_session = self._client(Session(cloud, names.NURSE_ID), ip=names.THIEF_IP)

    def _client(self, credential: Any, **place: str) -> BlobServiceClient:  # noqa: ANN401 - a token credential or a key
        return BlobServiceClient(names.BLOB_URL, credential=credential, transport=transport(self._url, **place), retry_total=0)

    def enter(self, who: str) -> None:
        """The environment names this person from now on."""
        for name, value in self.clinic.credentials[who].items():
            self._patch.setenv(name.upper(), value)
        self._patch.setenv("CODEBLUE_AZURE_ENDPOINT", self._url)

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        """What the command answers: its exit code, and its line of JSON."""
        answer = CliRunner().invoke(app, [*words, "--json", "--policy", str(self.policy)])
        lines = [line for line in answer.output.splitlines() if line.startswith("{")]
        assert lines, (answer.output, answer.exception)
        found: dict[str, Any] = json.loads(lines[-1])
        return answer.exit_code, found

    def at(self, address: str, who: str) -> BlobServiceClient:
        """A client with the account key of somebody, from this address."""
        return self._client(_pair(self.clinic.credentials[who]), ip=address)

    def by_link(self, address: str, signature: str) -> BlobServiceClient:
        """A client with a link, from this address."""
        place = transport(self._url, ip=address)
        return BlobServiceClient(f"{names.BLOB_URL}?{signature}", transport=place, retry_total=0)

    def roles(self, who: str) -> list[str]:
        """The roles that somebody has, as everybody believes now."""
        return [held.role_id for held in self.cloud.rbac.current() if held.principal_id == who]

    def list_keys(self) -> dict[str, str]:
        """The program has the account's keys shown, as its role lets it."""
        place = transport(self._url, ip=names.THIEF_IP)
        client = StorageManagementClient(self.program, names.SUBSCRIPTION, transport=place, retry_total=0)
        shown = client.storage_accounts.list_keys(names.GROUP, names.ACCOUNT).keys_property or ()
        return {str(key.key_name): str(key.value) for key in shown}

    def may_sign_in(self, user: str) -> bool:
        return self.cloud.entra.directory.users[user].enabled

    def wrapped(self) -> dict[str, tuple[str, str]]:
        """By the account and each of its scopes: the version of the key that it is told (none: the newest), and the one in use."""
        held = self.cloud.storage.accounts[names.ACCOUNT]
        found = {names.ACCOUNT: held.wrapping} | {name: scope.wrapping for name, scope in held.scopes.items()}
        return {name: (each.version, each.current) for name, each in found.items() if each}

    def forget_log(self) -> None:
        """The store's log has been off for long."""
        self.cloud.logs.forget()
        for name in [name for name in self.cloud.resources.by_id if "/blobservices/default/providers/microsoft.insights/" in name]:
            del self.cloud.resources.by_id[name]

    def respond(self, event: str, *more: str) -> tuple[int, dict[str, Any]]:
        return self.run("respond", str(EVENTS / event), "--render", *more)


class Session:
    """A person's tokens, as a browser's session has them."""

    def __init__(self, cloud: Cloud, user: str) -> None:
        self._cloud, self._user = cloud, cloud.entra.directory.users[user]

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        token = self._cloud.entra.issue(self._user, scopes[0].removesuffix("/.default"), 3600)
        return AccessToken(token.text, int(token.caller.expires))


def _pair(held: dict[str, str]) -> dict[str, str]:
    return {"account_name": held["account_name"], "account_key": held["account_key"]}


def signed(client: BlobServiceClient) -> str:
    """A link to the charts, signed in the name of whoever the client is of."""
    begun = datetime.now(UTC) - timedelta(minutes=5)
    key, may = client.get_user_delegation_key(begun, begun + timedelta(hours=2)), ContainerSasPermissions(read=True)
    until = begun + timedelta(hours=2)
    return generate_container_sas(names.ACCOUNT, names.TENANTS[0], user_delegation_key=key, permission=may, expiry=until)


def read(client: BlobServiceClient, tenant: str = names.TENANTS[0]) -> bytes:
    """One chart."""
    return client.get_blob_client(tenant, "0000.dcm").download_blob().readall()


CHART = b"chart 0 of cardiology"


@contextmanager
def night(policy: Path, text: str) -> Iterator[Night]:
    """A clinic in which everybody has been at work, and the policy of its responder, who is named by the environment."""
    cloud = Cloud()
    clinic = build(cloud)
    policy.write_text(text)
    with Server(cloud) as server, pytest.MonkeyPatch.context() as patch:
        scene = Night(server.endpoint_url, cloud, clinic, policy, patch)
        scene.enter("responder")
        assert {read(scene.clinician), read(scene.legacy)} == {CHART}
        yield scene


@contextmanager
def at_work(*clients: BlobServiceClient) -> Iterator[list[str]]:
    """These go on reading all the time; whatever fails is in the list."""
    failures: list[str] = []
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.25):
            for client in clients:
                try:
                    read(client)
                except HttpResponseError as error:
                    failures.append(str(error))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield failures
    finally:
        done.set()
        worker.join()


def claims(summary: dict[str, Any]) -> dict[str, datetime]:
    """By facet, when what was taken away is said to be dead at the latest."""
    found = [c for wave in summary["waves"] for c in wave["changes"] if "dead_by" in c]
    return {c["facet"]: datetime.fromisoformat(c["dead_by"]) for c in found}


def changes(summary: dict[str, Any], status: str) -> set[tuple[str, str]]:
    """Action and facet of every change with this status."""
    return {(c["action"], c["facet"]) for wave in summary["waves"] for c in wave["changes"] if c["status"] == status}
