"""Where the record lies on Azure: a storage account and a vault of the responder's own, everything in them by convention."""

import hashlib
from dataclasses import dataclass

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
    def signing_key(self) -> str:
        """The key pair that signs checkpoints."""
        return f"{self.vault_url}/keys/{SIGNING_KEY}"

    @property
    def data_key(self) -> str:
        """The key that wraps the secrets of cases; another than the signing key, for keys of the vault have one use."""
        return f"{self.vault_url}/keys/{DATA_KEY}"


def by_convention(subscription: str, group: str) -> Places:
    """Names that nobody else has: both namespaces are shared by all customers, and an account's name has 24 characters at most."""
    own = hashlib.sha256(subscription.lower().encode()).hexdigest()[:12]
    return Places(subscription, group, f"cbcustody{own}", f"cb-custody-{own}")
