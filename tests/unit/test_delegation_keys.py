"""A link in nobody's name: what was revoked before somebody unknown signed again is not enough."""

from datetime import timedelta

import pytest

from shared.domain.facet import DelegationKeys
from shared.domain.uses import KeyShown
from tests.hospital import ALERT
from tests.unit.action_rows import Row
from tests.unit.action_rows_doors import BY_LINK, STORE
from tests.unit.test_actions import proposed

REVOKED = ALERT + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("used", "enough"),
    [
        pytest.param(REVOKED + timedelta(minutes=20), False, id="one that was used after it, whoever revoked"),
        pytest.param(REVOKED - timedelta(minutes=1), True, id="one that was last used before"),
    ],
)
def test_a_revocation_counts_against(used: object, enough: bool) -> None:
    shown = KeyShown.model_validate({"store": STORE, "key": "user-delegation", "at": used})
    now = DelegationKeys(since=REVOKED)
    _, (change,) = proposed(Row("revoke-delegation-keys", STORE, (now,), BY_LINK.but(shown=(shown,))))
    assert change.after.satisfied_by(now) is enough
