"""A program whose credentials were stolen in both clouds, with both embedded: two alerts are one case, and both clouds fenced."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from botocore.exceptions import ClientError

from shared import bootstrap
from shared.adapters.memory.windows import BoundedMemory
from shared.custody.audit import audit
from shared.domain.case import Case
from shared.domain.resource import Cloud
from shared.intake.render import render
from shared.report.summary import summary
from shared.sandbox.aws import scenario_names as aws
from shared.sandbox.aws.clinic import before, build, response_policy
from shared.sandbox.aws.clinic_people import bound, user_arn
from shared.sandbox.aws.scenario import environment
from shared.sandbox.azure import clinic_names as azure
from shared.settings import Policy
from shared.workflow.deps import Deps
from shared.workflow.judging import Judge, arrived
from shared.workflow.local import Patience, drive
from shared.workflow.taking_in import take_in
from tests.conftest import ROOT
from tests.contract.azure.respond_scenes import CHART, EVENTS, Night, changes, night, read
from tests.workflow.driving import NOBODY, ignore

THEFT = ROOT / "events" / "aws" / "guardduty-s3-exfiltration.json"
POLICY = """
[modes]
rekey = "observe"
[custody]
directory = "{0}/one"
second_directory = "{0}/two"
[identities]
imaging-export = {1}
"""

type Scene = tuple[Night, Any, Policy]
"""Both clouds with everybody in them, the thief's client of S3, and what the hospital has declared."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with before() as sandbox:
        clinic = build(sandbox)
        declared = json.dumps([user_arn(aws.EXPORT_USER), azure.EXPORT_ID])
        said = response_policy(clinic).replace("[responder]\n", '[responder]\nclouds = ["aws", "azure"]\n')
        text = said + POLICY.format(tmp_path, declared)
        with night(tmp_path / "response.toml", text) as both, pytest.MonkeyPatch.context() as patch:
            for name, value in environment(sandbox, clinic.credentials["responder"]).items():
                patch.setenv(name, value)
            both.run("init")
            yield both, bound(sandbox, clinic.credentials["thief"]).client("s3"), Policy.read(text)


def told(event: Path, deps: Deps) -> Case:
    """The case of an example's alert after one look at it."""
    judge = Judge(deps.policy, deps.exempt, BoundedMemory, automatic=True)
    (case,) = take_in(arrived(render(event.read_bytes(), deps.clock.now())), judge, deps, automatic=True)
    assert isinstance(case, Case)
    return drive(case.id, deps, NOBODY, ignore, Patience(sweep_seconds=0.0))


def test_one_programs_two_alerts_are_one_case_with_both_clouds_changes(scene: Scene) -> None:
    both, thief, policy = scene
    chart = thief.list_objects_v2(Bucket=aws.CHARTS)["Contents"][0]["Key"]
    assert (bool(thief.get_object(Bucket=aws.CHARTS, Key=chart)), read(both.thief_by_secret)) == (True, CHART)

    deps = bootstrap.deps(policy)
    first, case = told(THEFT, deps), told(EVENTS / "defender-application-read.json", deps)
    assert (first.id, first.fronts, len(case.fronts)) == (case.id, (), 1)
    found = summary(case, deps.journal(case.id), deps.place)
    done = changes(found, "applied")
    assert {("deactivate-keys", "access-key-status"), ("fence-store", "policy-statement")} <= done
    assert {("disable-sign-in", "sign-in"), ("remove-credentials", "app-credential"), ("restrict-network", "network-rules")} <= done
    assert {s.actor.cloud for s in case.scope.standings} == set(Cloud)

    with pytest.raises(ClientError, match=r"InvalidAccessKeyId|AccessDenied"):
        thief.get_object(Bucket=aws.CHARTS, Key=chart)
    with pytest.raises(HttpResponseError, match="AuthorizationFailure"):
        read(both.thief_by_secret)
    assert read(both.clinician) == CHART
    ledger = bootstrap.custody(policy, deps.clock)
    assert audit(ledger.sinks[0], case.id, ledger.signer.public_key(), open_case=True, outside_key=True).findings == ()
