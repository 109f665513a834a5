"""The pages that are made from tables say what the tables say."""

from copy import replace

import document_actions
from shared.containment.actions import ACTIONS


def test_the_page_of_actions_is_current() -> None:
    written = document_actions.PAGE.read_text(encoding="utf-8")
    assert written == document_actions.page(ACTIONS.values()), "run `python .ci/document_actions.py` and commit docs/actions.md"


def test_a_change_of_any_text_makes_the_page_stale() -> None:
    page = document_actions.page(ACTIONS.values())
    first, *others = ACTIONS.values()
    altered = (replace(first, title="x"), replace(first, hurts="x"), replace(first, undone="x"), replace(first, citation="x"))
    assert all(document_actions.page([one, *others]) != page for one in altered)


def test_every_action_has_its_place_with_the_permissions_that_it_needs() -> None:
    page = document_actions.page(ACTIONS.values())
    assert [f"### `{name}`" in page for name in ACTIONS] == [True] * len(ACTIONS)
    assert "`iam:PutUserPolicy`" in page
