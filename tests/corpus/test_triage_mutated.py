"""Recorded events with something wrong in them: a decision with a reason, and never an exception."""

import io
import json
from functools import cache, partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.triage.running import Input, inputs, read
from tests.unit.test_intake_forms import mutate
from tests.unit.triage_desk import desk

from .test_triage_recorded import CORPUS, pytestmark, rows

__all__ = ["pytestmark"]


@cache
def recorded() -> tuple[Any, ...]:
    """One value of every file that is JSON."""
    found = []
    for row in rows():
        path = CORPUS / row["path"]
        if path.suffix == ".json":
            try:
                found.append(json.loads(path.read_bytes()))
            except ValueError:
                continue
    return tuple(found)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(st.data())
def test_anything_gets_a_reason(data: st.DataObject) -> None:
    values = recorded()
    whole = values[data.draw(st.integers(0, len(values) - 1))]
    raw = json.dumps(mutate(mutate(whole, data.draw), data.draw)).encode()
    cut = data.draw(st.integers(0, 9))
    raw = raw[: len(raw) * cut // 10] if cut < 3 else raw
    assert all(line.reason for line in desk().lines([Input("mutated", partial(io.BytesIO, raw))]))


def test_a_folder_is_read_in_the_order_of_names() -> None:
    given_files = list(inputs([CORPUS / "invictus-ir+aws_dataset"]))
    assert [each.name for each in given_files] == sorted(each.name for each in given_files)
    assert all(list(read(each)) for each in given_files)
