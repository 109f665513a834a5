"""What `response.toml` can add, change and switch off, and how it is told where it errs."""

import pytest

from shared.domain.errors import BadInput
from shared.settings import Policy
from shared.triage.decision import Decision
from shared.triage.table import table_of
from tests.unit.triage_desk import ELSEWHERE, NOW, call, desk, given

OWN = """
version = 1
[triage]
off = ["key-disabled"]
[triage.thresholds.secrets-burst]
times = 3
within = "1h"
[[triage.rules]]
id = "phi-exports"
source = "cloudtrail"
events = ["StartExport*"]
where = { "tableArn" = "*phi*|*chart*", service = "dynamodb" }
playbook = "exfiltration"
reason = "a table of health data was exported"
[tenants.st-brendan]
accounts = ["999988887777"]
"""


def lines(text: str, *records: object) -> list[tuple[Decision, str | None]]:
    policy = Policy.read(text)
    judge = desk(policy, table=table_of(policy))
    return [(line.decision, line.rule) for line in judge.lines([given(records)])]


def test_a_rule_of_ones_own_acts() -> None:
    export = call("StartExportJob", "dynamodb", {"tableArn": "arn:aws:dynamodb:us-east-1:111122223333:table/Charts"})
    other = call("StartExportJob", "dynamodb", {"tableArn": "arn:aws:dynamodb:us-east-1:111122223333:table/menus"})
    assert lines(OWN, export, other) == [(Decision.ACT, "phi-exports"), (Decision.DROP, None)]


def test_a_rule_is_switched_off() -> None:
    assert lines(OWN, call("DisableKey", "kms", {"keyId": "k"})) == [(Decision.DROP, None)]


def test_a_threshold_is_changed() -> None:
    reads = [call("GetSecretValue", "secretsmanager", {"secretId": f"s{n}"}, at=NOW - 1200 * n) for n in (2, 1, 0)]
    assert [decision for decision, _ in lines(OWN, *reads)] == [Decision.DROP, Decision.DROP, Decision.ACT]


def test_a_tenants_account_is_no_stranger() -> None:
    share = call("ModifySnapshotAttribute", "ec2", {"createVolumePermission": {"add": {"items": [{"userId": ELSEWHERE}]}}})
    assert lines(OWN, share) == [(Decision.DROP, None)]


RULE = '[[triage.rules]]\nid = "x-1"\nsource = "cloudtrail"\nevents = ["X"]\nplaybook = "root"\nreason = "something happened"\n'

WRONG = {
    "an unknown rule is switched off": ('[triage]\noff = ["key-dissabled"]', "key-dissabled"),
    "an unknown rule is changed": ("[triage.thresholds.nothing]\ntimes = 3", "nothing"),
    "an unknown key is changed": ("[triage.thresholds.secrets-burst]\ntims = 3", "tims"),
    "a threshold is no number": ('[triage.thresholds.secrets-burst]\ntimes = "many"', "times"),
    "a rule has no reason": (RULE.replace("reason", "raison"), "reason"),
    "a rule has an id that exists": (RULE.replace("x-1", "key-disabled"), "key-disabled already"),
    "a rule is of no source": (RULE.replace("cloudtrail", "clouttrail"), "clouttrail"),
    "a rule asks what nobody knows": (RULE + 'when = "sunny"', "sunny"),
    "a rule has an unknown playbook": (RULE.replace('"root"', '"panic"'), "playbook"),
    "a technique is none": (RULE + 'techniques = ["T99"]', "techniques"),
    "an unknown table": ("[triage]\nrule = []", "triage.rule"),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_named(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as mistake:
        table_of(Policy.read("version = 1\n" + text))
    assert sentence in str(mistake.value)
    assert "response.toml" in str(mistake.value)
