"""The embedded AWS, assembled: moto behind the gate, on loopback HTTP, for unmodified clients of `AWS_ENDPOINT_URL`."""

import re
from collections.abc import Mapping
from functools import cache, partial
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import create_loader

from shared.sandbox.aws import control
from shared.sandbox.aws.authoriser import Named
from shared.sandbox.aws.clock import Clock, DrillClock
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.context import SOURCE_IP, SOURCE_VPC, SOURCE_VPCE
from shared.sandbox.aws.gate import Gate
from shared.sandbox.aws.http import Incoming, Reply
from shared.sandbox.aws.listener import Listener

ACCOUNT = "111122223333"
REGION = "us-east-1"


class Sandbox:
    """One embedded AWS with several accounts. moto's state is global to the process, so there is one sandbox at a time.

    `endpoint_url` counts as TLS 1.3, `plaintext_url` as plain HTTP. Everything else hangs on `cloud`: calls, faults, clock.
    """

    def __init__(self, port: int = 0, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.cloud = Cloud(clock or DrillClock(), seed)
        self._gate = Gate(self.cloud)
        self._listeners = (Listener(self._serve, port), Listener(self._serve, secure=False))

    def __enter__(self) -> Self:
        self.cloud.reset()
        for listener in self._listeners:
            listener.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def reopen(self) -> None:
        """Serve the same cloud again, after `stop`, on ports of its own."""
        self._listeners = (Listener(self._serve), Listener(self._serve, secure=False))
        for listener in self._listeners:
            listener.start()

    def stop(self) -> None:
        for listener in self._listeners:
            listener.stop()
        self.cloud.events.stop()

    @property
    def endpoint_url(self) -> str:
        return self._listeners[0].url

    @property
    def plaintext_url(self) -> str:
        return self._listeners[1].url

    def _serve(self, incoming: Incoming) -> Reply:
        if incoming.path.startswith(control.CONTROL):
            return control.answer(self.cloud, incoming)
        return self._gate.serve(incoming)

    def guard(
        self,
        account: str,
        *,
        scps: Mapping[str, Mapping[str, Any]] | None = None,
        rcps: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Put an account under service control policies and its resources under resource control policies, documents by name."""
        self.cloud.guardrails.scps[account] = tuple(Named(name, text) for name, text in (scps or {}).items())
        self.cloud.guardrails.rcps[account] = tuple(Named(name, text) for name, text in (rcps or {}).items())

    def root(self, account: str = ACCOUNT, region: str = REGION) -> boto3.Session:
        """The root user of an account, for setting scenes."""
        caller = self.cloud.principals.root(account)
        return self.session(caller.access_key_id, caller.secret, region=region)

    def session(
        self, access_key_id: str, secret: str, token: str = "", *, region: str = REGION, ip: str = "", vpc: str = "", vpce: str = ""
    ) -> boto3.Session:
        """A boto3 session whose clients speak to this sandbox, seen as coming from an address, a VPC, an endpoint of it."""
        network = {name: value for name, value in ((SOURCE_IP, ip), (SOURCE_VPC, vpc), (SOURCE_VPCE, vpce)) if value}
        fixed = {
            "endpoint_url": self.endpoint_url,
            "region_name": region,
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret,
            "aws_session_token": token or None,
        }
        return _Bound(_shared(), fixed, network)


@cache
def _shared() -> boto3.Session:
    """What makes every client here: to make one more session takes as long as to make five clients."""
    core = botocore.session.Session()
    core.register_component("data_loader", create_loader())  # its own: a client of S3 changes the model that routes are read from
    session = boto3.Session(botocore_session=core)
    session.events.register("before-sign.s3-control", _strip_account)
    return session


class _Bound(boto3.Session):
    """A boto3 session whose clients go to one endpoint, whatever the environment says; the same client for the same question."""

    def __init__(self, shared: boto3.Session, fixed: Mapping[str, Any], network: Mapping[str, str]) -> None:
        self._shared, self._fixed, self._network = shared, fixed, network
        self._kept: dict[tuple[Any, ...], Any] = {}

    def client(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - boto3's own signature has 400 overloads
        asked = (args, *sorted(options.items(), key=itemgetter(0)))
        try:
            return self._kept[asked]
        except KeyError:
            made: Any = self._shared.client(*args, **{**self._fixed, **options})
            made.meta.events.register("before-call", partial(_place, self._network))
            self._kept[asked] = made
            return made

    def get_credentials(self) -> Credentials:
        """The keys that this session signs with."""
        return Credentials(*(self._fixed[f"aws_{name}"] for name in ("access_key_id", "secret_access_key", "session_token")))


def _place(network: Mapping[str, str], params: dict[str, Any], **_: object) -> None:
    params["headers"].update(network)


def _strip_account(request: AWSRequest, **_: object) -> None:
    """S3 Control puts the account before the host, which an address on loopback cannot serve."""
    request.url = re.sub(r"//\d{12}\.", "//", request.url or "")
