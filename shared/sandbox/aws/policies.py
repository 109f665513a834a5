"""Which policies count for a request: collected from IAM as it was in force, the resource, KMS grants and guardrails."""

from moto.kms.models import Grant as MotoGrant

from shared.sandbox.aws import keys
from shared.sandbox.aws.authoriser import Grant, Named, Policies
from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.history import Identity
from shared.sandbox.aws.principals import Caller
from shared.sandbox.aws.resource_policies import Stored, bind, by_arn, document, readable


def collect(cloud: Cloud, caller: Caller, service: str, resource: str, account: str) -> Policies:
    """All policies that the authoriser has to weigh. `account` owns the resource."""
    holder = holder_of(cloud, caller)
    return Policies(
        identity=_identity_policies(cloud, holder) if holder else (),
        resource=_resource_policy(cloud, service, resource),
        boundary=_boundary(cloud, holder) if holder else None,
        session=caller.session.policies if caller.session else None,
        scps=cloud.guardrails.scps.get(caller.principal.account, ()),
        rcps=cloud.guardrails.rcps.get(account, ()),
        grants=grants_on(resource) if service == "kms" and ":key/" in resource else (),
    )


def holder_of(cloud: Cloud, caller: Caller) -> Identity | None:
    """The user or role behind a caller, as in force; None once it is deleted, even if another took its name."""
    if caller.holder is None:
        return None
    account, kind, name, unique_id = caller.holder
    found = cloud.history.find(account, kind, name)
    return found if found and found.id == unique_id else None


def _identity_policies(cloud: Cloud, holder: Identity) -> tuple[Named, ...]:
    own = _of(cloud, holder)
    groups = (cloud.history.find(holder.account, "group", name) for name in holder.groups)
    return own + tuple(policy for group in groups if group for policy in _of(cloud, group))


def _of(cloud: Cloud, holder: Identity) -> tuple[Named, ...]:
    inline = tuple(Named(f"inline policy {name} of {holder.kind} {holder.name}", document(text)) for name, text in holder.documents)
    attached = (_managed(cloud, holder.account, arn) for arn in holder.attached)
    return inline + tuple(policy for policy in attached if policy)


def _managed(cloud: Cloud, account: str, arn: str) -> Named | None:
    policy = cloud.history.find(account, "policy", arn)
    return Named(f"managed policy {policy.name}", document(policy.documents[0][1])) if policy else None


def _boundary(cloud: Cloud, holder: Identity) -> Named | None:
    """The boundary; one that names a deleted policy allows nothing."""
    if not holder.boundary:
        return None
    return _managed(cloud, holder.account, holder.boundary) or Named("deleted permissions boundary", {})


def _resource_policy(cloud: Cloud, service: str, resource: str) -> Named | None:
    if service == "s3" and resource.startswith("arn:aws:s3:::"):
        return cloud.policies.in_force(resource.partition("/")[0], "bucket policy")
    if service == "kms" and ":key/" in resource:
        return cloud.policies.in_force(resource, "key policy") or _default_key_policy(resource)
    if service == "sts" and ":role/" in resource:
        return trust_policy(cloud, resource)
    guarded = _vault_of(cloud, resource) if ":recovery-point:" in resource else resource
    return cloud.policies.in_force(guarded, "resource policy")


def _vault_of(cloud: Cloud, recovery_point: str) -> str:
    """The ARN of the vault that holds a recovery point, whose policy guards it."""
    for (account, region, vault), points in cloud.books.recovery_points.items():
        if any(point["RecoveryPointArn"] == recovery_point for point in points):
            return f"arn:aws:backup:{region}:{account}:backup-vault:{vault}"
    return recovery_point


def _default_key_policy(resource: str) -> Named | None:
    """The policy KMS gives a key made without one: the account decides by IAM (KMS developer guide, "Default key policy")."""
    key = keys.find("", "", resource)
    return Named("key policy", document(key.generate_default_policy())) if key else None


def trust_policy(cloud: Cloud, role_arn: str) -> Named | None:
    """The trust policy of a role as in force; None where there is no such role."""
    newest = by_arn(role_arn, cloud.history)
    role = cloud.history.find(newest.account, "role", newest.name) if newest else None
    if role is None:
        return None
    return Named("role trust policy", document(trust_policy_text(cloud, role.arn, role.trust)))


def trust_policy_text(cloud: Cloud, role_arn: str, trust: str) -> str:
    """A trust policy as read back, with ids for deleted principals."""
    return readable(Stored(trust, cloud.trust_bindings.get((role_arn, trust), {})), cloud.history)


def bind_trust(cloud: Cloud, role_arn: str, trust: str) -> None:
    """Remember the ids behind the principals of a new trust policy. Raises InvalidPrincipal."""
    cloud.trust_bindings[role_arn, trust] = bind(document(trust), cloud.history)


def grants_on(key_arn: str) -> tuple[Grant, ...]:
    """The grants on a key."""
    key = keys.find("", "", key_arn)
    return tuple(_grant(grant) for grant in key.grants.values()) if key else ()


def _grant(grant: MotoGrant) -> Grant:
    constraints = grant.constraints or {}
    return Grant(
        grant_id=grant.id,
        grantee=grant.grantee_principal,
        operations=tuple(grant.operations),
        context_equals=constraints.get("EncryptionContextEquals"),
        context_subset=constraints.get("EncryptionContextSubset"),
        retiring=grant.retiring_principal or "",
    )
