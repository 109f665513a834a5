"""Does it make us blind? Trails, detectors, log stores."""

from collections.abc import Callable

from shared.intake.fact import Fact
from shared.intake.tolerant import flag, folded, items, number, text, within

type Home = frozenset[str]

SHORT_DAYS = 7


def selects_less(fact: Fact, _: Home) -> bool:
    """Management events, writes or reads are recorded no more, or nothing at all is selected."""
    asked = fact.asked
    if "advancedeventselectors" in asked:
        return _advanced_less(items(asked["advancedeventselectors"]))
    selectors = [folded(each) for each in items(asked.get("eventselectors"))]
    return "eventselectors" in asked and (not selectors or all(_less(each) for each in selectors))


def _less(selector: dict[str, object]) -> bool:
    management = selector.get("includemanagementevents")
    off = management is not None and not flag(management)
    partly = text(selector.get("readwritetype")) in {"ReadOnly", "WriteOnly"}
    return off or partly or bool(items(selector.get("excludemanagementeventsources")))


def _advanced_less(selectors: tuple[object, ...]) -> bool:
    fields = [str(each) for each in selectors]
    return not any("Management" in each and "notEquals" not in each and "readOnly" not in each for each in fields)


def trail_weakened(fact: Fact, _: Home) -> bool:
    """The trail records fewer Regions, no global services, proves nothing any more, or goes elsewhere."""
    asked = fact.asked
    off = ("ismultiregiontrail", "includeglobalserviceevents", "enablelogfilevalidation", "isorganizationtrail")
    elsewhere = text(asked.get("s3bucketname")) or (text(asked.get("kmskeyid")) if "kmskeyid" in asked else "")
    return any(name in asked and not flag(asked[name]) for name in off) or bool(elsewhere)


def _detector_off(fact: Fact, _: Home) -> bool:
    asked = fact.asked
    paused = any(text(folded(each).get("status")).upper() == "DISABLED" for each in items(asked.get("features")))
    return (
        ("enable" in asked and not flag(asked["enable"])) or text(asked.get("status")).upper() in {"PAUSED", "DISABLED"} or paused
    )


def archives(fact: Fact, _: Home) -> bool:
    """Findings are put away as they come."""
    return text(fact.asked.get("action")).upper() in {"ARCHIVE", "SUPPRESS"}


def logging_off(fact: Fact, _: Home) -> bool:
    """A bucket's access log is switched off: its status names no target."""
    status = folded(within(fact.asked, "bucketloggingstatus"))
    return "bucketloggingstatus" in fact.asked and not within(status, "loggingenabled")


def _keeps_logs_short(fact: Fact, _: Home) -> bool:
    return 0 < number(fact.asked.get("retentionindays")) <= SHORT_DAYS


def _suppresses(fact: Fact, _: Home) -> bool:
    return (
        text(within(fact.asked, "workflow", "status")).upper() == "SUPPRESSED"
        or text(fact.asked.get("recordstate")).upper() == "ARCHIVED"
    )


CONDITIONS: dict[str, tuple[str, Callable[[Fact, Home], bool]]] = {
    "selects-less": ("fewer events are recorded than before", selects_less),
    "trail-weakened": ("the trail records or proves less, or goes elsewhere", trail_weakened),
    "detector-off": ("the detector is switched off or paused", _detector_off),
    "archives": ("findings are put away as they come", archives),
    "logging-off": ("the bucket's access log is switched off", logging_off),
    "keeps-logs-short": ("logs are kept for a week at most", _keeps_logs_short),
    "suppresses": ("findings are suppressed", _suppresses),
}
