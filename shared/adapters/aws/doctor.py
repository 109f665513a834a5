"""Whether a response would work tonight, asked beforehand: by looks alone, nothing is changed and nobody is paged."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from shared.adapters.aws.clients import Clients, spoke_of, worker_of
from shared.adapters.aws.errors import call
from shared.adapters.aws.identities import unique_ids
from shared.adapters.aws.powers import writes
from shared.adapters.aws.recording import recorded
from shared.domain.check import Check, some, tried
from shared.domain.errors import Absent
from shared.domain.resource import Ref
from shared.settings import Responder
from shared.workflow.stages import Power

AT_A_TIME = 50
"""Actions that the simulator is asked about in one call."""

RECORDED = "reads and writes are recorded"


def examined(clients: Clients, accounts: Iterable[str], stores: Iterable[Ref], named: Responder) -> Iterator[Check]:
    """Every check, account by account, then store by store."""
    yield _named(clients, named.break_glass)
    if named.roles:
        exist = partial(unique_ids, clients, named.roles)
        yield tried("whoever else is named as responder exists", "response.toml", exist, "correct [responder], roles")
    for account in accounts:
        entered = tried("we are let in", account, partial(_enters, clients, account), "deploy the roles there (README, Deploy)")
        yield entered
        if entered.well:
            yield from (_power(clients, account, power) for power in Power if writes(power))
            yield tried("the log can be read", account, partial(_log, clients, account), "allow cloudtrail:LookupEvents")
    for store in stores:
        yield tried(RECORDED, store.name, partial(_recorded, clients, store), "look at its trail by hand")


def _named(clients: Clients, glass: tuple[str, ...]) -> Check:
    """An identity of the last resort that is named and exists: whatever else is fenced, somebody can get in."""
    what, where = "break-glass is named and exists", "response.toml"
    if not glass:
        return Check(what, where, well=False, words="nobody of AWS is named", next="name an identity in [responder], break_glass")
    return tried(what, where, lambda: unique_ids(clients, glass), "correct [responder], break_glass")


def _enters(clients: Clients, account: str) -> None:
    call(clients.sts(account, "").get_caller_identity)


def _log(clients: Clients, account: str) -> None:
    call(clients.cloudtrail(account, "").lookup_events, MaxResults=1)


def _recorded(clients: Clients, store: Ref) -> Check | None:
    if recorded(clients, store):
        return None
    words = "data events are off: what is read there leaves no trace, and exposure can not be counted"
    return Check(RECORDED, store.name, well=False, words=words, next="switch on data events of S3 for it in a trail")


def _power(clients: Clients, account: str, power: Power) -> Check:
    """Whether whoever acts for this power there may do all that its waves do, by IAM's simulator, guardrails included."""
    what = f"the power to {power} works"
    return tried(what, account, lambda: _allowed(clients, account, power, what), "let iam:SimulatePrincipalPolicy be asked")


def _allowed(clients: Clients, account: str, power: Power, what: str) -> Check | None:
    refused, guarded = _refused(clients, account, _acting(clients, account, power), sorted(writes(power)))
    if not refused:
        return None
    by = "a service control policy refuses" if guarded else "not allowed"
    following = "exempt our roles from it" if guarded else "give the role what `codeblue actions` lists"
    return Check(what, account, well=False, words=f"{by}: {some(refused)}", next=following)


def _acting(clients: Clients, account: str, power: Power) -> str:
    """The ARN of the role of this power there; of the one that we are there ourselves, where powers are not kept apart."""
    iam = clients.iam(account)
    for name in (spoke_of(power), worker_of(power)):
        with suppress(Absent):
            return call(iam.get_role, RoleName=name)["Role"]["Arn"]
    who = call(clients.sts(account, "").get_caller_identity)["Arn"]
    return call(iam.get_role, RoleName=who.split("/")[1])["Role"]["Arn"] if ":assumed-role/" in who else who


def _refused(clients: Clients, account: str, who: str, actions: list[str]) -> tuple[list[str], bool]:
    """The actions that would be refused, and whether the organisation refuses any of them."""
    simulate: Any = clients.iam(account).simulate_principal_policy
    results = [
        result
        for start in range(0, len(actions), AT_A_TIME)
        for result in call(simulate, PolicySourceArn=who, ActionNames=actions[start : start + AT_A_TIME])["EvaluationResults"]
    ]
    refused = [result for result in results if result["EvalDecision"] != "allowed"]
    guarded = any(not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True) for result in refused)
    return [str(result["EvalActionName"]) for result in refused], guarded
