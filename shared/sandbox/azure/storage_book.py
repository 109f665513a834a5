"""Every storage account of the cloud: one namespace of names for everybody."""

from collections.abc import Iterator

from shared.sandbox.azure.storage_state import Account


class StorageBook:
    """Accounts by name."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(tuple(self.accounts.values()))

    def add(self, account: Account) -> Account:
        self.accounts[account.name] = account
        return account

    def of_host(self, host: str) -> Account | None:
        """The account that `NAME.blob.core.windows.net` leads to."""
        return self.accounts.get(host.partition(".")[0])

    def of_id(self, resource_id: str) -> Account | None:
        """The account with this ARM id, or a name in its place."""
        found = self.accounts.get(resource_id.rpartition("/")[2].lower())
        return found if found and resource_id.lower() in (found.id.lower(), found.name) else None
