"""What one responder has in hand in each cloud that it answers for, with the credentials that the environment names there."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from shared.adapters.local.notifier import LogNotifier
from shared.domain.errors import CodeblueError, NotReady
from shared.domain.resource import Cloud
from shared.ports import Clock, Directory, Evidence, Memory, Notifier, Sources, Traffic, World
from shared.settings import Policy

if TYPE_CHECKING:
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.identities import Known
    from shared.adapters.azure.clients import Clients as AzureClients
    from shared.workflow.recovery import Recovery


class Presence(msgspec.Struct, frozen=True):
    """Who we are in one cloud, and the ports to it. `name`: as its log calls us; `homes`: accounts that are ours by themselves.

    `exempt`: unique ids, and ARNs of those whose account did not say theirs. `doubts`: sentences about who was not found.
    `lent`: see `Deps`.
    """

    name: str
    exempt: frozenset[str]
    homes: frozenset[str]
    region: str
    world: Callable[[], World]
    directory: Callable[[], Directory]
    evidence: Callable[[], Evidence]
    sources: Callable[[], Sources]
    notifier: Notifier
    recovery: "Callable[[], Recovery] | None" = None
    traffic: Callable[[], Traffic] | None = None
    doubts: tuple[str, ...] = ()
    lent: tuple[str, ...] = ()


def answered(policy: Policy) -> tuple[Cloud, ...]:
    """The clouds that the policy says this responder answers for; where it does not say, the one that keeps the record."""
    said = tuple(Cloud(name) for name in dict.fromkeys(policy.responder.clouds))
    return said or (Cloud.AZURE if policy.custody.azure else Cloud.AWS,)


def in_aws(policy: Policy, clock: Clock, clients: "Clients") -> Presence:
    """The responder on AWS. An identity that the policy names and nobody finds stops nothing, and is in `doubts`."""
    from shared.adapters.aws.directory import AwsDirectory
    from shared.adapters.aws.identities import caller, known, of_jobs, spokes
    from shared.adapters.aws.job_names import LENT
    from shared.adapters.aws.links import links
    from shared.adapters.aws.notifier import notifier
    from shared.adapters.aws.world import AwsWorld

    accounts = {account for tenant in policy.tenants.values() for account in tenant.accounts}
    with ThreadPoolExecutor(max_workers=3) as pool:
        ours = pool.submit(known, clients, (*policy.responder.roles, *policy.responder.break_glass))
        me = caller(clients)
        entered = pool.submit(spokes, clients, accounts - {clients.home})
        jobs = pool.submit(of_jobs, clients, accounts - {clients.home})
    found = ours.result()
    return Presence(
        name=me.arn,
        exempt=found.ids | found.unasked.keys() | entered.result() | jobs.result() | {me.unique_id},
        homes=frozenset({clients.home}),
        region=clients.region,
        world=lambda: AwsWorld(clients),
        directory=lambda: AwsDirectory(clients),
        evidence=lambda: _evidence(clients, clock),
        sources=lambda: _sources(clients, clock),
        notifier=notifier(clients, links(clients, policy, clock), listed=bool(policy.paging.call_list)) or LogNotifier(),
        recovery=cache(lambda: _recovery(clients, clock)),
        traffic=cache(lambda: _traffic(clients, clock)),
        doubts=tuple(_doubts(found)),
        lent=(LENT,),
    )


def _doubts(found: "Known") -> Iterator[str]:
    for name in found.gone:
        yield f"{name} does not exist: nothing of it can be locked out, and whoever is made under its name is spared nothing."
    for name, why in found.unasked.items():
        yield f"{name} could not be looked up ({why}): whoever bears that name is spared, also if it was made anew."


def tell(doubts: Iterable[str], notifier: Notifier, memory: Callable[[], Memory], day: date) -> None:
    """Wake people about each of these once a day, for workers come by the dozen; a log is told each time."""
    for doubt in doubts:
        if isinstance(notifier, LogNotifier) or _first(f"{day}: {doubt}", memory):
            notifier.page("", "Somebody named in response.toml, [responder], was not found", doubt)


def _first(said: str, memory: Callable[[], Memory]) -> bool:
    try:
        return not memory().seen(said)
    except CodeblueError:
        return True


def in_azure(policy: Policy, clock: Clock) -> Presence:
    """The responder on Azure. Raises `NotReady` where the policy names somebody by anything but an object id."""
    from shared.adapters.azure import environment
    from shared.adapters.azure.directory import AzureDirectory
    from shared.adapters.azure.evidence import AzureEvidence
    from shared.adapters.azure.sources import AzureSources
    from shared.adapters.azure.traffic import AzureTraffic
    from shared.adapters.azure.world import AzureWorld

    named = frozenset(n.lower() for n in (*policy.responder.roles, *policy.responder.break_glass) if not n.startswith("arn:"))
    if unknown := sorted(name for name in named if "@" in name or "/" in name):
        raise NotReady(f"response.toml, [responder]: {unknown[0]} is no object id; a name can be given to somebody else")
    clients, me = environment.clients(), environment.caller()
    return Presence(
        name=me,
        exempt=named | {me},
        homes=frozenset(),
        region="",
        world=lambda: AzureWorld(clients),
        directory=lambda: AzureDirectory(clients),
        evidence=lambda: AzureEvidence(clients),
        sources=lambda: AzureSources(clients),
        notifier=LogNotifier(),
        recovery=cache(lambda: _rewriting(clients)) if policy.migration.data_keys == "new" else None,
        traffic=lambda: AzureTraffic(clients, clock),
    )


def recoveries(made: "Mapping[Cloud, Callable[[], Recovery]]") -> "Callable[[], Recovery] | None":
    """Of the first cloud that has any, with those of the others."""
    if not made:
        return None
    first, *others = made
    return lambda: replace(made[first](), others={cloud: made[cloud]() for cloud in others})


A_FIFTH = 20_000 / 5
"""Requests a second, of those that a storage account takes at the least ("Scalability and performance targets for standard storage
accounts"): the others are the clinic's, whose share nobody measures here."""


def _rewriting(clients: "AzureClients") -> "Recovery":
    """What writes blobs anew. It takes a role that may read them, and so the policy's word."""
    from shared.adapters.azure.access import AzureAccess
    from shared.adapters.azure.blob_proof import AzureProof
    from shared.adapters.azure.capacity import AzureCapacity
    from shared.adapters.azure.objects import AzureObjects
    from shared.workflow.recovery import Recovery

    return Recovery(
        objects=AzureObjects(clients),
        access=AzureAccess(),
        canaries={},
        capacity=AzureCapacity(clients),
        ceiling=A_FIFTH,
        proof=AzureProof(clients),
        beside=True,
    )


OWN_TURN = 600.0
"""Seconds that a worker on AWS stays with a part: its function is for that alone, and ends after fifteen minutes."""


def _evidence(clients: "Clients", clock: Clock) -> Evidence:
    from shared.adapters.aws.evidence import CloudTrailEvidence

    return CloudTrailEvidence(clients, clock)


def _sources(clients: "Clients", clock: Clock) -> Sources:
    from shared.adapters.aws.sources import AwsSources

    return AwsSources(clients, clock)


def _traffic(clients: "Clients", clock: Clock) -> Traffic:
    from shared.adapters.aws.traffic import AwsTraffic

    return AwsTraffic(clients, clock)


def _recovery(clients: "Clients", clock: Clock) -> "Recovery":
    from shared.adapters.aws.access import AwsAccess
    from shared.adapters.aws.canaries import canaries
    from shared.adapters.aws.capacity import AwsCapacity
    from shared.adapters.aws.custody_places import SECOND_REGION
    from shared.adapters.aws.jobs import AwsJobs
    from shared.adapters.aws.map_runs import MOST, AwsMapRuns
    from shared.adapters.aws.wire.objects import FastObjects
    from shared.workflow.recovery import Recovery

    regions = (clients.region, *([SECOND_REGION[clients.region]] if clients.region in SECOND_REGION else []))
    ours = canaries(clients, regions)
    return Recovery(
        objects=FastObjects(clients),
        access=AwsAccess(clients),
        canaries=ours,
        capacity=AwsCapacity(clients, clock),
        jobs=AwsJobs(clients, ours),
        runs=AwsMapRuns(clients, ours),
        workers=MOST,
        turn=OWN_TURN,
    )
