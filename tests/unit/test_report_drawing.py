"""The timeline as a drawing: to scale, in lanes, and no label over another."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.report.drawing import LEFT, LETTER, RIGHT, WIDTH, Mark, drawings
from shared.report.facts import Lane, Moment

ZERO = datetime(2026, 11, 21, 3, tzinfo=UTC)


def moment(seconds: float, lane: Lane = Lane.PEOPLE, until: float | None = None, label: str = "here") -> Moment:
    end = None if until is None else ZERO + timedelta(seconds=until)
    return Moment(at=ZERO + timedelta(seconds=seconds), until=end, lane=lane, kind="x", label=label, what="x")


def marks(*moments: Moment) -> tuple[Mark, ...]:
    (drawing,) = drawings(moments, ZERO, ZERO + timedelta(seconds=15))
    return drawing.marks


def test_time_is_to_scale() -> None:
    first, middle, last = marks(moment(0), moment(10), moment(20))
    assert middle.x - first.x == pytest.approx(last.x - middle.x, abs=0.2)


def test_a_wave_is_as_long_as_it_took() -> None:
    wave, end = marks(moment(0, Lane.FENCE, until=10), moment(20))[::-1]
    assert end.moment.lane is Lane.FENCE or wave.moment.lane is Lane.FENCE
    spans = [m for m in (wave, end) if m.width]
    points = [m for m in (wave, end) if not m.width]
    assert spans[0].width == pytest.approx((points[0].x - spans[0].x) / 2, abs=0.2)


def test_what_took_no_time_is_seen_all_the_same() -> None:
    assert all(mark.width > 2 for mark in marks(moment(0, Lane.FENCE, until=0), moment(20, Lane.FENCE, until=20)))


def test_the_first_seconds_of_a_long_case_have_a_drawing_of_their_own() -> None:
    close, whole = drawings([moment(-90), moment(0), moment(1, Lane.FENCE), moment(3600)], ZERO, ZERO + timedelta(seconds=1))
    assert [len(close.marks), len(whole.marks)] == [2, 4]
    assert close.until - close.since < timedelta(seconds=2)


def test_the_refusal_that_follows_a_fence_is_drawn_beside_it() -> None:
    moments = [moment(-90), moment(1, Lane.FENCE), moment(8, Lane.ACTORS), moment(900, Lane.ACTORS)]
    close, _ = drawings(moments, ZERO, ZERO + timedelta(seconds=1))
    assert [m.moment.lane for m in close.marks] == [Lane.ACTORS, Lane.FENCE]


def test_a_point_at_the_end_of_a_nameless_span_has_its_label() -> None:
    span, point, _ = marks(moment(0, Lane.ACTORS, until=10, label=""), moment(10, Lane.ACTORS, label="last read"), moment(40))
    assert (span.label, point.label) == ("", "last read")


def test_a_case_without_moments_is_not_drawn() -> None:
    assert drawings([], ZERO, None) == ()


def test_a_case_of_one_moment_is_drawn() -> None:
    (drawing,) = drawings([moment(0)], ZERO, None)
    assert LEFT < drawing.marks[0].x < WIDTH - RIGHT


TIMES = st.lists(
    st.builds(
        lambda at, lane, lasts, label: moment(at, lane, None if lasts is None else at + lasts, label),
        st.floats(-5000, 90_000),
        st.sampled_from(Lane),
        st.none() | st.floats(0, 9000),
        st.sampled_from(["fence", "first refusal", "a"]),
    ),
    min_size=1,
    max_size=30,
)


def written(mark: Mark) -> tuple[float, float]:
    length = len(mark.label) * LETTER
    return (mark.label_x, mark.label_x + length) if mark.anchor == "start" else (mark.label_x - length, mark.label_x)


@given(TIMES, st.floats(0, 600))
def test_whatever_happened_everything_is_inside_and_no_label_covers_another(moments: list[Moment], fenced: float) -> None:
    found = drawings(moments, ZERO, ZERO + timedelta(seconds=fenced))
    assert len(found[-1].marks) == len(moments)
    for drawing in found:
        assert 0 < len(drawing.ticks) <= 12 or drawing.until < ZERO
        for mark in drawing.marks:
            assert LEFT <= mark.x <= mark.x + mark.width <= WIDTH - RIGHT + 4
        for _, y in drawing.lanes:
            spans = sorted(written(m) for m in drawing.marks if m.label and m.y == y)
            assert all(a[1] <= b[0] + 0.2 for a, b in pairwise(spans))
