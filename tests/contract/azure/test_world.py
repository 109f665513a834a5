"""The laws of every facet on Azure: written it is so, twice is once, taken back it is as before, and no right is asked in vain."""

from collections.abc import Callable, Iterator
from copy import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure import activity, names
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.world import FACETS, NOTHING, RELATIONS
from shared.domain.errors import Absent, CloudError, Refused, Throttled, Unreachable
from shared.domain.facet import (
    DenyAll,
    EncryptedWith,
    Facet,
    HandedOut,
    KeyState,
    PurgeProtection,
    ReplicationRule,
    Rotated,
    SharedKeyAccess,
    StoredAccess,
    StoreKey,
    SuccessorApart,
    Versioning,
)
from shared.domain.resource import PRINCIPALS, Kind, Ref
from shared.ports import Relation
from shared.sandbox.azure.faults import Fault
from tests.contract.azure.estate_scenes import disk
from tests.contract.azure.scenes import SUBSCRIPTION
from tests.contract.azure.vault_scenes import VAULT, keys
from tests.contract.azure.world_scenes import ROWS, Row, Stage, staged

OF_DIRECTORY = PRINCIPALS | {Kind.SIGN_IN_RULE}


@pytest.fixture(scope="module")
def stage() -> Stage:
    return staged()


def now(stage: Stage, target: Ref, wanted: Facet) -> Facet | None:
    return next((each for each in stage.world.look(target, type(wanted)) if each.part == wanted.part), wanted.absent)


def test_every_facet_has_a_row() -> None:
    stage = staged()
    asked = {(target.kind, type(wanted)) for target, wanted in (row.scene(stage) for row in ROWS)}
    assert asked == {slot for slot in FACETS if slot[0] not in OF_DIRECTORY}, "those of the directory have rows of their own"


def logged(stage: Stage, request_id: str) -> bool:
    """Whether the sandbox answered this call, and the activity log knows it as the receipt does."""
    number, _, what = request_id.partition(".")
    events = (e for e in stage.scene.cloud.activity.seen(SUBSCRIPTION) if e["correlationId"] == number)
    known = {activity.told(event).request_id for event in events}
    return bool(stage.scene.cloud.calls.find(number)) and known == ({request_id} if what else set())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_write_makes_it_so_and_its_inverse_makes_it_as_it_was(stage: Stage, row: Row) -> None:
    target, wanted = row.scene(stage)
    before = now(stage, target, wanted)
    assert not wanted.satisfied_by(before)
    receipt = stage.world.write(target, [wanted])
    assert receipt.notes == ()
    assert all(logged(stage, each) for each in receipt.request_ids)
    assert receipt.request_ids
    after = now(stage, target, wanted)
    assert wanted.satisfied_by(after)
    stage.world.write(target, [wanted])
    assert now(stage, target, wanted) == after
    if row.undone:
        assert before
        stage.world.write(target, [before])
        assert now(stage, target, wanted) == before


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_what_is_declared_is_enough_and_none_of_it_in_vain(stage: Stage, row: Row) -> None:
    stage.everything()
    target, wanted = row.scene(stage)
    adapter = FACETS[target.kind, type(wanted)]
    try:
        stage.may(adapter.reads)
        stage.world.look(target, type(wanted))
        for less in _less(adapter.reads, spared=SHOWN):
            stage.may(less)
            with pytest.raises(Refused):
                stage.world.look(target, type(wanted))
        for number, less in enumerate(_less(adapter.writes, spared=SOMETIMES)):
            stage.may(less)
            with pytest.raises(Refused):
                stage.world.write(target, [_anew(wanted, number)])
        stage.may(adapter.writes)
        stage.world.write(target, [wanted])
    finally:
        stage.everything()


def _anew(wanted: Facet, number: int) -> Facet:
    """What is made in steps goes on where it was broken off: each try is another case's."""
    return wanted.but(case=f"{wanted.case}-{number}") if isinstance(wanted, SuccessorApart) else wanted


def _less(rights: Rights, spared: frozenset[str] = frozenset()) -> Iterator[Rights]:
    for action in rights.actions - spared:
        yield Rights(rights.actions - {action}, rights.data)
    for action in rights.data - spared:
        yield Rights(rights.actions, rights.data - {action})


SHOWN = frozenset({"Microsoft.Resources/subscriptions/read"})
"""Without it a listing is shorter, and no call refused."""

SOMETIMES = SHOWN | frozenset(
    {
        "Microsoft.KeyVault/vaults/keys/recover/action",
        "Microsoft.KeyVault/vaults/keys/read",
        "Microsoft.ManagedServices/registrationAssignments/write",
        "Microsoft.Storage/storageAccounts/objectReplicationPolicies/write",
    }
)
"""What only some writes take: of a deleted key, of a set that follows the newest version, of one replication rule of several;
and taking back."""


class TestRelations:
    def test_a_store_and_its_scope_hang_on_their_key_whichever_version(self, stage: Stage) -> None:
        scope, second = stage.scoped()
        store = names.ref(Kind.BUCKET, scope.id.rpartition("/encryptionscopes/")[0])
        key = names.ref(Kind.KEY, second, scope.account)
        assert {store, scope} <= set(stage.world.related(key, Relation.DEPENDANTS))
        assert stage.world.related(stage.key(), Relation.DEPENDANTS) == ()
        (used,) = stage.world.related(store, Relation.KEYS)
        assert used.id.rpartition("/")[0] == second.rpartition("/")[0]
        assert used.id != second

    def test_a_key_lies_in_its_vault_whichever_version(self, stage: Stage) -> None:
        key = stage.key()
        (vault,) = stage.world.related(key, Relation.VAULTS)
        assert (vault.kind, vault.name) == (Kind.KEY_VAULT, VAULT)
        assert stage.world.related(key.but(id=key.id.replace(VAULT, "elsewhere")), Relation.VAULTS) == ()

    def test_what_is_declared_for_following_them_is_enough(self, stage: Stage) -> None:
        scope, second = stage.scoped()
        try:
            # who is in a group: test_group_roles
            asked = {slot: each for slot, each in RELATIONS.items() if each is not NOTHING and slot[0] is not Kind.GROUP}
            for (_, relation), adapter in asked.items():
                stage.may(adapter.reads)
                start = names.ref(Kind.KEY, second, scope.account)
                if relation is Relation.KEYS:
                    start = names.ref(Kind.BUCKET, scope.id.rpartition("/encryptionscopes/")[0])
                found = stage.world.related(start, relation)
                assert found or relation is Relation.LISTED, "of this key nobody keeps a copy"
        finally:
            stage.everything()


_MAKERS: dict[Kind, Callable[[Stage], Ref]] = {
    Kind.BUCKET: Stage.store,
    Kind.KEY_VAULT: Stage.vault,
    Kind.KEY: Stage.key,
    Kind.VOLUME: lambda stage: disk(stage)[0],
}


class TestRefusals:
    def test_taking_one_policy_away_leaves_the_others_and_public_access(self, stage: Stage) -> None:
        store, wanted = stage.handed_out()
        stage.world.write(store, [wanted])
        (left,) = stage.world.look(store, StoredAccess)
        held = stage.scene.cloud.storage.accounts[store.name].containers["charts"]
        assert (left.name, held.public) == ("ward", "blob")

    def test_one_replication_rule_goes_and_the_other_stays(self, stage: Stage) -> None:
        store, wanted = stage.replicated("charts", "scans")
        stage.world.write(store, [wanted])
        (left,) = stage.world.look(store, ReplicationRule)
        assert left.part != wanted.part
        with pytest.raises(Refused):
            stage.world.write(store, [left.but(enabled=True)])

    def test_disks_follow_the_newest_version_again_after_the_proof(self, stage: Stage) -> None:
        disks, second = stage.disks()
        for wanted in (EncryptedWith(key=second), EncryptedWith(key=second, follows=True)):
            stage.world.write(disks, [wanted])
            assert stage.world.look(disks, EncryptedWith) == (wanted,)
        assert disks in stage.world.related(names.ref(Kind.KEY, second, disks.account), Relation.DEPENDANTS)
        with pytest.raises(Refused):
            stage.world.write(disks, [EncryptedWith(key="")])

    @pytest.mark.parametrize("scene", [Stage.wrapped, Stage.scoped], ids=["a store", "a scope"])
    def test_a_version_is_proved_by_its_id_and_followed_from_then_on(
        self, stage: Stage, scene: Callable[[Stage], tuple[Ref, str]]
    ) -> None:
        store, second = scene(stage)
        (before,) = stage.world.look(store, EncryptedWith)
        wanted = EncryptedWith(key=second, follows=True)
        stage.world.write(store, [EncryptedWith(key=second)])  # as a worker leaves it that dies between the two
        assert not wanted.satisfied_by(next(iter(stage.world.look(store, EncryptedWith))))
        receipt = stage.world.write(store, [wanted])
        assert (len(receipt.request_ids), receipt.notes) == (2, ())
        assert stage.world.look(store, EncryptedWith) == (wanted,)
        with pytest.raises(Refused, match="newer"):  # to follow is to be under the newest
            stage.world.write(store, [before.but(follows=True)])
        stage.world.write(store, [before])
        assert stage.world.look(store, EncryptedWith) == (before,)

    def test_no_key_is_named_without_its_version(self, stage: Stage) -> None:
        for target, second in (stage.wrapped(), stage.scoped(), stage.disks()):
            with pytest.raises(Refused):
                stage.world.write(target, [EncryptedWith(key=second.rpartition("/")[0])])

    @pytest.mark.parametrize(
        ("kind", "wanted"),
        [
            pytest.param(Kind.BUCKET, StoreKey(name="key1", since=None), id="an old value of a key does not come back"),
            pytest.param(Kind.BUCKET, Versioning(status=""), id="versions can only be suspended"),
            pytest.param(Kind.KEY_VAULT, PurgeProtection(on=False), id="purge protection stays"),
            pytest.param(Kind.VOLUME, HandedOut(on=True), id="no link is made by the program"),
            pytest.param(Kind.KEY, Rotated(since=None), id="a rotation is not undone"),
            pytest.param(Kind.KEY, KeyState(enabled=False, deletion_pending=True), id="no key is deleted by the program"),
            pytest.param(Kind.BUCKET, DenyAll(on=True), id="a store has no deny-all"),
        ],
    )
    def test_what_can_not_be_is_refused_before_anything_is_asked(self, stage: Stage, kind: Kind, wanted: Facet) -> None:
        made = _MAKERS[kind](stage)
        with pytest.raises(Refused):
            stage.world.write(made, [wanted])

    def test_a_stores_key_is_made_anew_although_its_other_one_is_newer(self, stage: Stage) -> None:
        store = stage.store()
        held = stage.scene.cloud.storage.accounts[store.name].keys
        before, since = held["key2"].value, datetime.now(UTC) - timedelta(milliseconds=1)
        held["key2"] = replace(held["key2"], created=held["key2"].created - 60)
        stage.world.write(store, [StoreKey(name="key1", since=since)])
        stage.world.write(store, [StoreKey(name="key2", since=since)])
        assert held["key2"].value != before

    def test_a_deleted_key_is_taken_out_of_deletion_before_it_is_switched(self, stage: Stage) -> None:
        key = stage.key()
        keys(stage.scene).begin_delete_key(names.key(key.id).name).wait()
        assert stage.world.look(key, KeyState) == (KeyState(enabled=False, deletion_pending=True),)
        stage.world.write(key, [KeyState(enabled=False, deletion_pending=False)])
        assert stage.world.look(key, KeyState) == (KeyState(enabled=False, deletion_pending=False),)

    def test_a_store_that_never_had_versions_is_none_where_they_were_switched_off(self, stage: Stage) -> None:
        assert stage.world.look(stage.store(), Versioning) == ()

    def test_what_is_gone_is_absent(self, stage: Stage) -> None:
        gone = stage.store().but(id=f"{stage.store().id}x")
        with pytest.raises(Absent):
            stage.world.look(gone, SharedKeyAccess)

    @pytest.mark.parametrize(
        ("fault", "meaning"),
        [
            pytest.param(Fault("throttle", times=9), Throttled, id="later"),
            pytest.param(Fault("error", status=500, times=9), Throttled, id="the service's own fault"),
            pytest.param(Fault("drop", times=9), Unreachable, id="no answer"),
        ],
    )
    def test_what_goes_wrong_is_said_in_the_domains_words(self, stage: Stage, fault: Fault, meaning: type[CloudError]) -> None:
        store = stage.store()
        number = stage.scene.cloud.faults.add(fault)
        with pytest.raises(meaning) as error:
            stage.world.look(store, SharedKeyAccess)
        stage.scene.cloud.faults.remove(number)
        assert store.id not in str(error.value)
