"""Which drills there are. A cloud's own is loaded when it is asked for: both take seconds."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .drill import Drill


def _aws() -> Drill[Any, Any, Any]:
    from .aws import DRILL  # noqa: PLC0415 - as this module says

    return DRILL


def _azure() -> Drill[Any, Any, Any]:
    from .azure import DRILL  # noqa: PLC0415 - the same

    return DRILL


def _both() -> Drill[Any, Any, Any]:
    from .both import DRILL  # noqa: PLC0415 - the same

    return DRILL


DRILLS: Final[Mapping[str, Callable[[], Drill[Any, Any, Any]]]] = {"aws": _aws, "azure": _azure, "both": _both}
