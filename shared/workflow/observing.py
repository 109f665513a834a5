"""What every single request of the evidence window says: how stores are used, and who still needs an old key. Takes its time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from shared.containment import needs
from shared.containment.answers import ask
from shared.containment.needs import KEEPS_NOTHING, Known
from shared.containment.observed import Form, Need, forms
from shared.containment.parallel import NARROW, in_parallel
from shared.containment.reach import did
from shared.domain.actor import Actor, Credential
from shared.domain.case import Case, LeftForPeople, Succession
from shared.domain.errors import CloudError
from shared.domain.facet import AliasTarget, EncryptedWith, Grant, PolicyStatement
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Relation, Request, Traffic, Uses
from shared.reencryption.lanes import Reason

from .deps import Deps
from .proofs import Proofs, proofs

LEAST_WATCHED = 0.9
"""Part of the window of which the record must speak: whoever works with a store comes back within days, and is in the rest."""

BLIND = "let its requests be recorded (on AWS: data events in a trail), and `codeblue reconsider` after some days of it"

type Forms = dict[Ref, frozenset[Form]]


def window(deps: Deps) -> tuple[datetime, datetime]:
    """The evidence window: so many days, until now."""
    now = deps.clock.now()
    return now - timedelta(days=deps.policy.limits.evidence_days), now


def stores(case: Case, deps: Deps, among: Sequence[Ref]) -> tuple[Forms, tuple[LeftForPeople, ...]]:
    """How each of these was used by others than the actors and ourselves; for people, the stores of which nobody can say."""
    if deps.traffic is None:
        return {}, tuple(_unknown(store, "single requests are not read here") for store in among)
    found = [(store, _blindness(store, deps.traffic(), deps)) for store in among]
    seen = [store for store, why in found if not why]
    asked = ask(lambda: _lately(case, deps, seen), None, "the record of requests")
    if asked.value is None:
        return {}, tuple(_unknown(store, "the record of requests can not be read") for store in among)
    return asked.value, tuple(_unknown(store, why) for store, why in found if why)


def _unknown(store: Ref, why: str) -> LeftForPeople:
    reason = f"nobody can say who writes to it, and how: {why}; nothing lasting is refused there"
    return LeftForPeople(target=str(store), reason=reason, next=BLIND, blocks=False)


def _blindness(store: Ref, traffic: Traffic, deps: Deps) -> str:
    """Why the record says too little of a store, empty where it says enough."""
    since, until = window(deps)
    try:
        watched = traffic.watched(store, since, until)
    except CloudError as error:
        return str(error)
    missing = sum(blind.seconds for blind in watched.blind)
    if not watched.told or missing > (1 - LEAST_WATCHED) * (until - since).total_seconds():
        return "; ".join(dict.fromkeys(blind.why for blind in watched.blind)) or "its requests are not recorded"
    return ""


FRESH_SECONDS = 60.0
"""How long the reading of a month of requests is good for: what is younger than this is in no file yet (a trail's come minutes
after). Not longer: what was approved is looked at again before it runs, for somebody may have been seen since it was planned."""


def _lately(case: Case, deps: Deps, seen: Sequence[Ref]) -> Forms:
    """The forms as they were read last by this worker, where that was just now: plan and apply, enforce and retire ask alike."""
    question = ("forms", case.id, tuple(seen), case.scope.standings)
    return deps.fresh.answer(question, lambda: _forms(case, deps, seen), deps.clock, FRESH_SECONDS)


def _forms(case: Case, deps: Deps, seen: Sequence[Ref]) -> Forms:
    found = forms(_others(case, deps, seen))
    return {store: frozenset(found.get(store, ())) for store in seen}


def _others(case: Case, deps: Deps, seen: Sequence[Ref]) -> Iterator[Request]:
    """The ways of everybody but the actors and ourselves. Refused ones too: who asks will ask again."""
    if deps.traffic is None or not seen:
        return
    for request in deps.traffic().ways(seen, *window(deps)):
        ours = request.act.actor.unique_id in deps.exempt
        if not ours and not any(did(s, request.act) for s in case.scope.standings):
            yield request


def behind(proved: Mapping[Ref, datetime], deps: Deps) -> bool:
    """Whether the log has still to tell of uses of an old key up to its proof. Where it can not be read, nothing is to come."""
    if deps.traffic is None:
        return False
    uses, since = deps.traffic().uses, window(deps)[0]

    def late(key: Ref) -> bool:
        nothing = Uses((), whole=False, through=proved[key])
        return ask(lambda: uses(key, since), nothing, str(key)).value.through < proved[key]

    return any(in_parallel(late, list(proved), NARROW))


def keys(case: Case, deps: Deps, used: Forms) -> tuple[dict[Ref, tuple[Need, ...]], dict[Ref, str]]:
    """What still needs each old key; and, of those where that could not be found out, why not."""
    known: dict[Ref, tuple[Need, ...]] = {}
    unknown: dict[Ref, str] = {}
    old, proved = case.scope.successors, proofs(case, deps)
    for s, found in zip(old, in_parallel(lambda s: _needed(s, case, deps, used, proved), old, NARROW), strict=True):
        if isinstance(found, CloudError):
            unknown[s.old] = str(found)
        else:
            known[s.old] = found
    return known, unknown


def _needed(old: Succession, case: Case, deps: Deps, used: Forms, proved: Proofs) -> tuple[Need, ...] | CloudError:
    try:
        return tuple(dict.fromkeys(_needs(old, case, deps, used, proved)))
    except CloudError as error:
        return error


def _needs(old: Succession, case: Case, deps: Deps, used: Forms, proved: Proofs) -> Iterator[Need]:
    key = old.old
    if deps.traffic is None:
        raise CloudError("single uses of keys are not read here")
    uses = deps.traffic().uses(key, window(deps)[0])
    known = _known(key, case, deps, uses, proved)
    yield from _rewritten(key, case) if old.rewraps else _stored(key, case)
    yield from _there(key, deps)
    yield from needs.of_uses(uses, known, proved.of(old))
    for store in case.scope.stores:
        yield from needs.of_writers(key, used.get(store, ()), known)


def _rewritten(key: Ref, case: Case) -> Iterator[Need]:
    """Parts of stores that get new data keys: while anything could still be moved there, the key of the old ones stays."""
    done = {v.key for v in case.versions if v.done}
    for part in (s.old for s in case.scope.within(key.cloud).renewed):
        if part not in done:
            yield Need(f"what is stored in {part} has not been moved and proved")


def _stored(key: Ref, case: Case) -> Iterator[Need]:
    """Versions that could not be moved, and stores that nobody has looked through."""
    for store in _stores_of(key, case):
        counted = [v for v in case.versions if (v.store, v.key) == (store, key)]
        if not counted or not all(v.done for v in counted):
            yield Need(f"what is stored in {store} has not been moved and proved")
        for reason, count in (pair for v in counted for pair in v.blocked):
            # what a caller's own key encrypts is under no key of KMS
            if reason != Reason.CUSTOMER_KEY:
                yield Need(f"{count} versions in {store} stay under it: {reason}")


def _stores_of(key: Ref, case: Case) -> list[Ref]:
    """Every store that may hold something under the key: of the case, or known to use it by default."""
    moved = [v.store for v in case.versions if v.key == key]
    buckets = (*case.scope.stores, *(d for d in case.scope.dependants if d.kind is Kind.BUCKET))
    there = (b for b in buckets if (b.cloud, b.region) in {(key.cloud, ""), (key.cloud, key.region)})
    return list(dict.fromkeys((*moved, *there)))


def _there(key: Ref, deps: Deps) -> Iterator[Need]:
    """Whatever hangs on the key in the cloud as it is now. Raises `CloudError`: what can not be seen is needed."""
    world = deps.world
    yield from needs.of_things(world.related(key, Relation.LISTED), "is under it, and only people can move it")
    named = (a for a in world.related(key, Relation.ALIASES) if any(t.key == key.id for t in world.look(a, AliasTarget)))
    yield from needs.of_things(named, "still names it")
    under = (d for d in world.related(key, Relation.DEPENDANTS) if any(e.key == key.id for e in world.look(d, EncryptedWith)))
    yield from needs.of_things(under, "still encrypts with it")
    if world.traits(key, Grant) and (count := sum(grant.present for grant in world.look(key, Grant))):
        yield Need(f"{count} grants on it let somebody use it")


def _known(key: Ref, case: Case, deps: Deps, uses: Uses, proved: Proofs) -> Known:
    stores = proved.stores
    emptied = {v.store.id: stores[v.store.id] for v in case.versions if v.key == key and v.done and v.store.id in stores}
    held = {v.store.id for v in case.versions if v.key == key and any(reason != Reason.CUSTOMER_KEY for reason, _ in v.blocked)}
    return Known(
        standings=case.scope.standings,
        allow=case.scope.allow,
        exempt=deps.exempt,
        lent=deps.lent,
        emptied={store: at for store, at in emptied.items() if store not in held} | dict(proved.wrapped.get(key.id, {})),
        repointed=frozenset(d.id for d in case.scope.dependants if d.kind in KEEPS_NOTHING),
        ours=deps.cases.remembered([use.act.request_id for use in uses.found]),
    )


def restorers(case: Case, deps: Deps) -> tuple[tuple[str, ...], tuple[LeftForPeople, ...]]:
    """The roles that restore backups, as far as they exist: a policy that names a role that does not is refused as a whole."""
    named = deps.policy.responder.restore
    cloud = next((s.old.cloud for s in case.scope.successors if deps.world.traits(s.old, PolicyStatement)), case.signal.cloud)
    found = {arn for arn in named if _exists(arn, cloud, deps)}
    why = "the policy names it as restoring backups, and it can not be found"
    lost = (LeftForPeople(target=arn, reason=why, next="correct response.toml", blocks=False) for arn in named if arn not in found)
    return tuple(arn for arn in named if arn in found), tuple(lost)


def _exists(arn: str, cloud: Cloud, deps: Deps) -> bool:
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""  # noqa: PLR2004  # arn:partition:iam::account:role/name
    kind = Kind.ROLE if ":role/" in arn else Kind.USER
    plain = Actor(
        credential=Credential.ROLE_SESSION, account=account, principal=Ref(cloud=cloud, kind=kind, account=account, id=arn)
    )
    try:
        deps.directory.resolve(plain)
    except CloudError:
        return False
    return True
