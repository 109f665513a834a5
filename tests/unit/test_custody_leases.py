"""The rules of leases and saves, as values."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.custody.leases import LEASE, Held, written
from shared.domain.case import MAX_BYTES, LeftForPeople
from shared.domain.errors import DoesNotFit, LeaseLost
from shared.ports import Lease
from tests.custody_cases import OPENED, case

FREE = Held(case=case("case-1"))


def taken(held: Held, owner: str, after: float = 0) -> tuple[Held, Lease]:
    found = held.take(owner, OPENED + timedelta(seconds=after))
    assert found
    return found


def test_a_lease_says_who_holds_what_and_until_when() -> None:
    held, lease = taken(FREE, "one")
    assert lease == Lease("case-1", "one", 1, OPENED + timedelta(seconds=10))
    assert (held.owner, held.token, held.until) == ("one", 1, lease.until)


@pytest.mark.parametrize(("after", "free"), [(0, False), (9.999, False), (10, True), (11, True)])
def test_another_gets_it_once_it_has_run_out(after: float, *, free: bool) -> None:
    held, _ = taken(FREE, "one")
    assert (held.take("other", OPENED + timedelta(seconds=after)) is not None) is free


def test_a_renewal_counts_from_now_and_keeps_the_token() -> None:
    held, lease = taken(FREE, "one")
    held, renewed = held.renew(lease, OPENED + timedelta(seconds=4))
    assert renewed == Lease("case-1", "one", 1, OPENED + timedelta(seconds=14))
    assert held.take("other", OPENED + timedelta(seconds=13)) is None


@given(st.lists(st.sampled_from(["one", "other", "third"]), min_size=2, max_size=6))
def test_of_all_leases_ever_taken_only_the_newest_can_save_renew_and_give_back(owners: list[str]) -> None:
    held, leases = FREE, []
    for n, owner in enumerate(owners):
        held, lease = taken(held, owner, after=n * LEASE.total_seconds())
        leases.append(lease)
    for old in leases[:-1]:
        with pytest.raises(LeaseLost):
            held.save(held.case, old)
        with pytest.raises(LeaseLost):
            held.renew(old, OPENED)
        assert held.give_back(old) == held
    assert held.save(held.case, leases[-1]).case.version == 1
    assert held.give_back(leases[-1]).take("anybody", OPENED)


def test_a_lease_with_the_token_of_another_owner_is_refused() -> None:
    held, lease = taken(FREE, "one")
    with pytest.raises(LeaseLost):
        held.save(held.case, Lease("case-1", "other", lease.token, lease.until))


def test_each_save_is_made_from_the_last() -> None:
    held, lease = taken(FREE, "one")
    saved = held.save(held.case.but(why_ask="who?"), lease)
    assert (saved.case.why_ask, saved.case.version) == ("who?", 1)
    with pytest.raises(LeaseLost):
        saved.save(held.case, lease)


def test_a_case_as_large_as_allowed_is_kept_and_one_byte_more_is_not() -> None:
    def filled(size: int) -> str:
        return written(case("case-1").but(left=(LeftForPeople(target="bucket", reason="x" * size, next="-"),)))

    room = MAX_BYTES - len(filled(0))
    assert len(filled(room)) == MAX_BYTES
    with pytest.raises(DoesNotFit):
        filled(room + 1)
