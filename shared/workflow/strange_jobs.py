"""Jobs under the role that jobs of ours have, which nobody of us ordered: looked for, and named to people.

The role is spared by our fences, so that a job can go on while everybody else is refused. Whoever could hand it on has a program
with its rights: it can have what is stored put under another key.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from shared.domain.case import Case, LeftForPeople
from shared.domain.errors import CloudError
from shared.domain.resource import Ref
from shared.ports.jobs import OVER, Jobs, JobSeen
from shared.reencryption.answers import persistently
from shared.reencryption.manifest import JOB, JobNote

from .deps import Deps
from .recovery import Recovery
from .unmoved import people

NEXT = "find in CloudTrail who ordered it (CreateJob) and handed the role on; cancel it in the console of S3"
PLACES = "jobs in "
LOOK = "let the responder list and describe jobs (s3:ListJobs, s3:DescribeJob), then `codeblue apply`"


def with_strange_jobs(case: Case, deps: Deps, recovery: Recovery) -> Case:
    """The case with what is left for people about jobs as they are now: one entry for each account and Region, or none.

    Looked at are those ordered since the case was opened or not over; strange are those that no case's record has.
    """
    places = {(store.account, store.region): store for store in case.scope.stores if recovery.of(store).jobs}
    seen = {_target(store): _seen(recovery.of(store).jobs, store, case, deps) for store in places.values()}
    found = {job.id: job for jobs in seen.values() if not isinstance(jobs, LeftForPeople) for job in jobs}
    for known in _records(case, deps):
        if not found:
            break
        ours = _ordered(known, deps)
        found = {ident: job for ident, job in found.items() if ident not in ours}
    left = [each for target, jobs in seen.items() for each in _left(target, jobs, found)]
    return case.but(unmoved=people(case, left, *seen))


def jobs_stand(case: Case) -> bool:
    """Whether jobs, or that nobody could look for them, keep the case from being contained, as far as was looked."""
    return any(left.blocks and left.target.startswith(PLACES) for left in case.unmoved)


def _seen(jobs: Jobs | None, store: Ref, case: Case, deps: Deps) -> Sequence[JobSeen] | LeftForPeople:
    """The jobs; none where there is no role for them. What is left for people where they can not be looked for."""
    try:
        listed = partial(_listed, jobs, store, case.opened)
        return persistently(deps.clock, listed)
    except CloudError as error:
        words = f"jobs of {store.account} could not be looked for: {error.code or type(error).__name__}"
        return LeftForPeople(target=_target(store), reason=words, next=LOOK, passing=True)


def _listed(jobs: Jobs | None, store: Ref, since: datetime) -> tuple[JobSeen, ...]:
    return tuple(jobs.seen(store, since)) if jobs and jobs.serves(store) else ()


def _records(case: Case, deps: Deps) -> Iterator[str]:
    """This case's first: the others are read where one of their jobs is among those found, or nobody's."""
    yield case.id
    yield from (other.id for other in deps.cases.all() if other.id != case.id)


def _ordered(case_id: str, deps: Deps) -> frozenset[str]:
    """The ids of the jobs that a case's record has."""
    journal = deps.journal(case_id) if deps.afresh is None else deps.afresh(case_id)
    notes = (journal.blobs(str(entry.body["blob"])) for entry in journal.entries() if entry.kind == JOB)
    return frozenset(JobNote.model_validate_json(note).id for note in notes)


def _target(store: Ref) -> str:
    return f"{PLACES}{store.account}, {store.region}"


def _left(target: str, jobs: Sequence[JobSeen] | LeftForPeople, strange: Mapping[str, JobSeen]) -> Iterator[LeftForPeople]:
    """One entry, whoever orders however many: a case is small. What is over and did nothing keeps no case from being contained."""
    if isinstance(jobs, LeftForPeople):
        yield jobs
        return
    theirs = sorted((job for job in jobs if job.id in strange), key=_harmless)
    if theirs:
        first, many = theirs[0], len(theirs) > 1
        which = f"{len(theirs)} jobs that none of us ordered have" if many else "a job that none of us ordered has"
        of = f"{first.operation}, {first.state}, ordered {first.ordered:%Y-%m-%d %H:%M}"
        words = f"{which} the role of our jobs: {'such as ' if many else ''}{first.id} ({of})"
        yield LeftForPeople(target=target, reason=words, next=NEXT, blocks=not _harmless(first))


def _harmless(job: JobSeen) -> bool:
    return job.state in OVER and not job.succeeded
