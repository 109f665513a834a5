"""A stretch of a store's listing, and the store's objects as its worker has them."""

from collections.abc import Callable

from pydantic import Field

from shared.domain.resource import Ref
from shared.domain.value import Value
from shared.ports.asking import Together, Turns
from shared.ports.objects import Objects, Page

type Listing = Callable[[Ref, tuple[str, str] | None], Page]


class Stretch(Value):
    """What of a listing is one part: from the position `after` on, keys from `first` up to `end`, which is not in it.

    Empty: from the beginning, to the end. Keys can be health data: a cut is kept encrypted.
    """

    after: tuple[str, str] | None = Field(default=None, repr=False)
    first: str = Field(default="", repr=False)
    end: str = Field(default="", repr=False)

    def of(self, listing: Listing, store: Ref, after: tuple[str, str] | None) -> Page:
        """The next page of it. Raises as `listing`."""
        page = listing(store, after or self.after)
        mine = tuple(v for v in page.versions if v.key >= self.first and not (self.end and v.key >= self.end))
        over = bool(self.end) and any(v.key >= self.end for v in page.versions)
        return Page(mine, None if over else page.after)


class Within:
    """Objects of which one stretch is listed; whatever else is asked goes through."""

    def __init__(self, objects: Objects, stretch: Stretch) -> None:
        self._objects, self._stretch = objects, stretch

    def list(self, store: Ref, after: tuple[str, str] | None) -> Page:
        return self._stretch.of(self._objects.list, store, after)

    def __getattr__(self, name: str) -> object:
        return getattr(self._objects, name)


class WithinTogether(Within):
    """The same of objects that go `Together`: what passes an `isinstance` must be there itself, and not be passed on."""

    def __init__(self, objects: Objects, together: Together, stretch: Stretch) -> None:
        super().__init__(objects, stretch)
        self._together = together

    def listed(self, store: Ref, after: tuple[str, str] | None) -> Page:
        return self._stretch.of(self._together.listed, store, after)

    def together(self, store: Ref, turns: Turns) -> None:
        self._together.together(store, turns)


def within(objects: Objects, stretch: Stretch) -> Within:
    """The objects as the worker of this stretch has them."""
    return WithinTogether(objects, objects, stretch) if isinstance(objects, Together) else Within(objects, stretch)
