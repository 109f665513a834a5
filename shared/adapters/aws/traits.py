"""What is particular to facets on AWS: how CloudTrail names the calls that write them, and how long IAM takes to spread.

A facet that is not here has nothing particular. CloudTrail names S3's calls in two ways, as data events and as management events.
"""

from collections.abc import Mapping
from datetime import timedelta

from shared.domain.facet import (
    CustomerKeysBlocked,
    Facet,
    KeyState,
    LifecycleRule,
    ObjectOwnership,
    PolicyStatement,
    PublicAccessBlock,
    ReplicationRule,
    SessionsRevoked,
    SharedWith,
    TrailLogging,
    TrailSelectors,
    Versioning,
)
from shared.ports import Traits

MARGIN = timedelta(seconds=60)
"""A session issued while the policy still propagates must be older than the stamp; IAM takes seconds, clocks differ."""

PUBLIC = ("DeletePublicAccessBlock", "DeleteBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutPublicAccessBlock")
SHARING = ("ModifySnapshotAttribute", "ModifyImageAttribute", "ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute")


def _by(*calls: str) -> Traits:
    return Traits(calls=frozenset(calls))


PLAIN = Traits()

TRAITS: Mapping[type[Facet], Traits] = {
    CustomerKeysBlocked: _by("PutBucketEncryption"),
    KeyState: _by("ScheduleKeyDeletion", "DisableKey"),
    LifecycleRule: _by("PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
    ObjectOwnership: _by("PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
    PolicyStatement: _by("PutBucketPolicy", "PutKeyPolicy", "PutAccessPointPolicy", "PutBackupVaultAccessPolicy"),
    PublicAccessBlock: _by(*PUBLIC),
    ReplicationRule: _by("PutBucketReplication"),
    SessionsRevoked: Traits(ahead=MARGIN),
    SharedWith: _by(*SHARING),
    TrailLogging: _by("StopLogging"),
    TrailSelectors: _by("PutEventSelectors"),
    Versioning: _by("PutBucketVersioning"),
}
