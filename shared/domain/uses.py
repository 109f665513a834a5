"""How a store with doors of its own is used, as its record shows it."""

from pydantic import AwareDatetime

from .actor import Credential
from .resource import Ref
from .value import Value


class Use(Value):
    """One way in which somebody rightful uses a store.

    `holder` is a unique id, or the store's own key; `place` is a network of the cloud's, or an address.
    """

    credential: Credential
    holder: str
    place: str


class Used(Value):
    """How others than the actors use a store or vault, as its record shows it. `known`: there is such a record, and it is whole.

    `against` are addresses that only the actors came from. `visited`: the actors came to it, or nobody can say.
    """

    store: Ref
    known: bool
    uses: tuple[Use, ...] = ()
    against: tuple[str, ...] = ()
    visited: bool = True


class KeyShown(Value):
    """When an actor was last known to have a store's own key: it used it, or had it shown. `key` empty: all keys of the store."""

    store: Ref
    key: str = ""
    at: AwareDatetime
