"""The SDKs' models, read by many threads at once for the first time."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

READ = """
import sys, threading
sys.setswitchinterval(1e-7)
from azure.mgmt.keyvault import KeyVaultManagementClient, models
from azure.mgmt.keyvault._utils.model_base import _deserialize
from azure.identity import EnvironmentCredential
from shared.adapters.azure.clients import Clients

Clients(EnvironmentCredential()).vaults("5e4f1ce0-0000-4000-8000-000000000001")
together, plain = threading.Barrier(24), []

def read():
    together.wait()
    try:
        (vault,) = _deserialize(list[models.Vault], [{"properties": {"vaultUri": "https://v"}}])
        vault.properties.vault_uri
    except AttributeError:
        plain.append(1)

threads = [threading.Thread(target=read) for _ in range(24)]
[each.start() for each in threads]
[each.join() for each in threads]
print(len(plain))
"""


@pytest.mark.parametrize("attempt", range(2))
def test_a_model_that_many_threads_are_the_first_to_read_is_no_plain_dictionary(attempt: int) -> None:
    said = subprocess.run([sys.executable, "-c", READ], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "0"
