"""What each action is shown, and how much it proposes."""

import json
from copy import replace
from dataclasses import dataclass
from datetime import timedelta

from shared.containment.observed import Form, Need, Observed
from shared.domain.actor import Actor, Credential
from shared.domain.case import Declared, Judged, Mode, Reach, Rightful, Scope, Standing, Succession
from shared.domain.facet import (
    AccessGrant,
    AccessKeyStatus,
    AliasTarget,
    Assignment,
    ConsoleLogin,
    EncryptedWith,
    Facet,
    Grant,
    KeyState,
    LifecycleRule,
    ReplicaKey,
    ReplicationRule,
    SharedWith,
    TrailLogging,
    TrailSelectors,
    Versioning,
)
from shared.domain.resource import Kind, Ref
from shared.domain.value import canonical
from shared.ports import Encrypting
from tests.hospital import ALERT, CHARTS, CLINICIAN, EXPORT, FOREIGN, HOME, KEY, LOG, REPLICA, SESSION, THIEF, TRAIL, VAULT, ref

SET = ref(Kind.PERMISSION_SET, "ps-1")
SNAPSHOT = ref(Kind.SNAPSHOT, "snap-1")
ANALYST = ref(Kind.USER, "analyst")
ALIAS = Ref(cloud=KEY.cloud, kind=Kind.ALIAS, account=HOME, region="us-east-1", id=f"arn:aws:kms:us-east-1:{HOME}:alias/charts")
WHOLE = Standing(actor=THIEF, reach=Reach.PRINCIPAL, why="nobody else was seen")
ROLE = Standing(actor=SESSION, reach=Reach.PRINCIPAL, why="nobody else was seen")
ONE = Standing(actor=SESSION, reach=Reach.SESSION, why="only this session")
AWAY = Standing(actor=SESSION, reach=Reach.NETWORK, networks=("vpc-1",), why="a workload holds it too")
PERSON = Standing(actor=SESSION.but(principal=SET, source_identity="user-1"), reach=Reach.SESSION, why="only this session")
EVERYBODY = Scope(
    standings=(WHOLE,),
    stores=(CHARTS,),
    keys=(KEY,),
    trails=(TRAIL,),
    logs=(LOG,),
    vaults=(VAULT,),
    shared=(SNAPSHOT,),
    allow=(CLINICIAN.id,),
    declared=(Declared(targets=(CHARTS.id, KEY.id)),),
    rightful=(
        Rightful(actor=SESSION.but(session=""), sessions=("ward-7",)),
        Rightful(actor=Actor(credential=Credential.LONG_TERM_KEY, account=HOME, principal=ANALYST, unique_id="AIDAANALYST")),
    ),
)


def grant(grantee: str) -> Grant:
    return Grant(spec=json.dumps({"GranteePrincipal": grantee, "Operations": ["Decrypt"]}, sort_keys=True), present=True)


def selectors(recorded: str) -> TrailSelectors:
    said = {"ReadWriteType": recorded, "IncludeManagementEvents": True}
    return TrailSelectors(selectors=canonical({"EventSelectors": [said]}).decode())


BARE = Form(by=CLINICIAN.id, asked=Encrypting(), tls="TLSv1.3", writes=True)
QUIET = Observed(forms={CHARTS: frozenset()}, needs={KEY: ()}, tls_floor="1.2")
NEW_KEY_OF_KEY = KEY.but(id=f"{KEY.id}-of-c")
NEW_DEFAULT = (EncryptedWith(key=NEW_KEY_OF_KEY.id, bucket_key=True),)
REPLACED = EVERYBODY.but(successors=(Succession(old=KEY, new=NEW_KEY_OF_KEY),))


SOUND = EVERYBODY.but(judgements=(Judged(key=KEY, sound=True, why="nobody used it"),))
USED_ABROAD = EVERYBODY.but(
    keys=(KEY, REPLICA), judgements=(*SOUND.judgements, Judged(key=REPLICA, sound=False, why="the actor used it"))
)


@dataclass(frozen=True)
class Row:
    """A target with what is on it, the scope where it differs, and how many changes are proposed."""

    action: str
    target: Ref
    there: tuple[Facet, ...] = ()
    scope: Scope = EVERYBODY
    changes: int = 1
    one_way: Mode = Mode.AUTO
    observed: Observed = QUIET
    rotates: bool = False
    own_vaults: bool = True
    renews: bool = False
    places: tuple[str, ...] = ()
    seals: bool = False


KEYS = tuple(AccessKeyStatus(key_id=i, active=True) for i in ("AKIAEXPORT", "AKIAOTHER"))
NEW_KEY = AccessKeyStatus(key_id="AKIANEW", active=True, created=ALERT + timedelta(seconds=1))
OLD_KEY = AccessKeyStatus(key_id="AKIAOLD", active=True, created=ALERT - timedelta(days=1))
ASSIGNED = Assignment(account=HOME, principal_type="USER", principal_id="user-1", present=True)
ASSIGNMENTS = (ASSIGNED, ASSIGNED.but(principal_id="user-2"), ASSIGNED.but(principal_type="GROUP"))
LOGIN = (ConsoleLogin(present=True),)
ON = KeyState(enabled=True, deletion_pending=False)
DISABLED = KeyState(enabled=False, deletion_pending=False)
FOREIGN_COPY = ReplicationRule(rule_id="copy", enabled=True, destination="arn:aws:s3:::theirs", destination_account=FOREIGN)
TO_THIEF = AccessGrant(grant_id="g-1", grantee=EXPORT.id, present=True)
TO_SEVERAL = (TO_THIEF, TO_THIEF.but(grant_id="g-2", grantee="x"))
ENTERED = EVERYBODY.but(rightful=(Rightful(actor=SESSION.but(session=""), entered=True),))


def with_(*standings: Standing, **fields: object) -> Scope:
    return EVERYBODY.but(standings=standings, **fields)


ROWS = {
    "a stopped trail is switched on": Row("resume-trail", TRAIL, (TrailLogging(on=False),)),
    "a blinded trail sees again": Row("restore-selectors", TRAIL, (selectors("ReadOnly"),)),
    "a trail that sees is left": Row("restore-selectors", TRAIL, (selectors("All"),), changes=0),
    "the log's bucket is denied to the actors": Row("protect-log", LOG),
    "another bucket is none of the log's": Row("protect-log", CHARTS, changes=0),
    "backups may not be deleted": Row("protect-vault", VAULT),
    "one session is refused": Row("fence-session", CLINICIAN, scope=with_(ONE)),
    "a session is refused except from its network": Row("fence-session", CLINICIAN, scope=with_(AWAY)),
    "two sessions are one statement and a network another": Row(
        "fence-session", CLINICIAN, scope=with_(ONE, ONE.but(actor=SESSION.but(session="b")), AWAY), changes=2
    ),
    "whoever is quarantined needs no narrower fence": Row("fence-session", EXPORT, changes=0),
    "sessions of a quarantined user end": Row("revoke-sessions", EXPORT),
    "sessions of a role that is shared go on": Row("revoke-sessions", CLINICIAN, scope=with_(ONE), changes=0),
    "a user is quarantined": Row("deny-all", EXPORT),
    "a role is quarantined": Row("deny-all", CLINICIAN, scope=with_(ROLE)),
    "what a person decides is proposed as a whole": Row("deny-all", CLINICIAN, scope=with_(ONE.but(reach=Reach.UNDECIDED))),
    "a shared role is not quarantined": Row("deny-all", CLINICIAN, scope=with_(ONE), changes=0),
    "a quarantined user is sealed": Row("seal-principal", EXPORT, seals=True),
    "a role of which one session is refused is sealed too": Row("seal-principal", CLINICIAN, scope=with_(ONE), seals=True),
    "nobody is sealed whom nothing stands against": Row("seal-principal", ANALYST, seals=True, changes=0),
    "nobody is sealed where nothing would keep the seal": Row("seal-principal", EXPORT, changes=0),
    "every key of a quarantined user is switched off": Row("deactivate-keys", EXPORT, KEYS, changes=2),
    "the exposed key alone, where a person decides": Row("deactivate-keys", EXPORT, KEYS, with_(WHOLE.but(reach=Reach.UNDECIDED))),
    "no key, where its owner works with it": Row("deactivate-keys", EXPORT, KEYS, with_(WHOLE.but(reach=Reach.NETWORK)), changes=0),
    "a rightful user's new key is switched off": Row("deactivate-new-keys", ANALYST, (NEW_KEY, OLD_KEY)),
    "a user nobody knows has no new keys of ours": Row("deactivate-new-keys", EXPORT, (NEW_KEY,), changes=0),
    "a rightful role's new sessions are refused": Row("fence-new-sessions", CLINICIAN),
    "a role nobody knows has none": Row("fence-new-sessions", ref(Kind.ROLE, "other"), changes=0),
    "a quarantined role can be assumed by services only": Row("freeze-trust", CLINICIAN, scope=with_(ROLE)),
    "a shared role can be assumed as before": Row("freeze-trust", CLINICIAN, scope=with_(ONE), changes=0),
    "a role that the actor entered lets no foreign account in": Row("close-trust", CLINICIAN, scope=ENTERED),
    "a role that nobody entered can be assumed as before": Row("close-trust", CLINICIAN, changes=0),
    "the thief's assignment is taken away": Row(
        "remove-assignment",
        SET,
        ASSIGNMENTS,
        with_(PERSON),
    ),
    "a password that the thief made goes": Row("remove-console", EXPORT, LOGIN, with_(WHOLE.but(made=True))),
    "a password that was there before stays": Row("remove-console", EXPORT, LOGIN, changes=0),
    "no password goes where people are asked first": Row(
        "remove-console", EXPORT, LOGIN, with_(WHOLE.but(made=True)), changes=0, one_way=Mode.ASK
    ),
    "a key is denied to the actors": Row("fence-key", KEY),
    "whoever is refused as a stranger is not named besides": Row("fence-key", KEY, scope=with_(WHOLE.but(made=True)), changes=0),
    "but is named where a pattern would let it in": Row(
        "fence-store", CHARTS, scope=with_(WHOLE.but(made=True), allow=(f"arn:aws:iam::{HOME}:user/*",))
    ),
    "and apart to whoever is refused by network": Row("fence-key", KEY, scope=with_(WHOLE, AWAY), changes=2),
    "a key is denied to strangers and not replicated": Row("restrict-key", KEY, changes=2),
    "grants of the actor and of outsiders are revoked": Row(
        "revoke-grants",
        KEY,
        (
            grant(EXPORT.id),
            grant(f"arn:aws:iam::{FOREIGN}:root"),
            grant(CLINICIAN.id),
            grant("rds.amazonaws.com"),
        ),
        changes=2,
    ),
    "grants of the actor's session are revoked": Row(
        "revoke-grants", KEY, (grant(f"arn:aws:sts::{HOME}:assumed-role/clinician-app/mallory"),), with_(ROLE)
    ),
    "a key's deletion is cancelled": Row("restore-key", KEY, (KeyState(enabled=False, deletion_pending=True),)),
    "a key that the actor disabled is enabled": Row(
        "restore-key", KEY, (DISABLED,), EVERYBODY.but(deeds=((KEY.id, "DisableKey"),))
    ),
    "a key that somebody else disabled is left": Row("restore-key", KEY, (DISABLED,), changes=0),
    "a key that works is left": Row("restore-key", KEY, (ON,), changes=0),
    "a bucket is denied to the actors": Row("fence-store", CHARTS),
    "a bucket is denied to strangers": Row("restrict-store", CHARTS),
    "the log's bucket has writers that nobody declares": Row("restrict-store", LOG, changes=0),
    "public access is blocked": Row("block-public-access", CHARTS),
    "access control lists are switched off": Row("enforce-ownership", CHARTS),
    "callers' own keys are refused": Row("block-customer-keys", CHARTS),
    "suspended versioning is switched on": Row("keep-versions", CHARTS, (Versioning(status="Suspended"),)),
    "a bucket that never had versions is left": Row("keep-versions", CHARTS, changes=0),
    "replication to a foreign account is suspended": Row(
        "suspend-replication", CHARTS, (FOREIGN_COPY, FOREIGN_COPY.but(rule_id="dr", destination_account=HOME))
    ),
    "a rule that deletes is suspended": Row(
        "suspend-lifecycle",
        CHARTS,
        (
            LifecycleRule(rule_id="expire", enabled=True, destructive=True),
            LifecycleRule(rule_id="glacier", enabled=True),
            LifecycleRule(rule_id="old", enabled=False, destructive=True),
        ),
    ),
    "the actor's access grant is deleted": Row("revoke-access-grants", CHARTS, TO_SEVERAL),
    "no access grant is deleted where people are asked first": Row(
        "revoke-access-grants", CHARTS, (TO_THIEF,), changes=0, one_way=Mode.ASK
    ),
    "a snapshot that the world can copy is taken back": Row("unshare", SNAPSHOT, (SharedWith(account="all", shared=True),)),
    "a snapshot that the actor shared is taken back": Row(
        "unshare",
        SNAPSHOT,
        (SharedWith(account=FOREIGN, shared=True), SharedWith(account=HOME, shared=True)),
        EVERYBODY.but(deeds=((SNAPSHOT.id, "ModifySnapshotAttribute"),)),
    ),
    "a snapshot that somebody else shared with a partner is left": Row(
        "unshare", SNAPSHOT, (SharedWith(account=FOREIGN, shared=True),), changes=0
    ),
    "a policy is disarmed only where a write has failed": Row("unpoison-policy", CHARTS, changes=0),
    "an edit is put back only where the log shows that we overwrote it": Row("return-edit", CHARTS, changes=0),
    "a compromised key gets a successor": Row("replace-key", KEY),
    "a replica's successor comes with its family's": Row(
        "replace-key", REPLICA, scope=EVERYBODY.but(keys=(KEY, REPLICA)), changes=0
    ),
    "a sound key gets a successor too, unless the policy says otherwise": Row("replace-key", KEY, scope=SOUND),
    "it does not where it is rotated": Row("replace-key", KEY, scope=SOUND, changes=0, rotates=True),
    "a key whose vault the actor could administer gets one in a vault of its own": Row(
        "replace-key-apart", KEY, scope=EVERYBODY.but(apart=(KEY,))
    ),
    "and then none beside it": Row("replace-key", KEY, scope=EVERYBODY.but(apart=(KEY,)), changes=0),
    "unless the policy keeps it there": Row("replace-key", KEY, scope=EVERYBODY.but(apart=(KEY,)), own_vaults=False),
    "no other key gets a vault": Row("replace-key-apart", KEY, changes=0),
    "a sound key is rotated where the policy says so": Row("rotate-key", KEY, scope=SOUND, rotates=True),
    "and nowhere else": Row("rotate-key", KEY, scope=SOUND, changes=0),
    "a key of which nobody can say is not": Row("rotate-key", KEY, changes=0, rotates=True),
    "nor one whose replica the actor used": Row("rotate-key", KEY, scope=USED_ABROAD, changes=0, rotates=True),
    "rightful users are let into the successor": Row("admit-to-successor", KEY),
    "where nobody is known to be rightful nobody is let in": Row("admit-to-successor", KEY, scope=Scope(keys=(KEY,)), changes=0),
    "a rightful user of another account needs its own account's permission too": Row(
        "admit-to-successor", CLINICIAN, scope=EVERYBODY.but(keys=(KEY.but(account=FOREIGN),))
    ),
    "a bucket under the key uses its successor": Row("repoint", CHARTS, (EncryptedWith(key=KEY.id),)),
    "a bucket under another key is left": Row("repoint", CHARTS, (EncryptedWith(key="arn:aws:kms:other"),), changes=0),
    "a store whose data keys are only wrapped anew has a place made to move to": Row(
        "renew-data-keys", CHARTS, (EncryptedWith(key=KEY.id),), renews=True
    ),
    "not where the policy leaves the old ones": Row("renew-data-keys", CHARTS, (EncryptedWith(key=KEY.id),), changes=0),
    "nor where the store is under another key": Row(
        "renew-data-keys", CHARTS, (EncryptedWith(key="arn:aws:kms:other"),), changes=0, renews=True
    ),
    "replicas are written under the successor": Row("repoint-replicas", CHARTS, (ReplicaKey(rule_id="dr", key=KEY.id),)),
    "an alias names the successor": Row("move-alias", ALIAS, (AliasTarget(key=KEY.id),)),
    "an alias that somebody decrypts by stays": Row(
        "move-alias", ALIAS, (AliasTarget(key=KEY.id),), EVERYBODY.but(aliased=(KEY,), uses_known=True), 0
    ),
    "what is stored is moved by another engine": Row("migrate", CHARTS, changes=0),
    "a store that everybody writes to as they should is held to it": Row("require-encryption", CHARTS, NEW_DEFAULT, REPLACED, 3),
    "what somebody was seen writing is not refused": Row(
        "require-encryption", CHARTS, NEW_DEFAULT, REPLACED, 2, observed=Observed(forms={CHARTS: frozenset({BARE})})
    ),
    "a store whose writers nobody knows is left": Row(
        "require-encryption", CHARTS, NEW_DEFAULT, REPLACED, 0, observed=Observed(forms={})
    ),
    "a store that does not use the successor is left": Row(
        "require-encryption", CHARTS, (EncryptedWith(key=KEY.id),), REPLACED, 0, observed=QUIET
    ),
    "nothing in clear and nothing over old TLS": Row("require-tls", CHARTS, (), REPLACED, 2),
    "old TLS that somebody speaks is not refused": Row(
        "require-tls", CHARTS, (), REPLACED, 1, observed=replace(QUIET, forms={CHARTS: frozenset({replace(BARE, tls="TLSv1.1")})})
    ),
    "no floor, no deny": Row("require-tls", CHARTS, (), REPLACED, 0, observed=replace(QUIET, tls_floor="off")),
    "a replaced key is left to restores": Row("retire-key", KEY, (ON,), REPLACED),
    "and opens for the role that makes them": Row(
        "retire-key", KEY, (ON,), REPLACED, 2, observed=replace(QUIET, restore=(f"arn:aws:iam::{HOME}:role/restore",))
    ),
    "a key of whose users nobody knows is left": Row("retire-key", KEY, (ON,), REPLACED, 0, observed=Observed()),
    "a key that was not replaced is not retired": Row("retire-key", KEY, (ON,), changes=0),
    "a key that nothing needs is disabled": Row("disable-key", KEY, (ON,), REPLACED),
    "a key that something needs is not": Row(
        "disable-key", KEY, (ON,), REPLACED, 0, observed=replace(QUIET, needs={KEY: (Need("a disk is under it"),)})
    ),
    "a key of which nobody knows is not disabled": Row("disable-key", KEY, (ON,), REPLACED, 0, observed=Observed()),
    "a key that we retired is not enabled again": Row(
        "restore-key", KEY, (DISABLED,), EVERYBODY.but(deeds=((KEY.id, "DisableKey"),), retired=(KEY,)), 0
    ),
}
