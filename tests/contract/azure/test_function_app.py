"""The function app alone against the embedded Azure: an event of Defender's in the hub, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure_functions_runtime.bindings.datumdef import Datum

from azure_functions_app import environment
from shared.adapters.local.clock import SystemClock
from shared.domain.case import Stage, Verdict
from shared.intake.render import render
from shared.sandbox.azure.clinic_names import ACCOUNT_ID
from shared.workflow.visiting import SUBJECT
from tests.contract.azure.respond_scenes import CHART, EVENTS, Night, at_work, night, read
from tests.contract.azure.test_respond import ON_AZURE
from tests.durable_host import DurableHost
from tests.functions_worker import batch, worker
from tests.workflow.function_app_scene import OF_THE_SDK

pytestmark = OF_THE_SDK

CACHED = (environment.settings, environment.policy, environment.opened, environment.counted)


@pytest.fixture
def on_azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    monkeypatch.setenv("CODEBLUE_POLICY", str(tmp_path / "response.toml"))
    for cached in CACHED:
        cached.cache_clear()
    with night(tmp_path / "response.toml", ON_AZURE) as scene:
        scene.enter("administrator")
        scene.run("init")
        scene.enter("responder")
        yield scene
    for cached in CACHED:
        cached.cache_clear()


def test_an_alert_in_the_hub_is_enough_to_have_the_thief_refused(on_azure: Night) -> None:
    assert read(on_azure.thief_by_key) == CHART
    event = render((EVENTS / "defender-store-key-read.json").read_bytes(), datetime.now(UTC))
    host = DurableHost(worker(), SystemClock())
    with worker().running(), at_work(on_azure.clinician, on_azure.legacy) as failures:
        events, metadata = batch(event)
        answer = worker().invoke("on_event_hub", {"events": events, "client": host.client}, metadata, retry_count=0)
        assert not answer.error, answer.error
        host.settle()
        while host.wait(longest=3):
            pass
    host.close()
    (case,) = environment.ready().cases.all()
    assert (case.verdict, case.stage, failures) == (Verdict.CONTAINED, Stage.SWEEP, [])
    assert host.instances[case.id].status == "Running"  # it looks again, and again
    with pytest.raises(HttpResponseError, match="AuthenticationFailed"):
        read(on_azure.thief_by_key)
    assert on_azure.run("audit", case.id, "--open")[0] == 0


def test_the_doctor_of_the_app_pages_what_is_not_well_also_where_the_record_is_what_is_wrong(
    on_azure: Night, caplog: pytest.LogCaptureFixture
) -> None:
    on_azure.cloud.resources.drop(f"{ACCOUNT_ID}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night")
    (custody,) = [account for account in on_azure.cloud.storage.accounts if account.startswith("cbcustody")]
    del on_azure.cloud.storage.accounts[custody]
    with caplog.at_level("WARNING", "codeblue"), worker().running():
        answer = worker().invoke("doctor", {"timer": Datum('{"Schedule": {}, "ScheduleStatus": null, "IsPastDue": false}', "json")})
    assert not answer.error, answer.error
    (page,) = [each.getMessage() for each in caplog.records if SUBJECT in each.getMessage()]
    assert ("custody is ready" in page, "break-glass is named" in page, "the power to fence" in page) == (True, True, False)
