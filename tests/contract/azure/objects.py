"""An account of charts under one encryption scope, and another scope to move them to: for the tests of a rewrite."""

from dataclasses import dataclass, field
from typing import Any

from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient

from shared.adapters.azure import names
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.objects import RIGHTS, AzureObjects
from shared.adapters.local.clock import SystemClock
from shared.domain.resource import Kind, Ref
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Migration
from shared.reencryption.result import MigrationResult, Proof
from shared.reencryption.verify import verify
from shared.sandbox.azure.directory import ServicePrincipal
from shared.sandbox.azure.roles import Role
from shared.sandbox.azure.storage_state import Account
from shared.sandbox.azure.transport import transport
from tests.contract.azure.scenes import GROUP, SCOPE, Scene
from tests.contract.azure.storage_scenes import by_key, make_account, make_key, management
from tests.contract.azure.vault_scenes import VAULT
from tests.unit.reencryption import NamingJournal

ROLE = "00000000-feed-4bad-8bad-0000000000b1"
CHARTS = "charts"
OLD, NEW, OTHER = "ward-7", "codeblue-new", "ward-8"


@dataclass
class Estate:
    """The account, a person's client of it, a responder's objects, and the journal of one rewrite."""

    scene: Scene
    account: Account
    objects: AzureObjects
    responder: ServicePrincipal
    plan: Migration
    journal: NamingJournal = field(default_factory=NamingJournal)

    @property
    def service(self) -> BlobServiceClient:
        return by_key(self.scene, self.account)

    @property
    def charts(self) -> ContainerClient:
        return self.service.get_container_client(CHARTS)

    @property
    def old(self) -> str:
        return scope_id(self.account, OLD)

    @property
    def new(self) -> str:
        return scope_id(self.account, NEW)

    def put(self, name: str, content: bytes = b"phi", **options: Any) -> str:  # noqa: ANN401 - whatever upload_blob takes
        """Store a blob under the old scope; its version id, where there are versions."""
        said: dict[str, Any] = {"overwrite": True, "encryption_scope": OLD, **options}
        return str(self.blob(name).upload_blob(content, **said).get("version_id"))

    def blob(self, name: str, **named: str) -> BlobClient:
        return self.charts.get_blob_client(name, **named)

    def content(self, name: str, **named: str) -> bytes:
        return bytes(self.blob(name, **named).download_blob().readall())

    def scope_of(self, name: str, **named: str) -> str:
        return str(self.blob(name, **named).get_blob_properties().encryption_scope)

    def configure(self, **properties: object) -> None:
        """Versioning, soft delete: what holds for every blob."""
        body: Any = {"properties": properties}
        management(self.scene).blob_services.set_service_properties(GROUP, self.account.name, body)

    def contain(self, name: str, **options: Any) -> ContainerClient:  # noqa: ANN401 - whatever create_container takes
        return self.service.create_container(name, **options)

    def migrate(self, **changes: object) -> MigrationResult:
        return migrate(self.plan.but(**changes), self.objects, self.journal, SystemClock())

    def verify(self) -> Proof:
        proof = verify(self.plan, self.objects, self.journal, SystemClock())
        assert proof is not None
        return proof

    def may(self, rights: Rights) -> None:
        """What the responder may do from now on."""
        role = Role(ROLE, "of these tests", tuple(sorted(rights.actions)), data_actions=tuple(sorted(rights.data)), custom=True)
        self.scene.cloud.rbac.definitions[ROLE] = role


def scope_id(account: Account, name: str) -> str:
    return f"{account.id.lower()}/encryptionscopes/{name}"


def estate(scene: Scene, page: int = 5000) -> Estate:
    """An empty container of charts, and three scopes under one key of the vault; the responder may do what is declared."""
    account = make_account(scene)
    version = make_key(scene, account)
    body: Any = {"properties": {"source": "Microsoft.KeyVault", "keyVaultProperties": {"keyUri": _key(version)}}}
    for name in (OLD, NEW, OTHER):
        management(scene).encryption_scopes.put(GROUP, account.name, name, body)
    _, responder = scene.cloud.entra.directory.add_application("codeblue")
    store = names.ref(Kind.BUCKET, account.id)
    plan = Migration(store=store, old=frozenset({scope_id(account, OLD)}), successor=scope_id(account, NEW), width=4)
    clients = Clients(scene.bearer(responder), transport(scene.cloud), retries=0)
    made = Estate(scene, account, AzureObjects(clients, page), responder, plan)
    made.may(RIGHTS)
    scene.cloud.rbac.assign(responder.id, ROLE, SCOPE)
    made.contain(CHARTS)
    return made


def swept(made: Estate) -> Estate:
    """The same account with nothing in it, another journal, and a responder that may do what is declared."""
    made.account.containers.clear()
    made.account.service.clear()
    made.may(RIGHTS)
    made.contain(CHARTS)
    return Estate(made.scene, made.account, AzureObjects(made.objects._clients, made.objects._page), made.responder, made.plan)


def _key(version: str) -> str:
    return f"https://{VAULT}.vault.azure.net/keys/cmk/{version}"


def ref(account: Account) -> Ref:
    return names.ref(Kind.BUCKET, account.id)
