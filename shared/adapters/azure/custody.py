"""The record on Azure, opened and made for whoever the environment names."""

from dataclasses import dataclass

from shared.adapters.azure import environment
from shared.adapters.azure.cases import BlobCases
from shared.adapters.azure.custody_init import init
from shared.adapters.azure.custody_places import in_group, of_account
from shared.adapters.azure.documents import Documents
from shared.adapters.azure.keyring import VaultKeyring
from shared.adapters.azure.ledgers import AppendSink
from shared.adapters.azure.signer import VaultSigner
from shared.ports import Clock
from shared.settings import CustodyPlaces


@dataclass(frozen=True, slots=True)
class Opened:
    """What keeps the record; `resources` are the identifiers of all of it."""

    sink: AppendSink
    signer: VaultSigner
    keyring: VaultKeyring
    cases: BlobCases
    resources: tuple[str, ...]


def opened(named: CustodyPlaces, clock: Clock) -> Opened:
    """The record in the resource group that the policy names. Raises `NotReady` where it is absent or could be altered."""
    at, clients = in_group(named.azure), environment.clients()
    sink, documents = AppendSink(clients, at), Documents(clients, at)
    sink.ready()
    signer, keyring = VaultSigner(clients, at.signing_key), VaultKeyring(clients, documents, at.data_key)
    return Opened(sink, signer, keyring, BlobCases(documents, clock), at.resources)


def made(named: CustodyPlaces) -> dict[str, str]:
    """Make the places, or what is missing of them; what is where."""
    at = in_group(named.azure)
    return init(environment.clients(), at, environment.tenant(), named.azure_region, named.retention_days)


def watching(url: str) -> AppendSink | None:
    """Somebody's account as a place for heads of other records, by its address; None for what is no such address."""
    account = of_account(url)
    return AppendSink(environment.clients(), account) if account else None
