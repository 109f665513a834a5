"""Where the record lies on Azure: a storage account and a vault of the responder's own, everything in them by convention."""

import hashlib
import re
from dataclasses import dataclass

from shared.domain.errors import NotReady

LEDGERS = "codeblue-custody"
STATE = "codeblue-cases"
SIGNING_KEY = "codeblue-custody"
DATA_KEY = "codeblue-custody-data"


@dataclass(frozen=True, slots=True)
class Places:
    """A storage account and a vault in one resource group. Names of both are the whole world's: see `by_convention`."""

    subscription: str
    group: str
    account: str
    vault: str

    @property
    def blob_url(self) -> str:
        return f"https://{self.account}.blob.core.windows.net"

    @property
    def vault_url(self) -> str:
        return f"https://{self.vault}.vault.azure.net"

    @property
    def resources(self) -> tuple[str, ...]:
        """Identifiers of all of it: nothing may change them."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers"
        own = (f"{group}/Microsoft.Storage/storageAccounts/{self.account}", f"{group}/Microsoft.KeyVault/vaults/{self.vault}")
        return (*own, self.signing_key, self.data_key)

    @property
    def signing_key(self) -> str:
        """The key pair that signs checkpoints."""
        return f"{self.vault_url}/keys/{SIGNING_KEY}"

    @property
    def data_key(self) -> str:
        """The key that wraps the secrets of cases; another than the signing key, for keys of the vault have one use."""
        return f"{self.vault_url}/keys/{DATA_KEY}"


GROUP = re.compile(r"/subscriptions/([0-9a-f-]{36})/resourceGroups/([^/]+)", re.IGNORECASE)
STORE = re.compile(r"https://([a-z0-9]{3,24})\.blob\.core\.windows\.net/?")


def in_group(resource_group: str) -> Places:
    """The places in a resource group, by its id. Raises `NotReady` for what is none."""
    found = GROUP.fullmatch(resource_group)
    if found is None:
        raise NotReady("response.toml, [custody]: azure is a resource group, /subscriptions/S/resourceGroups/G")
    return by_convention(found[1], found[2])


def of_account(url: str) -> Places | None:
    """The places of somebody else's account, as far as its address tells them; None for what is no such address."""
    found = STORE.fullmatch(url)
    return Places("", "", found[1], "") if found else None


def by_convention(subscription: str, group: str) -> Places:
    """Names that nobody else has: both namespaces are shared by all customers, and an account's name has 24 characters at most."""
    own = hashlib.sha256(subscription.lower().encode()).hexdigest()[:12]
    return Places(subscription, group, f"cbcustody{own}", f"cb-custody-{own}")
