"""Reports of S3 Batch Operations, read as what they are: files that whoever gets to the bucket may have written.

A report that is not whole, not well-formed, larger than any that S3 writes, or not to be had is as if there were none: the sweeps
look at every version anyway. Form: S3 user guide, "Examples: S3 Batch Operations completion reports".
"""

import csv
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError

from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, Refused
from shared.ports.jobs import TaskDone
from shared.ports.objects import NULL

LARGEST = 4 << 20
"""Bytes of the file that names the others."""

LONGEST = 16 << 10
"""Bytes of a line: a key has 1,024, each of them three where it is URL-encoded."""

PART = 1 << 16


def tasks_of(get: Callable[[str], Any], folder: str) -> Iterator[TaskDone]:
    """Every task that the report in this folder (a job's own, with its slash) tells of; `get` is the body of a file there.

    Raises `Absent`, also behind what it told already.
    """
    try:
        index = json.loads(call(get, f"{folder}manifest.json").read(LARGEST))
        for part in index["Results"]:
            yield from map(_task, csv.reader(_lines(call(get, _below(folder, part["Key"]))), strict=True))
    except Refused as error:
        # for a file that is not there S3 says so only to who may list the bucket
        raise Absent(str(error), error.code, error.request_id) from None
    except (AttributeError, BotoCoreError, KeyError, RecursionError, TypeError, ValueError, csv.Error) as error:
        # by its type alone: what it quotes can be a key
        raise Absent(f"the report of a job can not be read: {type(error).__name__}", type(error).__name__) from None


def _below(folder: str, key: str) -> str:
    """The key, which is of this folder. Raises ValueError for another job's, or anybody's."""
    if not key.startswith(folder):
        raise ValueError(folder)
    return key


def _lines(body: Any) -> Iterator[str]:  # noqa: ANN401  # the SDK's body of an answer
    """The lines of a file, a part of it at a time. Raises ValueError for one that is too long, or no UTF-8."""
    rest = b""
    while part := body.read(PART):
        *whole, rest = (rest + part).split(b"\n")
        if len(rest) > LONGEST or any(len(line) > LONGEST for line in whole):
            raise ValueError(LONGEST)
        yield from (line.decode() for line in whole)
    if rest:
        yield rest.decode()


def _task(row: list[str]) -> TaskDone:
    """A line of a report: bucket, key (URL-encoded), version, status, code, HTTP status, message."""
    _, key, version, status, code, http, *_ = row
    return TaskDone(unquote(key, errors="strict"), version or NULL, "" if status == "succeeded" else code or http or "failed")
