"""What the pages tell somebody to type is a command that there is, and what they point to is there."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from shared.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TO_TYPE = [page for page in PAGES if page.name != "CHANGELOG.md" and page.parent.name != "adr"]
"""A decision and a change are of their day; these are of today."""

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
AT_THE_PROMPT = re.compile(r"(?:^ *\$ |; |&& |\$\()codeblue ([^;|&)#>\n]+)", re.MULTILINE)
IN_A_SENTENCE = re.compile(r"`codeblue ([^`]+)`")
GROUP = typer.main.get_command(app)


def wrong(typed: str, *, whole: bool = True) -> str:
    """What the command line would say against it, empty where it would take it. `whole`: nothing that it needs may be missing."""
    words = shlex.split(typed.replace("[", " ").replace("]", " "))
    command: Any = GROUP
    while hasattr(command, "commands") and words:
        command, name = command.commands.get(words.pop(0)), typed
        if command is None:
            return f"there is no command {name}"
    parser = command.make_parser(command.context_class(command))
    try:
        given, left, _ = parser.parse_args(words)
    except Exception as refused:  # noqa: BLE001  # the parser's own errors have no public name
        return str(refused)
    needed = [each.name for each in command.params if each.required and not given.get(each.name)]
    return f"too much: {left}" if left else f"missing: {needed}" if whole and needed else ""


def at_the_prompt(page: Path) -> Iterator[str]:
    for language, block in FENCED.findall(page.read_text(encoding="utf-8")):
        if language == "console":
            yield from AT_THE_PROMPT.findall(block.replace("\\\n", " "))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The names of its headings, as GitHub makes them."""
    plain = FENCED.sub("", page.read_text(encoding="utf-8"))
    kept = (re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)).lower() for heading in HEADING.findall(plain))
    return frozenset(name.strip().replace(" ", "-") for name in kept)


def in_sentences(page: Path, pattern: re.Pattern[str]) -> list[str]:
    return pattern.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def leads_nowhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    there = (page.parent / path).resolve() if path else page
    return not there.exists() or bool(anchor and anchor not in anchors(there))


def test_what_is_typed_at_a_prompt_is_taken() -> None:
    typed = {(page.name, words) for page in TO_TYPE for words in at_the_prompt(page)}
    assert {each: why for each in typed if (why := wrong(each[1]))} == {}


def test_commands_that_a_sentence_names_are_there_with_their_options() -> None:
    named = {(page.name, words) for page in TO_TYPE for words in in_sentences(page, IN_A_SENTENCE)}
    assert {each: why for each in named if (why := wrong(each[1], whole=False))} == {}


def test_what_a_page_points_to_is_there() -> None:
    assert [(page.name, link) for page in PAGES for link in in_sentences(page, LINK) if leads_nowhere(page, link)] == []


@pytest.mark.parametrize(
    "typed",
    ["mend CASE", "status", "status CASE --loudly", "status CASE other", "sandbox gcp", "approve CASE"],
    ids=["no command", "no case", "no option", "one word too many", "no cloud", "no digest"],
)
def test_what_is_not_taken_is_seen(typed: str) -> None:
    assert wrong(typed) != ""


def test_every_runbook_has_a_line_in_the_list_and_commands_to_type() -> None:
    folder = ROOT / "docs" / "runbooks"
    pages = {page.name for page in folder.glob("*.md")} - {"README.md"}
    assert set(LINK.findall((folder / "README.md").read_text(encoding="utf-8"))) >= pages
    assert [name for name in sorted(pages) if not list(at_the_prompt(folder / name))] == []
