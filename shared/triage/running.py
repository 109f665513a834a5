"""Triage of whole files: every record in the order read, one line each, and at the end which cases turned out to be one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import Any, BinaryIO, NamedTuple

from shared.intake.fact import Fact
from shared.intake.reading import Read, facts
from shared.intake.tolerant import text
from shared.intake.wrappings import Unreadable
from shared.ports import Memory
from shared.settings import Policy

from .deciding import Decided, Decider
from .decision import Decision
from .joining import Joiner, keys_of
from .named import resources_of
from .table import Table, table_of

type Open = Callable[[], BinaryIO]


class Input(NamedTuple):
    """Something to read: its name in the lines, and how to open it from its beginning."""

    name: str
    open: Open


@dataclass(frozen=True, slots=True)
class Line:
    """One record's line (contracts: `codeblue triage`)."""

    file: str
    index: int
    source: str | None
    event: str | None
    actor: str | None
    resources: tuple[str, ...]
    decision: Decision
    rule: str | None
    reason: str
    techniques: tuple[str, ...]
    case: str | None

    @property
    def shown(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def inputs(paths: Iterable[Path]) -> Iterator[Input]:
    """Each file, and every file in each folder, in the order of names; hidden ones are left out."""
    for path in paths:
        if path.is_dir():
            inside = sorted(
                each
                for each in path.rglob("*")
                if each.is_file() and not any(part.startswith(".") for part in each.relative_to(path).parts)
            )
            yield from (Input(str(each), _opener(each)) for each in inside)
        else:
            yield Input(str(path), _opener(path))


def _opener(path: Path) -> Open:
    return lambda: path.open("rb")


def read(given: Input) -> Iterator[Read]:
    """The records of one input; one that can not be opened or read on is a record that can not be read."""
    try:
        with given.open() as stream:
            yield from facts(stream)
    except OSError as why:
        yield Unreadable(f"the file cannot be read: {type(why).__name__}")


def newest(given: Iterable[Input]) -> float:
    """The newest event time in all of it, 0 where none is said."""
    return max((fact.at for each in given for fact in read(each) if isinstance(fact, Fact) and fact.at is not None), default=0.0)


class Triage:
    """The whole of it over one stream of records. `memory` and the joiner's are all that grows, and both are bounded.

    `now` in seconds since 1970; None where the stream can be read only once: then it is the newest time so far.
    """

    def __init__(
        self,
        policy: Policy,
        memory: Memory,
        now: float | None,
        own: Callable[[str], bool] = lambda _: False,
        *,
        drill: bool = False,
        table: Table | None = None,
    ) -> None:
        self._decider = Decider(table or table_of(policy), memory, policy, now or 0.0, own, drill=drill)
        self._joiner = Joiner(policy.triage.join.total_seconds())
        self._follows = now is None
        self._secret = token_bytes(16)

    def lines(self, given: Iterable[Input]) -> Iterator[Line]:
        """One line a record."""
        for each in given:
            for index, thing in enumerate(read(each)):
                yield self.line(each.name, index, thing)

    def decide(self, thing: Read) -> Decided:
        """The decision alone, without case or line."""
        return Decided(Decision.UNREADABLE, thing.why) if isinstance(thing, Unreadable) else self._decider.decide(thing)

    def line(self, file: str, index: int, thing: Read) -> Line:
        """The decision about one record. Raises nothing."""
        if isinstance(thing, Unreadable):
            return Line(file, index, None, None, None, (), Decision.UNREADABLE, None, thing.why, (), None)
        if self._follows and thing.at is not None and thing.at > self._decider.now:
            self._decider.now = thing.at
        decided = self._decider.decide(thing)
        case = self._joined(thing, decided)
        rule = decided.rule
        return Line(
            file=file,
            index=index,
            source=thing.source,
            event=thing.event,
            actor=thing.actor.text or None,
            resources=self._resources(thing),
            decision=decided.decision,
            rule=rule.id if rule else None,
            reason=_with_playbook(decided),
            techniques=thing.techniques or (rule.techniques if rule else ()),
            case=case,
        )

    def _joined(self, fact: Fact, decided: Decided) -> str | None:
        acts = decided.decision is Decision.ACT
        if not acts and (fact.failed or not (decided.decision is Decision.WATCH or fact.opens)):
            return None
        keys = keys_of(fact, acts=acts)
        if not keys and not acts:
            return None
        case = self._joiner.join(
            keys, self._decider.now if fact.at is None else fact.at, f"{fact.source}|{fact.id}|{fact.event}|{keys}", acts=acts
        )
        return case if decided.decision is not Decision.DROP else None

    def _resources(self, fact: Fact) -> tuple[str, ...]:
        """What the record names; of an object of S3's its store, and its folder as a keyed hash.

        The same folder has the same hash within one run, and nobody can guess it: a folder's name can be a patient's, and a hash
        without a key could be found by trying names.
        """
        if fact.source != "cloudtrail" or fact.service != "s3":
            return resources_of(fact)
        asked = fact.asked
        named = resources_of(fact, asked)
        folder = text(asked.get("key")).rpartition("/")[0] or text(asked.get("prefix"))
        if not folder:
            return named
        return (*named, f"object-prefix:{blake2b(folder.encode(errors='replace'), key=self._secret, digest_size=8).hexdigest()}")

    @property
    def merged(self) -> dict[str, str]:
        """Cases that turned out to be an older one: `{younger: older}`. Both stay what they are; nothing is run again."""
        return self._joiner.resolved()


def _with_playbook(decided: Decided) -> str:
    """For a decision to act, the reason says which response it calls for, and how freely."""
    rule = decided.rule
    if decided.decision is not Decision.ACT or rule is None:
        return decided.reason
    return f"{decided.reason} [{rule.playbook}, {decided.mode}]"
