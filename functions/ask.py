"""AWS Lambda: the workflow of a case waits for a person, with a task token.

The token is kept first and the case looked at afterwards: a decision that came between the question and its token wakes the
workflow up at once, and every later one finds the token.
"""

from typing import TYPE_CHECKING

from shared.domain.value import Value
from shared.ports import Cases

from . import environment
from .doors import Tokens, Workflows

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Question(Value):
    """What the state machine hands over before it waits."""

    case: str
    token: str


def handler(event: dict[str, object], context: "LambdaContext") -> None:
    """Entry point: `{"case", "token"}`."""
    del context
    question = Question.model_validate(event)
    wait(question, environment.ready().cases, environment.tokens(), environment.workflows())


def wait(question: Question, cases: Cases, tokens: Tokens, workflows: Workflows) -> None:
    """Keep the token; where the case asks nothing any more, use it. Raises `CloudError`."""
    tokens.keep(question.case, question.token)
    case = cases.load(question.case)
    if case.awaiting is None:
        workflows.answer(question.token, case.id, case.stage)
