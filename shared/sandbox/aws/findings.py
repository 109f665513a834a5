"""GuardDuty findings at the boundary: what a scenario stores is found by `GetFindings`, and nothing else is."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any


class Findings:
    """Findings in the API's form (`Id`, `Arn`, `AccountId`, `Region`, `Type`, `Severity`, ...); the ARN names the detector."""

    def __init__(self) -> None:
        self._findings: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def store(self, finding: Mapping[str, Any]) -> None:
        """Make a finding known. An update replaces it by `Id`. Raises KeyError without id, ARN, account or Region."""
        detector = str(finding["Arn"]).partition(":detector/")[2].partition("/")[0]
        place = (str(finding["AccountId"]), str(finding["Region"]), detector)
        with self._lock:
            self._findings.setdefault(place, {})[str(finding["Id"])] = dict(finding)

    def get(self, account: str, region: str, detector: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """The findings with these ids; unknown ids are left out, as GuardDuty does."""
        held = self._findings.get((account, region, detector), {})
        return [held[each] for each in ids if each in held]

    def ids(self, account: str, region: str, detector: str) -> list[str]:
        """Every finding's id, the newest last."""
        return list(self._findings.get((account, region, detector), {}))

    def detectors(self, account: str, region: str) -> frozenset[str]:
        """The detectors that have findings."""
        return frozenset(detector for held, where, detector in self._findings if (held, where) == (account, region))

    def forget(self) -> None:
        with self._lock:
            self._findings.clear()
