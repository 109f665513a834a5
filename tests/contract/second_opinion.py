"""A stage that any AWS endpoint can be: people, roles, a bucket and a key with fresh names, and what became of each call."""

import itertools
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

ACCOUNT = "111122223333"
REGION = "us-east-1"

REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
NOT_ADMITTED = frozenset(
    {
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)

_NUMBERS = itertools.count(1)
_SESSION = get_session()


@dataclass(frozen=True)
class Credential:
    id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def outcome(call: Callable[..., object], **arguments: object) -> str:
    """What became of a call: `ok`, `refused`, or `not admitted` for a credential that does not count."""
    try:
        call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in REFUSED:
            return "refused"
        if code in NOT_ADMITTED:
            return "not admitted"
        raise
    return "ok"


@cache
def _client(endpoint_url: str, service: str, who: Credential) -> Any:  # noqa: ANN401 - any client
    return _SESSION.create_client(
        service,
        region_name=REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id=who.id,
        aws_secret_access_key=who.secret,
        aws_session_token=who.token,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@dataclass(frozen=True)
class Stage:
    """One endpoint, set up by its root user; every name carries a number of its own, so that no row sees another's things."""

    endpoint_url: str
    root: Credential
    number: int = field(default_factory=lambda: next(_NUMBERS))

    def client(self, service: str, who: Credential | None = None) -> Any:  # noqa: ANN401 - any client
        return _client(self.endpoint_url, service, who or self.root)

    @property
    def user(self) -> str:
        return f"alice-{self.number}"

    @property
    def role(self) -> str:
        return f"ward-{self.number}"

    @property
    def bucket(self) -> str:
        return f"phi-{self.number}"

    @property
    def user_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:user/{self.user}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role}"

    def make_user(self, *statements: Mapping[str, Any]) -> Credential:
        iam = self.client("iam")
        iam.create_user(UserName=self.user)
        if statements:
            self.give_user(*statements)
        key = iam.create_access_key(UserName=self.user)["AccessKey"]
        return Credential(key["AccessKeyId"], key["SecretAccessKey"])

    def give_user(self, *statements: Mapping[str, Any], name: str = "given") -> None:
        self.client("iam").put_user_policy(UserName=self.user, PolicyName=name, PolicyDocument=document(*statements))

    def make_role(self, *statements: Mapping[str, Any], trust: tuple[Mapping[str, Any], ...] = ()) -> None:
        default = allow("sts:AssumeRole", Principal={"AWS": ACCOUNT})
        iam = self.client("iam")
        iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=document(*(_without_resource(s) for s in trust or (default,))))
        if statements:
            self.give_role(*statements)

    def give_role(self, *statements: Mapping[str, Any], name: str = "given") -> None:
        self.client("iam").put_role_policy(RoleName=self.role, PolicyName=name, PolicyDocument=document(*statements))

    def assume(self, who: Credential, session: str = "night", **more: object) -> Credential:
        found = self.client("sts", who).assume_role(RoleArn=self.role_arn, RoleSessionName=session, **more)["Credentials"]
        return Credential(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def make_bucket(self, *statements: Mapping[str, Any]) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=self.bucket)
        s3.put_object(Bucket=self.bucket, Key="patient", Body=b"x")
        if statements:
            self.give_bucket(*statements)

    def give_bucket(self, *statements: Mapping[str, Any]) -> None:
        whole = ({**statement, "Resource": [self.arn, f"{self.arn}/*"]} for statement in statements)
        self.client("s3").put_bucket_policy(Bucket=self.bucket, Policy=document(*whole))

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}"

    def make_key(self, *statements: Mapping[str, Any]) -> str:
        root = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        policy = document(*(statements or (root,)))
        created = self.client("kms").create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)
        return str(created["KeyMetadata"]["Arn"])

    def read(self, who: Credential) -> str:
        return outcome(self.client("s3", who).get_object, Bucket=self.bucket, Key="patient")

    def encrypt(self, who: Credential, key: str) -> str:
        return outcome(self.client("kms", who).encrypt, KeyId=key, Plaintext=b"x")


def allow(action: str = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: str = "*", **more: object) -> dict[str, Any]:
    return {**allow(action, **more), "Effect": "Deny"}


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _without_resource(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != "Resource"}


@contextmanager
def ministack(python: Path, home: Path) -> Iterator[str]:
    """ministack with IAM enforced, in its own environment and process, on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "HOME": str(home),
        "LOG_LEVEL": "ERROR",
        "PATH": os.environ["PATH"],
        "TMPDIR": str(home),
    }
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([python, "-m", "ministack"], cwd=home, env=environment, stdout=log, stderr=log)
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _await(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
