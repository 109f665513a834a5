"""What the actors read, from the record of every single request. Worked out once the fence stands, and again when the log is whole.

It is counted and not judged. Object keys can name patients: the record knows them by HMAC alone, encrypted, and the case by counts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.containment.answers import ask
from shared.containment.needs import of_aliases
from shared.containment.parallel import NARROW, in_parallel
from shared.containment.reach import did
from shared.domain.case import Case, LeftForPeople, Stage
from shared.domain.errors import CloudError
from shared.domain.exposure import Blind, Exposure, Told
from shared.domain.plan import Wave
from shared.domain.resource import Ref
from shared.domain.value import Value
from shared.ports import Act, Journal, Request, Traffic
from shared.reencryption.rows import name_of

from . import lasting, observing
from .deps import Deps
from .soundness import judged
from .step import Next

LATE = timedelta(minutes=15)
"""How late the log can be (CloudTrail user guide, "Viewing event history"): after this the last moments are in it as well."""

BEFORE = timedelta(days=1)
"""An alert comes after the fact: what the actors' credentials did on the day before it counts as the thief's."""

AFTER = timedelta(minutes=1)
"""How long a fence takes to reach every server, with some to spare: after that the actors are refused."""

READS = frozenset({"GetBlob", "GetObject", "GetObjectTorrent", "QueryBlobContents", "ReadFile", "SelectObjectContent"})
LISTS = frozenset({"ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2"}) | frozenset(
    {"FindBlobsByTags", "ListBlobs", "ListFilesystemDir", "ListFilesystemFile"}
)

MOST_NAMES = 500_000
"""Versions of one store that are told apart; beyond, the counts are the least that was read."""

MOST_FIRST = 100_000
"""Objects of one store that a migration takes before the others."""

MOST_STORES = 40
"""Stores that the case document carries, those with most read first: the record has the others."""

LONGEST_SECONDS = 300.0
"""How long the sweeps wait for the log to be read; what is not read by then is said, and read later."""

CUT_SHORT = "the log was not read to its end in the time there was"
LOOK = "find out by other records what was read meanwhile; `codeblue status` lists the times"


class Read(Value):
    """What was read in one store, by HMAC: object keys, and `key NUL version` as migrations name them."""

    store: Ref
    objects: tuple[str, ...]
    versions: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """One store's exposure while it is being counted."""

    bytes: int = 0
    listings: int = 0
    first: datetime | None = None
    last: datetime | None = None
    cut: bool = False
    failed: int = 0
    failed_first: datetime | None = None
    ids: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)

    def add(self, request: Request, name: Callable[[str], str]) -> None:
        """Count one request, once: two records can tell of it."""
        act = request.act
        if act.request_id in self.ids:
            return
        if act.failed:
            self._fail(act)
            return
        self.cut = self.cut or len(self.versions) >= MOST_NAMES
        if not self.cut:
            self.ids.add(act.request_id)
        self.first, self.last = min(self.first or act.at, act.at), max(self.last or act.at, act.at)
        if act.name in LISTS:
            self.listings += 1
            return
        self.bytes += request.sent
        if not self.cut:
            self.objects.add(name(request.key))
            self.versions.add(name_of(name, request.key, request.version))

    def _fail(self, act: Act) -> None:
        if len(self.ids) < MOST_NAMES:
            self.ids.add(act.request_id)
        self.failed, self.failed_first = self.failed + 1, min(self.failed_first or act.at, act.at)


def wanted(case: Case, deps: Deps) -> bool:
    """Whether it is still to be worked out: at once for the order of what follows, and again when the log is whole."""
    if deps.traffic is None or case.fenced_at is None or not case.scope.stores:
        return False
    whole = case.fenced_at + LATE
    return case.exposed_at is None or case.exposed_at < whole <= deps.clock.now()


def expose(case: Case, deps: Deps) -> Next:
    """Count what the actors read, and find out who decrypts by alias. Raises `NotDurable`."""
    if deps.traffic is None:
        return Next(case, Stage.SWEEP)
    now, journal = deps.clock.now(), deps.journal(case.id)
    since = begun(case, deps)
    until = min(now, ended(case, now))
    watch = {store: _watched(store, deps.traffic(), since, until) for store in case.scope.stores}
    tallies, why = _tallied(case, deps, deps.traffic(), (since, until))
    missing = (Blind(since=since, until=until, why=why),) if why else ()
    found = [_exposure(s, case, deps, watch[s][0], (*watch[s][1], *missing), tallies[s]) for s in case.scope.stores]
    for exposure in found:
        journal.append("exposure", exposure.model_dump(mode="json"), need=1)
    carried = sorted(found, key=lambda e: (-e.versions, e.store))[:MOST_STORES]
    told = lasting.worded(case, LOOK, _unknown(found))
    return Next(_aliases(told, deps, deps.traffic()).but(exposures=carried, exposed_at=now), Stage.SWEEP)


def begun(case: Case, deps: Deps) -> datetime:
    """Since when the actors' deeds count: the earliest of a day before the first alert, the breach's begin, any at its addresses.

    What they made themselves is no older than they are.
    """
    none: tuple[Act, ...] = ()
    addresses = {signal.source_address for signal in case.signals} - {""}
    window = observing.window(deps)[0]
    actors = dict.fromkeys(standing.actor for standing in case.scope.standings if not standing.made)
    answers = in_parallel(lambda actor: ask(lambda: deps.evidence.by(actor, window), none, str(actor)).value, actors, NARROW)
    seen = (act.at for acts in answers for act in acts if act.source_address in addresses)
    return min((case.since - BEFORE, case.begun, *seen))


def ended(case: Case, now: datetime) -> datetime:
    """Until when the actors may have read: a little longer than the last look that found something of theirs."""
    news = [wave.at for wave in case.waves if wave.news and wave.wave in {Wave.FENCE, Wave.SWEEP}]
    return max((*news, case.fenced_at or now)) + AFTER


def first(case: Case, deps: Deps, store: Ref) -> frozenset[str]:
    """Keys of the objects that the actors read in this store, in clear and in memory only: what a migration takes first."""
    if deps.traffic is None:
        return frozenset()
    found: set[str] = set()
    try:
        for request in theirs(case, deps.traffic(), [store], begun(case, deps), deps.clock.now()):
            found.add(request.key)
            if len(found) >= MOST_FIRST:
                break
    except CloudError:
        pass  # the order is a favour to the exposed: everything moves in any order
    return frozenset(found - {""})


def theirs(case: Case, traffic: Traffic, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
    """The actors' reads and listings that worked."""
    return (request for request in tried(case, traffic, stores, since, until) if not request.act.failed)


def tried(case: Case, traffic: Traffic, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
    """The actors' reads and listings; of those that failed, only what came after the case was opened."""
    for request in traffic.requests(stores, since, until):
        reads = request.copied or request.act.name in READS | LISTS
        late = not request.act.failed or request.act.at >= case.opened
        if reads and late and any(did(s, request.act) for s in case.scope.standings):
            yield request


def _tallied(case: Case, deps: Deps, traffic: Traffic, span: tuple[datetime, datetime]) -> tuple[dict[Ref, Tally], str]:
    """The counts, and why they are not all there is; empty where they are."""
    tallies = {store: Tally() for store in case.scope.stores}
    name, began = deps.journal(case.id).name, deps.clock.monotonic()
    try:
        for request in tried(case, traffic, case.scope.stores, *span):
            tallies[request.store].add(request, name)
            if deps.clock.monotonic() - began > LONGEST_SECONDS:
                return tallies, CUT_SHORT
    except CloudError as error:
        return tallies, f"the log can not be read: {error}"
    return tallies, ""


def _watched(store: Ref, traffic: Traffic, since: datetime, until: datetime) -> tuple[tuple[Told, ...], tuple[Blind, ...]]:
    try:
        watched = traffic.watched(store, since, until)
    except CloudError as error:
        return (), (Blind(since=since, until=until, why=f"nobody can say whether it was recorded: {error}"),)
    return watched.told, watched.blind


def _exposure(store: Ref, case: Case, deps: Deps, told: tuple[Told, ...], blind: tuple[Blind, ...], tally: Tally) -> Exposure:
    owners = deps.estate.owners(frozenset({store}))
    return Exposure(
        store=store,
        tenant=owners[0].name if owners else "",
        objects=len(tally.objects),
        versions=len(tally.versions),
        bytes=tally.bytes,
        listings=tally.listings,
        first=tally.first,
        last=tally.last,
        told=told,
        blind=blind,
        cut=tally.cut,
        blob=_kept(store, tally, deps.journal(case.id)),
        failed=tally.failed,
        failed_first=tally.failed_first,
    )


def _kept(store: Ref, tally: Tally, journal: Journal) -> str:
    """The custody digest of what was read; empty where nothing was."""
    if not tally.versions:
        return ""
    read = Read(store=store, objects=tuple(sorted(tally.objects)), versions=tuple(sorted(tally.versions)))
    return journal.blob(read.model_dump_json().encode())


def _unknown(found: Iterable[Exposure]) -> Iterator[LeftForPeople]:
    for exposure in found:
        if not exposure.excluded:
            why = "; ".join(dict.fromkeys(blind.why for blind in exposure.blind)) or "there was more than could be counted"
            reason = f"that the actor read more of it than is listed cannot be excluded: {why}"
            yield LeftForPeople(target=str(exposure.store), reason=reason, next=LOOK, blocks=False)


def _aliases(case: Case, deps: Deps, traffic: Traffic) -> Case:
    """The case with who decrypts by alias and which keys are sound, as a new key's plan has to know. Unread, it is not known."""
    since = observing.window(deps)[0]
    try:
        uses = in_parallel(lambda key: traffic.uses(key, since), case.scope.keys, NARROW)
    except CloudError:
        return case
    known = all(each.whole for each in uses)
    by_alias = tuple(dict.fromkeys(name for each in uses for name in of_aliases(each.found)))
    aliased = tuple(key for key, each in zip(case.scope.keys, uses, strict=True) if of_aliases(each.found))
    judgements = tuple(judged(key, each, case, deps) for key, each in zip(case.scope.keys, uses, strict=True))
    return case.but(scope=case.scope.but(by_alias=by_alias, aliased=aliased, uses_known=known, judgements=judgements))
