"""What joins a case after its migration was approved was in no question: it is asked about before anything of it moves."""

from shared.domain.plan import Wave
from shared.workflow.migrating import move
from tests.workflow.driving import YES, respond
from tests.workflow.recovering import Night
from tests.workflow.test_migrating import LABS, with_labs


def test_a_store_that_joins_after_the_approval_is_asked_about_before_anything_of_it_moves(night: Night) -> None:
    worker = night.worker()

    def beside(call: str) -> None:
        if call == "update":
            night.hospital.cases.pause("dr-no")
            night.hospital.clock.sleep(6)

    night.objects.beside = beside
    case = respond(worker, asks=YES)
    night.objects.beside = lambda _: None
    night.hospital.cases.resume("dr-no")
    with_labs(night)
    held = dict(night.objects.stores[LABS].versions)
    joined = move(case.but(scope=case.scope.but(stores=(*case.scope.stores, LABS))), worker).case
    assert joined.awaiting is not None
    assert joined.awaiting.wave is Wave.MIGRATE
    assert joined.awaiting.digest not in {each.digest for each in case.approvals}
    assert night.objects.stores[LABS].versions == held
    assert move(case, worker).case.awaiting is None
