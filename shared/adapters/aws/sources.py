"""The `Sources` port on AWS: an alert is believed only where GuardDuty or CloudTrail itself says the same.

A forged alert costs its sender nothing. So who, what and on which resources must be in the source's own words; an alert may
name fewer resources than the source, never more. CloudTrail lags by minutes and never shows data events: "not found" is no denial.
"""

from collections.abc import Callable, Iterable, Mapping

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.adapters.aws.lookup import ACTIONS as LOOKUP
from shared.adapters.aws.lookup import EventHistory
from shared.domain.actor import Actor
from shared.domain.errors import Absent, BadInput, CloudError, Refused
from shared.domain.signal import Confirmation, Signal, Source
from shared.intake import cloudtrail, guardduty
from shared.ports import Clock

PERMISSIONS = LOOKUP | {"guardduty:GetFindings"}

NOT_ITS_DETECTOR = "BadRequestException"
"""GuardDuty's answer where the detector is not the account's (GuardDuty API reference, GetFindings, Errors)."""


class AwsSources:
    """GuardDuty and CloudTrail of the accounts that `clients` can enter. `PERMISSIONS` are the IAM actions."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._history = EventHistory(clients, clock)

    def confirm(self, signal: Signal) -> Confirmation:
        """GuardDuty GetFindings by detector and id; CloudTrail LookupEvents by event id. Raises nothing.

        What Security Hub passes on of GuardDuty's is asked of GuardDuty; other sources are not asked, and nobody bears them out.
        """
        ask: Mapping[Source, Callable[[Signal], Iterable[Signal]]] = {
            Source.GUARDDUTY: self._findings,
            Source.SECURITY_HUB: self._findings,
            Source.CLOUDTRAIL: self._events,
        }
        if signal.source not in ask:
            return Confirmation.UNREACHABLE
        try:
            found = next(iter(ask[signal.source](signal)), None)
        except (Absent, BadInput):
            return Confirmation.NOT_FOUND
        except CloudError:
            return Confirmation.UNREACHABLE
        if found is None:
            return Confirmation.NOT_FOUND
        if not agrees(signal, found):
            return Confirmation.DISAGREES
        return Confirmation.AGREES if _as_well_known(signal.actor, found.actor) else Confirmation.UNREACHABLE

    def _findings(self, signal: Signal) -> Iterable[Signal]:
        if not signal.detector:
            return ()
        client = self._clients.guardduty(signal.account, signal.region)
        try:
            answer = call(client.get_findings, DetectorId=signal.detector, FindingIds=[signal.id])
        except Refused as error:
            if error.code == NOT_ITS_DETECTOR:
                return ()
            raise
        return (guardduty.signal(finding, signal.raw_digest) for finding in answer["Findings"])

    def _events(self, signal: Signal) -> Iterable[Signal]:
        records = self._history.events((signal.account, signal.region), "EventId", signal.id)
        return (cloudtrail.signal(record, signal.raw_digest) for record in records)


def agrees(signal: Signal, found: Signal) -> bool:
    """Whether the source's own words bear out the alert. A finding's time moves on with every update; its actor does not."""
    same = ("id", "event", "account", "region", "failed", "sample")
    return (
        all(getattr(signal, name) == getattr(found, name) for name in same)
        and (_passed_on(signal.actor, found.actor) if signal.source is Source.SECURITY_HUB else signal.actor == found.actor)
        and set(signal.resources) <= set(found.resources)
    )


def _passed_on(actor: Actor | None, found: Actor | None) -> bool:
    """ASFF names less of an actor than the finding does; what it names must be the finding's."""
    if actor is None or found is None:
        return actor is None
    named = [getattr(actor, name) or getattr(found, name) for name in ("access_key", "unique_id", "session")]
    of_finding = [found.access_key, found.unique_id, found.session]
    return (actor.account, actor.principal, named) == (found.account, found.principal, of_finding)


def _as_well_known(actor: Actor | None, found: Actor | None) -> bool:
    """Whether the alert says as exactly as its source whose credentials they were: how wide a fence is drawn hangs on it."""
    return actor == found or (actor is not None and found is not None and actor.credential == found.credential)
