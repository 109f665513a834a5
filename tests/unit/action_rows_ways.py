"""What the actions on further ways out of a store are shown, and how much they propose."""

from copy import replace
from datetime import timedelta

from shared.containment.observed import Form, Observed
from shared.domain.actor import Credential
from shared.domain.facet import (
    CrossTenantCopy,
    Delegation,
    Facet,
    HandedOut,
    LocalUsers,
    PrivateLink,
    SignInRule,
    StoredAccess,
    TlsFloor,
)
from shared.domain.facet.handed import RuleChange
from shared.domain.resource import Kind, Ref
from shared.domain.uses import Use
from shared.intake.azure_names import ref
from shared.ports import Traits
from tests.hospital import ALERT
from tests.unit.action_rows import Row
from tests.unit.action_rows_doors import BY_KEY, BY_SECRET, LEGACY, NOBODY, SECRET, STORE, SUBSCRIPTION, UNKNOWN, USED, VIEWER

_DISK = ref(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Compute/disks/scans")
assert _DISK
DISK: Ref = _DISK
SNAPSHOT = DISK.but(kind=Kind.SNAPSHOT)

BEGUN, USERS, LINKED, WRITTEN, COPIED = ("begin", "users", "linked", "SetContainerACL", "copied")
WAYS_CALLS: dict[type[Facet], Traits] = {
    HandedOut: Traits(calls=frozenset({BEGUN}), one_way=True),
    LocalUsers: Traits(calls=frozenset({USERS})),
    PrivateLink: Traits(calls=frozenset({LINKED}), one_way=True),
    StoredAccess: Traits(calls=frozenset({WRITTEN})),
    CrossTenantCopy: Traits(calls=frozenset({COPIED})),
    Delegation: Traits(calls=frozenset({"let"})),
    SignInRule: Traits(calls=frozenset({"changed"})),
}
DEEDS = BY_SECRET.but(deeds=((STORE.id, USERS), (STORE.id, LINKED), (STORE.id, WRITTEN), (STORE.id, COPIED)))
TAKEN = BY_SECRET.but(deeds=((DISK.id, BEGUN), (SNAPSHOT.id, BEGUN)), touched=(DISK, SNAPSHOT))

PARTNER = Use(credential=Credential.LOCAL_USER, holder="charts/users/lab", place="203.0.113.42")
BY_SFTP = BY_SECRET.but(used=(USED.but(uses=(VIEWER, PARTNER)),))
SFTP = LocalUsers(allowed=True)

ACCOUNT = DISK.but(kind=Kind.ACCOUNT, id=SUBSCRIPTION)
RULE = DISK.but(kind=Kind.SIGN_IN_RULE, account="", id="mfa")
LET, CHANGED = "let", "changed"
ABROAD = BY_SECRET.but(deeds=((ACCOUNT.id, LET), (RULE.id, CHANGED)), touched=(ACCOUNT, RULE))
PROVIDER = Delegation(assignment="a", definition="d", tenant="t", created=ALERT, present=True)
OLD_PROVIDER = PROVIDER.but(assignment="b", created=ALERT - timedelta(days=90))
CHANGE = RuleChange(at=ALERT + timedelta(minutes=1), by=SECRET.unique_id, before='{"state":"enabled"}')
MONTHLY = CHANGE.but(at=ALERT - timedelta(days=20), before='{"state":"disabled"}')
WEAKENED = SignInRule(body="{}", changes=(CHANGE,))

OLD_FLOOR, MODERN_SCOPE = TlsFloor(version="1.0"), BY_SECRET
MODERN = Observed(forms={STORE: frozenset()}, tls_floor="1.2", whole=frozenset({STORE}))
FLOORS = Row("raise-tls-floor", STORE, (OLD_FLOOR,), MODERN_SCOPE, observed=MODERN)
ANCIENT = Form(by="a modality", asked=None, tls="TLSv1.0", writes=False)
OLD_CLIENTS = Observed(forms={STORE: frozenset({ANCIENT})}, tls_floor="1.2", whole=frozenset({STORE}))

NETWORKS = "resourcegroups/n/providers/microsoft.network/privateendpoints/e"
OURS = PrivateLink(connection="ours", endpoint=f"/subscriptions/{SUBSCRIPTION}/{NETWORKS}", approved=True)
THEIRS = OURS.but(connection="theirs", endpoint=f"/subscriptions/deadbeef-0000-4000-8000-000000000000/{NETWORKS}")
LINKS = USED.but(uses=(LEGACY,))
POLICIES = tuple(StoredAccess(container="charts", name=name, body="{}") for name in ("portal", "ward"))

OWNERS = CHANGE.but(at=ALERT + timedelta(minutes=2), by="owner")


def changed(*changes: RuleChange) -> SignInRule:
    """The rule, with all that the log has of it."""
    return WEAKENED.but(changes=changes)


WAYS = {
    "a link to a disk that the actor asked for is revoked": Row("revoke-disk-links", DISK, (HandedOut(on=True),), TAKEN),
    "one to a snapshot too": Row("revoke-disk-links", SNAPSHOT, (HandedOut(on=True),), TAKEN),
    "somebody else's is left": Row("revoke-disk-links", DISK, (HandedOut(on=True),), BY_SECRET, 0),
    "users who come by SFTP are refused where nobody was seen": Row("refuse-local-users", STORE, (SFTP,), BY_KEY),
    "let in where somebody was": Row("refuse-local-users", STORE, (SFTP,), BY_SFTP, 0),
    "a person is asked where the actor made one besides": Row("refuse-local-users", STORE, (SFTP,), BY_SFTP.but(deeds=DEEDS.deeds)),
    "nothing is said before that is known": Row("refuse-local-users", STORE, (SFTP,), DEEDS.but(used=()), 0),
    "policies that links name go where the actor wrote some": Row("remove-stored-access", STORE, POLICIES, DEEDS, 2),
    "they stay where it wrote none": Row("remove-stored-access", STORE, POLICIES, BY_SECRET, 0),
    "or before it is known who has links": Row("remove-stored-access", STORE, POLICIES, DEEDS.but(used=()), 0),
    "copies to other tenants are forbidden": Row("forbid-foreign-copies", STORE, (CrossTenantCopy(allowed=True),), DEEDS),
    "not where nobody touched the store": Row("forbid-foreign-copies", STORE, (CrossTenantCopy(allowed=True),), BY_SECRET, 0),
    "who manages an account by the actor's leave does no more": Row("end-delegations", ACCOUNT, (PROVIDER, OLD_PROVIDER), ABROAD),
    "who does by somebody else's goes on": Row("end-delegations", ACCOUNT, (PROVIDER,), BY_SECRET, 0),
    "a rule that the actor changed says again what it said": Row("return-sign-in-rule", RULE, (WEAKENED,), ABROAD),
    "what somebody else changed since is theirs": Row("return-sign-in-rule", RULE, (changed(CHANGE, OWNERS),), ABROAD, 0),
    "what the same account changed before the breach is too": Row("return-sign-in-rule", RULE, (changed(MONTHLY),), ABROAD, 0),
    "a rule that the actor never changed is left": Row("return-sign-in-rule", RULE, (WEAKENED,), BY_SECRET, 0),
    "a store takes newer TLS where nobody comes by an older one": FLOORS,
    "it takes what somebody was seen speaking": replace(FLOORS, observed=OLD_CLIENTS, changes=0),
    "an account that keeps what no log here tells of is left as it is": replace(
        FLOORS, observed=replace(MODERN, whole=frozenset()), changes=0
    ),
    "a floor that is high enough stays": replace(FLOORS, there=(OLD_FLOOR.but(version="1.3"),), changes=0),
    "nobody knows what is spoken, nothing is refused": replace(FLOORS, observed=Observed(), changes=0),
    "strangers' private endpoints are rejected": Row("reject-links", STORE, (OURS, THEIRS), BY_SECRET),
    "all of them are a person's decision where the actor let one in and nobody knows which": Row(
        "reject-links", STORE, (OURS, THEIRS, THEIRS.but(connection="more")), DEEDS, 3
    ),
    "one that was rejected is left": Row("reject-links", STORE, (THEIRS.but(approved=False),), BY_SECRET, 0),
}

CLEAR = {
    "the only stranger's endpoint, where the actor let one in": (Row("reject-links", STORE, (THEIRS,), DEEDS), True),
    "a stranger's endpoint that nobody blames": (Row("reject-links", STORE, (THEIRS,), BY_SECRET), False),
    "one of ours, where the actor let one in": (Row("reject-links", STORE, (OURS,), DEEDS), False),
    "a policy where only the actor uses links": (
        Row("remove-stored-access", STORE, POLICIES[:1], DEEDS.but(used=NOBODY.used)),
        True,
    ),
    "a policy where others use links": (Row("remove-stored-access", STORE, POLICIES[:1], DEEDS.but(used=(LINKS,))), False),
    "a policy where nobody knows": (Row("remove-stored-access", STORE, POLICIES[:1], DEEDS.but(used=UNKNOWN.used)), False),
    "SFTP users where a partner comes so": (Row("refuse-local-users", STORE, (SFTP,), BY_SFTP.but(deeds=DEEDS.deeds)), False),
    "who manages an account since the breach": (Row("end-delegations", ACCOUNT, (PROVIDER,), ABROAD), True),
    "who does since nobody knows when": (Row("end-delegations", ACCOUNT, (PROVIDER.but(created=None),), ABROAD), False),
    "a rule that the actor alone changed": (Row("return-sign-in-rule", RULE, (WEAKENED,), ABROAD), True),
    "one of a stolen administrator's": (Row("return-sign-in-rule", RULE, (changed(MONTHLY, CHANGE),), ABROAD), False),
    "a link to a disk": (Row("revoke-disk-links", DISK, (HandedOut(on=True),), TAKEN), True),
}
"""Whether it goes by itself (True) or a person decides."""
