"""A listing by us, over the wire, is the SDK's: whatever the keys, however small the pages, and while others write."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.aws.wire.objects import FastObjects
from shared.ports.objects import Version
from shared.sandbox.aws.server import Sandbox
from tests.contract.aws_objects import AWKWARD, Scene, scene

KEYS = st.one_of(
    st.sampled_from([key for key in AWKWARD if "\n" not in key]),
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=8).map("k{}".format),
)
EDITS = st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def charts(running_sandbox: Sandbox) -> Iterator[Scene]:
    running_sandbox.cloud.reset()
    with pytest.MonkeyPatch.context() as patch:
        made = scene(running_sandbox, patch)
        made.versioning("Enabled")
        yield made


def edit(charts: Scene, key: str, *, deletes: bool) -> None:
    if deletes:
        charts.s3.delete_object(Bucket="charts", Key=key)
    else:
        charts.s3.put_object(Bucket="charts", Key=key, Body=b"phi")


def ours(charts: Scene, size: int, edits: list[tuple[str, bool]] | None = None) -> list[Version]:
    """Every line, page by page; between the first two, somebody else does this."""
    objects, lines = FastObjects(charts.objects._clients, size), list[Version]()
    page = objects.listed(charts.plan.store, None)
    for key, deletes in edits or []:
        edit(charts, key, deletes=deletes)
    lines += page.versions
    while page.after:
        page = objects.listed(charts.plan.store, page.after)
        lines += page.versions
    return lines


def told(charts: Scene) -> list[tuple[Any, ...]]:
    """What the SDK's paginator tells of every version and delete marker."""
    pages = list(charts.s3.get_paginator("list_object_versions").paginate(Bucket="charts"))
    held = [(*_line(v), v["Size"], v["ETag"].strip('"')) for page in pages for v in page.get("Versions", [])]
    return sorted(held + [(*_line(m), 0, "") for page in pages for m in page.get("DeleteMarkers", [])])


def _line(said: dict[str, Any]) -> tuple[Any, ...]:
    return (said["Key"], said["VersionId"], said["IsLatest"], said["LastModified"])


def as_told(lines: list[Version]) -> list[tuple[Any, ...]]:
    return sorted((v.key, v.id, v.latest, v.modified, v.size, v.etag) for v in lines)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, size=st.integers(2, 9))
def test_every_line_is_there_once(charts: Scene, edits: list[tuple[str, bool]], size: int) -> None:
    for key, deletes in edits:
        edit(charts, key, deletes=deletes)
    assert as_told(ours(charts, size)) == told(charts)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, size=st.integers(2, 9))
def test_whoever_writes_meanwhile_hides_nothing_that_was_there(charts: Scene, edits: list[tuple[str, bool]], size: int) -> None:
    before = {(line[0], line[1]) for line in told(charts)}
    seen = {(line.key, line.id) for line in ours(charts, size, edits)}
    assert before <= seen <= {(line[0], line[1]) for line in told(charts)}


def test_what_is_worked_on_together_is_two_of_s3s_pages(charts: Scene) -> None:
    for number in range(5):
        edit(charts, f"k{number}", deletes=False)
    page = FastObjects(charts.objects._clients, 2).listed(charts.plan.store, None)
    assert (len(page.versions), bool(page.after)) == (4, True)
