"""The clinic on Azure as another process meets it: its people work, its thief gets in, its programs need what they need."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ClientSecretCredential, ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient
from typer.testing import CliRunner

from shared.cli.app import app
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.transport import transport

PROGRAM = "from shared.cli import main; main()"


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-c", PROGRAM, "sandbox", "azure", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == 0


def blobs(served: dict[str, Any], credential: Any, **place: str) -> BlobServiceClient:  # noqa: ANN401 - a token credential or a key
    return BlobServiceClient(
        names.BLOB_URL, credential=credential, transport=transport(served["endpoint_url"], **place), retry_total=0
    )


def read(client: BlobServiceClient) -> bytes:
    return client.get_blob_client(names.TENANTS[0], "0000.dcm").download_blob().readall()


def test_the_first_line_says_where_it_is_and_who_holds_what(served: dict[str, Any]) -> None:
    assert set(served) == {"endpoint_url", "region", "account", "tenant", "credentials", "resources"}
    assert set(served["credentials"]) == {
        "administrator",
        "responder",
        "clinician",
        "legacy",
        "thief",
        "thief-key",
        "thief-session",
    }


def test_one_enters_as_somebody_by_the_environment_that_azure_identity_reads(served: dict[str, Any], tmp_path: Path) -> None:
    printed = tmp_path / "sandbox.json"
    printed.write_text(json.dumps(served))
    answer = CliRunner().invoke(app, ["sandbox", "enter", str(printed), "responder"])
    names = {line.removeprefix("export ").partition("=")[0] for line in answer.output.splitlines()}
    assert names == {"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "CODEBLUE_AZURE_ENDPOINT"}


def test_who_enters_before_the_sandbox_has_said_where_it_is_waits_for_it(served: dict[str, Any], tmp_path: Path) -> None:
    printed = tmp_path / "sandbox.json"
    printed.touch()
    says = threading.Timer(0.3, lambda: printed.write_text(json.dumps(served)))
    says.start()
    assert "CODEBLUE_AZURE_ENDPOINT" in CliRunner().invoke(app, ["sandbox", "enter", str(printed), "responder"]).output
    says.join()


def test_each_gets_in_by_what_they_hold(served: dict[str, Any]) -> None:
    held = served["credentials"]
    viewer = {"identity": held["clinician"]["managed_identity"], "ip": held["clinician"]["ip"]}
    identity = ManagedIdentityCredential(transport=transport(served["endpoint_url"], **viewer))
    legacy = {"account_name": held["legacy"]["account_name"], "account_key": held["legacy"]["account_key"]}
    thief = held["thief"]
    stolen = ClientSecretCredential(
        served["tenant"], thief["azure_client_id"], thief["azure_client_secret"], transport=transport(served["endpoint_url"])
    )
    for credential in (identity, legacy, stolen):
        assert read(blobs(served, credential)) == b"chart 0 of cardiology"
