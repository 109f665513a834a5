"""Who used a version of a key, as its vault's log tells it; and what stays under a version whatever is used since."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pytest
from azure.keyvault.keys.crypto import EncryptionAlgorithm

from shared.adapters.azure.facets import Rights
from shared.adapters.azure.kept_copies import RELATIONS
from shared.adapters.azure.traffic import RIGHTS, AzureTraffic
from shared.adapters.memory.clock import MemoryClock
from shared.containment import needs
from shared.containment.needs import Known
from shared.domain.errors import CloudError, Unreachable
from shared.domain.facet import EncryptedWith, KeyState
from shared.domain.resource import Kind, Ref
from shared.ports import Relation, Uses
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.vault_log import Use, record
from shared.sandbox.azure.vault_state import Vault
from shared.sandbox.azure.workspaces import add_workspace
from tests.contract.azure.scenes import GROUP, SCOPE, Arm
from tests.contract.azure.vault_scenes import VAULT, cryptography
from tests.contract.azure.world_scenes import OK, staged

WORKSPACE = f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.OperationalInsights/workspaces/night"
SETTINGS = "Microsoft.Insights/diagnosticSettings"
MONTH = timedelta(days=30)


class Watched:
    """A vault that sends its log since long ago, and a store under the first of two versions of a key."""

    def __init__(self) -> None:
        self.stage = staged()
        add_workspace(self.cloud, WORKSPACE)
        self.key  # noqa: B018 - the vault is made with it
        self.sends(on=True)
        self.cloud.activity.age(SETTINGS, 2 * MONTH.total_seconds())
        self.store, self.second = self.stage.wrapped()

    @property
    def cloud(self) -> Cloud:
        return self.stage.scene.cloud

    @property
    def vault(self) -> Vault:
        found = self.cloud.vaults.of_host(VAULT)
        assert found
        return found

    @cached_property
    def key(self) -> Ref:
        first, _ = self.stage.versions
        address = f"{first.vault_url}/keys/{first.name}/{first.version}"
        return self.stage.key().but(id=address)

    def sends(self, *, on: bool, to: str | None = "Dedicated") -> None:
        """Switch the vault's log on or off; `to` a table of its own, or the one of all services."""
        place = f"{self.vault.id}/providers/{SETTINGS}/night"
        kept = {"workspaceId": WORKSPACE, "logs": [{"category": "AuditEvent", "enabled": True}]}
        log = {"properties": {**kept, "logAnalyticsDestinationType": to}}
        assert Arm(self.stage.scene)("PUT" if on else "DELETE", place, log if on else None)[0] == OK

    def used(self, caller: str = "", app: str = "", version: str | None = None, status: int = 200) -> None:
        """Somebody opened something with this version (empty: naming none), and the log has it."""
        name, _, first = self.key.id.rpartition("/")
        chosen = first if version is None else version
        path = f"{name}/{chosen}" if chosen else name
        code = "OK" if status == OK else "Forbidden"
        use = Use("KeyUnwrap", f"{path}/unwrapkey?api-version=7.4", caller, app, "10.0.0.9", status, code)
        record(self.cloud, self.vault, use, self.cloud.clock.now())

    def uses(self) -> Uses:
        return AzureTraffic(self.stage.clients, MemoryClock()).uses(self.key, datetime.now(UTC) - MONTH)

    @property
    def account(self) -> str:
        """The object id of the store's own identity."""
        identity = self.cloud.entra.directory.identity_of(self.store.id)
        assert identity
        return identity.id


@pytest.fixture(scope="module")
def watched() -> Watched:
    return Watched()


@pytest.fixture(autouse=True)
def silent(watched: Watched) -> None:
    """Nothing is on record yet."""
    watched.cloud.logs.forget()
    watched.stage.everything()


def test_a_store_uses_its_key_as_a_service_and_for_itself(watched: Watched) -> None:
    watched.used(watched.account)
    (use,) = watched.uses().found
    assert (use.within, use.act.by_service, use.by_alias, use.act.actor.unique_id) == (
        watched.store.id,
        True,
        False,
        watched.account,
    )


def test_somebody_who_opens_something_with_a_version_is_told_by_name_and_what_it_was_for_is_not_believed(watched: Watched) -> None:
    client = cryptography(watched.stage.scene, watched.key.id)
    watched.cloud.rbac.assign(watched.stage.scene.owner.id, "Key Vault Crypto User", watched.vault.id)
    wrapped = client.encrypt(EncryptionAlgorithm.rsa_oaep, b"k").ciphertext
    assert client.decrypt(EncryptionAlgorithm.rsa_oaep, wrapped).plaintext == b"k"
    (use,) = [use for use in watched.uses().found if use.act.name == "KeyDecrypt"]
    assert (use.act.actor.unique_id, use.act.by_service, use.within) == (watched.stage.scene.owner.id, False, "")


def test_what_is_alike_is_counted(watched: Watched) -> None:
    for _ in range(3):
        watched.used("00000000-dddd-4ddd-8ddd-000000000001")
        watched.cloud.clock.advance(1)
    assert sum(use.times for use in watched.uses().found) == 3


def test_another_versions_uses_are_not_this_ones_and_one_that_names_none_is(watched: Watched) -> None:
    watched.used(watched.account, version=watched.second.rpartition("/")[2])
    assert watched.uses().found == ()
    watched.used(watched.account, version="")
    (use,) = watched.uses().found
    assert use.by_alias


def test_an_identity_that_others_may_have_is_the_services_only_in_its_own_application(watched: Watched) -> None:
    watched.used("00000000-dddd-4ddd-8ddd-000000000002", app="e406a681-f3d4-42a8-90b6-c2b029497af1")
    (use,) = watched.uses().found
    assert (use.act.by_service, use.within) == (False, "")


def known(watched: Watched, at: datetime) -> Known:
    return Known((), (), frozenset(), (), {watched.store.id: at}, frozenset(), frozenset())


def test_a_use_before_everything_was_wrapped_anew_is_explained_and_one_after_it_is_not(watched: Watched) -> None:
    watched.used(watched.account)
    found = watched.uses().found
    assert needs.unexplained(found, known(watched, datetime.now(UTC) + timedelta(minutes=1))) == ()
    assert needs.unexplained(found, known(watched, datetime.now(UTC) - MONTH)) == found


def test_a_refused_use_opened_nothing(watched: Watched) -> None:
    watched.used("00000000-dddd-4ddd-8ddd-000000000003", status=403)
    assert needs.unexplained(watched.uses().found, known(watched, datetime.now(UTC))) == ()


def test_the_log_reaches_up_to_its_newest_row_whatever_that_is_of(watched: Watched) -> None:
    watched.stage.world.look(watched.key, KeyState)
    assert watched.uses().through > datetime.now(UTC) - MONTH / 2
    assert watched.uses().found == ()


def test_a_key_that_nothing_was_proved_to_have_left_is_needed_though_its_log_shows_no_use() -> None:
    now = datetime.now(UTC)
    nobody = Known((), (), frozenset(), (), {}, frozenset(), frozenset())
    assert list(needs.of_uses(Uses((), whole=True, through=now), nobody, None)) == [needs.UNPROVED]
    assert list(needs.of_uses(Uses((), whole=True, through=now), nobody, now)) == []


class TestALogThatMayNotHaveAll:
    @pytest.fixture(autouse=True)
    def again(self, watched: Watched) -> object:
        yield
        watched.sends(on=True)
        watched.cloud.activity.age(SETTINGS, 2 * MONTH.total_seconds())

    def test_says_nothing_where_it_is_sent_nowhere(self, watched: Watched) -> None:
        watched.sends(on=False)
        watched.cloud.activity.age(SETTINGS, 2 * MONTH.total_seconds())
        with pytest.raises(Unreachable, match="sent to no workspace"):
            watched.uses()

    def test_says_nothing_where_its_rows_go_to_the_table_of_all_services(self, watched: Watched) -> None:
        watched.sends(on=True, to=None)
        watched.cloud.activity.age(SETTINGS, 2 * MONTH.total_seconds())
        watched.used(watched.account)
        with pytest.raises(Unreachable, match="not to a table of its own"):
            watched.uses()

    def test_says_nothing_where_it_is_empty(self, watched: Watched) -> None:
        with pytest.raises(Unreachable, match="nothing at all"):
            watched.uses()

    def test_says_nothing_where_it_was_off_in_between(self, watched: Watched) -> None:
        watched.sends(on=False)
        watched.sends(on=True)
        with pytest.raises(Unreachable, match="was changed"):
            watched.uses()


KEPT: Mapping[str, Callable[[str], tuple[tuple[str, Mapping[str, object]], ...]]] = {
    "a recovery vault": lambda key: (
        ("Microsoft.RecoveryServices/vaults/ours", {"encryption": {"keyVaultProperties": {"keyUri": key.rpartition("/")[0]}}}),
    ),
    "a backup vault": lambda key: (
        (
            "Microsoft.DataProtection/backupVaults/ours",
            {"securitySettings": {"encryptionSettings": {"keyVaultProperties": {"keyUri": key}}}},
        ),
    ),
    "a server whose long-term backups may need it": lambda key: (
        ("Microsoft.Sql/servers/ours", {}),
        ("Microsoft.Sql/servers/ours/keys/one", {"serverKeyType": "AzureKeyVault", "uri": key}),
        ("Microsoft.Sql/servers/ours/keys/own", {"serverKeyType": "ServiceManaged"}),
    ),
}


@pytest.mark.parametrize("there", KEPT.values(), ids=KEPT)
def test_what_keeps_copies_under_it_is_told(
    watched: Watched, there: Callable[[str], tuple[tuple[str, Mapping[str, object]], ...]]
) -> None:
    made = [(f"{SCOPE}/resourceGroups/{GROUP}/providers/{name}", held) for name, held in there(watched.key.id)]
    for place, held in made:
        kind = place.partition("/providers/")[2]
        steps = kind.split("/")
        watched.cloud.resources.put(place, {"properties": dict(held)}, "/".join([steps[0], *steps[1::2]]))
    try:
        assert [ref.id for ref in watched.stage.world.related(watched.key, Relation.LISTED)] == [made[0][0].lower()]
    finally:
        for place, _ in made:
            watched.cloud.resources.drop(place)
    assert watched.stage.world.related(watched.key, Relation.LISTED) == ()


def test_disks_on_their_way_to_another_version_still_need_the_one_before(watched: Watched) -> None:
    disks, second = watched.stage.disks()
    watched.cloud.delays.disk_rewrap = 600
    watched.stage.world.write(disks, [EncryptedWith(key=second)])
    assert watched.stage.world.related(watched.key, Relation.LISTED) == (disks,)
    watched.cloud.clock.advance(601)
    assert watched.stage.world.related(watched.key, Relation.LISTED) == ()


def asked(watched: Watched) -> None:
    watched.uses()
    watched.stage.world.related(watched.key, Relation.LISTED)


ALL = RIGHTS | RELATIONS[Kind.KEY, Relation.LISTED].reads


UNASKED = {"Microsoft.Resources/subscriptions/read", "Microsoft.Insights/logs/AZKVAuditLogs/read"}
"""Who lacks the first is shown an empty list of subscriptions; the second is of one table, and of the service alone."""


@pytest.mark.parametrize("action", sorted(ALL.actions - UNASKED))
def test_each_right_is_needed_and_all_are_enough(watched: Watched, action: str) -> None:
    watched.used(watched.account)
    for name in ("servers", "managedInstances"):
        watched.cloud.resources.put(
            f"{SCOPE}/resourceGroups/{GROUP}/providers/Microsoft.Sql/{name}/all", {"properties": {}}, f"Microsoft.Sql/{name}"
        )
    watched.stage.may(ALL)
    asked(watched)
    watched.stage.may(Rights(ALL.actions - {action}, ALL.data))
    with pytest.raises(CloudError):
        asked(watched)
