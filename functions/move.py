"""AWS Lambda: one part of a migration, for one of many workers. What travels is the case's id, a digest and a number."""

from typing import TYPE_CHECKING

from shared.workflow import migrating
from shared.workflow.step import Part

from . import environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, object]:
    """Entry point: `{"case", "migration", "number"}`; answers `{"over", "why"}`. Raises what keeps it from working."""
    del context
    result = migrating.worked(Part.model_validate(event), environment.ready())
    return {"over": bool(result and result.finished), "why": result.why if result else migrating.NOT_NOW}
