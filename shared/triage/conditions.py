"""Conditions on what a call says: what a rule's `when` can name. Each is a question about one fact, with its sentence for the docs.

`home` are the accounts that are ours. A content that can not be read answers no: what is not there opens nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

from shared.domain.actor import Credential
from shared.intake.fact import Fact
from shared.intake.tolerant import folded, text, within

from . import conditions_azure, conditions_iam, conditions_logs, conditions_sharing, conditions_stores

type Home = frozenset[str]
type Ask = Callable[[Fact, Home], bool]


class Condition(NamedTuple):
    """A question and its answer's code."""

    says: str
    holds: Ask


def _by_root(fact: Fact, _: Home) -> bool:
    return fact.actor.credential == Credential.ROOT


def _for_root_itself(fact: Fact, _: Home) -> bool:
    return fact.actor.credential == Credential.ROOT and not text(fact.asked.get("username"))


def _by_stranger(fact: Fact, home: Home) -> bool:
    """A foreign account's or nobody's; a service is neither."""
    kind = fact.actor.credential
    return kind == Credential.ANONYMOUS or (
        kind == Credential.FOREIGN and fact.actor.account not in home and not fact.actor.service
    )


def _by_anonymous(fact: Fact, _: Home) -> bool:
    return fact.actor.credential == Credential.ANONYMOUS


def _by_person(fact: Fact, _: Home) -> bool:
    """A user's key, the console, Identity Center or a federation token: not a workload's role."""
    return fact.actor.credential in PEOPLE


PEOPLE = frozenset(
    {Credential.LONG_TERM_KEY, Credential.CONSOLE, Credential.IDENTITY_CENTER, Credential.FEDERATION_TOKEN, Credential.ROOT}
)


def _by_hand(fact: Fact, _: Home) -> bool:
    """Nobody had a service do it: no schedule, no stack, no backup plan."""
    return not fact.actor.via and not fact.actor.service and not fact.agent.endswith(".amazonaws.com")


def _took(fact: Fact, _: Home) -> bool:
    """Severe, and more than a list was asked for."""
    api = text(within(fact.asked, "action", "awsapicallaction", "api"))
    return fact.severity >= SEVERE and not api.startswith(("List", "Describe"))


def _severe(fact: Fact, _: Home) -> bool:
    return fact.severity >= SEVERE


def _middling(fact: Fact, _: Home) -> bool:
    return fact.severity >= MIDDLING


SEVERE = 7.0
MIDDLING = 4.0


def _from_public_address(fact: Fact, _: Home) -> bool:
    """An instance's session used from a public address, and not by a service on its behalf."""
    if fact.actor.credential != Credential.INSTANCE_SESSION or fact.actor.via or fact.network:
        return False
    quiet = fact.event in {"CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "RegisterManagedInstance"}
    return not quiet and not fact.agent.startswith("amazon-ssm-agent") and conditions_iam.is_public(fact.address)


def _is_control(fact: Fact, _: Home) -> bool:
    return text(within(fact.asked, "kind")) == "control"


def _public_finding(fact: Fact, _: Home) -> bool:
    return folded(fact.request).get("public") is True


CONDITIONS: dict[str, Condition] = {
    "by-root": Condition("the account's root did it", _by_root),
    "for-root-itself": Condition("the account's root did it, for itself", _for_root_itself),
    "by-stranger": Condition("another account or nobody with a name did it", _by_stranger),
    "by-anonymous": Condition("nobody with a name did it", _by_anonymous),
    "by-person": Condition("a person's credentials did it, and no workload's role", _by_person),
    "by-hand": Condition("nobody had a service do it", _by_hand),
    "severe-and-more-than-a-list": Condition("its source calls it severe, and more than a list was asked for", _took),
    "severe": Condition("its source calls it severe (7 and more of 10)", _severe),
    "middling": Condition("its source calls it middling or severe (4 and more of 10)", _middling),
    "instance-from-public-address": Condition("an instance's session is used from a public address", _from_public_address),
    "a-control": Condition("the finding is a control's, and not a detection", _is_control),
    "public": Condition("everybody is let in, and not somebody by name", _public_finding),
    **{name: Condition(says, ask) for name, (says, ask) in conditions_sharing.CONDITIONS.items()},
    **{name: Condition(says, ask) for name, (says, ask) in conditions_stores.CONDITIONS.items()},
    **{name: Condition(says, ask) for name, (says, ask) in conditions_iam.CONDITIONS.items()},
    **{name: Condition(says, ask) for name, (says, ask) in conditions_logs.CONDITIONS.items()},
    **{name: Condition(says, ask) for name, (says, ask) in conditions_azure.CONDITIONS.items()},
}
"""Name, and condition."""
