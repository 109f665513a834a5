"""GuardDuty: detectors are the emulator's, findings are the scenario's.

Source: GuardDuty API reference, GetFindings, ListFindings.
"""

from moto.guardduty.models import guardduty_backends

from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import Refusal


def _detector(cloud: Cloud, ask: Ask) -> str:
    """The detector asked. Raises Refusal for one that is not of this account and Region."""
    detector = str(ask.params["DetectorId"])
    known = guardduty_backends[ask.account][ask.region].detectors.keys() | cloud.findings.detectors(ask.account, ask.region)
    if detector not in known:
        sentence = "The request is rejected because the input detectorId is not owned by the current account."
        raise Refusal("BadRequestException", sentence)
    return detector


def get_findings(cloud: Cloud, ask: Ask) -> Reply:
    """GetFindings: the detector's findings among the ids asked for."""
    detector = _detector(cloud, ask)
    return ask.answer({"Findings": cloud.findings.get(ask.account, ask.region, detector, ask.params["FindingIds"])})


def list_findings(cloud: Cloud, ask: Ask) -> Reply:
    """ListFindings: the id of every finding of the detector."""
    return ask.answer({"FindingIds": cloud.findings.ids(ask.account, ask.region, _detector(cloud, ask)), "NextToken": ""})


RULES: dict[str, Rule] = {"GetFindings": get_findings, "ListFindings": list_findings}
