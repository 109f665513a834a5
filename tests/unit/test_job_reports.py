"""Reports of jobs that somebody else may have written: none of them ends a run, and none takes more memory than a line."""

import io
import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import IncompleteReadError

from shared.adapters.aws.job_reports import LARGEST, LONGEST, PART, tasks_of
from shared.domain.errors import Absent, Refused
from shared.ports.jobs import TaskDone

FOLDER = "codeblue/jobs/111122223333/job-1/"
RESULTS = f"{FOLDER}results/1.csv"
ROW = b"charts,jane%20doe,v1,succeeded,,200,Successful\n"
INDEX = json.dumps({"Results": [{"Key": RESULTS}]}).encode()


class Body(io.BytesIO):
    """The body of an answer; it remembers how much was asked of it at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert 0 < size <= LARGEST
        return super().read(size)


class Short(Body):
    """A body that breaks off."""

    def read(self, size: int | None = -1, /) -> bytes:
        if got := super().read(size):
            return got
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)


def read(index: Body, results: Body) -> Iterator[TaskDone]:
    return tasks_of({f"{FOLDER}manifest.json": index, RESULTS: results}.__getitem__, FOLDER)


def test_a_report_tells_every_task() -> None:
    rows = ROW + b"charts,b/%C3%BC,,failed,AccessDenied,403,no"
    assert list(read(Body(INDEX), Body(rows))) == [TaskDone("jane doe", "v1"), TaskDone("b/ü", "null", "AccessDenied")]


def test_lines_that_lie_across_parts_are_whole() -> None:
    assert len(list(read(Body(INDEX), Body(ROW * 3_000)))) == 3_000 > PART // len(ROW)


BAD = {
    "an index that is no JSON": (Body(b"<html>"), Body(ROW)),
    "an index without results": (Body(b"{}"), Body(ROW)),
    "an index of another form": (Body(b"[1]"), Body(ROW)),
    "an index as deep as nobody writes": (Body(b"[" * 200_000), Body(ROW)),
    "an index as large as nobody writes": (Body(b'{"Results":[]' + b" " * LARGEST + b"}"), Body(ROW)),
    "results that lie elsewhere": (Body(json.dumps({"Results": [{"Key": "codeblue/jobs/other.csv"}]}).encode()), Body(ROW)),
    "results without a name": (Body(json.dumps({"Results": [{"Key": None}]}).encode()), Body(ROW)),
    "a blank line": (Body(INDEX), Body(b"\n" + ROW)),
    "a line of another form": (Body(INDEX), Body(b"jane doe\n")),
    "a quote that nobody closed": (Body(INDEX), Body(b'charts,"jane\n')),
    "a file that is no UTF-8": (Body(INDEX), Body(b"\xff\xfe" + ROW)),
    "a key that is no UTF-8": (Body(INDEX), Body(b"charts,%FF,v1,succeeded,,200,x\n")),
    "a line as long as nobody writes": (Body(INDEX), Body(b"x" * (LONGEST + 1) + b"\n" + ROW)),
    "a line without an end": (Body(INDEX), Body(b"x" * (PART * 4))),
    "a file that breaks off": (Body(INDEX), Short(ROW)),
}


@pytest.mark.parametrize(("index", "results"), BAD.values(), ids=BAD)
def test_it_is_as_if_there_were_no_report_with(index: Body, results: Body) -> None:
    with pytest.raises(Absent) as told:
        list(read(index, results))
    assert "jane" not in str(told.value)


def test_it_is_as_if_there_were_no_report_where_we_may_not_list() -> None:
    def get(_key: str) -> Body:
        raise Refused("GetObject: AccessDenied", "AccessDenied")

    with pytest.raises(Absent):
        list(tasks_of(get, FOLDER))


def test_what_was_told_before_it_broke_off_stays_told() -> None:
    rows = read(Body(INDEX), Short(ROW))
    assert next(rows) == TaskDone("jane doe", "v1")
