"""Where the record of a case is kept: in folders, on AWS, or on Azure, as the policy says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shared.custody.record import Record
from shared.custody.witness import SinkWitness
from shared.domain.errors import NotReady
from shared.ports import Cases, Clock, Journal, Keyring, Lease, Signer, Sink, Witness
from shared.settings import Policy

if TYPE_CHECKING:
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.links import Links


class Custody(msgspec.Struct, frozen=True):
    """Where the record is kept: the first sink decides between two writers. `place` tells people where to find it."""

    sinks: tuple[Sink, ...]
    signer: Signer
    keyring: Keyring
    cases: Cases
    witnesses: tuple[Witness, ...]
    place: str
    resources: tuple[str, ...] = ()
    """identifiers of custody's own resources: nothing changes them"""

    def journal(self, clock: Clock, *, reading: bool = False) -> "Journals":
        """Opens the records of cases for one worker. Whoever only reads (`reading`) has each opened anew every time."""

        def resumed(case_id: str) -> Record:
            return Record.resume(case_id, self.sinks, self.signer, self.keyring, clock, self.witnesses)

        return Journals(resumed, reading=reading)


class Journals:
    """Opens the record of a case, once for each worker; again after another worker had its turn.

    That it had one the lease says (`held`). An entry of a worker that did not know could stand on a sink that lacks the other's.
    """

    def __init__(self, resumed: Callable[[str], Record], *, reading: bool = False) -> None:
        self._resumed, self._reading = resumed, reading
        self._opened: dict[str, Record] = {}
        self._turns: dict[str, int] = {}

    def __call__(self, case_id: str) -> Journal:
        record = self._opened.get(case_id)
        if record is None or record.lost or self._reading:
            record = self._opened[case_id] = self._resumed(case_id)
        return record

    def held(self, lease: Lease) -> None:
        """This worker has the case now: what it opened before another one had it, it opens anew."""
        if lease.token != self._turns.get(lease.case, 0) + 1:
            self._opened.pop(lease.case, None)
        self._turns[lease.case] = lease.token


def custody(policy: Policy, clock: Clock, clients: "Clients | None" = None) -> Custody:
    """The custody that the policy names, a folder or a cloud. Raises `NotReady` where it is absent or could be altered."""
    if policy.custody.directory:
        return in_folders(policy, clock)
    if policy.custody.azure:
        return _in_azure(policy, clock)
    from shared.adapters.aws.clients import Clients

    return _in_aws(policy, clock, clients or Clients())


def _in_aws(policy: Policy, clock: Clock, clients: "Clients") -> Custody:
    from shared.adapters.aws.cases import DynamoCases
    from shared.adapters.aws.custody_places import places, resources
    from shared.adapters.aws.keyring import KmsKeyring
    from shared.adapters.aws.signer import KmsSigner
    from shared.adapters.aws.sinks import S3Sink

    at = places(clients, policy.custody)
    sinks = (S3Sink(clients, at.bucket, at.region), S3Sink(clients, at.second_bucket, at.second_region))
    with ThreadPoolExecutor(max_workers=len(sinks) + 1) as pool:
        ours = pool.submit(resources, clients, at)
        list(pool.map(S3Sink.ready, sinks))
    return Custody(
        sinks=sinks,
        signer=KmsSigner(clients, at.key, at.region),
        keyring=KmsKeyring(clients, at.table, at.data_key, at.region),
        cases=DynamoCases(clients, at.table, clock, at.region),
        witnesses=_witnesses(policy),
        place=sinks[0].name,
        resources=ours.result(),
    )


def _in_azure(policy: Policy, clock: Clock) -> Custody:
    from shared.adapters.azure.custody import opened

    kept = opened(policy.custody, clock)
    watch = _witnesses(policy)
    return Custody((kept.sink,), kept.signer, kept.keyring, kept.cases, watch, kept.sink.name, kept.resources)


def _witnesses(policy: Policy) -> tuple[Witness, ...]:
    """What the policy names, in either cloud: a record on the one is best watched from the other."""
    named = policy.custody.witness
    if named.startswith("https://"):
        from shared.adapters.azure.custody import watching

        account = watching(named)
        if account is None:
            raise NotReady("response.toml, [custody]: witness is no address of a storage account")
        return (SinkWitness(account),)
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.sinks import S3Sink

    return (SinkWitness(S3Sink(Clients(), named)),) if named else ()


def in_folders(policy: Policy, clock: Clock) -> Custody:
    """The record in folders of this machine's."""
    from shared.adapters.local.cases import FileCases
    from shared.adapters.local.keyring import FileKeyring
    from shared.adapters.local.signer import PemSigner
    from shared.adapters.local.sinks import DirectorySink

    folder = Path(policy.custody.directory)
    second = policy.custody.second_directory
    sinks = [DirectorySink(folder / "ledger"), *([DirectorySink(Path(second))] if second else [])]
    named = policy.custody.witness
    witnesses = _witnesses(policy) if named.startswith("https://") else (SinkWitness(DirectorySink(Path(named))),) if named else ()
    return Custody(
        sinks=tuple(sinks),
        signer=PemSigner.open(folder / "signing-key.pem"),
        keyring=FileKeyring(folder / "secrets"),
        cases=FileCases(folder / "cases", clock),
        witnesses=witnesses,
        place=str(folder / "ledger"),
    )


def linked(policy: Policy) -> "Links":
    """The links that open the decision page; they lie beside the cases."""
    from shared.adapters.aws.clients import Clients
    from shared.adapters.aws.links import links
    from shared.adapters.local.clock import SystemClock

    return links(Clients(), policy, SystemClock())
