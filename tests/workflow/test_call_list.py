"""The call list of a deployed responder: messages of the topic, and people at the desk."""

from dataclasses import dataclass

import pytest

from functions import desk
from functions.notify import Delivery, Message, relay
from shared.ports import Told
from tests.hospital import Hospital
from tests.workflow.test_functions_people import ANN, asking


class TestCallList:
    """Messages of the topic, as SNS delivers them."""

    @staticmethod
    def delivered(**marks: str) -> Message:
        attributes = {name.replace("_", "-"): {"Type": "String", "Value": value} for name, value in marks.items()}
        said = {
            "Type": "Notification",
            "Subject": "A decision is needed",
            "Message": "of people",
            "Timestamp": "2026-11-22T03:00:00.123Z",
        }
        (record,) = Delivery.model_validate({"Records": [{"Sns": {**said, "MessageAttributes": attributes}}]}).Records
        return record.Sns

    @pytest.mark.parametrize(
        ("marks", "told"),
        [
            pytest.param(
                {"what": "page", "case": "cb-1", "level": "2"}, [("second", "page", "A decision is needed")], id="its level"
            ),
            pytest.param({}, [("first", "page", "A decision is needed")], id="the first, for an alarm that knows of no levels"),
            pytest.param({"codeblue_call_list": "sender"}, [], id="nobody again, where its sender has passed it on"),
            pytest.param(
                {"what": "acknowledged", "case": "cb-1", "level": "1"},
                [("first", "acknowledged", ""), ("second", "acknowledged", "")],
                id="all, where somebody has it",
            ),
        ],
    )
    def test_a_message_is_passed_on_to(self, hospital: Hospital, marks: dict[str, str], told: list[tuple[str, str, str]]) -> None:
        heard: list[tuple[str, str, str]] = []
        relay(self.delivered(**marks), [Ear("first", heard), Ear("second", heard)], hospital.notifier)
        assert (heard, hospital.notifier.pages) == (told, [])

    def test_a_page_is_taken_at_the_desk_by_whoever_signed(self, hospital: Hospital) -> None:
        case, deps = asking(hospital)
        said = desk.ERRANDS["acknowledge"](desk.Errand(what="acknowledge", case=case.id), deps, ANN)
        page = hospital.cases.load(case.id).page
        assert page is not None
        assert (page.by, said["by"], "Nobody else is called" in str(said["message"])) == (ANN, ANN, True)
        handed = desk.ERRANDS["handover"](desk.Errand.model_validate({"what": "handover", "since": "8h"}), deps, ANN)
        assert str(handed["pages"]).count(f"'acknowledged_by': '{ANN}'") == 1


@dataclass
class Ear:
    """A level of the call list."""

    name: str
    heard: list[tuple[str, str, str]]

    def tell(self, told: Told) -> None:
        self.heard.append((self.name, told.what, told.subject))

    def reached(self) -> None:
        """It is."""
