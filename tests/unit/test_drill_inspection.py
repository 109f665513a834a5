"""What a drill holds against a response, when it compares the stores before and after."""

from copy import replace

import pytest

from shared.drill.inspection import inspect
from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.hospital_held import Held

OLD, NEW = "arn:old", "arn:new"
CHART = Held(names.CHARTS, "a", "v1", 0, deleted=False, content="c1", size=2, scheme="aws:kms", under=OLD)
SECOND = replace(CHART, version="v2", place=1, content="c2")
MARKER = Held(names.CHARTS, "a", "v3", 2, deleted=True)
RETAINED = replace(CHART, bucket=hospital.RECORDS, lock="COMPLIANCE")
CUSTOMERS = replace(CHART, bucket=hospital.RECORDS, key="b", scheme="SSE-C", under="")
PLAIN = replace(CHART, bucket=names.LABS, scheme="AES256", under="")


def moved(held: Held, **other: object) -> Held:
    return replace(held, under=NEW, **other)  # type: ignore[arg-type]  # fields of Held


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        pytest.param((CHART, SECOND, MARKER), (moved(CHART), moved(SECOND), MARKER), 0, id="everything moved is well"),
        pytest.param((CHART,), (CHART,), 1, id="what could be moved and was not is wrong"),
        pytest.param(
            (RETAINED, CUSTOMERS, PLAIN), (RETAINED, CUSTOMERS, PLAIN), 0, id="what the service holds, or no key of ours, stays"
        ),
        pytest.param((CHART,), (moved(CHART, content="c9"),), 1, id="other content is wrong"),
        pytest.param((CHART,), (moved(CHART, metadata=(("ward", "7"),)),), 1, id="other metadata is wrong"),
        pytest.param((CHART,), (moved(CHART, tags=(("ward", "7"),)),), 1, id="other tags are wrong"),
        pytest.param((CHART,), (), 2, id="a version that is gone was not moved either"),
        pytest.param((CHART,), (moved(CHART, version="v9"),), 0, id="a copy in a store without versions has another id"),
        pytest.param((CHART, SECOND), (moved(SECOND, place=0), moved(CHART, place=1)), 1, id="versions in another order are wrong"),
        pytest.param(
            (CHART,), (moved(CHART), replace(SECOND, version="v8")), 0, id="what was written meanwhile is somebody's own affair"
        ),
    ],
)
def test_what_is_wrong(before: tuple[Held, ...], after: tuple[Held, ...], wrong: int) -> None:
    assert len(inspect(before, after, [OLD], [NEW]).wrong) == wrong


def test_versions_are_counted_by_tenant_and_by_what_became_of_them() -> None:
    counts = inspect(
        (CHART, SECOND, RETAINED, CUSTOMERS, PLAIN), (moved(CHART), SECOND, RETAINED, CUSTOMERS, PLAIN), [OLD], [NEW]
    ).counts
    assert counts == {
        "st-brendan": {"never under a replaced key": 1, "under the old key": 1, "under the successor": 1},
        "marys-hospice": {"retained in compliance mode": 1, "under its writer's own key": 1},
        "county-lab": {},
    }


def test_where_no_key_was_replaced_nothing_was_to_be_moved() -> None:
    assert inspect((CHART,), (CHART,), [], []).wrong == ()
