"""GuardDuty: detectors are the emulator's, findings are the scenario's."""

from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply


def get_findings(cloud: Cloud, ask: Ask) -> Reply:
    """GetFindings: the stored findings among the ids asked for."""
    return ask.answer({"Findings": cloud.findings.get(ask.account, ask.region, ask.params["FindingIds"])})


def list_findings(cloud: Cloud, ask: Ask) -> Reply:
    """ListFindings: every id of the account and Region."""
    return ask.answer({"FindingIds": cloud.findings.ids(ask.account, ask.region), "NextToken": ""})


RULES: dict[str, Rule] = {"GetFindings": get_findings, "ListFindings": list_findings}
