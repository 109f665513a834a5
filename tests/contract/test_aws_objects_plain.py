"""A server that does not know UpdateObjectEncryption takes it for a PUT. Plain moto is such a server."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.objects import AwsObjects
from shared.adapters.local.clock import SystemClock
from shared.reencryption.lanes import Lane, Reason
from shared.reencryption.migrate import migrate
from shared.reencryption.plan import Canary, Migration
from shared.sandbox.aws.server import REGION
from tests.contract.aws_objects import bucket
from tests.unit.reencryption import NamingJournal

CANARY = "codeblue-plain-responder"
CHARTS = "plain-charts"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111122223333")  # moto takes it for the account
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    yield f"http://{host}:{port}"
    server.stop()


def test_the_canary_closes_the_lane_and_nothing_else_is_touched(endpoint: str) -> None:
    s3: Any = boto3.client("s3", endpoint_url=endpoint)
    for name in (CANARY, CHARTS):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    old, new = (boto3.client("kms", endpoint_url=endpoint).create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    put = {"Bucket": CHARTS, "Key": "jane", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": old}
    versions = [s3.put_object(**put, Body=body)["VersionId"] for body in (b"one", b"two")]
    plan = Migration(store=bucket(CHARTS), old=frozenset({old}), successor=new, canary=Canary(store=bucket(CANARY), key=new))
    result = migrate(plan, AwsObjects(Clients()), NamingJournal(), SystemClock())
    assert result.update_lane == "closed: the call did not change the key"
    assert (result.moved, result.blocked) == ({Lane.COPY: 1}, {Reason.NONCURRENT: 2})
    contents = [s3.get_object(Bucket=CHARTS, Key="jane", VersionId=version)["Body"].read() for version in versions]
    assert contents == [b"one", b"two"]
    assert s3.get_object(Bucket=CHARTS, Key="jane")["Body"].read() == b"two"
    # what the call did to the canary, it would have done to every chart
    canaries = s3.list_object_versions(Bucket=CANARY)["Versions"]
    assert [
        b"ObjectEncryption" in s3.get_object(Bucket=CANARY, Key=c["Key"], VersionId=c["VersionId"])["Body"].read() for c in canaries
    ] == [True, False]
