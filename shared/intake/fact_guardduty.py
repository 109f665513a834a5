"""GuardDuty findings as facts: every family, event and API casing, attack sequences, samples.

GuardDuty user guide, "Finding types" and "Finding details".
"""

from collections.abc import Iterator
from typing import Any

from shared.domain.actor import Credential

from .fact import NOBODY, Fact, Who
from .identity import ANONYMOUS
from .moments import seconds
from .objects_left_out import without_key, without_objects
from .pieces import any_flag, first, once, severity_of
from .tolerant import Document, folded, items, text, within

SOURCE = "guardduty"

CREDENTIALS = {
    "Root": Credential.ROOT,
    "AWSAccount": Credential.FOREIGN,
    "AWSService": Credential.SERVICE,
    "FederatedUser": Credential.FEDERATION_TOKEN,
    "IdentityCenterUser": Credential.IDENTITY_CENTER,
    "SAMLUser": Credential.FEDERATED,
    "WebIdentityUser": Credential.FEDERATED,
    "AssumedRole": Credential.ROLE_SESSION,
    "Role": Credential.ROLE_SESSION,
}

ARNS = (
    "rdsdbinstancedetails.dbinstancearn",
    "lambdadetails.functionarn",
    "eksclusterdetails.arn",
    "ecsclusterdetails.arn",
    "ebssnapshotdetails.snapshotarn",
    "ec2imagedetails.imagearn",
    "recoverypointdetails.recoverypointarn",
)


def fact(document: Document) -> Fact:
    """One finding, whatever its family."""
    kind, account, region = text(document.get("type")), _account(document), text(document.get("region"))
    return Fact(
        source=SOURCE,
        event=kind,
        id=first(document, "id", "arn"),
        at=seconds(within(document, "service", "eventlastseen"))
        or seconds(document.get("updatedat"))
        or seconds(document.get("createdat")),
        account=account,
        region=region,
        actor=_actor(document, account, kind),
        resources=without_objects(_resources(document, account, region)),
        failed=":S3/" in kind and bool(first(document, "service.action.awsapicallaction.errorcode")),
        sample=_sample(document),
        closed="the finding is archived" if any_flag(document, "service.archived", "archived") else "",
        severity=severity_of(document.get("severity")),
        address=first(document, "service.action.awsapicallaction.remoteipdetails.ipaddressv4"),
        request=dict(document),
    )


def _account(document: Document) -> str:
    return text(document.get("accountid"))


def _sample(document: Document) -> bool:
    return any_flag(document, "service.additionalinfo.sample", "service.additionalinfo.value.sample") or text(
        document.get("title")
    ).startswith("[SAMPLE]")


def _actor(document: Document, account: str, kind: str) -> Who:
    details = folded(within(document, "resource", "accesskeydetails"))
    if details:
        return _of_key(details, account, kind)
    sequence = within(document, "service", "detection", "sequence")
    for actor in items(within(sequence, "actors")):
        if user := folded(folded(actor).get("user")):
            return _of_key(
                {
                    "username": user.get("name"),
                    "usertype": user.get("type"),
                    "principalid": user.get("uid"),
                    "accesskeyid": user.get("credentialuid"),
                },
                text(within(user, "account", "uid")) or account,
                kind,
            )
    return NOBODY


def _of_key(details: dict[str, Any], account: str, kind: str) -> Who:
    name, principal, key = text(details.get("username")), text(details.get("principalid")), text(details.get("accesskeyid"))
    user_type = text(details.get("usertype"))
    if ANONYMOUS & {name.lower(), principal.lower(), user_type.lower()}:
        return Who("anonymous", Credential.ANONYMOUS, account)
    credential: str = CREDENTIALS.get(user_type, Credential.LONG_TERM_KEY)
    if "InstanceCredentialExfiltration" in kind:
        credential = Credential.INSTANCE_SESSION
    if name.startswith("AWSServiceRoleFor"):
        credential = Credential.SERVICE_LINKED
    if credential == Credential.ROOT:
        return Who(name or "root", credential, account, (f"root:{account}",), name)
    of_role = credential in {Credential.ROLE_SESSION, Credential.INSTANCE_SESSION, Credential.IDENTITY_CENTER}
    owner = (f"role:{account}:{name}" if of_role else f"user:{account}:{name}") if name else ""
    keys = once((owner, f"session:{principal}" if ":" in principal else "", f"key:{key}" if key else ""))
    service = credential in {Credential.SERVICE, Credential.SERVICE_LINKED}
    return Who(name or principal or key, credential, account, () if service else keys, name, service=service)


def _resources(document: Document, account: str, region: str) -> Iterator[str]:
    resource = folded(document.get("resource"))
    for details in items(resource.get("s3bucketdetails")):
        fields = folded(details)
        bucket = text(fields.get("arn")) or (f"arn:aws:s3:::{name}" if (name := text(fields.get("name"))) else "")
        yield without_key(bucket)
        yield text(within(fields, "defaultserversideencryption", "kmsmasterkeyarn"))
    instance = first(resource, "instancedetails.instanceid")
    yield f"arn:aws:ec2:{region}:{account}:instance/{instance}" if instance else ""
    for path in ARNS:
        yield first(resource, path)
    affected = folded(within(document, "service", "action", "awsapicallaction", "affectedresources"))
    yield f"arn:aws:s3:::{bucket}" if (bucket := text(affected.get("aws::s3::bucket"))) else ""
    for part in items(within(document, "service", "detection", "sequence", "resources")):
        yield without_key(first(part, "uid", "arn"))
