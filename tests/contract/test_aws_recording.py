"""Whether reads and writes of health data are recorded at all: what trails say, and what their selectors take in."""

from typing import TYPE_CHECKING, Any

import pytest

from shared.adapters.aws.evidence import CloudTrailEvidence
from shared.adapters.aws.recording import ACTIONS, takes_in_management, takes_in_objects
from shared.domain.errors import Refused
from shared.domain.resource import Cloud, Kind, Ref
from shared.sandbox.aws.server import ACCOUNT, Sandbox

from .aws_responder import responder
from .event_history import StoppedClock

if TYPE_CHECKING:
    from types_boto3_cloudtrail import CloudTrailClient
    from types_boto3_cloudtrail.type_defs import EventSelectorTypeDef

BUCKET = Ref(cloud=Cloud.AWS, kind=Kind.BUCKET, account=ACCOUNT, region="us-east-1", id="arn:aws:s3:::st-brendan-charts")


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


def audit(sandbox: Sandbox) -> "CloudTrailClient":
    """A trail that runs, with management events only."""
    sandbox.root().client("s3").create_bucket(Bucket="log")
    trails: CloudTrailClient = sandbox.root().client("cloudtrail")
    trails.create_trail(Name="audit", S3BucketName="log")
    trails.start_logging(Name="audit")
    return trails


def test_a_bucket_is_recorded_while_a_trail_with_its_data_events_runs(
    sandbox: Sandbox, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = CloudTrailEvidence(responder(sandbox, monkeypatch, *ACTIONS), clock)
    assert not evidence.recorded(BUCKET)
    trails = audit(sandbox)
    assert not evidence.recorded(BUCKET)
    trails.put_event_selectors(TrailName="audit", EventSelectors=[EVERY_OBJECT])
    assert evidence.recorded(BUCKET)
    trails.stop_logging(Name="audit")
    assert not evidence.recorded(BUCKET)


@pytest.mark.parametrize("missing", sorted(ACTIONS))
def test_without_one_permission_nothing_counts_as_recorded(
    missing: str, sandbox: Sandbox, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit(sandbox).put_event_selectors(TrailName="audit", EventSelectors=[EVERY_OBJECT])
    evidence = CloudTrailEvidence(responder(sandbox, monkeypatch, *(ACTIONS - {missing})), clock)
    try:
        found = evidence.recorded(BUCKET)
    except Refused:
        found = False
    assert not found


EVERY_OBJECT: "EventSelectorTypeDef" = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
}

ALL = {"ReadWriteType": "All", "IncludeManagementEvents": True}


def objects(*values: str, kind: str = "All") -> dict[str, Any]:
    return {"ReadWriteType": kind, "DataResources": [{"Type": "AWS::S3::Object", "Values": list(values)}]}


def advanced(**fields: list[str]) -> dict[str, Any]:
    names = {"category": "eventCategory", "type": "resources.type", "read_only": "readOnly"}
    selectors: list[dict[str, Any]] = [{"Field": names[name], "Equals": value} for name, value in fields.items() if name in names]
    if "starts" in fields:
        selectors.append({"Field": "resources.ARN", "StartsWith": fields["starts"]})
    return {"FieldSelectors": selectors}


DATA = {"category": ["Data"], "type": ["AWS::S3::Object"]}


@pytest.mark.parametrize(
    ("basic", "more", "takes_in"),
    [
        pytest.param([objects("arn:aws:s3")], [], True, id="every bucket, basic"),
        pytest.param([objects("arn:aws:s3:::st-brendan-charts/")], [], True, id="this bucket, basic"),
        pytest.param([objects("arn:aws:s3:::st-brendan-charts/year-2026/")], [], False, id="a part of this bucket, basic"),
        pytest.param([objects("arn:aws:s3:::st-brendan-charts-2/")], [], False, id="a bucket of a longer name"),
        pytest.param([objects("arn:aws:s3", kind="WriteOnly")], [], False, id="writes only, basic"),
        pytest.param([ALL], [], False, id="management events only"),
        pytest.param([], [advanced(**DATA)], True, id="every bucket, advanced"),
        pytest.param([], [advanced(**DATA, starts=["arn:aws:s3:::st-brendan-charts/"])], True, id="this bucket, advanced"),
        pytest.param([], [advanced(**DATA, starts=["arn:aws:s3:::other/"])], False, id="another bucket, advanced"),
        pytest.param([], [advanced(**DATA, read_only=["false"])], False, id="writes only, advanced"),
        pytest.param([], [advanced(category=["Management"])], False, id="management events only, advanced"),
        pytest.param([], [], False, id="nothing"),
    ],
)
def test_object_reads_are_recorded(basic: list[dict[str, Any]], more: list[dict[str, Any]], takes_in: bool) -> None:
    assert takes_in_objects(basic, more, BUCKET.id) is takes_in


KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"


@pytest.mark.parametrize(
    ("basic", "more", "takes_in"),
    [
        pytest.param([ALL], [], True, id="management events, basic"),
        pytest.param([ALL | {"ExcludeManagementEventSources": ["kms.amazonaws.com"]}], [], False, id="all but those of KMS"),
        pytest.param([], [advanced(category=["Management"])], True, id="management events, advanced"),
        pytest.param([], [advanced(category=["Management"], read_only=["false"])], False, id="writes only"),
        pytest.param([], [advanced(**DATA)], False, id="data events only"),
    ],
)
def test_key_use_is_recorded(basic: list[dict[str, Any]], more: list[dict[str, Any]], takes_in: bool) -> None:
    assert takes_in_management(basic, more, KEY) is takes_in
