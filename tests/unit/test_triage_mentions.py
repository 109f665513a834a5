"""What is looked for in bytes before they are decoded: it may say yes in vain, and never says no in vain."""

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.intake.fact import Fact, mentions
from shared.triage.conditions_sharing import EVERYBODYS_WORDS, PUBLIC_GROUPS, PUBLIC_LISTS
from shared.triage.conditions_stores import LOG_MARKS, LOG_PREFIX, NOTE, NOTE_WORDS
from shared.triage.decision import Decision
from tests.unit.triage_desk import call, judged


@given(st.from_regex(NOTE), st.booleans())
def test_no_note_of_ransom_is_overlooked(name: str, plain: bool) -> None:
    assert mentions(msgspec.Raw(json.dumps({"key": name}, ensure_ascii=plain).encode(errors="replace")), *NOTE_WORDS)


@given(st.from_regex(LOG_PREFIX))
def test_no_log_file_is_taken_for_health_data(key: str) -> None:
    assert mentions(msgspec.Raw(json.dumps({"key": key}).encode()), *LOG_MARKS)


@pytest.mark.parametrize("word", [*sorted(PUBLIC_LISTS), *PUBLIC_GROUPS])
def test_no_list_for_everybody_is_overlooked(word: str) -> None:
    assert mentions(msgspec.Raw(json.dumps({"x-amz-acl": word}).encode()), *EVERYBODYS_WORDS)


def test_what_is_spelled_by_number_is_decoded() -> None:
    assert mentions(msgspec.Raw(re.sub("a", r"\\u0061", '{"key": "ransom"}').encode()), b"ransom")


def test_what_is_decoded_already_is_asked_itself() -> None:
    assert mentions(Fact(source="x", event="y", request={"key": "z"}).request, b"ransom")


def test_what_is_only_counted_is_counted_once_however_often_it_comes() -> None:
    read = call("GetSecretValue", "secretsmanager", {"secretId": "s"})
    lines = judged(*([read] * 40))
    assert {line.decision for line in lines} == {Decision.DROP}
    assert all("1 of the 15" in line.reason for line in lines), lines[-1].reason
