"""Whom it happens to: a user whose access key a thief has, charts under a key of the hospital's, and clinicians."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from shared.intake.render import render
from tests.conftest import ROOT
from tests.contract.second_opinion import ACCOUNT, Credential, allow, document
from tests.deployed.altered import FINDINGS_SOURCE

CHARTS, OBJECTS = "st-brendan-charts", 6
USER, ROLE = "imaging-export", "clinician"
EVENT = ROOT / "events" / "aws" / "guardduty-s3-exfiltration.json"
ITS_KEY = "arn:aws:kms:us-east-1:111122223333:key/mrk-7d3c1a90-5b2e-4f68-9a11-c0de5afe0001"

BODY = b"x"
ROUND_SECONDS = 1.0

type Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Victim:
    """`stolen` is what the thief has, `key` the ARN of the key of the charts."""

    stolen: Credential
    user_id: str
    key: str

    def policy(self) -> str:
        """`response.toml`: every wave by itself, for nobody is there to be asked."""
        return f"""version = 1
[modes]
rekey = "auto"
migrate = "auto"
enforce = "auto"
retire = "auto"
[one_way]
mode = "auto"
[fence]
tls_floor = "off"
[tenants.st-brendan]
accounts = ["{ACCOUNT}"]
principals = ["arn:aws:iam::{ACCOUNT}:role/{ROLE}"]
buckets = ["{CHARTS}"]
keys = ["{self.key}"]
"""

    def event(self) -> dict[str, Any]:
        """The example event about this user, happening now: whoever was made before it is nobody's newcomer."""
        fresh = render(re.sub(rb"\$\{now-\d+s\}", b"${now}", EVENT.read_bytes()), datetime.now(UTC)).decode()
        ours = {"AKIAIMGEXPRTKEXAMPLE": self.stolen.id, "AIDAIMAGINGEXPEXAMPLE": self.user_id, ITS_KEY: self.key}
        for example, real in ours.items():
            fresh = fresh.replace(example, real)
        found: dict[str, Any] = json.loads(fresh)
        return found


def admitted(clients: Clients) -> Victim:
    """The hospital, made by its root user."""
    iam, kms, s3 = (clients(service) for service in ("iam", "kms", "s3"))
    user = iam.create_user(UserName=USER)["User"]
    iam.put_user_policy(UserName=USER, PolicyName="work", PolicyDocument=document(allow("s3:*"), allow("kms:*")))
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}})
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=ROLE, PolicyName="work", PolicyDocument=document(allow("s3:GetObject"), allow("kms:Decrypt")))
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/charts", TargetKeyId=key)
    _fill(s3, key)
    return Victim(Credential(made["AccessKeyId"], made["SecretAccessKey"]), user["UserId"], key)


def _fill(s3: Any, key: str) -> None:  # noqa: ANN401  # any client
    s3.create_bucket(Bucket=CHARTS)
    s3.put_bucket_versioning(Bucket=CHARTS, VersioningConfiguration={"Status": "Enabled"})
    usual = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket=CHARTS, ServerSideEncryptionConfiguration={"Rules": [usual]})
    for number in range(OBJECTS):
        s3.put_object(Bucket=CHARTS, Key=f"chart-{number}", Body=BODY, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)


def put(clients: Clients, event: dict[str, Any]) -> None:
    """The event on the account's own bus. The emulator refuses it, as EventBridge does, in GuardDuty's own name."""
    entry = {"Source": FINDINGS_SOURCE, "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
    said = clients("events").put_events(Entries=[entry])
    assert said["FailedEntryCount"] == 0, said


@dataclass
class Ward:
    """Clinicians' calls: how many charts were read, and what went wrong, in words, with the time of day."""

    read: int = 0
    failed: list[str] = field(default_factory=list)


@contextmanager
def clinician_at_work(clients: Clients, reading: Callable[[Credential], Any]) -> Iterator[Ward]:
    """Someone in the clinicians' role reads every chart, again and again, until the block ends.

    Their session is older than what happens in the block: sessions that are opened during a breach, under a name that no log tells
    of, are refused on purpose (`fence-new-sessions`), and there is no log of sessions here.
    """
    session = clients("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", RoleSessionName="ward")["Credentials"]
    s3 = reading(Credential(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]))
    ward, over = Ward(), Event()

    def work() -> None:
        while not over.wait(ROUND_SECONDS):
            for number in range(OBJECTS):
                _read(s3, f"chart-{number}", ward)

    at_work = Thread(target=work)
    at_work.start()
    try:
        yield ward
    finally:
        over.set()
        at_work.join()


def _read(s3: Any, key: str, ward: Ward) -> None:  # noqa: ANN401
    try:
        found = s3.get_object(Bucket=CHARTS, Key=key)["Body"].read()
    except (ClientError, HTTPClientError) as error:
        ward.failed.append(f"{datetime.now(UTC):%T} {key}: {error}")
    else:
        ward.read += found == BODY
        ward.failed += [f"{datetime.now(UTC):%T} {key}: not what it was"] if found != BODY else []
