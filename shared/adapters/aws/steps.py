"""One write that takes several calls."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from shared.adapters.aws.errors import call, request_id
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


class Work(msgspec.Struct, frozen=True):
    """A write whose later calls depend on what the earlier ones answered."""

    ids: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)

    def do[**P, R: Mapping[str, object]](self, method: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """One call, whose request id is kept, be it refused. Raises as `call`."""
        try:
            answer = call(method, *args, **kwargs)
        except CloudError as error:
            self.ids.extend(filter(None, [error.request_id]))
            raise
        self.ids.append(request_id(answer))
        return answer

    def receipt(self, work: Callable[[], None]) -> Receipt:
        """The receipt of `work`, done with this. Where it fails after calls of ours, that is a note, as with `in_turn`."""
        try:
            work()
        except CloudError as error:
            if self.ids in ([], [error.request_id]):
                raise
            self.notes.append(f"begun, not finished: {error}")
        return Receipt(tuple(self.ids), tuple(self.notes))
