"""boto3 clients: made when first used, kept, shared by all threads; other accounts through the spoke role."""

from __future__ import annotations

import ipaddress
import os
import re
from contextlib import suppress
from functools import partial
from threading import RLock, Thread
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from shared.adapters.aws.errors import call
from shared.adapters.aws.sessions import session
from shared.domain.errors import CloudError, NotReady, Refused, Unreachable

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials
    from types_boto3_backup import BackupClient
    from types_boto3_cloudtrail import CloudTrailClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_efs import EFSClient
    from types_boto3_guardduty import GuardDutyClient
    from types_boto3_iam import IAMClient
    from types_boto3_identitystore import IdentityStoreClient
    from types_boto3_kms import KMSClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_organizations import OrganizationsClient
    from types_boto3_rds import RDSClient
    from types_boto3_s3 import S3Client
    from types_boto3_s3control import S3ControlClient
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sso_admin import SSOAdminClient
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_sts import STSClient
    from types_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

SPOKE = "codeblue-spoke"
"""The role that every account of the organisation has for us, by convention."""

POWER_TAG = "codeblue:power"
"""The session tag that says for which power an account was entered."""

PERMISSIONS = frozenset({"sts:AssumeRole"})
"""What entering another account takes; with a power of its own, `sts:TagSession` too."""


def spoke_of(power: str) -> str:
    """The name of the role that every account has for this power alone, where powers are kept apart."""
    return f"{SPOKE}-{power}"


def worker_of(power: str) -> str:
    """The name of the role of a deployed responder's own function of this power, in the account that it is deployed in."""
    return f"codeblue-{power}"


CONNECTIONS = 32
"""Calls under way at a time: a fence is a few dozen writes, and all of them leave at once."""


NEEDED = ("kms", "s3", "dynamodb", "guardduty", "iam", "cloudtrail", "s3control")
"""Services that a fence asks, in the order of need, after STS."""


class Clients:
    """Every AWS client of one responder, from the standard credential chain and environment alone.

    `region` is that of the environment, `home` the account of our own credentials. An empty one means these. A foreign account is
    entered as its role `codeblue-spoke`, with the external id of the variable `CODEBLUE_EXTERNAL_ID`; where that fails, the call
    raises `Unreachable`. `here`: a session in the environment's place. Raises `NotReady` where the environment names no Region.
    """

    def __init__(self, here: Session | None = None) -> None:
        self._here = here or session()
        if not self._here.region_name:
            raise NotReady("no Region: set AWS_DEFAULT_REGION; for a record on Azure name its policy file (CODEBLUE_POLICY)")
        self.region = self._here.region_name
        self._identity: GetCallerIdentityResponseTypeDef | None = None
        self._lock = RLock()
        self._sessions: dict[str, Session] = {}
        self._keys: dict[str, Session] = {}
        self._made: dict[tuple[str, str, str], object] = {}

    @property
    def home(self) -> str:
        """The account of our own credentials."""
        return self.identity["Account"]

    @property
    def identity(self) -> GetCallerIdentityResponseTypeDef:
        """Who our own credentials say we are (STS GetCallerIdentity, which needs no permission), asked once."""
        with self._lock:
            if self._identity is None:
                sts = cast("STSClient", self._make("sts", self._here, self.region))
                self._identity = call(sts.get_caller_identity)
            return self._identity

    def credentials(self, account: str, *, fresh: bool = False) -> ReadOnlyCredentials | None:
        """The keys that calls into this account are signed with, as they are now; `fresh`: not those that were in use so far."""
        slot = account or self.home
        with self._lock:
            if fresh:
                self._keys[slot] = self._enter(slot) if slot != self.home else self._again()
            found = self._keys.get(slot, self._session(slot)).get_credentials()
            return found.get_frozen_credentials() if found else None

    def trust(self) -> str:
        """The file of the certificates that the SDK trusts here (`AWS_CA_BUNDLE`, the profile's `ca_bundle`, or its own)."""
        from botocore.httpsession import get_cert_path  # noqa: PLC0415

        named: str | None = self._here._session.get_config_variable("ca_bundle")  # noqa: SLF001
        return named or os.environ.get("REQUESTS_CA_BUNDLE") or str(get_cert_path(verify=True))

    def _again(self) -> Session:
        return session(self.region)

    def warm(self, *services: str) -> Thread:
        """Begin to make the home account's clients of these services, e.g. while custody is written; join it or not.

        Where they can not be made, whoever needs one is told why.
        """
        warming = Thread(target=self._warm, args=services, name="warm", daemon=True)
        warming.start()
        return warming

    def _warm(self, *services: str) -> None:
        with suppress(CloudError):
            for name in services:
                self._client(name, "", "")

    def backup(self, account: str, region: str) -> BackupClient:
        return cast("BackupClient", self._client("backup", account, region))

    def cloudformation(self, account: str, region: str) -> Any:  # noqa: ANN401  # one call of it, by people's own credentials
        return self._client("cloudformation", account, region)

    def cloudtrail(self, account: str, region: str) -> CloudTrailClient:
        return cast("CloudTrailClient", self._client("cloudtrail", account, region))

    def cloudwatch(self, account: str, region: str) -> Any:  # noqa: ANN401  # two calls of it, of counts alone
        return self._client("cloudwatch", account, region)

    def dynamodb(self, account: str, region: str) -> DynamoDBClient:
        return cast("DynamoDBClient", self._client("dynamodb", account, region))

    def ec2(self, account: str, region: str) -> EC2Client:
        return cast("EC2Client", self._client("ec2", account, region))

    def efs(self, account: str, region: str) -> EFSClient:
        return cast("EFSClient", self._client("efs", account, region))

    def guardduty(self, account: str, region: str) -> GuardDutyClient:
        return cast("GuardDutyClient", self._client("guardduty", account, region))

    def iam(self, account: str) -> IAMClient:
        return cast("IAMClient", self._client("iam", account, ""))

    def identitystore(self, account: str, region: str) -> IdentityStoreClient:
        return cast("IdentityStoreClient", self._client("identitystore", account, region))

    def kms(self, account: str, region: str) -> KMSClient:
        return cast("KMSClient", self._client("kms", account, region))

    def lambda_(self, account: str, region: str) -> LambdaClient:
        return cast("LambdaClient", self._client("lambda", account, region))

    def logs(self, account: str, region: str) -> CloudWatchLogsClient:
        return cast("CloudWatchLogsClient", self._client("logs", account, region))

    def organizations(self) -> OrganizationsClient:
        return cast("OrganizationsClient", self._client("organizations", "", ""))

    def rds(self, account: str, region: str) -> RDSClient:
        return cast("RDSClient", self._client("rds", account, region))

    def s3(self, account: str, region: str) -> S3Client:
        return cast("S3Client", self._client("s3", account, region))

    def s3control(self, account: str, region: str) -> S3ControlClient:
        return cast("S3ControlClient", self._client("s3control", account, region))

    def secretsmanager(self, account: str, region: str) -> SecretsManagerClient:
        return cast("SecretsManagerClient", self._client("secretsmanager", account, region))

    def service_quotas(self, account: str, region: str) -> Any:  # noqa: ANN401  # one call of it
        return self._client("service-quotas", account, region)

    def sns(self, account: str, region: str) -> SNSClient:
        return cast("SNSClient", self._client("sns", account, region))

    def sqs(self, account: str, region: str) -> SQSClient:
        return cast("SQSClient", self._client("sqs", account, region))

    def ssm(self, account: str, region: str) -> Any:  # noqa: ANN401  # one call of it, at home
        return self._client("ssm", account, region)

    def sso_admin(self, account: str, region: str) -> SSOAdminClient:
        return cast("SSOAdminClient", self._client("sso-admin", account, region))

    def stepfunctions(self, account: str, region: str) -> SFNClient:
        return cast("SFNClient", self._client("stepfunctions", account, region))

    def sts(self, account: str, region: str) -> STSClient:
        return cast("STSClient", self._client("sts", account, region))

    def _client(self, service: str, account: str, region: str) -> object:
        slot = (service, account or self.home, region or self.region)
        if slot not in self._made:
            with self._lock:  # boto3 sessions make one client at a time
                self._made[slot] = self._made.get(slot) or self._make(service, self._session(slot[1]), slot[2])
        return self._made[slot]

    def _session(self, account: str) -> Session:
        if account == self.home:
            return self._here
        if account not in self._sessions:
            self._sessions[account] = self._enter(account)
        return self._sessions[account]

    def _enter(self, account: str) -> Session:
        """A session of the spoke role in this account; the role is assumed when the first call needs it, and again in time."""
        from botocore.credentials import DeferredRefreshableCredentials  # noqa: PLC0415

        entered = session(self.region)
        entered._session._credentials = DeferredRefreshableCredentials(partial(self._assume, account), "assume-role")  # type: ignore[attr-defined]  # noqa: SLF001
        return entered

    def _assume(self, account: str) -> dict[str, str]:
        """Credentials of the spoke role, in the form that botocore refreshes from."""
        partition = self._here.get_partition_for_region(self.region)
        power, external = os.environ.get("CODEBLUE_POWER", ""), os.environ.get("CODEBLUE_EXTERNAL_ID", "")
        name = spoke_of(power) if power else SPOKE
        role = f"arn:{partition}:iam::{account}:role/{name}"
        said: Any = {"ExternalId": external} if external else {}
        tagged: Any = {"Tags": [{"Key": POWER_TAG, "Value": power}]} if power else {}
        ask = self.sts("", "").assume_role
        try:
            got = call(ask, RoleArn=role, RoleSessionName="codeblue", **said, **tagged)["Credentials"]
        except Refused as error:
            raise Unreachable(f"account {account} has no role {name} for us", error.code, error.request_id) from None
        return {
            "access_key": got["AccessKeyId"],
            "secret_key": got["SecretAccessKey"],
            "token": got["SessionToken"],
            "expiry_time": got["Expiration"].isoformat(),
        }

    def _make(self, service: str, session: Session, region: str) -> object:
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            connect_timeout=2,
            read_timeout=10,
            max_pool_connections=CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": 3},
            tcp_keepalive=True,
        )
        made: Any = session.client(service, region_name=region, config=config)  # type: ignore[call-overload]  # named at run time
        if service == "s3control" and _takes_no_prefix(made.meta.endpoint_url):
            made.meta.events.register("before-sign.s3-control", _without_account)
        return cast("object", made)


def _takes_no_prefix(endpoint: str) -> bool:
    """Whether no name can be put before this host: an address, or localhost."""
    host = urlsplit(endpoint).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _without_account(request: AWSRequest, **_: object) -> None:
    """S3 Control names the account in the host and in a header; the header is enough."""
    request.url = re.sub(r"^(https?://)\d{12}\.", r"\1", request.url or "")
