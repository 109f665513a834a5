"""The page of triage says what the tables say, and its example works."""

import re

import document_triage
from shared.settings import Policy
from shared.triage.rules import RULES
from shared.triage.table import table_of


def test_the_page_is_current() -> None:
    written = document_triage.PAGE.read_text(encoding="utf-8")
    assert written == document_triage.page(), "run `PYTHONPATH=. .venv/bin/python .ci/document_triage.py` and commit docs/triage.md"


def test_a_change_of_the_table_makes_the_page_stale() -> None:
    assert document_triage.page(RULES[1:]) != document_triage.page()


def test_every_rule_is_on_the_page() -> None:
    page = document_triage.page()
    assert [rule.id for rule in RULES if f"| `{rule.id}` |" not in page] == []


def test_the_example_of_a_rule_works() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", document_triage.page(), re.DOTALL)
    table = table_of(Policy.read(example))
    assert "phi-exports" in {rule.id for rule in table.rules}
    assert next(rule.times for rule in table.rules if rule.id == "secrets-burst") == 30
