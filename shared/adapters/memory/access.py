"""What principals may do with keys, as a list of those who may not."""

from shared.domain.actor import Actor
from shared.domain.resource import Ref


class MemoryAccess:
    """Everybody may use every key but `shut_out` (principal and key) and `fenced` principals.

    Of `unclear` principals nobody can say so beforehand.
    """

    def __init__(self) -> None:
        self.shut_out: set[tuple[Ref | None, Ref]] = set()
        self.fenced: set[Ref | None] = set()
        self.unclear: set[Ref | None] = set()
        self.naming: set[tuple[Ref | None, Ref]] = set()

    def names_key(self, actor: Actor, key: Ref) -> bool:
        return (actor.principal, key) in self.naming

    def can_use(self, actor: Actor, key: Ref) -> bool | None:
        if actor.principal in self.unclear:
            return None
        return actor.principal not in self.fenced and (actor.principal, key) not in self.shut_out
