"""Events that others recorded: each is read, or refused in words; nothing else ever happens."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.errors import BadInput
from shared.intake import Sifted, sift

CORPUS = Path(__file__).parents[3] / "shared" / "alerts"
INDEX = CORPUS / "INDEX.tsv"
OURS = ("cloudtrail", "eb:cloudtrail", "guardduty-raw", "eb:guardduty")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not INDEX.exists(), reason="the corpus of recorded events is not beside this checkout"),
]


def files(*kinds: str) -> Iterator[Path]:
    with INDEX.open(newline="") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            if not kinds or row["kind"] in kinds:
                yield CORPUS / row["path"]


def unpacked(path: Path) -> bytes:
    """The file's bytes; of a detection rule's test cases, the logged events in them."""
    raw = path.read_bytes()
    if path.suffix != ".jsonl":
        return raw
    cases = [json.loads(line) for line in raw.splitlines() if line.strip()]
    return b"\n".join(json.dumps(case.get("log", case)).encode() for case in cases)


def sifted(path: Path) -> Sifted:
    try:
        return sift(unpacked(path))
    except BadInput as why:
        return Sifted((), (str(why),))


def test_every_file_is_read_or_refused_in_words() -> None:
    for path in files():
        found = sifted(path)
        assert found.signals or all(found.refusals), path.name


def test_nearly_all_files_of_our_sources_are_read() -> None:
    results = {path.name: sifted(path) for path in files(*OURS)}
    unread = {name for name, result in results.items() if not result.signals}
    assert len(unread) < len(results) // 20, sorted(unread)


def test_no_other_source_is_taken_for_ours() -> None:
    foreign = set(files()) - set(files(*OURS))
    taken = {path.name for path in foreign if sifted(path).signals}
    assert all("CloudTrail" in name or "AWS." in name or "cloudtrail" in name or "Standard." in name for name in taken), sorted(
        taken
    )


def test_no_object_key_survives() -> None:
    for path in files(*OURS):
        for signal in sifted(path).signals:
            assert not any(ref.id.count("/") for ref in signal.resources if ref.id.startswith("arn:aws:s3:::")), path.name
