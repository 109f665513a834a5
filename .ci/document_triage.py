"""Write docs/triage.md from the tables of sources, conditions and rules.

Usage: document_triage.py
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path

from shared.intake import wrappings
from shared.intake.sources import SHAPES
from shared.triage.conditions import CONDITIONS
from shared.triage.decision import Decision
from shared.triage.rule import Playbook, Rule
from shared.triage.rules import FILES, RULES, rules_in
from shared.triage.table import FIELDS, SOURCES

PAGE = Path(__file__).parent.parent / "docs" / "triage.md"

ALLOWED = " <!-- pragma: allowlist secret -->"
"""To the detector of secrets, which takes a call's name for one."""

HEAD = """\
# Triage: what each record means for health data

`codeblue triage PATH…` reads files, folders and stdin (`-`) in any form that the two clouds and their scanners send, and
says of every record whether to **act** (it opens or joins a case), to **watch** it (it is recorded, and joins a case of the
same actor), or to **drop** it, and why. It changes nothing. What cannot be read is **unreadable**, with the reason; the
records beside it go on.

This page is made from the program's own tables by `python .ci/document_triage.py`; a test fails while it is stale. What is
not seen, and why, is in [triage-misses.md](triage-misses.md); how fast it is, in [performance.md](performance.md).

## How a record is judged

1. What is resolved, archived, compliant or passed is dropped; so are samples outside a drill (`--drill`), services' own acts
   and calls that we journaled ourselves.
2. Every rule that listens to the event is asked. A rule may have a condition on what the record *says*: a policy is judged
   by whom it lets in, never by the name of the call that wrote it, and taking a share back is benign.
3. A refused attempt counts only for rules that count refusals.
4. Of the rules that hold, those that act go before those that watch. A rule that counts needs so many within its window, by
   one actor.
5. What happened longer than `limits.stale_after` before now is watched and not acted on. Now is the newest event in the
   input, or `--now`.
6. More than `limits.lineages` new actors within `limits.window` are for a person: the response asks, whatever the rule's
   floor.

**One case per breach.** Facts that share an actor's lineage (key, user, session, role, source identity, application, person)
or a resource within `triage.join` (24 hours) of each other are one case, across sources, accounts and clouds, in whatever
order they arrive. A line's case is what is known so far; the last object of `--json`, `{"merged": {younger: older}}`, says
which turned out to be one.

**No object's key.** A key can be a patient's name: of an object, only the store is named, and of S3's calls the folder as a hash
whose key lives for one run: the same folder has the same hash within a run, and no list of names finds it.

## What `codeblue respond` does with the answer

Every record is put to these rules first; what GuardDuty calls a theft that goes on is acted on at once, by rows that a test
holds to the table. Then:

| Triage says | And the record names | Then |
|---|---|---|
| act | a user, role or access key, a bucket, key, snapshot or image of AWS | a case is opened or joined |
| act | anything else: Azure, an account, a machine | status `partial`, exit 3, next steps in `left_for_people` |
| watch | the actor of an open case | it joins that case's record |
| watch | anybody else | status `observed`, exit 0, with the sentence that says which rule and why |
| drop | | status `dropped`, exit 0, with the same |

A case acts by itself only where the rule's floor is `auto` and the source says the same when it is asked again: GuardDuty and
CloudTrail are, and so is GuardDuty about what Security Hub passes on of its findings. Nobody bears out what other sources say, so a
person is asked, whatever the rule's floor. How old a record may be is asked here as well: what is stale is put to a person. About
what came by itself and is left for people, people are paged.

## What counters remember

A command counts within its own input, in bounded memory. Deployed, the same counts lie in a DynamoDB table of their own
(`codeblue-cases-memory`, made by `codeblue init`): every worker knows them, a row goes when its window has long passed, and names
in it are hashed. A pattern counts as told only when what followed from it was taken in, so a delivery that comes again tells the
same again. One contract test holds both memories to the same laws.

## Forms of files

JSON, JSON lines, JSON values one after another, arrays, CSV exports of CloudTrail, UTF-8 or UTF-16, gzip'd or not. YAML is not
read: no cloud and no scanner sends it, and what people make of an event by `--output yaml` has lost the difference between an
account's number and a count. `--output json` says the same.
"""

OWN_RULE = """\
## A rule of your own

In `response.toml`, in the very form of the program's own rules. Everything but `id`, `source`, `events`, `playbook` and `reason`
has a default:

```toml
version = 1

[triage]
join = "24h"                  # facts of one actor or resource no further apart are one case
off = ["network-opened"]      # rules that shall not speak

[triage.thresholds.secrets-burst]
times = 30                    # also: within, decision, floor
within = "5m"

[[triage.rules]]
id = "phi-exports"
source = "cloudtrail"
events = ["StartExport*", "ExportTableToPointInTime"]
where = { "tableArn" = "*chart*|*phi*" }   # a path in what was asked for, or a field: FIELDS
when = "by-person"            # a condition from the table below
decision = "act"              # or "watch"
times = 2                     # so many by one actor …
within = "10m"                # … within this
playbook = "exfiltration"
floor = "ask"                 # "auto" only if it may run without a person
citation = "45 CFR 164.402"
techniques = ["T1537"]
reason = "a table of health data was exported"
```

Try it on what you have: `codeblue triage --policy response.toml FOLDER`. A name that does not exist stops the program and is
named, with what there is instead.
"""


def page(rules: Iterable[Rule] = RULES) -> str:
    """The whole page as Markdown."""
    known = {rule.id for rule in rules}
    parts = [
        HEAD,
        *_sources(),
        *_conditions(),
        *(line for name in FILES for line in _file(name, known)),
        OWN_RULE.replace("FIELDS", _fields()),
    ]
    return "\n".join(parts)


def _fields() -> str:
    return ", ".join(sorted(FIELDS))


def _sources() -> Iterator[str]:
    yield "## What is read\n"
    yield f"{' '.join((wrappings.__doc__ or '').split())} ({len(wrappings.WRAPPINGS)} wrappings, in any nesting.)\n"
    yield "| A record is | if it has | and is read by |\n|---|---|---|"
    for name, shapes in groupby(SHAPES, key=lambda shape: (shape.name, shape.parser)):
        keys = " or ".join(dict.fromkeys(" + ".join(f"`{key}`" for key in sorted(shape.keys)) for shape in shapes))
        yield f"| {name[0]} | {keys} | {_says(name[1])} |"
    yield ""
    yield "Keys are compared without case, `-` and `_`. What fits no row is unreadable.\n"
    yield f"Rules can be written for: {', '.join(f'`{source}`' for source in sorted(SOURCES))}.\n"


def _says(parser: str) -> str:
    """The first sentence of the parser."""
    module, _, function = parser.partition(":")
    words = getattr(import_module(f"shared.intake.{module}"), function).__doc__ or ""
    return f"`{module}`: " + " ".join(words.split("\n\n")[0].split())


def _conditions() -> Iterator[str]:
    yield "## Conditions\n"
    yield "What a rule's `when` can ask of a record.\n"
    yield "| Condition | It holds where |\n|---|---|"
    yield from (f"| `{name}` | {condition.says} |" for name, condition in sorted(CONDITIONS.items()))
    yield ""
    yield f"Playbooks: {', '.join(f'`{book}`' for book in Playbook)}.\n"


def _file(name: str, known: set[str]) -> Iterator[str]:
    text = (Path(__file__).parent.parent / "shared" / "triage" / "rules" / f"{name}.toml").read_text(encoding="utf-8")
    title = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    yield f"## {title.partition('.')[0].rstrip('.')}\n"
    yield "| Rule | Events | Decision | Because | HIPAA | ATT&CK |\n|---|---|---|---|---|---|"
    yield from (_row(rule) for rule in rules_in(name) if rule.id in known)
    yield ""


def _row(rule: Rule) -> str:
    events = ", ".join(f"`{event}`".replace("|", "\\|") for event in rule.events)
    asks, techniques = f"{rule.source}: {events}{_if(rule)}", " ".join(rule.techniques)
    cells = (f"`{rule.id}`", asks, _decision(rule), rule.reason, rule.citation, techniques)
    row = f"| {' | '.join(cells)} |"
    return row + ALLOWED if any(word in row.lower() for word in ("secret", "password", "key")) else row


def _if(rule: Rule) -> str:
    parts = [f"if `{rule.when}`"] if rule.when else []
    parts += [f"where `{name}` is `{glob}`".replace("|", "\\|") for name, glob in rule.where.items()]
    parts += [f"{rule.times} times in {int(rule.within.total_seconds() // 60)} min"] if rule.times > 1 else []
    parts += ["refused or not"] if rule.failed == "also" else ["refused"] if rule.failed == "only" else []
    parts += ["unless the actor made it"] if rule.spares_own else []
    return "; " + "; ".join(parts) if parts else ""


def _decision(rule: Rule) -> str:
    return f"**act** ({rule.playbook}, {rule.floor})" if rule.decision is Decision.ACT else str(rule.decision)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
