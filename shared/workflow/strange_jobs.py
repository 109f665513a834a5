"""Jobs under the role that jobs of ours have, which nobody of us ordered: looked for, and named to people.

The role is spared by our fences, so that a job can go on while everybody else is refused. Whoever could hand it on has a program
with its rights: it can have what is stored put under another key.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.domain.case import Case, LeftForPeople
from shared.domain.errors import CloudError
from shared.domain.resource import Ref
from shared.ports.jobs import Jobs, JobSeen
from shared.reencryption.manifest import JOB, JobNote

from .deps import Deps, Recovery

NEXT = "find in CloudTrail who ordered it (CreateJob) and handed the role on; cancel it in the console of S3"


def strange_jobs(case: Case, deps: Deps, recovery: Recovery) -> tuple[LeftForPeople, ...]:
    """Each job of the stores' accounts, ordered since the case was opened or not over, that no case's record has."""
    places = {(store.account, store.region): store for store in case.scope.stores if recovery.of(store).jobs}
    found = {job.id: (store, job) for store in places.values() for job in _seen(recovery.of(store).jobs, store, case.opened)}
    for known in _records(case, deps):
        if not found:
            break
        found = {ident: each for ident, each in found.items() if ident not in _ordered(known, deps)}
    return tuple(_left(store, job) for store, job in found.values())


def _seen(jobs: Jobs | None, store: Ref, since: datetime) -> Iterable[JobSeen]:
    """None where jobs can not be looked for, and where there is no role for them."""
    try:
        return tuple(jobs.seen(store, since)) if jobs and jobs.serves(store) else ()
    except CloudError:
        return ()


def _records(case: Case, deps: Deps) -> Iterator[str]:
    """This case's first: the others are read where one of their jobs is among those found, or nobody's."""
    yield case.id
    yield from (other.id for other in deps.cases.all() if other.id != case.id)


def _ordered(case_id: str, deps: Deps) -> frozenset[str]:
    """The ids of the jobs that a case's record has."""
    journal = deps.journal(case_id) if deps.afresh is None else deps.afresh(case_id)
    notes = (journal.blobs(str(entry.body["blob"])) for entry in journal.entries() if entry.kind == JOB)
    return frozenset(JobNote.model_validate_json(note).id for note in notes)


def _left(store: Ref, job: JobSeen) -> LeftForPeople:
    of = f"{job.operation}, {job.state}, ordered {job.ordered:%Y-%m-%d %H:%M}"
    words = f"a job that none of us ordered has the role of our jobs: {job.id} ({of})"
    return LeftForPeople(target=f"jobs in {store.account}, {store.region}", reason=words, next=NEXT)
