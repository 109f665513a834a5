"""Write docs/actions.md from the tables of the actions and of the adapters.

Usage: document_actions.py
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from shared.bootstrap import permissions
from shared.containment.action import Action
from shared.containment.actions import ACTIONS
from shared.domain.plan import Wave

PAGE = Path(__file__).parent.parent / "docs" / "actions.md"

HEAD = """\
# What Codeblue can do to a cloud

Every change that the program can make is one of these actions. Each is previewed by `codeblue plan`, written to custody before
it is made, read back afterwards, and undone by `codeblue release` (one resource) or `codeblue rollback` (a case).
Nothing else is ever written. What is called one-way is approved by somebody other than who asks for it.

Permissions are what the responder needs, exactly: taking one away makes a test fail. `s3:GetBucketPolicy` is one of AWS,
`Microsoft.Storage/storageAccounts/read` one of Azure, `User.Read.All` one of Microsoft Graph. Where a cloud has nothing of what
an action changes, it is not proposed there.

This page is made from the program's own tables by `python .ci/document_actions.py`; a test fails while it is stale.
"""


def page(actions: Iterable[Action]) -> str:
    """The page as Markdown: the actions by the wave they belong to, in the order of the table."""
    order = list(Wave)
    by_wave = groupby(sorted(actions, key=lambda action: order.index(action.wave)), key=lambda action: action.wave)
    return "\n".join([HEAD, *(line for wave, members in by_wave for line in _section(wave, members))])


def _section(wave: Wave, actions: Iterable[Action]) -> Iterator[str]:
    yield f"## In the {wave} wave\n"
    for action in actions:
        yield from _lines(action)


def _lines(action: Action) -> Iterator[str]:
    reads, writes = permissions(action)
    facets = (facet.model_fields["facet"].default for facet in action.facets)
    yield f"### `{action.name}`\n"
    yield f"{action.title}.\n"
    yield f"- **Changes:** {_listed(facets)} of a {_either(sorted(action.targets))}."
    yield f"- **Can hurt:** {action.hurts}"
    yield f"- **Undone:** {action.undone}"
    if action.burnt:
        yield "- **Asks:** only where somebody else was seen with what it takes away, or where nobody can say"
    if action.grave:
        yield "- **Approved by:** somebody other than who asks, though it can be undone"
    yield f"- **Because of:** {action.citation}"
    yield f"- **Reads with:** {_listed(sorted(reads))}"
    yield f"- **Writes with:** {_listed(sorted(writes - reads))}\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing more"


def _either(kinds: Iterable[str]) -> str:
    *others, last = kinds
    return f"{', '.join(others)} or {last}" if others else last


if __name__ == "__main__":
    PAGE.write_text(page(ACTIONS.values()), encoding="utf-8")
