"""Whose work a state is, is known from the first look: a rollback leaves closed what the thief had opened before the alert."""

from datetime import timedelta

from shared.domain.facet import PublicAccessBlock
from shared.workflow import deciding
from tests.hospital import ALERT, CHARTS, THIEF, Hospital, act
from tests.workflow.driving import respond

OPEN = PublicAccessBlock(block_acls=False, ignore_acls=False, block_policy=False, restrict_buckets=False)
SHUT = PublicAccessBlock(block_acls=True, ignore_acls=True, block_policy=True, restrict_buckets=True)


def rolled_back(hospital: Hospital) -> tuple[PublicAccessBlock, ...]:
    """The block on public access of the charts after a response and its rollback."""
    hospital.world.write(CHARTS, [OPEN])
    deps = hospital.worker()
    case = respond(deps)
    assert hospital.world.look(CHARTS, PublicAccessBlock) == (SHUT,)
    wanted = deciding.rollback_plan(case, deps)
    deciding.undo(case, deps, wanted, wanted.digest, "dr-yes", whole=True)
    return hospital.world.look(CHARTS, PublicAccessBlock)


def test_what_the_thief_opened_before_the_alert_stays_shut_after_a_rollback(hospital: Hospital) -> None:
    hospital.evidence.happened(act(THIEF, "DeleteBucketPublicAccessBlock", CHARTS, at=ALERT - timedelta(minutes=5)))
    assert rolled_back(hospital) == (SHUT,)


def test_what_nobody_is_known_to_have_opened_is_restored(hospital: Hospital) -> None:
    assert SHUT not in rolled_back(hospital)
