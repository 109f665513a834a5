"""EventBridge -> EventBridge -> SQS -> Lambda -> Step Functions -> containment -> report, every function under its own role."""

import json
import os
import resource
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from infra_cdk.prices import TRANSITION
from infra_cdk.roster import posts, role_arn
from shared.workflow.stages import STEPS
from tests.contract.second_opinion import ACCOUNT, outcome
from tests.deployed.altered import ALTERATIONS
from tests.deployed.conftest import SAID, Night, answers
from tests.deployed.hospital import CHARTS, OBJECTS

pytestmark = [pytest.mark.ministack, pytest.mark.timeout(900)]

DEPLOYED = posts(sign_in=False)

LEFT = {
    "data events are not recorded": "nothing records them there",
    "not seen using it yet": "the same: who uses a key nobody can say",
    "ListAccessGrants: InvalidURI": "no access grants",
    "GetEbsDefaultKmsKeyId: InvalidAction": "no defaults of EBS",
    "versions stay where they are": "no UpdateObjectEncryption: what is not the newest version can not be moved",
    "nothing could be updated in place": "the same, as the canary found before anybody's data was touched",
    "could not be looked for: InvalidURI": "no S3 Batch Operations",
    "not contained against account admin": "no guardrails are attached",
}
"""Everything that is left for people that night, by a part of its reason, and what ministack lacks."""


def test_nothing_of_the_templates_is_altered_in_vain(night: Night) -> None:
    assert night.altered == {row.why for row in ALTERATIONS}


def test_the_stolen_key_opens_nothing_any_more(night: Night) -> None:
    thief = night.client("s3", night.victim.stolen)
    assert outcome(thief.get_object, Bucket=CHARTS, Key="chart-1") in {"refused", "not admitted"}
    assert outcome(night.client("kms", night.victim.stolen).encrypt, KeyId=night.victim.key, Plaintext=b"x") != "ok"


def test_a_clinician_read_every_chart_all_night_and_nothing_failed(night: Night) -> None:
    assert not night.ward.failed
    assert night.ward.read >= OBJECTS * len(STEPS)


def test_the_alert_was_asked_for_again_at_its_source(night: Night) -> None:
    assert len(night.detector.asked) == 1
    assert (
        night.codeblue("report", night.case, "--out", str(night.folder / "pack"))["evidence"]["alert"]["confirmation"] == "agrees"
    )


def test_every_stage_ran_in_order_and_none_died(night: Night) -> None:
    ran = list(dict.fromkeys(name for name, _ in answers(night.history)))
    assert ran[:4] == ["open", "scope", "fence", "preserve"]
    assert {"sweep", "rekey", "migrate", "verify", "enforce", "retire"} <= set(ran)
    assert not [event for event in night.history if "Failed" in event["type"] or "TimedOut" in event["type"]]


def test_every_function_ran_under_its_own_role(night: Night) -> None:
    functions = night.client("lambda").get_paginator("list_functions").paginate()
    roles = {each["FunctionName"]: each["Role"] for page in functions for each in page["Functions"]}
    assert roles == {f"codeblue-{name}": role_arn(ACCOUNT, name) for name in DEPLOYED}
    opened = night.client("s3").get_object(
        Bucket=f"codeblue-custody-{ACCOUNT}-us-east-1", Key=f"{night.case}/entries/{0:012d}.json"
    )
    assert json.loads(opened["Body"].read())["body"]["by"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/codeblue-record/")


def test_no_function_has_the_rights_of_another_power(night: Night) -> None:
    attached = night.client("iam").list_attached_role_policies
    for name in {step.power.value for step in STEPS.values()}:
        policies = {each["PolicyName"] for each in attached(RoleName=f"codeblue-{name}")["AttachedPolicies"]}
        assert policies, name
        assert all(policy.startswith(f"codeblue-{name}-") for policy in policies)


def test_the_record_holds_and_so_does_its_twin_in_the_second_region(night: Night) -> None:
    said = night.codeblue("audit", night.case, "--open")
    holds = {each["what"]: each["holds"] for each in said["guarantees"]}
    assert said["ok"]
    assert said["findings"] == []
    assert holds["all of it is signed"]
    assert holds["a second sink holds the same"]


def test_nothing_lies_in_a_queue(night: Night) -> None:
    sqs = night.client("sqs")
    queues = sqs.list_queues()["QueueUrls"]
    counted = {url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in queues}
    assert len([url for url in queues if "dead" in url.lower()]) == len(DEPLOYED) + 2
    assert not {
        url
        for url, said in counted.items()
        if said["ApproximateNumberOfMessages"] != "0" or said["ApproximateNumberOfMessagesNotVisible"] != "0"
    }


def test_what_the_emulator_lacks_is_partial_and_nothing_else_is_left(night: Night) -> None:
    said = night.codeblue("status", night.case)
    reasons = [each["reason"] for each in said["left_for_people"]]
    assert said["status"] == "partial"
    assert not [reason for reason in reasons if not any(part in reason for part in LEFT)]
    assert not [part for part in LEFT if not any(part in reason for reason in reasons)]
    assert said["versions"]["copied"] == OBJECTS
    assert [each["count"] for each in said["versions"]["blocked"]] == [OBJECTS]
    assert {change["status"] for wave in said["waves"] for change in wave["changes"]} <= {"applied", "already"}


def test_nobody_else_was_fenced_in_whole(night: Night) -> None:
    denied = {
        change["target"]
        for wave in night.codeblue("status", night.case)["waves"]
        for change in wave["changes"]
        if change["facet"] == "deny-all"
    }
    assert denied == {f"arn:aws:iam::{ACCOUNT}:user/imaging-export"}


def test_what_was_measured_is_said(night: Night) -> None:
    fenced = datetime.fromisoformat(
        night.codeblue("report", night.case, "--out", str(night.folder / "pack"))["evidence"]["fenced_at"]
    )
    states = sum(event["type"].endswith("StateEntered") for event in night.history)
    megabytes = (night.folder / "codeblue.zip").stat().st_size / 1024**2
    SAID.append(f"event on the bus -> last write of the fence: {fenced.timestamp() - night.put_at:.1f} s, all functions cold")
    SAID.append(f"states entered until it only waits: {states} in {len(night.history)} events, {states * TRANSITION:.4f} dollars")
    SAID.append(f"the functions' package: {megabytes:.1f} MB")
    assert fenced.timestamp() > night.put_at
    assert states > len(STEPS)


def test_every_entry_point_is_imported_from_the_package_alone(night: Night, tmp_path: Path) -> None:
    zipfile.ZipFile(night.folder / "codeblue.zip").extractall(tmp_path / "code")
    for entry in sorted({post.entry.rpartition(".")[0] for post in DEPLOYED.values()}):
        cold, warm = (_cpu(entry, tmp_path) for _ in range(2))
        SAID.append(f"{entry}: {cold:.2f} s of CPU to import, {warm:.2f} s where it was compiled before")


def _cpu(module: str, folder: Path) -> float:
    """Seconds of CPU of a process that imports it; compiled code is kept for the next."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = {"PYTHONPATH": str(folder / "code"), "PYTHONPYCACHEPREFIX": str(folder / module), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-S", "-c", f"import {module}"], cwd=folder, env=ours, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
