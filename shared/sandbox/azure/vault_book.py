"""Every key vault of the cloud, living or deleted: one namespace for all subscriptions."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.sandbox.azure.vault_state import DAY, Key, KeyVersion, Vault


@dataclass(slots=True)
class DeletedVault:
    """A vault in its soft-deleted state."""

    vault: Vault
    at: float

    @property
    def purged_at(self) -> float:
        return self.at + self.vault.retention * DAY


class VaultBook:
    """Vaults by name; a name is taken until its vault is purged."""

    def __init__(self) -> None:
        self.living: dict[str, Vault] = {}
        self.deleted: dict[str, DeletedVault] = {}
        self.backups: dict[str, Key] = {}

    def add(self, vault: Vault) -> Vault:
        self.living[vault.name.lower()] = vault
        return vault

    def __iter__(self) -> Iterator[Vault]:
        return iter(tuple(self.living.values()))

    def of_host(self, host: str) -> Vault | None:
        """The vault that a host name or a vault's address leads to."""
        return self.living.get(host.removeprefix("https://").split(".")[0].lower())

    def find(self, vault_uri: str, name: str, version: str = "") -> tuple[Vault, Key, KeyVersion] | None:
        """A key's version by its vault's address and its name; the current one where no version is named."""
        vault = self.of_host(vault_uri)
        key = vault.keys.get(name.lower()) if vault else None
        found = (key.versions.get(version) if version else key.current) if key else None
        return (vault, key, found) if vault and key and found else None

    def tend(self, now: float) -> None:
        """Let go of what has been deleted long enough; rotate what is due."""
        for name in [name for name, each in self.deleted.items() if each.purged_at <= now]:
            del self.deleted[name]
        for vault in self.living.values():
            vault.tend(now)
