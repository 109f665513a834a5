"""The workflow of a case that an alert has opened, joined or borne out is under way, and waits for nobody's answer in vain."""

from shared.domain.case import Case, Stage

from .doors import Tokens, Workflows


def wake(case: Case, workflows: Workflows, tokens: Tokens) -> None:
    """Begin the workflow; where it was begun before and waits for a decision that the case no longer asks, let it go on.

    Raises `CloudError`.
    """
    workflows.start(case.id)
    if case.stage is not Stage.OPEN and case.awaiting is None and (token := tokens.token(case.id)):
        workflows.answer(token, case.id, case.stage)
