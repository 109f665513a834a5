"""A fact as a signal, for sources that have no reader of their own among `READERS`: what a case can be opened with.

Such a source says less than CloudTrail and GuardDuty do: whose key or role it was by name, which store by its ARN.
"""

from datetime import UTC, datetime

from shared.domain.actor import Actor, Credential
from shared.domain.errors import BadInput
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal, Source

from . import fact_signal_azure
from .arn import Place, named, ref
from .fact import Fact, Who
from .fact_about import About

HELD = frozenset({Kind.BUCKET, Kind.KEY, Kind.SNAPSHOT, Kind.IMAGE, Kind.DATABASE_SNAPSHOT})
"""What a fence can close without knowing who the actor is."""

NOBODYS = frozenset({Credential.SERVICE, Credential.SERVICE_LINKED, Credential.ROOT})
"""Actors on whom no fence of an account's own has a hold."""


def signal_of(fact: Fact, raw_digest: str) -> Signal:
    """The signal that this fact is. Raises BadInput, with what it lacks, where nothing could be contained by it."""
    if fact.at is None:
        raise BadInput("it does not say when it happened")
    about = fact_signal_azure.about(fact) if fact.source in fact_signal_azure.SOURCES else _about(fact)
    return Signal(
        id=about.id or fact.id or f"unnamed:{raw_digest}:{fact.event}:{fact.at}",
        cloud=about.cloud,
        source=about.source,
        event=fact.event,
        at=_moment(fact.at),
        account=about.account,
        region=about.region,
        actor=about.actor,
        resources=about.resources,
        failed=fact.failed,
        sample=fact.sample,
        severity=fact.severity,
        technique=next(iter(fact.techniques), ""),
        request_id=fact.request_id,
        source_address=fact.address,
        detector=about.detector,
        raw_digest=raw_digest,
    )


def _about(fact: Fact) -> About:
    """What a fact of AWS's is about. Raises BadInput as `signal_of` does."""
    account = fact.account or fact.actor.account
    if not (account.isdecimal() and fact.source in CONTAINED):
        raise BadInput("what it is about lies in no AWS account that it names")
    place = Place(account, fact.region)
    actor, resources = _actor(fact.actor, place), _resources(fact, place)
    if not (actor and actor.credential not in NOBODYS) and not any(each.kind in HELD for each in resources):
        raise BadInput("it names neither a user, role or access key, nor a store, key or snapshot")
    detector, finding = _finding(fact.id)
    return About(Cloud.AWS, CONTAINED[fact.source], account, fact.region, actor, resources, finding, detector)


CONTAINED: dict[str, Source] = {
    "access-analyzer": Source.ACCESS_ANALYZER,
    "alarm": Source.ALARM,
    "backup": Source.BACKUP,
    "cloudtrail": Source.OCSF,
    "config": Source.CONFIG,
    "guardduty": Source.GUARDDUTY,
    "health": Source.HEALTH,
    "macie": Source.MACIE,
    "ocsf": Source.OCSF,
    "securityhub": Source.SECURITY_HUB,
    "trusted-advisor": Source.TRUSTED_ADVISOR,
}
"""A fact's source, and the signal's. A CloudTrail fact that no reader has read came in OCSF's words."""


def _moment(at: float) -> datetime:
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadInput("it names a time that no calendar has") from None


def _finding(name: str) -> tuple[str, str]:
    """Detector and id in `arn:aws:guardduty:<region>:<account>:detector/<detector>/finding/<id>`, empty for any other name."""
    if ":guardduty:" not in name:
        return "", ""
    detector, _, finding = name.partition(":detector/")[2].partition("/finding/")
    return (detector, finding) if finding else ("", "")


def _actor(who: Who, place: Place) -> Actor | None:
    """The actor by its lineage's keys (`user:<account>:<name>`, `session:<id>:<name>`, `key:<id>`), None where they name none."""
    if who.credential not in Credential or (who.credential not in NAMELESS and not who.keys):
        return None
    roots = {kind: rest for key in reversed(who.keys) for kind, _, rest in [key.partition(":")]}
    unique_id, _, session = roots.get("session", "").partition(":")
    principal = _principal(roots, place)
    known = principal or roots.get("key") or who.credential in NAMELESS
    if not known:
        return None
    return Actor(
        credential=Credential(who.credential),
        account=who.account or place.account,
        principal=principal,
        unique_id=unique_id or roots.get("id", ""),
        session=session,
        access_key=roots.get("key", ""),
    )


NAMELESS = frozenset({Credential.ANONYMOUS, Credential.FOREIGN, Credential.ROOT})


def _principal(roots: dict[str, str], place: Place) -> Ref | None:
    for root, kind in (("user", Kind.USER), ("role", Kind.ROLE)):
        account, _, name = roots.get(root, "").partition(":")
        if name:
            return named(kind, name, Place(account, place.region))
    return None


def _resources(fact: Fact, place: Place) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(each for name in fact.resources if (each := ref(name, place))))
