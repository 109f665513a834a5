"""Where a store lies, and whose the successor is, decides what can be done with what it holds."""

import pytest

from shared.domain.case import Scope, Succession
from shared.domain.resource import Ref
from shared.workflow import migrating, rekeying
from tests.hospital import CHARTS, KEY
from tests.workflow.driving import respond
from tests.workflow.recovering import Night

WEST = CHARTS.but(region="us-west-2")
NEW = KEY.but(id=f"{KEY.id}-2")


@pytest.mark.parametrize(
    ("found", "stores"),
    [
        pytest.param((WEST,), (WEST,), id="a bucket is where it was found, whatever Region was supposed"),
        pytest.param((KEY,), (CHARTS,), id="a bucket that was not found is where it was supposed to be"),
    ],
)
def test_the_stores_of_a_scope_are(found: tuple[Ref, ...], stores: tuple[Ref, ...]) -> None:
    assert rekeying._placed((CHARTS,), found) == stores


@pytest.mark.parametrize(
    ("account", "in_place"),
    [
        pytest.param(CHARTS.account, True, id="a key of the bucket's own account can be set in place"),
        pytest.param("333344445555", False, id="a key of another account is refused there, and a copy is not"),
    ],
)
def test_an_update_in_place_is_tried(night: Night, account: str, *, in_place: bool) -> None:
    case = respond(night.worker())
    scope = Scope(stores=(CHARTS,), keys=(KEY,), successors=(Succession(old=KEY, new=NEW.but(account=account)),))
    worker = night.worker()
    assert worker.recovery is not None
    (plan,) = migrating._migrations(case.but(scope=scope), worker.recovery())
    assert plan.foreign is not in_place
