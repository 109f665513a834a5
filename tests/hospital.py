"""A small hospital in memory: its people, what they work with, and the thief among them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.adapters.aws.traits import TRAITS
from shared.adapters.memory.clock import BEGINNING, MemoryClock
from shared.adapters.memory.custody import MemoryCases, MemoryKeyring, MemorySigner
from shared.adapters.memory.directory import MemoryDirectory
from shared.adapters.memory.evidence import MemoryEvidence
from shared.adapters.memory.notifier import MemoryNotifier
from shared.adapters.memory.sources import MemorySources
from shared.adapters.memory.world import MemoryWorld
from shared.bootstrap import Custody
from shared.containment.estate import Estate
from shared.containment.guard import Protected
from shared.domain.actor import Actor, Credential
from shared.domain.facet import (
    AccessKeyStatus,
    AnonymousAccess,
    AppCredential,
    Facet,
    KeyState,
    LifecycleRule,
    NetworkRules,
    PolicyStatement,
    RoleAssigned,
    SharedKeyAccess,
    SignIn,
    StoreKey,
    TrailLogging,
    Versioning,
)
from shared.domain.resource import Cloud, Kind, Ref
from shared.domain.signal import Signal, Source
from shared.domain.value import canonical
from shared.ports import Act, Clock, Relation
from shared.settings import Policy
from shared.workflow.deps import Deps
from tests.custody_doubles import FailingSink

ELSEWHERE: frozenset[type[Facet]] = frozenset(
    {AnonymousAccess, AppCredential, NetworkRules, RoleAssigned, SharedKeyAccess, SignIn, StoreKey}
)
"""Facets of another cloud than the hospital's."""

HOME = "111122223333"
FOREIGN = "999988887777"
ALERT = BEGINNING - timedelta(seconds=90)
THIEFS_ADDRESS = "198.51.100.23"


def ref(kind: Kind, name: str, account: str = HOME, region: str = "us-east-1") -> Ref:
    """A resource by the form of its ARN."""
    region = "" if kind in {Kind.USER, Kind.ROLE} else region
    forms = {
        Kind.USER: f"arn:aws:iam::{account}:user/{name}",
        Kind.ROLE: f"arn:aws:iam::{account}:role/{name}",
        Kind.PERMISSION_SET: f"arn:aws:sso:::permissionSet/ssoins-1/{name}",
        Kind.BUCKET: f"arn:aws:s3:::{name}",
        Kind.KEY: f"arn:aws:kms:{region}:{account}:key/{name}",
        Kind.ACCESS_POINT: f"arn:aws:s3:{region}:{account}:accesspoint/{name}",
        Kind.TRAIL: f"arn:aws:cloudtrail:{region}:{account}:trail/{name}",
        Kind.SNAPSHOT: f"arn:aws:ec2:{region}:{account}:snapshot/{name}",
        Kind.IMAGE: f"arn:aws:ec2:{region}:{account}:image/{name}",
        Kind.DATABASE_SNAPSHOT: f"arn:aws:rds:{region}:{account}:snapshot:{name}",
        Kind.BACKUP_VAULT: f"arn:aws:backup:{region}:{account}:backup-vault:{name}",
        Kind.ACCOUNT: account,
    }
    return Ref(cloud=Cloud.AWS, kind=kind, account=account, region=region, id=forms[kind])


ACCOUNT = ref(Kind.ACCOUNT, "")
EXPORT = ref(Kind.USER, "imaging-export")
CLINICIAN = ref(Kind.ROLE, "clinician-app")
RESPONDER = ref(Kind.ROLE, "codeblue-responder")
CHARTS = ref(Kind.BUCKET, "st-brendan-charts")
KEY = ref(Kind.KEY, "7d3c1a90")
REPLICA = ref(Kind.KEY, "7d3c1a90", region="eu-west-1")
TRAIL = ref(Kind.TRAIL, "hospital")
LOG = ref(Kind.BUCKET, "hospital-log")
VAULT = ref(Kind.BACKUP_VAULT, "nightly")

THIEF = Actor(credential=Credential.LONG_TERM_KEY, account=HOME, principal=EXPORT, unique_id="AIDAEXPORT", access_key="AKIAEXPORT")
SESSION = Actor(
    credential=Credential.ROLE_SESSION,
    account=HOME,
    principal=CLINICIAN,
    unique_id="AROACLINIC",
    session="mallory",
    access_key="ASIAMALLORY",
)


def statement(sid: str, **elements: object) -> PolicyStatement:
    """One statement of somebody's policy."""
    return PolicyStatement(sid=sid, body=canonical({"Sid": sid, **elements}).decode())


DELEGATION = statement("Delegation", Effect="Allow", Principal={"AWS": f"arn:aws:iam::{HOME}:root"}, Action="kms:*", Resource="*")
CLINICIANS = statement("Clinicians", Effect="Allow", Principal={"AWS": CLINICIAN.id}, Action=["kms:Decrypt"], Resource="*")
READERS = statement("Readers", Effect="Allow", Principal={"AWS": CLINICIAN.id}, Action="s3:GetObject", Resource=f"{CHARTS.id}/*")


def signal(actor: Actor | None = THIEF, *resources: Ref, **fields: object) -> Signal:
    """GuardDuty says that this actor reads what nobody told them to."""
    said: dict[str, object] = {
        "id": "finding-1",
        "source": Source.GUARDDUTY,
        "event": "Exfiltration:S3/AnomalousBehavior",
        "at": ALERT,
        "account": HOME,
        "region": "us-east-1",
        "actor": actor,
        "resources": resources or (CHARTS,),
        "source_address": THIEFS_ADDRESS,
        "detector": "detector",
        "raw_digest": "0" * 64,
    }
    return Signal.model_validate(said | fields)


def act(actor: Actor, name: str, *resources: Ref, at: datetime = ALERT, created: tuple[Actor, ...] = (), **fields: object) -> Act:
    """One recorded call; the thief's address unless told otherwise."""
    said: dict[str, object] = {"address": THIEFS_ADDRESS, "network": "", "failed": False, **fields}
    return Act(
        id=f"{name}-{at.isoformat()}-{actor.session}-{'-'.join(r.name for r in resources)}",
        at=at,
        actor=actor,
        name=name,
        resources=resources,
        created=created,
        source_address=str(said["address"]),
        source_network=str(said["network"]),
        request_id=f"id-of-{name}",
        failed=bool(said["failed"]),
        by_service=False,
    )


def estate(**tenants: object) -> Estate:
    """The hospital's own account and nothing declared, unless told otherwise."""
    return Estate.model_validate({"accounts": {HOME}, **tenants})


@dataclass(slots=True)
class Hospital:
    """Everything that outlives a worker, and workers for it."""

    clock: Clock = field(default_factory=MemoryClock)
    world: MemoryWorld = field(default_factory=lambda: MemoryWorld(TRAITS, ELSEWHERE))
    directory: MemoryDirectory = field(default_factory=MemoryDirectory)
    sources: MemorySources = field(default_factory=lambda: MemorySources(signal()))
    notifier: MemoryNotifier = field(default_factory=MemoryNotifier)
    sinks: tuple[FailingSink, ...] = field(default_factory=lambda: (FailingSink("first"), FailingSink("second")))
    signer: MemorySigner = field(default_factory=MemorySigner)
    keyring: MemoryKeyring = field(default_factory=MemoryKeyring)
    evidence: MemoryEvidence = field(init=False)
    cases: MemoryCases = field(init=False)

    def __post_init__(self) -> None:
        self.evidence = MemoryEvidence(self.clock)
        self.cases = MemoryCases(self.clock)

    def worker(self, policy: Policy | None = None, **other: object) -> Deps:
        """What one worker has in hand; `other` fields take the place of the hospital's own."""
        custody = Custody(self.sinks, self.signer, self.keyring, self.cases, (), "memory")
        journal = custody.journal(self.clock)
        usual: Mapping[str, object] = {
            "world": self.world,
            "directory": self.directory,
            "evidence": self.evidence,
            "sources": self.sources,
            "cases": self.cases,
            "journal": journal,
            "turn": journal.held,
            "afresh": custody.journal(self.clock, reading=True),
            "notifier": self.notifier,
            "clock": self.clock,
            "policy": policy or Policy(),
            "estate": estate(),
            "protected": Protected(ids=frozenset({"AROARESPONDER"}), resources=frozenset({"arn:aws:s3:::codeblue-custody"})),
            "exempt": frozenset({"AROARESPONDER"}),
            "caller": f"arn:aws:sts::{HOME}:assumed-role/codeblue-responder/night",
            "place": "memory",
        }
        return Deps(**{**usual, **other})  # type: ignore[arg-type]  # a table of fields


def built(clock: Clock | None = None) -> Hospital:
    """The hospital as it is when the alert arrives: a stolen key of a user, and a role that clinicians work under."""
    hospital = Hospital(clock=clock or MemoryClock())
    world, long_ago = hospital.world, ALERT - timedelta(days=900)
    world.put(EXPORT, AccessKeyStatus(key_id="AKIAEXPORT", active=True), AccessKeyStatus(key_id="AKIARETIRED", active=False))
    world.put(CLINICIAN, statement("Ec2", Effect="Allow", Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole"))
    world.put(CHARTS, READERS, Versioning(status="Enabled"), LifecycleRule(rule_id="expire", enabled=True, destructive=True))
    for key in (KEY, REPLICA):
        world.put(key, DELEGATION, CLINICIANS, KeyState(enabled=True, deletion_pending=False))
    world.put(TRAIL, TrailLogging(on=True))
    world.put(LOG)
    world.put(VAULT)
    world.relate(CHARTS, Relation.KEYS, KEY)
    world.relate(KEY, Relation.REPLICAS, REPLICA)
    world.relate(ACCOUNT, Relation.TRAILS, TRAIL)
    world.relate(ACCOUNT, Relation.VAULTS, VAULT)
    world.relate(TRAIL, Relation.STORES, LOG)
    hospital.directory.enter(EXPORT, "AIDAEXPORT", long_ago, "AKIAEXPORT", "AKIARETIRED")
    hospital.directory.enter(CLINICIAN, "AROACLINIC", long_ago)
    hospital.directory.enter(RESPONDER, "AROARESPONDER", long_ago)
    return hospital


def bodies(hospital: Hospital, target: Ref) -> dict[str, dict[str, object]]:
    """The statements of a resource's policy as parsed JSON, by Sid."""
    return {s.sid: json.loads(s.body) for s in hospital.world.look(target, PolicyStatement) if s.body}
