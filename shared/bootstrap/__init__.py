"""The only module that picks adapters: from the policy and the environment to everything a stage works with."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from shared.adapters.local.clock import SystemClock
from shared.adapters.several.ports import SeveralDirectories, SeveralLogs, SeveralSources, SeveralTraffics, SeveralWorlds
from shared.containment.action import Action
from shared.domain.errors import BadInput, NotReady
from shared.domain.resource import Cloud
from shared.ports import Clock, Memory
from shared.settings import Policy
from shared.workflow.deps import Deps

from .clouds import Presence, answered, in_aws, in_azure, recoveries, tell
from .doctoring import examined
from .estates import estate, protected
from .paging import called, pager, relay
from .records import Custody, custody, in_folders, linked

if TYPE_CHECKING:
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.desk import Desk
    from shared.adapters.aws.executions import Executions
    from shared.adapters.aws.questions import Questions
    from shared.adapters.aws.runbooks import Execution
    from shared.custody.audit import Audit


__all__ = [
    "Custody",
    "audited",
    "create_custody",
    "custody",
    "deps",
    "desk",
    "estate",
    "examined",
    "execution",
    "finding",
    "linked",
    "memory",
    "pager",
    "permissions",
    "protected",
    "relay",
    "workflow",
]


def deps(policy: Policy, clock: Clock | None = None, *, reading: bool = False) -> Deps:
    """Everything, for the responder that the environment names; `clock` in the place of the machine's. Raises `NotReady`.

    `reading`: for whoever works on no case and lasts: the record is opened each time, as others have left it.
    """
    clock, clouds = clock or SystemClock(), answered(policy)
    clients = _warm() if Cloud.AWS in clouds else None
    with ThreadPoolExecutor(max_workers=1) as pool:
        kept = pool.submit(custody, policy, clock, clients)
        present = {
            cloud: in_aws(policy, clock, clients) if clients and cloud is Cloud.AWS else in_azure(policy, clock) for cloud in clouds
        }
    working = _composed(policy, clock, kept.result(), present)
    working = replace(working, journal=kept.result().journal(clock, reading=True)) if reading else working
    doubts = [doubt for each in present.values() for doubt in each.doubts]
    tell(doubts, working.notifier, cache(lambda: memory(policy, clock)), clock.now().date())
    return working


def _warm() -> "Clients":
    from shared.adapters.aws.clients import NEEDED, Clients

    clients = Clients()
    clients.warm(*NEEDED)
    return clients


def _composed(policy: Policy, clock: Clock, keeping: Custody, present: Mapping[Cloud, Presence]) -> Deps:
    """One set of ports: whatever is asked about goes to the cloud that it is of. People are woken by the first cloud's means."""
    first, journal = next(iter(present.values())), keeping.journal(clock)
    exempt = frozenset().union(*(each.exempt for each in present.values()))
    traffics = {cloud: each.traffic for cloud, each in present.items() if each.traffic}
    return Deps(
        world=SeveralWorlds({cloud: each.world for cloud, each in present.items()}),
        directory=SeveralDirectories({cloud: each.directory for cloud, each in present.items()}),
        evidence=SeveralLogs({cloud: each.evidence for cloud, each in present.items()}),
        sources=SeveralSources({cloud: each.sources for cloud, each in present.items()}),
        cases=keeping.cases,
        journal=journal,
        turn=journal.held,
        afresh=keeping.journal(clock, reading=True),
        notifier=called(policy, first.notifier, clock, partial(ThreadPoolExecutor, max_workers=1)),
        clock=clock,
        policy=policy,
        estate=estate(policy, frozenset().union(*(each.homes for each in present.values())), first.region),
        protected=protected(policy, exempt, keeping.resources),
        exempt=exempt,
        caller=first.name,
        place=keeping.place,
        recovery=recoveries({cloud: each.recovery for cloud, each in present.items() if each.recovery}),
        traffic=(lambda: SeveralTraffics(traffics)) if traffics else None,
        clouds=frozenset(present),
        lent=tuple(pattern for each in present.values() for pattern in each.lent),
    )


def memory(policy: Policy, clock: Clock | None = None) -> Memory:
    """What triage has counted, known to all workers of a deployment; to this process alone where no table keeps it."""
    if policy.custody.directory or policy.custody.azure:
        from shared.adapters.memory.windows import BoundedMemory

        return BoundedMemory()
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.custody_places import places, table_of
    from shared.adapters.aws.windows import DynamoMemory

    clients = Clients()
    at = places(clients, policy.custody)
    return DynamoMemory(clients, table_of(at.table), clock or SystemClock(), at.region)


def workflow(machine: str, policy: Policy) -> "tuple[Executions, Questions]":
    """What starts and wakes executions of this state machine (ARN), and where they wait for people: beside the cases."""
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.executions import Executions
    from shared.adapters.aws.questions import Questions

    clients = Clients()
    return Executions(clients, machine), Questions(clients, policy.custody.table)


def desk(stack: str) -> "Desk":
    """The deployed responder, by the name of its stack. Raises `NotReady`, `CloudError`."""
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.desk import Desk

    return Desk(Clients(), stack)


def execution(ident: str, function: str) -> "Execution":
    """The runbook of Systems Manager that calls this function now, by the id of its execution. Raises `Refused`, `CloudError`."""
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.runbooks import running

    return running(Clients(), ident, function)


def finding(arn: str) -> bytes:
    """A finding of GuardDuty's by its ARN, as JSON. Raises `BadInput`, `CloudError`."""
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.findings import fetched

    return fetched(Clients(), arn)


def permissions(action: Action) -> tuple[frozenset[str], frozenset[str]]:
    """What an action needs for reading and for writing in every cloud, as the adapters declare it.

    `s3:GetBucketPolicy` is IAM's, `Microsoft.Storage/storageAccounts/read` ARM's, `User.Read.All` Microsoft Graph's.
    """
    from shared.adapters.aws import world as aws
    from shared.adapters.azure import world as azure

    slots = [(kind, facet) for kind in action.targets for facet in action.facets]
    reads, writes = aws.AwsWorld.permissions(slot for slot in slots if slot in aws.FACETS)
    looks, changes = azure.AzureWorld.permissions(slot for slot in slots if slot in azure.FACETS)
    return reads | looks.all, writes | changes.all


def create_custody(policy: Policy) -> Mapping[str, object]:
    """Make the stores of custody, or what is missing of them.

    `not_looked_up`: who is named in [responder] and could not be asked about from here. Raises `NotReady` where a store exists and
    could be altered, and where somebody who is named does not exist.
    """
    if policy.custody.directory:
        kept = in_folders(policy, SystemClock())
        return {"ledger": kept.place, "signing_key": str(Path(policy.custody.directory) / "signing-key.pem")}
    if policy.custody.azure:
        from shared.adapters.azure.custody import made

        return made(policy.custody)
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.custody_init import init
    from shared.adapters.aws.identities import known

    clients = Clients()
    found = known(clients, _named(policy))
    for name, why in found.gone.items():
        raise NotReady(f"response.toml, [responder]: {name}: {why}")
    unasked = {"not_looked_up": sorted(found.unasked)} if found.unasked else {}
    return {**init(clients, policy.custody), **unasked}


def _named(policy: Policy) -> tuple[str, ...]:
    """Who is named as ourselves or as the last resort."""
    return (*policy.responder.roles, *policy.responder.break_glass)


def audited(case: str, policy: Policy, *, open_case: bool, public_key: bytes | None, folder: Path | None) -> "Audit":
    """The audit of a case's record, in custody or in a copy (`folder`). `public_key`: PEM or DER from outside, else custody's."""
    from shared.adapters.local.sinks import DirectorySink
    from shared.custody.audit import audit

    if folder and public_key:  # a copy and a key from elsewhere need nobody's custody
        return audit(DirectorySink(folder), case, _spki(public_key), open_case=open_case, outside_key=True)
    kept = custody(policy, SystemClock())
    sinks = (DirectorySink(folder),) if folder else kept.sinks
    witness = kept.witnesses[0] if kept.witnesses else None
    key = _spki(public_key) if public_key else kept.signer.public_key()
    second = sinks[1] if len(sinks) > 1 else None
    return audit(sinks[0], case, key, witness, open_case=open_case, second=second, outside_key=bool(public_key))


def _spki(content: bytes) -> bytes:
    """SubjectPublicKeyInfo in DER, from PEM or DER. Raises `BadInput`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, load_pem_public_key

    load = load_pem_public_key if content.startswith(b"-----BEGIN") else load_der_public_key
    try:
        return load(content).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except ValueError:
        raise BadInput("the public key is neither PEM nor DER") from None
