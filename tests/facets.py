"""Every facet as hypothesis may make it, for the laws that hold for all of them."""

from datetime import UTC, datetime
from typing import get_args

from hypothesis import strategies as st

from shared.domain import facet as facets
from shared.domain.facet import AnyFacet, Facet
from shared.domain.resource import Kind, Ref
from tests.hospital import ref

_NAMES = st.sampled_from(["a", "b"])
_BODIES = st.none() | st.sampled_from(['{"Effect":"Allow"}', '{"Effect":"Deny"}'])
_TIMES = st.none() | st.integers(0, 3).map(lambda hours: datetime(2026, 11, 21, hours, tzinfo=UTC))
_FLAGS = st.booleans()

MADE: dict[type[Facet], st.SearchStrategy[AnyFacet]] = {
    facets.PolicyStatement: st.builds(facets.PolicyStatement, sid=_NAMES, body=_BODIES),
    facets.Fence: st.builds(facets.Fence, sid=_NAMES, body=_BODIES),
    facets.SessionsRevoked: st.builds(facets.SessionsRevoked, before=_TIMES),
    facets.DenyAll: st.builds(facets.DenyAll, on=_FLAGS),
    facets.Sealed: st.builds(facets.Sealed, on=_FLAGS),
    facets.AccessKeyStatus: st.builds(facets.AccessKeyStatus, key_id=_NAMES, active=_FLAGS),
    facets.SignIn: st.builds(facets.SignIn, enabled=_FLAGS),
    facets.AppCredential: st.builds(
        facets.AppCredential, proof=_NAMES, kind=st.sampled_from(["secret", "certificate", "federated"]), present=_FLAGS
    ),
    facets.DirectoryRole: st.builds(facets.DirectoryRole, role=_NAMES, present=_FLAGS),
    facets.DirectoryRoleEligible: st.builds(facets.DirectoryRoleEligible, role=_NAMES, present=_FLAGS),
    facets.AppPermission: st.builds(
        facets.AppPermission,
        kind=st.sampled_from(["application", "delegated"]),
        resource=_NAMES,
        what=_NAMES,
        whose=st.sampled_from(["", "a"]),
        present=_FLAGS,
    ),
    facets.LogSent: st.builds(facets.LogSent, name=_NAMES, categories=st.just(()), to=st.just(()), on=_FLAGS),
    facets.RoleByGroup: st.builds(facets.RoleByGroup, group=_NAMES, assignment=_NAMES, role=_NAMES, scope=_NAMES, present=_FLAGS),
    facets.RoleEligible: st.builds(facets.RoleEligible, role=_NAMES, scope=_NAMES, present=_FLAGS),
    facets.Membership: st.builds(facets.Membership, group=_NAMES, present=_FLAGS),
    facets.Ownership: st.builds(facets.Ownership, of=_NAMES, present=_FLAGS),
    facets.Delegation: st.builds(facets.Delegation, assignment=_NAMES, definition=_NAMES, present=_FLAGS),
    facets.SignInRule: st.builds(facets.SignInRule, body=_NAMES),
    facets.DelegationKeys: st.builds(facets.DelegationKeys, since=_TIMES),
    facets.CrossTenantCopy: st.builds(facets.CrossTenantCopy, allowed=_FLAGS),
    facets.HandedOut: st.builds(facets.HandedOut, on=_FLAGS),
    facets.VaultAccess: st.builds(facets.VaultAccess, vault=_NAMES, spec=st.just("{}"), present=_FLAGS),
    facets.RoleAssigned: st.builds(facets.RoleAssigned, assignment=_NAMES, role=_NAMES, scope=_NAMES, present=_FLAGS),
    facets.ConsoleLogin: st.builds(facets.ConsoleLogin, present=_FLAGS),
    facets.Assignment: st.builds(
        facets.Assignment, account=_NAMES, principal_type=st.sampled_from(["USER", "GROUP"]), principal_id=_NAMES, present=_FLAGS
    ),
    facets.KeyState: st.builds(facets.KeyState, enabled=_FLAGS, deletion_pending=_FLAGS),
    facets.Grant: st.builds(facets.Grant, spec=_NAMES, present=_FLAGS),
    facets.Rotated: st.builds(facets.Rotated, since=_TIMES),
    facets.RotationPolicy: st.builds(
        facets.RotationPolicy, after=st.sampled_from(["", "P30D"]), before_end=st.just(""), life=st.sampled_from(["", "P90D"])
    ),
    facets.PublicAccessBlock: st.builds(
        facets.PublicAccessBlock, block_acls=_FLAGS, ignore_acls=_FLAGS, block_policy=_FLAGS, restrict_buckets=_FLAGS
    ),
    facets.ObjectOwnership: st.builds(
        facets.ObjectOwnership, rule=st.sampled_from(["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter", ""])
    ),
    facets.Versioning: st.builds(facets.Versioning, status=st.sampled_from(["Enabled", "Suspended", ""])),
    facets.CustomerKeysBlocked: st.builds(facets.CustomerKeysBlocked, on=_FLAGS),
    facets.ReplicationRule: st.builds(facets.ReplicationRule, rule_id=_NAMES, enabled=_FLAGS, destination=_NAMES),
    facets.LifecycleRule: st.builds(facets.LifecycleRule, rule_id=_NAMES, enabled=_FLAGS, destructive=_FLAGS),
    facets.AccessGrant: st.builds(facets.AccessGrant, grant_id=_NAMES, grantee=_NAMES, present=_FLAGS),
    facets.SharedWith: st.builds(facets.SharedWith, account=_NAMES, shared=_FLAGS),
    facets.TrailLogging: st.builds(facets.TrailLogging, on=_FLAGS),
    facets.TrailSelectors: st.builds(facets.TrailSelectors, selectors=_NAMES),
    facets.Successor: st.builds(facets.Successor, case=_NAMES, key=_NAMES),
    facets.SuccessorApart: st.builds(facets.SuccessorApart, case=_NAMES, key=_NAMES),
    facets.AliasTarget: st.builds(facets.AliasTarget, key=_NAMES),
    facets.EncryptedWith: st.builds(facets.EncryptedWith, key=_NAMES, bucket_key=_FLAGS),
    facets.KeyAccess: st.builds(facets.KeyAccess, sid=_NAMES, body=_BODIES),
    facets.ReplicaKey: st.builds(facets.ReplicaKey, rule_id=_NAMES, key=_NAMES),
    facets.AnonymousAccess: st.builds(facets.AnonymousAccess, allowed=_FLAGS),
    facets.SharedKeyAccess: st.builds(facets.SharedKeyAccess, allowed=_FLAGS),
    facets.LocalUsers: st.builds(facets.LocalUsers, allowed=_FLAGS),
    facets.TlsFloor: st.builds(facets.TlsFloor, version=st.sampled_from(["", "1.0", "1.2", "1.3"])),
    facets.NetworkRules: st.builds(
        facets.NetworkRules,
        closed=_FLAGS,
        addresses=st.just(()) | st.just(("192.0.2.0/24",)),
        services=_FLAGS,
        endpoints_only=_FLAGS,
    ),
    facets.PrivateLink: st.builds(facets.PrivateLink, connection=_NAMES, endpoint=_NAMES, approved=_FLAGS),
    facets.StoredAccess: st.builds(facets.StoredAccess, container=_NAMES, name=_NAMES, body=_BODIES),
    facets.StoreKey: st.builds(facets.StoreKey, name=_NAMES, since=_TIMES),
    facets.SoftDelete: st.builds(
        facets.SoftDelete, of=st.sampled_from(["blobs", "containers"]), days=st.integers(0, 3), purgeable=st.booleans()
    ),
    facets.PurgeProtection: st.builds(facets.PurgeProtection, on=_FLAGS),
    facets.Migrated: st.builds(facets.Migrated, old=_NAMES, new=_NAMES),
}
"""Small alphabets, so that two of a kind often are of the same part."""

ALL: tuple[type[Facet], ...] = get_args(get_args(AnyFacet)[0])
"""Every facet of the union that custody keeps."""

TARGETS: tuple[Ref, ...] = (ref(Kind.BUCKET, "one"), ref(Kind.BUCKET, "two"))

any_facet: st.SearchStrategy[AnyFacet] = st.one_of(*MADE.values())
