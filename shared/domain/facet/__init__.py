"""Facets: the small, comparable parts of a resource that containment may change.

Rules
1. A facet never carries a secret: credentials are an id and whether they are active.
2. `part` tells apart several facets of one kind on one resource (one per access key, statement, rule).
3. `document` names what the cloud replaces as a whole when the facet is written; the facets of one document are written together.
4. `satisfied_by(now)` is all that the engine asks. Writing a facet makes it true; writing another facet keeps it true.
5. `absent` is the same facet where the resource has none of it; None where nothing can stand for that (a deleted access key).
"""

from typing import Annotated

from pydantic import Field

from .base import Facet
from .doors import (
    AnonymousAccess,
    CrossTenantCopy,
    DelegationKeys,
    HandedOut,
    LocalUsers,
    NetworkRules,
    PrivateLink,
    PurgeProtection,
    SharedKeyAccess,
    SoftDelete,
    StoredAccess,
    StoreKey,
    TlsFloor,
)
from .handed import Delegation, SignInRule
from .held import Membership, Ownership, VaultAccess
from .keys import AliasTarget, EncryptedWith, Grant, KeyAccess, KeyState, Rotated, RotationPolicy, Successor, SuccessorApart
from .policies import PolicyStatement
from .principals import AccessKeyStatus, Assignment, ConsoleLogin, DenyAll, Fence, Sealed, SessionsRevoked
from .records import LogSent, SharedWith, TrailLogging, TrailSelectors
from .sign_ins import (
    AppCredential,
    AppPermission,
    DirectoryRole,
    DirectoryRoleEligible,
    RoleAssigned,
    RoleByGroup,
    RoleEligible,
    SignIn,
)
from .stores import (
    AccessGrant,
    CustomerKeysBlocked,
    LifecycleRule,
    Migrated,
    ObjectOwnership,
    PublicAccessBlock,
    ReplicaKey,
    ReplicationRule,
    Versioning,
)

AnyFacet = Annotated[
    PolicyStatement
    | Fence
    | SessionsRevoked
    | DenyAll
    | Sealed
    | AccessKeyStatus
    | ConsoleLogin
    | Assignment
    | KeyState
    | Grant
    | Rotated
    | RotationPolicy
    | PublicAccessBlock
    | ObjectOwnership
    | Versioning
    | CustomerKeysBlocked
    | ReplicationRule
    | LifecycleRule
    | AccessGrant
    | SharedWith
    | TrailLogging
    | TrailSelectors
    | Successor
    | SuccessorApart
    | AliasTarget
    | EncryptedWith
    | KeyAccess
    | ReplicaKey
    | Migrated
    | AnonymousAccess
    | SharedKeyAccess
    | LocalUsers
    | LogSent
    | TlsFloor
    | NetworkRules
    | PrivateLink
    | StoredAccess
    | StoreKey
    | DelegationKeys
    | SoftDelete
    | PurgeProtection
    | SignIn
    | AppCredential
    | AppPermission
    | DirectoryRole
    | DirectoryRoleEligible
    | RoleAssigned
    | RoleByGroup
    | RoleEligible
    | Delegation
    | SignInRule
    | Membership
    | Ownership
    | VaultAccess
    | CrossTenantCopy
    | HandedOut,
    Field(discriminator="facet"),
]
"""Every facet, told apart by its tag."""

__all__ = [
    "AccessGrant",
    "AccessKeyStatus",
    "AliasTarget",
    "AnonymousAccess",
    "AnyFacet",
    "AppCredential",
    "AppPermission",
    "Assignment",
    "ConsoleLogin",
    "CrossTenantCopy",
    "CustomerKeysBlocked",
    "Delegation",
    "DelegationKeys",
    "DenyAll",
    "DirectoryRole",
    "DirectoryRoleEligible",
    "EncryptedWith",
    "Facet",
    "Fence",
    "Grant",
    "HandedOut",
    "KeyAccess",
    "KeyState",
    "LifecycleRule",
    "LocalUsers",
    "LogSent",
    "Membership",
    "Migrated",
    "NetworkRules",
    "ObjectOwnership",
    "Ownership",
    "PolicyStatement",
    "PrivateLink",
    "PublicAccessBlock",
    "PurgeProtection",
    "ReplicaKey",
    "ReplicationRule",
    "RoleAssigned",
    "RoleByGroup",
    "RoleEligible",
    "Rotated",
    "RotationPolicy",
    "Sealed",
    "SessionsRevoked",
    "SharedKeyAccess",
    "SharedWith",
    "SignIn",
    "SignInRule",
    "SoftDelete",
    "StoreKey",
    "StoredAccess",
    "Successor",
    "SuccessorApart",
    "TlsFloor",
    "TrailLogging",
    "TrailSelectors",
    "VaultAccess",
    "Versioning",
]
