"""What Security Hub passes on of GuardDuty's is borne out by GuardDuty, or by nobody."""

from typing import Any

import pytest

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.sources import AwsSources
from shared.domain.actor import Credential
from shared.domain.signal import Confirmation, Signal, Source
from shared.intake.fact import Fact
from shared.intake.fact_signal import signal_of
from shared.intake.sources import fact_in

from .event_history import History, StoppedClock
from .test_aws_evidence import BUCKET, FINDING, clients, clock, detail, history, known, service, user

__all__ = ["clients", "clock", "history", "service"]


def passed_on() -> Signal:
    """GuardDuty's finding as Security Hub passes it on."""
    finding = detail("securityhub-guardduty-exfiltration")["findings"][0]
    fact = fact_in(finding)
    assert isinstance(fact, Fact)
    return signal_of(fact, "0" * 64)


def test_what_security_hub_passes_on_is_borne_out_by_guardduty(history: History, clients: Clients, clock: StoppedClock) -> None:
    known(history, FINDING)
    assert AwsSources(clients, clock).confirm(passed_on()) is Confirmation.AGREES


@pytest.mark.parametrize(
    ("forged", "answer"),
    [
        pytest.param({"actor": user("dr-amal")}, Confirmation.DISAGREES, id="somebody else"),
        pytest.param({"event": "Impact:S3/x"}, Confirmation.DISAGREES, id="another type"),
        pytest.param({"resources": (BUCKET.but(id="arn:aws:s3:::another"),)}, Confirmation.DISAGREES, id="another store"),
        pytest.param({"id": "0" * 32}, Confirmation.NOT_FOUND, id="a finding that GuardDuty does not have"),
        pytest.param({"detector": ""}, Confirmation.NOT_FOUND, id="a product that is not GuardDuty"),
        pytest.param({"source": Source.MACIE}, Confirmation.UNREACHABLE, id="a source that is not asked"),
    ],
)
def test_what_security_hub_passes_on_and_forges(
    forged: dict[str, Any], answer: Confirmation, history: History, clients: Clients, clock: StoppedClock
) -> None:
    known(history, FINDING)
    assert AwsSources(clients, clock).confirm(passed_on().but(**forged)) is answer


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("session", "another", Confirmation.DISAGREES),
        ("unique_id", "AIDAANOTHEREXAMPLE", Confirmation.DISAGREES),
        ("access_key", "AKIAANOTHEREXAMPLE", Confirmation.DISAGREES),
        ("credential", Credential.CONSOLE, Confirmation.UNREACHABLE),
    ],
)
def test_an_actor_that_security_hub_names_otherwise(
    field: str, value: object, answer: Confirmation, history: History, clients: Clients, clock: StoppedClock
) -> None:
    known(history, FINDING)
    told = passed_on()
    assert told.actor
    assert AwsSources(clients, clock).confirm(told.but(actor=told.actor.but(**{field: value}))) is answer
