"""The Azure function app and whoever is on call: taking a page, and handing a shift over, by HTTP."""

from collections.abc import Iterator

import pytest
from azure_functions_runtime.bindings.datumdef import Datum

from azure_functions_app import environment
from shared.domain.check import Check
from shared.workflow.deciding import note
from shared.workflow.visiting import SUBJECT
from tests.functions_worker import principal, request
from tests.hospital import built
from tests.workflow.function_app_scene import ANN, OF_THE_SDK, SENDER, Duty, claims, on_duty, person
from tests.workflow.test_functions_people import Taken
from tests.workflow.test_paging import CALLS

pytestmark = OF_THE_SDK

BEN = "0c0de5af-0000-4000-8000-0000000000dd"


@pytest.fixture
def duty() -> Iterator[Duty]:
    """Somebody is asked about a fence, and there are three levels to call."""
    with on_duty(built()) as scene:
        scene.works_with(scene.hospital.worker(CALLS))
        yield scene


def asked(duty: Duty) -> str:
    case = duty.alarm()
    duty.host.settle()
    return case


def kinds(duty: Duty, case: str) -> list[str]:
    return [entry.kind for entry in duty.hospital.worker().journal(case).entries() if entry.kind in {"escalated", "acknowledged"}]


class TestAcknowledge:
    """Somebody has it."""

    def test_the_page_is_theirs_on_record_and_nobody_else_is_called(self, duty: Duty) -> None:
        case = asked(duty)
        status, said = duty.post("acknowledge", {"case": case}, person(ANN))
        assert (status, said["by"], said["anew"], "Nobody else is called" in said["message"]) == (200, ANN, True, True)
        page = duty.case(case).page
        assert page is not None
        assert (page.by, kinds(duty, case)) == (ANN, ["acknowledged"])
        duty.hospital.clock.sleep(60 * 60)
        duty.sweep()
        assert [told.level for told in duty.hospital.notifier.pages] == [0]

    def test_it_decides_nothing(self, duty: Duty) -> None:
        case = asked(duty)
        duty.post("acknowledge", {"case": case}, person(ANN))
        duty.host.settle()
        assert (duty.case(case).approvals, duty.hospital.world.writes) == ((), [])

    def test_whoever_was_first_has_it(self, duty: Duty) -> None:
        case = asked(duty)
        duty.patch.setenv("CODEBLUE_APPROVERS", f"{ANN},{BEN}")
        environment.settings.cache_clear()
        duty.post("acknowledge", {"case": case}, person(ANN))
        status, said = duty.post("acknowledge", {"case": case}, person(BEN))
        assert (status, said["by"], said["anew"], f"{ANN} has it" in said["message"]) == (200, ANN, False, True)

    def test_a_record_that_others_have_written_on_since_is_no_hindrance(self, duty: Duty) -> None:
        case = asked(duty)
        note(duty.case(case), duty.hospital.worker(CALLS), "the consultant is on the way", BEN)
        assert (duty.post("acknowledge", {"case": case}, person(ANN))[0], kinds(duty, case)) == (200, ["acknowledged"])

    @pytest.mark.parametrize(
        ("order", "status", "words"),
        [
            pytest.param({"case": "cb-000000000000"}, 404, "", id="a case that there is not"),
            pytest.param({}, 400, "the body is {case}", id="no case"),
            pytest.param({"case": "../other"}, 400, "the body is {case}", id="what is no id"),
            pytest.param({"case": "cb-1", "by": "somebody else"}, 400, "the body is {case}", id="somebody else's name"),
        ],
    )
    def test_it_is_answered_about(self, duty: Duty, order: dict[str, str], status: int, words: str) -> None:
        got, said = duty.post("acknowledge", order, person(ANN))
        assert (got, said["message"] == words if words else bool(said["message"])) == (status, True)

    def test_a_case_that_waits_for_nobody_says_so(self, duty: Duty) -> None:
        duty.works_with(duty.hospital.worker())
        case = duty.alarm()
        duty.host.run()
        status, said = duty.post("acknowledge", {"case": case}, person(ANN))
        assert (status, "waits for nobody" in said["message"]) == (400, True)

    def test_a_case_that_another_worker_keeps_is_to_be_asked_for_again(self, duty: Duty) -> None:
        case = asked(duty)
        duty.works_with(duty.hospital.worker(CALLS, cases=Taken(duty.hospital, duty.case(case))))
        status, said = duty.post("acknowledge", {"case": case}, person(ANN))
        assert (status, "send the same again" in said["message"], kinds(duty, case)) == (503, True, [])


class TestHandover:
    """The next shift."""

    def test_it_says_what_waits_who_has_it_and_who_is_called(self, duty: Duty) -> None:
        case = asked(duty)
        before = duty.post("handover", {}, person(ANN))[1]
        assert [(page["case"], page["acknowledged_by"], page["next_level"]) for page in before["pages"]] == [(case, "", 2)]
        duty.post("acknowledge", {"case": case}, person(ANN))
        status, after = duty.post("handover", {"since": "8h"}, person(ANN))
        assert (status, [page["acknowledged_by"] for page in after["pages"]], len(after["call_list"])) == (200, [ANN], 3)
        assert any("acknowledged" in line["what"].lower() for line in after["done"])

    @pytest.mark.parametrize("since", ["yesterday", "", -1, "0h"])
    def test_a_shift_is_no(self, duty: Duty, since: object) -> None:
        status, said = duty.post("handover", {"since": since}, person(ANN))
        assert (status, said) == (400, {"message": "the body is {since}, such as 12h"})


@pytest.mark.parametrize("errand", ["acknowledge", "handover"])
class TestRefused:
    """Who may do neither."""

    @pytest.mark.parametrize(
        ("said", "status"),
        [
            pytest.param([], 401, id="nobody"),
            pytest.param(person(ANN)[1:], 401, id="a person with a token for somebody else"),
            pytest.param(person(SENDER), 403, id="somebody who sends alerts"),
            pytest.param(person(ANN, factor="rsa"), 403, id="an approver without a second factor"),
            pytest.param([*claims(ANN), ("amr", "mfa")], 403, id="a program"),
        ],
    )
    def test_a_request_is_by(self, duty: Duty, errand: str, said: list[tuple[str, str]], status: int) -> None:
        case = asked(duty)
        assert duty.post(errand, {"case": case} if errand == "acknowledge" else {}, said)[0] == status
        assert kinds(duty, case) == []

    def test_what_a_page_of_somebody_elses_may_send_in_a_persons_name(self, duty: Duty, errand: str) -> None:
        headers = {"x-ms-client-principal": principal(person(ANN)), "content-type": "text/plain"}
        answer = duty.invoke(errand, req=request(b"{}", headers))
        assert answer.value["status_code"].value == "400"


class TestDoctor:
    """Every morning."""

    TIMER = Datum('{"Schedule": {}, "ScheduleStatus": null, "IsPastDue": false}', "json")

    @pytest.mark.parametrize(
        ("well", "pages"),
        [pytest.param(True, [], id="is well"), pytest.param(False, [SUBJECT], id="is not well, once for all of it")],
    )
    def test_people_are_paged_where_something(self, duty: Duty, well: bool, pages: list[str]) -> None:
        checks = [
            Check("the power to fence works", "here", well=well, words="not allowed: a"),
            Check("the log can be read", "here", well=well),
        ]
        duty.patch.setattr(environment, "looked_at", lambda: iter(checks))
        duty.patch.setattr(environment, "people", lambda: duty.hospital.notifier)
        answer = duty.invoke("doctor", timer=self.TIMER)
        assert (answer.error, [page.subject for page in duty.hospital.notifier.pages]) == ("", pages)
        assert all("the power to fence works (here): NOT: not allowed: a" in page.body for page in duty.hospital.notifier.pages)
