"""AWS Lambda, once a day: a rehearsal in an account of ours where one is due, answered by the responder as it stands, measured.

What it may read is cases and their records, and what it may change is a rehearsal's own, in the account that it enters.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import Metrics, MetricUnit
from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.bootstrap.rehearsals import scenery
from shared.domain.errors import NotReady
from shared.workflow.rehearsing import Rehearsed
from shared.workflow.rehearsing_when_due import visit

from . import environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

LIMIT = 600.0
"""Seconds to wait for the response: of the fifteen minutes of a function, what making the scene and clearing it leave."""


class Scheduled(BaseModel):
    """The part of the schedule's event that is looked at; EventBridge gives the rest ("Scheduled Event")."""

    model_config = ConfigDict(extra="ignore")

    time: AwareDatetime | None = None


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, object]:
    """Entry point: a schedule's event; answers what came of it. Raises what keeps it from looking, which is an alarm."""
    del context
    said = environment.settings()
    if not said.rehearse_account:
        raise NotReady("CODEBLUE_REHEARSE_ACCOUNT is not set: it is the account to rehearse in")
    at = Scheduled.model_validate(event).time or datetime.now(UTC)
    every = timedelta(days=said.rehearse_days)
    found = visit(scenery(said.rehearse_account), environment.looking(), environment.people(), at, every, LIMIT)
    if found.went:
        measured(found.went)
        return {"case": found.went.case, "wrong": len(found.went.wrong)}
    return {"none": found.why}


def measured(went: Rehearsed) -> None:
    """Seconds after the deed, as metrics in the log (CloudWatch embedded metric format)."""
    metrics = Metrics(namespace="Codeblue", service="rehearsal")
    for name, seconds in (("CaseOpened", went.opened), ("Fenced", went.fenced), ("Refused", went.refused)):
        if seconds is not None:
            metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=seconds)
    metrics.add_metric(name="Wrong", unit=MetricUnit.Count, value=len(went.wrong))
    metrics.flush_metrics()
