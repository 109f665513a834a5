"""What the actions on stores' own doors and on identities of a directory are shown, and how much they propose."""

from datetime import timedelta

from shared.domain.actor import Actor, Credential
from shared.domain.case import Reach, Scope, Standing
from shared.domain.facet import (
    AnonymousAccess,
    AppCredential,
    AppPermission,
    DelegationKeys,
    DirectoryRole,
    DirectoryRoleEligible,
    LogSent,
    NetworkRules,
    RoleAssigned,
    SharedKeyAccess,
    SignIn,
    SoftDelete,
    StoreKey,
)
from shared.domain.resource import Kind, Ref
from shared.domain.uses import Use, Used
from shared.intake.azure_names import principal, ref
from shared.ports import Traits
from tests.hospital import ALERT
from tests.unit.action_rows import Row

SUBSCRIPTION = "1c0deb1e-0000-4000-8000-00000000c11c"
_STORE = ref(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/charts")
assert _STORE
STORE: Ref = _STORE
SUBNET = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/g/providers/microsoft.network/virtualnetworks/w/subnets/s"
PROGRAM = principal(Kind.SERVICE_PRINCIPAL, "5e4f1ce0-0000-4000-8000-000000000001")
THIEF = "198.51.100.77"

KEY_1 = Actor(credential=Credential.STORE_KEY, account="", access_key="charts/key1", unique_id="charts/key1")
ANY_KEY = KEY_1.but(access_key="charts", unique_id="charts")
SECRET = Actor(credential=Credential.SERVICE_PRINCIPAL, account="", principal=PROGRAM, unique_id=PROGRAM.id)
WHOLE = Standing(actor=SECRET, reach=Reach.PRINCIPAL, why="nobody else was seen using it")

VIEWER = Use(credential=Credential.MANAGED_IDENTITY, holder="viewer", place=SUBNET)
LEGACY = Use(credential=Credential.STORE_KEY, holder="charts/key2", place="203.0.113.40")
PUBLIC = Use(credential=Credential.ANONYMOUS, holder="anonymous", place="203.0.113.41")
USED = Used(store=STORE, known=True, uses=(VIEWER, LEGACY), against=(THIEF,))
BY_KEY = Scope(stores=(STORE,), standings=(WHOLE.but(actor=KEY_1),), used=(USED,))
BY_SECRET = BY_KEY.but(standings=(WHOLE,))
NOBODY = BY_KEY.but(used=(USED.but(uses=(VIEWER,)),))
UNKNOWN = BY_KEY.but(used=(Used(store=STORE, known=False),))

LINK = Actor(credential=Credential.DELEGATED_LINK, account="", access_key="charts/user-delegation", unique_id="charts/u")
BY_LINK = BY_KEY.but(standings=(WHOLE.but(actor=LINK),))
SIGNED = DelegationKeys(since=None)
UNKEPT = BY_KEY.but(deeds=((STORE.id, "microsoft.storage/storageaccounts/blobservices/write"),))
KEPT_CALLS = Traits(calls=frozenset({"microsoft.storage/storageaccounts/blobservices/write"}))
VISITOR = principal(Kind.USER, "visitor")
BY_GUEST = BY_KEY.but(
    standings=(WHOLE.but(actor=Actor(credential=Credential.ENTRA_GUEST, account="", principal=VISITOR, unique_id=VISITOR.id)),)
)
KEYS = tuple(StoreKey(name=name, since=ALERT - timedelta(days=90)) for name in ("key1", "key2"))
OPEN = NetworkRules(closed=False)
CLOSED = NetworkRules(closed=True, addresses=("203.0.113.40", THIEF))
ROLES = tuple(RoleAssigned(assignment=name, role="r", scope="/", created=ALERT, present=True) for name in "ab")
HELD = AppCredential(proof="p", kind="secret", present=True)  # pragma: allowlist secret

HEAD = DirectoryRole(role="head", present=True)
WAITS = DirectoryRoleEligible(role="head", present=True)
HEADS = principal(Kind.GROUP, "heads")
MAIL = AppPermission(kind="application", resource="graph", what="mail", present=True)
ADDED = BY_KEY.but(given=tuple((PROGRAM.id, part) for part in ("p", "a", "head /", "application/graph/mail/")))
WAITING = BY_KEY.but(given=((PROGRAM.id, "eligible head /"),))
OLD = ALERT - timedelta(days=400)
ALL_READ = AppPermission(kind="delegated", resource="graph", what="User.Read", present=True)
READS = (ALL_READ, ALL_READ.but(whose="nurse"))
SCOPED = (HEAD, HEAD.but(scope="/administrativeUnits/w"))
GUEST = BY_SECRET.but(standings=(WHOLE.but(actor=SECRET.but(access_key="p")),), given=((PROGRAM.id, "p"),))
OWNERS = HELD.but(proof="owners")


def gave(part: str) -> Scope:
    """The actor gave this to an application of others."""
    return BY_KEY.but(given=((PROGRAM.id, part),))


GAVE = {
    "a consent that the actor gave for a person": (
        Row("remove-permissions", PROGRAM, READS, gave("delegated/graph/user.read/nurse")),
        True,
    ),
    "one for nobody knows whom": (Row("remove-permissions", PROGRAM, READS, gave("delegated/graph/user.read/?")), False),
    "a permission at nobody knows what": (Row("remove-permissions", PROGRAM, (MAIL,), gave("application//mail/")), False),
    "a role at a scope": (Row("remove-roles", PROGRAM, ROLES, gave("a")), True),
    "one that was there before the breach": (Row("remove-roles", PROGRAM, (ROLES[0].but(created=OLD),), gave("a")), False),
    "one of which nobody says since when": (Row("remove-roles", PROGRAM, (ROLES[0].but(created=None),), gave("a")), False),
    "a role in all of the directory": (Row("remove-directory-roles", PROGRAM, (HEAD,), gave("head /")), True),
    "a role in nobody knows what part": (Row("remove-directory-roles", PROGRAM, SCOPED[1:], gave("head *")), False),
}
"""Whether it goes by itself (True) or a person decides."""

GONE = LogSent(name="night", categories=("StorageRead",), to=(), on=False)
BLIND = BY_SECRET.but(deeds=((STORE.id, "microsoft.insights/diagnosticsettings/delete"),))
LOG_CALLS = Traits(calls=frozenset({"microsoft.insights/diagnosticsettings/delete"}))

KEY_CALLS = Traits(calls=frozenset({"microsoft.storage/storageaccounts/listkeys/action"}), one_way=True)
MACHINE = BY_SECRET.but(standings=(WHOLE.but(actor=SECRET.but(credential=Credential.MANAGED_IDENTITY)),))
LISTED = BY_SECRET.but(deeds=((STORE.id, "microsoft.storage/storageaccounts/listkeys/action"),))

DOORS = {
    "the key in the actor's hands is made anew, and no other": Row("regenerate-store-key", STORE, KEYS, BY_KEY),
    "both, where nobody says which it was": Row(
        "regenerate-store-key", STORE, KEYS, BY_KEY.but(standings=(WHOLE.but(actor=ANY_KEY, known=False),)), 2
    ),
    "links in people's names die, where the actor has one of nobody's": Row("revoke-delegation-keys", STORE, (SIGNED,), BY_LINK),
    "another store's do not": Row(
        "revoke-delegation-keys", STORE, (SIGNED,), BY_LINK.but(standings=(WHOLE.but(actor=LINK.but(access_key="other/u")),)), 0
    ),
    "nor where the actor has a key of the store's": Row("revoke-delegation-keys", STORE, (SIGNED,), BY_KEY, 0),
    "what is deleted is kept again, where the actor changed that": Row(
        "keep-deleted", STORE, (SoftDelete(days=1), SoftDelete(of="containers", days=2)), UNKEPT, 2
    ),
    "where the organisation keeps nothing nobody decides for it": Row("keep-deleted", STORE, (SoftDelete(days=0),), BY_KEY, 0),
    "nor can anybody destroy it before its time": Row("keep-deleted", STORE, (SoftDelete(days=30, purgeable=True),), UNKEPT),
    "where it is kept long enough nothing is done": Row("keep-deleted", STORE, (SoftDelete(days=30),), UNKEPT, 0),
    "none, where the actor has another credential": Row("regenerate-store-key", STORE, KEYS, BY_SECRET, 0),
    "a machine's identity has roles to lose": Row("remove-roles", PROGRAM, ROLES, MACHINE, 2),
    "and no sign-in of its own": Row("disable-sign-in", PROGRAM, (SignIn(enabled=True),), MACHINE, 0),
    "a guest signs in no more": Row("disable-sign-in", VISITOR, (SignIn(enabled=True),), BY_GUEST),
    "its sessions are its home tenant's": Row("revoke-sessions", VISITOR, (), BY_GUEST, 0),
    "nor credentials": Row("remove-credentials", PROGRAM, (HELD,), MACHINE, 0),
    "both keys, where the actor had them shown": Row("regenerate-store-key", STORE, KEYS, LISTED, 2),
    "not before it is known who uses them": Row("regenerate-store-key", STORE, KEYS, LISTED.but(used=()), 0),
    "an application signs in no more": Row("disable-sign-in", PROGRAM, (SignIn(enabled=True),), BY_SECRET),
    "one that nobody blames does": Row("disable-sign-in", PROGRAM, (SignIn(enabled=True),), BY_KEY, 0),
    "its secrets are taken away": Row("remove-credentials", PROGRAM, (HELD,), BY_SECRET),
    "those of others are not": Row("remove-credentials", PROGRAM, (HELD,), BY_KEY, 0),
    "its roles are taken away, all of them": Row("remove-roles", PROGRAM, ROLES, BY_SECRET, 2),
    "a secret that the actor added to the application of others goes alone": Row(
        "remove-credentials", PROGRAM, (HELD, OWNERS), ADDED
    ),
    "also where a person decides about that application": Row("remove-credentials", PROGRAM, (HELD, OWNERS), GUEST),
    "a role that the actor assigned goes alone": Row("remove-roles", PROGRAM, ROLES, ADDED),
    "roles in the directory are taken away": Row("remove-directory-roles", PROGRAM, (HEAD,), BY_SECRET),
    "one that the actor assigned too": Row("remove-directory-roles", PROGRAM, (HEAD, HEAD.but(role="other")), ADDED),
    "nobody else's": Row("remove-directory-roles", PROGRAM, (HEAD,), BY_KEY, 0),
    "one that the actor assigned to a group goes alone": Row(
        "remove-directory-roles", HEADS, (HEAD, HEAD.but(role="other")), BY_KEY.but(given=((HEADS.id, "head /"),))
    ),
    "roles in the directory that wait are taken away": Row("remove-eligible-directory-roles", PROGRAM, (WAITS,), BY_SECRET),
    "one that the actor made eligible for goes alone": Row(
        "remove-eligible-directory-roles", PROGRAM, (WAITS, WAITS.but(role="other")), WAITING
    ),
    "who has it active, and was made eligible for it, keeps it": Row("remove-directory-roles", PROGRAM, (HEAD,), WAITING, 0),
    "who may activate it, and was given it active, may go on": Row("remove-eligible-directory-roles", PROGRAM, (WAITS,), ADDED, 0),
    "those of others wait on": Row("remove-eligible-directory-roles", PROGRAM, (WAITS,), BY_KEY, 0),
    "permissions are taken away": Row("remove-permissions", PROGRAM, (MAIL,), BY_SECRET),
    "one that the actor consented to": Row("remove-permissions", PROGRAM, (MAIL, MAIL.but(what="files")), ADDED),
    "a consent for one person, beside everybody's": Row(
        "remove-permissions", PROGRAM, READS, gave("delegated/graph/user.read/nurse")
    ),
    "everybody's is asked about neither": Row("remove-permissions", PROGRAM, READS, gave("delegated/graph/user.read/?")),
    "both are, where it is not told": Row("remove-permissions", PROGRAM, READS, gave("delegated//user.read/*"), 2),
    "one at another interface is another": Row("remove-permissions", PROGRAM, READS, gave("delegated/mail/user.read/"), 0),
    "a role in all of the directory, beside one in a part": Row("remove-directory-roles", PROGRAM, SCOPED, gave("head /")),
    "those of others stay": Row("remove-permissions", PROGRAM, (MAIL,), BY_KEY, 0),
    "a log that the actor switched off is sent again": Row("send-log", STORE, (GONE,), BLIND),
    "one that somebody else switched off is not": Row("send-log", STORE, (GONE,), BY_SECRET, 0),
    "one that goes on is left": Row("send-log", STORE, (GONE.but(on=True),), BLIND, 0),
    "a store is closed to strangers' networks": Row("restrict-network", STORE, (OPEN,), BY_KEY),
    "it stays open to ourselves": Row("restrict-network", STORE, (OPEN,), BY_KEY, places=("192.0.2.9",)),
    "a person is asked where nobody knows who comes from where": Row("restrict-network", STORE, (OPEN,), UNKNOWN),
    "nothing is said before that was looked up": Row("restrict-network", STORE, (OPEN,), BY_KEY.but(used=()), 0),
    "the actor's own address is taken off the list": Row("restrict-network", STORE, (CLOSED,), BY_KEY),
    "a list that keeps the actor out is left": Row(
        "restrict-network", STORE, (CLOSED.but(addresses=("203.0.113.0/24",)),), BY_KEY, 0
    ),
    "a store that only private endpoints reach is left": Row(
        "restrict-network", STORE, (OPEN.but(endpoints_only=True),), BY_KEY, 0
    ),
    "keys are refused where nobody uses one": Row("refuse-store-keys", STORE, (SharedKeyAccess(allowed=True),), NOBODY),
    "and taken where somebody does": Row("refuse-store-keys", STORE, (SharedKeyAccess(allowed=True),), BY_KEY, 0),
    "or where nobody can say": Row("refuse-store-keys", STORE, (SharedKeyAccess(allowed=True),), UNKNOWN, 0),
    "nobody comes in without a name": Row("close-anonymous", STORE, (AnonymousAccess(allowed=True),), BY_KEY),
    "unless somebody was seen doing so": Row(
        "close-anonymous", STORE, (AnonymousAccess(allowed=True),), BY_KEY.but(used=(USED.but(uses=(PUBLIC,)),)), 0
    ),
}
