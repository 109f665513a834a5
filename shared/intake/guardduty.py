"""GuardDuty findings as signals: from EventBridge (camelCase), GetFindings through the CLI (PascalCase), and samples.

A finding names a role without its path and a bucket without its Region: what it says is where to look, not what to change.
"""

from collections.abc import Iterator

from pydantic import Field

from shared.domain.actor import Actor, Credential
from shared.domain.errors import BadInput
from shared.domain.resource import Kind, Ref
from shared.domain.signal import Signal, Source

from .arn import Place, named, ref
from .identity import ANONYMOUS, of_role
from .tolerant import Document, Flag, Folded, Items, Loose, Moment, Number, Text, folded, items, text, within

CREDENTIAL_THEFT = "InstanceCredentialExfiltration"

TECHNIQUES = {
    "Exfiltration:S3": "T1530",
    "Exfiltration:IAMUser": "T1530",
    "UnauthorizedAccess:IAMUser": "T1078.004",
    "CredentialAccess:IAMUser": "T1552.005",
    "Persistence:IAMUser": "T1098.001",
    "PrivilegeEscalation:IAMUser": "T1098.003",
    "DefenseEvasion:IAMUser": "T1562.008",
    "Stealth:IAMUser": "T1562.008",
    "Impact:S3": "T1485",
    "Policy:S3": "T1537",
}
"""Purpose and resource type of a finding, and the technique of MITRE ATT&CK (Enterprise, v17) nearest to it."""


class AccessKey(Loose):
    """Whose credentials were used (`resource.accessKeyDetails`)."""

    access_key_id: Text = ""
    principal_id: Text = ""
    user_name: Text = ""
    user_type: Text = ""


class Affected(Loose):
    """What the finding is about (`resource`). `s3_bucket_details` holds object details too: those are never read."""

    resource_type: Text = ""
    access_key_details: AccessKey = AccessKey()
    s3_bucket_details: Items = ()
    instance_details: Folded = Field(default_factory=dict)


class Service(Loose):
    """How GuardDuty came to it (`service`)."""

    detector_id: Text = ""
    event_last_seen: Moment = None
    action: Folded = Field(default_factory=dict)
    additional_info: Folded = Field(default_factory=dict)
    detection: Folded = Field(default_factory=dict)
    archived: Flag = False


class Finding(Loose):
    """One GuardDuty finding (GuardDuty API reference, Finding)."""

    id: Text = ""
    arn: Text = ""
    type: Text = ""
    account_id: Text = ""
    region: Text = ""
    severity: Number = 0
    updated_at: Moment = None
    resource: Affected = Affected()
    service: Service = Service()

    @property
    def place(self) -> Place:
        return Place(self.account_id, self.region)

    @property
    def key(self) -> AccessKey:
        """Whose credentials were used; of an attack sequence, those of the first user among its actors."""
        found = self.resource.access_key_details
        if found.principal_id or found.user_name or found.access_key_id:
            return found
        users = (folded(folded(each).get("user")) for each in items(within(self.service.detection, "sequence", "actors")))
        return next((_of_sequence(user) for user in users if user), found)

    @property
    def call(self) -> object:
        """The API call it is about, if it is about one."""
        return within(self.service.action, "awsapicallaction")


def _of_sequence(user: Document) -> AccessKey:
    """An attack sequence's user (GuardDuty API reference, User) in the words of other findings."""
    return AccessKey(
        access_key_id=text(user.get("credentialuid")),
        principal_id=text(user.get("uid")),
        user_name=text(user.get("name")),
        user_type=text(user.get("type")),
    )


def signal(document: Document, raw_digest: str) -> Signal:
    """The signal in one finding. Raises BadInput where it has no id, type or time."""
    finding = Finding.model_validate(document)
    at = finding.service.event_last_seen or finding.updated_at
    if not (finding.id and finding.type and at):
        raise BadInput("the GuardDuty finding lacks its id, its type or its time: it can be neither judged nor asked for again")
    return Signal(
        id=finding.id,
        source=Source.GUARDDUTY,
        event=finding.type,
        at=at,
        account=finding.account_id,
        region=finding.region,
        actor=_actor(finding),
        resources=_resources(finding),
        failed=_failed(finding),
        sample=_sample(finding),
        severity=finding.severity,
        technique=TECHNIQUES.get(finding.type.partition("/")[0], ""),
        source_address=_address(finding),
        detector=finding.service.detector_id or _detector_of(finding.arn),
        raw_digest=raw_digest,
    )


def _detector_of(arn: str) -> str:
    """The detector in `arn:aws:guardduty:<region>:<account>:detector/<detector>/finding/<id>`."""
    return arn.partition(":detector/")[2].partition("/")[0]


def _failed(finding: Finding) -> bool:
    """The call was refused and nothing was read. A stolen credential is stolen even where its calls are refused."""
    about_data = ":S3/" in finding.type
    return about_data and bool(text(within(finding.call, "errorcode")))


def _sample(finding: Finding) -> bool:
    """`additionalInfo.sample`, which newer findings repeat as JSON text in `additionalInfo.value`."""
    return any(within(finding.service.additional_info, *path) is True for path in (("sample",), ("value", "sample")))


def _address(finding: Finding) -> str:
    return text(within(finding.call, "remoteipdetails", "ipaddressv4")) or text(
        within(finding.call, "remoteipdetails", "ipaddressv6")
    )


def _actor(finding: Finding) -> Actor | None:
    key = finding.key
    if not (key.principal_id or key.user_name or key.access_key_id):
        return None
    if ANONYMOUS & {key.principal_id.lower(), key.user_name.lower(), key.user_type.lower()}:
        return Actor(credential=Credential.ANONYMOUS, account=finding.account_id)
    unique_id, _, session = key.principal_id.partition(":")
    account = text(within(finding.call, "remoteaccountdetails", "accountid")) or finding.account_id
    kind = PRINCIPALS.get(key.user_type)
    principal = named(kind, key.user_name, Place(account, finding.region)) if kind and key.user_name else None
    return Actor(
        credential=_credential(finding, principal, session, account),
        account=account,
        principal=principal,
        unique_id=unique_id,
        session=session,
        access_key=key.access_key_id,
    )


PRINCIPALS = {"IAMUser": Kind.USER, "FederatedUser": Kind.USER, "AssumedRole": Kind.ROLE, "Role": Kind.ROLE}
"""What `userName` names, by `userType`; for other types it names nothing that could be fenced."""

CREDENTIALS = {
    "FederatedUser": Credential.FEDERATION_TOKEN,
    "Root": Credential.ROOT,
    "AWSService": Credential.SERVICE,
    "AWSAccount": Credential.FOREIGN,
    "IdentityCenterUser": Credential.IDENTITY_CENTER,
    "SAMLUser": Credential.FEDERATED,
    "WebIdentityUser": Credential.FEDERATED,
}


def _credential(finding: Finding, principal: Ref | None, session: str, account: str) -> Credential:
    user_type = finding.key.user_type
    if account != finding.account_id:
        return Credential.FOREIGN
    if user_type == "IAMUser":
        # Temporary keys (ASIA…) of a user who has signed in; GetSessionToken's look the same and are as rare.
        temporary = finding.key.access_key_id.startswith("ASIA")
        return Credential.CONSOLE if temporary else Credential.LONG_TERM_KEY
    if CREDENTIAL_THEFT in finding.type:
        return Credential.INSTANCE_SESSION
    return CREDENTIALS.get(user_type) or of_role(principal, session)


def _resources(finding: Finding) -> tuple[Ref, ...]:
    found: dict[str, Ref] = {}
    for each in (*_buckets(finding), *_affected(finding), *_in_sequence(finding)):
        found.setdefault(each.id, each)
    return tuple(found.values())


def _buckets(finding: Finding) -> Iterator[Ref]:
    """The buckets, and the keys that they encrypt with by default."""
    for details in finding.resource.s3_bucket_details:
        fields = folded(details)
        bucket = text(fields.get("arn")) or text(fields.get("name"))
        key = text(within(fields, "defaultserversideencryption", "kmsmasterkeyarn"))
        yield from filter(None, (bucket and named(Kind.BUCKET, bucket, finding.place), ref(key, finding.place)))


def _affected(finding: Finding) -> Iterator[Ref]:
    """`affectedResources`, e.g. `{"AWS::S3::Bucket": "charts"}`."""
    bucket = text(folded(within(finding.call, "affectedresources")).get("aws::s3::bucket"))
    if bucket and (each := named(Kind.BUCKET, bucket, finding.place)):
        yield each


def _in_sequence(finding: Finding) -> Iterator[Ref]:
    """The resources of an attack sequence that are of a kind we know."""
    for part in items(within(finding.service.detection, "sequence", "resources")):
        fields = folded(part)
        if each := ref(text(fields.get("uid")) or text(fields.get("arn")), finding.place):
            yield each
