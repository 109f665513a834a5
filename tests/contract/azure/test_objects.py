"""A rewrite over HTTP against the Blob service's rules: what stays, and with which reason; what it takes; what it never does."""

from collections.abc import Callable
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import BlobBlock, BlobType, ContainerEncryptionScope, ImmutabilityPolicy, StandardBlobTier

from shared.adapters.azure import blob_seen
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.objects import RIGHTS, AzureObjects
from shared.adapters.local.clock import SystemClock
from shared.domain.errors import CloudError
from shared.ports.objects import Facts
from shared.reencryption.by_parts import Shared, open_parts, work
from shared.reencryption.lanes import Lane, Reason
from tests.contract.azure.objects import CHARTS, NEW, OLD, Estate, estate, swept
from tests.contract.azure.scenes import GROUP, Arm, Scene
from tests.contract.azure.storage_scenes import management
from tests.contract.shelves import waiting
from tests.unit.reencryption import NamingJournal

UNTIL = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture(scope="module")
def made() -> Estate:
    return estate(Scene())


@pytest.fixture
def charts(made: Estate) -> Estate:
    return swept(made)


def _snapshot(charts: Estate) -> None:
    charts.put("jane")
    charts.blob("jane").create_snapshot()
    charts.put("jane", encryption_scope=NEW)


def _deleted(charts: Estate) -> None:
    charts.configure(deleteRetentionPolicy={"enabled": True, "days": 7})
    charts.put("jane")
    charts.blob("jane").delete_blob()


def _leased(charts: Estate) -> None:
    charts.put("jane")
    charts.blob("jane").acquire_lease()


def _in_a_container(charts: Estate, **options: object) -> None:
    charts.contain("kept", **options).upload_blob("jane", b"phi", encryption_scope=OLD)


def _held(charts: Estate) -> None:
    _in_a_container(charts)
    body: Any = {"tags": ["court7"]}
    management(charts.scene).blob_containers.set_legal_hold(GROUP, charts.account.name, "kept", body)


def _retained(charts: Estate) -> None:
    _in_a_container(charts)
    body: Any = {"properties": {"immutabilityPeriodSinceCreationInDays": 30}}
    management(charts.scene).blob_containers.create_or_update_immutability_policy(GROUP, charts.account.name, "kept", body)


def _version_retained(charts: Estate, mode: str) -> None:
    charts.configure(isVersioningEnabled=True)
    charts.account.containers[CHARTS].versioned_worm = True
    charts.put("jane")
    charts.blob("jane").set_immutability_policy(ImmutabilityPolicy(expiry_time=UNTIL, policy_mode=mode))


def _version_held(charts: Estate) -> None:
    charts.configure(isVersioningEnabled=True)
    charts.account.containers[CHARTS].versioned_worm = True
    charts.put("jane")
    charts.blob("jane").set_legal_hold(True)


def _imposed(charts: Estate) -> None:
    scope = ContainerEncryptionScope(default_encryption_scope=OLD, prevent_encryption_scope_override=True)
    _in_a_container(charts, container_encryption_scope=scope)


STAY: tuple[tuple[str, Callable[[Estate], object], Reason], ...] = (
    ("a snapshot", _snapshot, Reason.SNAPSHOT),
    ("what soft delete keeps", _deleted, Reason.DELETED),
    ("an append blob", lambda c: c.put("log", blob_type=BlobType.APPENDBLOB), Reason.IN_PLACE),
    ("a page blob", lambda c: c.blob("disk").create_page_blob(512, encryption_scope=OLD), Reason.IN_PLACE),
    ("a leased blob", _leased, Reason.LEASED),
    ("a blob in the archive", lambda c: c.put("old", standard_blob_tier=StandardBlobTier.ARCHIVE), Reason.ARCHIVED),
    ("a blob of a container under legal hold", _held, Reason.IMMUTABLE),
    ("a blob of a retained container", _retained, Reason.IMMUTABLE),
    ("a version that nobody can change", lambda c: _version_retained(c, "Locked"), Reason.COMPLIANCE),
    ("a version that people may let go", lambda c: _version_retained(c, "Unlocked"), Reason.GOVERNANCE),
    ("a version under legal hold", _version_held, Reason.LEGAL_HOLD),
    ("a blob of a container that imposes its scope", _imposed, Reason.IMPOSED),
)


@pytest.mark.parametrize(("set_up", "reason"), [pytest.param(*row[1:], id=row[0]) for row in STAY])
def test_it_stays_and_is_named(charts: Estate, set_up: Callable[[Estate], object], reason: Reason) -> None:
    set_up(charts)
    charts.put("john")
    result = charts.migrate()
    assert (result.finished, result.failed) == (True, {})
    assert charts.scope_of("john") == NEW
    # soft delete keeps what a copy has replaced, too
    count = 2 if reason is Reason.DELETED else 1
    proof = charts.verify()
    assert (result.blocked.get(reason), proof.done, proof.blocked.get(reason)) == (count, True, count)


@pytest.mark.parametrize(
    ("set_up", "reason"), [pytest.param(*row[1:], id=row[0]) for row in STAY if row[2] in {Reason.LEASED, Reason.IMMUTABLE}]
)
def test_what_comes_to_be_held_after_the_look_stays_too(
    charts: Estate, monkeypatch: pytest.MonkeyPatch, set_up: Callable[[Estate], object], reason: Reason
) -> None:
    monkeypatch.setattr("shared.adapters.azure.blob_seen.facts", _unbarred)
    set_up(charts)
    result = charts.migrate()
    assert (result.finished, result.moved, result.blocked) == (True, {}, {reason: 1})
    assert charts.verify().done


FACTS = blob_seen.facts


def _unbarred(*seen: Any, **named: Any) -> Facts:  # noqa: ANN401 - what the reader takes
    return replace(FACTS(*seen, **named), bar=None)


def test_blocks_that_somebody_else_has_sent_are_not_taken_away(charts: Estate) -> None:
    charts.put("scan", b"old")
    charts.blob("scan").stage_block("theirs", b"new", encryption_scope=OLD)
    result = charts.migrate()
    assert (result.finished, result.moved, result.blocked) == (True, {}, {Reason.UPLOADING: 1})
    charts.blob("scan").commit_block_list([BlobBlock("theirs")], encryption_scope=OLD)
    assert charts.content("scan") == b"new"
    assert charts.migrate().moved == {Lane.COPY: 1}


def test_blocks_of_a_dead_worker_are_in_nobodys_way(charts: Estate) -> None:
    charts.put("scan", b"x" * 2500)
    charts.blob("scan").stage_block(f"codeblue-{'0' * 32}-00000", b"x", encryption_scope=NEW)
    assert charts.migrate(copy_limit=1000, part=1000).moved == {Lane.MULTIPART: 1}
    assert (charts.content("scan"), waiting(charts.account, "scan")) == (b"x" * 2500, [])


@pytest.mark.parametrize("tier", [StandardBlobTier.COOL, StandardBlobTier.COLD, None], ids=str)
@pytest.mark.parametrize("parts", [False, True], ids=["whole", "in parts"])
def test_a_tier_that_was_chosen_is_kept_and_another_goes_on_following_the_account(
    charts: Estate, tier: StandardBlobTier | None, parts: bool
) -> None:
    charts.put("scan", b"x" * 1500, standard_blob_tier=tier)
    charts.migrate(**({"copy_limit": 1000, "part": 1000} if parts else {}))
    found = charts.blob("scan").get_blob_properties()
    assert (found.encryption_scope, found.blob_tier) == (NEW, tier.value if tier else "Hot")
    assert bool(found.blob_tier_inferred) is (tier is None)
    assert charts.verify().done


def test_whoever_is_told_of_new_blobs_is_told_of_no_copy(charts: Estate) -> None:
    said = {"filter": {"subjectBeginsWith": "/blobServices/default/containers/charts/blobs/new/", "includedEventTypes": None}}
    charts.put("new/jane")
    charts.put("old/john")
    path = f"{charts.account.id}/providers/Microsoft.EventGrid/eventSubscriptions/intake"
    assert Arm(charts.scene)("PUT", path, {"properties": said})[0] == 201
    result = charts.migrate()
    Arm(charts.scene)("DELETE", path)
    assert (result.moved, result.blocked) == ({Lane.COPY: 1}, {Reason.CONSUMERS: 1})


def test_another_scope_that_is_switched_off_stops_nothing(charts: Estate) -> None:
    charts.put("jane")
    charts.put("john", encryption_scope="ward-8")
    charts.account.scopes["ward-8"].enabled = False
    result, proof = charts.migrate(), charts.verify()
    charts.account.scopes["ward-8"].enabled = True
    assert (result.finished, result.moved, result.blocked) == (True, {Lane.COPY: 1}, {})
    assert (result.nothing, proof.done) == ({Reason.OTHER_KEY: 1, Reason.SUCCESSOR: 1}, True)


def test_what_is_declared_is_enough_and_none_of_it_in_vain(made: Estate) -> None:
    def told(rights: Rights) -> object:
        charts = swept(made)
        charts.may(rights)
        charts.put("jane", tags={"tenant": "a"})
        charts.put("scan", b"x" * 1500, tags={"tenant": "a"})
        try:
            result = charts.migrate(copy_limit=1000, part=1000)
            proof = charts.verify()
        except CloudError as error:
            return error.code
        return (result.finished, result.moved, result.blocked, proof.done, proof.compared)

    whole = told(RIGHTS)
    assert whole == (True, {Lane.COPY: 1, Lane.MULTIPART: 1}, {}, True, 2)
    for right in sorted(RIGHTS.actions):
        assert told(Rights(RIGHTS.actions - {right}, RIGHTS.data)) != whole, right
    for right in sorted(RIGHTS.data):
        assert told(Rights(RIGHTS.actions, RIGHTS.data - {right})) != whole, right


def test_nothing_that_is_declared_deletes_or_lists_keys() -> None:
    assert [right for right in RIGHTS.all if "delete" in right.lower() or "listkeys" in right.lower() or "*" in right] == []


def test_parts_of_an_account_begin_where_the_service_says_and_none_is_missed(made: Estate) -> None:
    charts = swept(made)
    charts.configure(isVersioningEnabled=True)
    charts.contain("labs")
    charts.contain("charts-2").upload_blob("jane", b"x", encryption_scope=OLD)  # "charts-2/" comes before "charts/"
    for n in range(5):
        for content in (b"one", b"two"):
            charts.put(f"ward {n}/jane", content)
        charts.service.get_blob_client("labs", f"{n}").upload_blob(b"x", encryption_scope=OLD)
    small = AzureObjects(charts.objects._clients, page=3)
    ledgers = [NamingJournal() for _ in range(9)]
    of = Shared(charts.plan, small, charts.journal, ledgers.__getitem__, SystemClock(), versions=1)
    numbers = open_parts(of)
    results = [work(of, number) for number in numbers]
    assert len(numbers) > 3
    assert sum(sum(result.moved.values()) for result in results if result) == 11
    assert open_parts(of) == ()
    result = charts.migrate()
    assert (result.finished, result.moved, result.blocked) == (True, {Lane.COPY: 11}, {Reason.NONCURRENT: 16})
    assert (charts.verify().done, charts.verify().compared) == (True, 11)
