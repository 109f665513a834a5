"""A finding by its name: what a person hands over where a whole alert does not fit."""

import json

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.errors import call
from shared.domain.errors import Absent, BadInput

PERMISSIONS = frozenset({"guardduty:GetFindings"})

PARTS = 8
"""`arn:partition:guardduty:region:account:detector/D/finding/F`, taken apart at colons and slashes."""


def fetched(clients: Clients, arn: str) -> bytes:
    """The finding of this ARN as JSON (GuardDuty GetFindings). Raises `BadInput` for another name, `Absent`, `CloudError`."""
    said = arn.replace("/", ":").split(":")
    if len(said) != PARTS + 1 or (said[2], said[5], said[7]) != ("guardduty", "detector", "finding"):
        raise BadInput("this is no ARN of a finding of GuardDuty's")
    _, _, _, region, account, _, detector, _, name = said
    found = call(clients.guardduty(account, region).get_findings, DetectorId=detector, FindingIds=[name])["Findings"]
    if not found:
        raise Absent("its detector has no finding of this name")
    return json.dumps(found[0], default=str).encode()
