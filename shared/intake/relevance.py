"""Whether a signal is a reason to act, and whether it is one to act on without a person."""

from datetime import datetime, timedelta

from shared.domain.actor import Credential
from shared.domain.signal import Signal
from shared.settings import Policy

SKEW = timedelta(minutes=5)
"""How far a source's clock may run ahead of ours."""


def refusal(signal: Signal, *, automatic: bool) -> str | None:
    """Why nothing is to be done about this signal, in a sentence; None where something is.

    `automatic`: it came by itself (a queue, a rule). What a person hands over may be a sample: that is how a drill begins.
    """
    if signal.failed:
        return f"the call {signal.event} was refused or failed: an attempt without effect"
    if signal.sample and automatic:
        return "a sample finding, and this is no drill"
    return beyond(signal)


def beyond(signal: Signal) -> str | None:
    """Why nothing that this signal names could be contained, in a sentence; None where something could."""
    if signal.actor is None and not signal.resources:
        return f"{signal.event} names neither an actor nor a resource that could be contained"
    return OF_SERVICES.get(signal.actor.credential) if signal.actor else None


OF_SERVICES = {
    Credential.SERVICE: "an AWS service acted, not a person's credentials: look who told it to",
    Credential.SERVICE_LINKED: (
        "the actor is a service-linked role, which nobody but its service can use or change: look who told the service to, "
        "and contain through a service control policy or the resource's own policy"
    ),
}
"""Actors that have no credentials which could be stolen or cut off."""


def doubt(signal: Signal, policy: Policy, now: datetime) -> str | None:
    """Why a person has to be asked before anything is done, in a sentence; None where the policy's modes hold as they are."""
    age = now - signal.at
    if age > policy.limits.stale_after:
        return f"it happened {_words(age)} ago, longer than stale_after ({_words(policy.limits.stale_after)})"
    if age < -SKEW:
        return f"it claims to happen {_words(-age)} from now"
    if signal.actor is None:
        return "it names no actor"
    return None


def _words(span: timedelta) -> str:
    """`26 hours`, `3 days`: the largest unit of which there are at least two."""
    seconds = int(span.total_seconds())
    for name, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} seconds"
