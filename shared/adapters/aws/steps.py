"""One write that takes several calls."""

from collections.abc import Callable, Iterable, Mapping

from shared.adapters.aws.errors import request_id
from shared.domain.errors import CloudError
from shared.ports import Receipt

type Step = Callable[[], Mapping[str, object]]
"""One call, with its answer."""


def in_turn(steps: Iterable[Step]) -> Receipt:
    """The receipt of all steps. Raises what the first step raises.

    A later step that fails is a note, so that the request ids of those before it are journaled: the caller reads back anyway, and
    an event of ours with an id that nobody journaled counts as an attack on us.
    """
    ids: list[str] = []
    for step in steps:
        try:
            ids.append(request_id(step()))
        except CloudError as error:
            if not ids:
                raise
            return Receipt((*ids, *filter(None, [error.request_id])), (f"begun, not finished: {error}",))
    return Receipt(tuple(ids))
