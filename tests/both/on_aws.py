"""The clinic on the embedded AWS: a copy of one that was built once, for another takes seconds of work and a copy none."""

import json
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from shared.sandbox.aws import clinic_policies
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.scenario_findings import all_of
from tests.both import command
from tests.both.under_test import Forged, Json, Namesake, Ran, Tables
from tests.drills import recover_scene
from tests.drills.cloud_state import kept, policies_of
from tests.drills.programs import Running
from tests.drills.respond_scene import Scene, alert, opened, refusal, writes

SPARE = "codeblue-spare"

OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{names.CHARTS}/*"}
"""A statement that lets everybody read."""

SID = "ForDoeJane19610402"
"""How somebody called a statement about one patient."""

FOREIGN = f"arn:aws:iam::{names.THIEF_ACCOUNT}:root"


MANAGEMENT = {
    "iam": "*",
    "s3control": "*",
    "kms": "*[PGLR][ueie][ttsv]*",
    "s3": "*[PG]*et*Bucket*",
    "cloudtrail": "*",
    "backup": "*",
}
"""Calls that change or show how things are set up, by service."""


class AwsClinic:
    """`Clinic`, seen through unmodified clients and the sandbox's control path."""

    thief = "thief"
    people: tuple[str, ...] = ("clinician", "clinician_app", "clinician_by_arn", "backup")
    bystander = names.APP_ROLE
    once: tuple[tuple[str, ...], int] = (("UpdateAccessKey", "PutKeyPolicy", "RevokeGrant"), 4)
    recovery = 560
    ways = frozenset({"admit-to-successor", "deny-all"})
    one_way = frozenset({"remove-console"})
    break_glass = f"arn:aws:iam::{names.ACCOUNT}:role/{names.BREAK_GLASS}"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.theft = alert()
        self.declared = _tables(scene.described["response_toml"])
        self.public_key = str(scene.described["custody"]["public_key"])

    def policy(self, folder: Path, tables: Tables) -> Path:
        return command.written(folder, tables)

    def codeblue(self, *words: object, given: str = "") -> Ran:
        return command.codeblue(words, self.scene.environment("responder"), given)

    def start(self, *words: object) -> Running:
        return self.scene.start(*words)

    def kill(self, pid: int, nth: int) -> None:
        self.scene.control("DELETE", "faults")
        self.scene.control("POST", "kill", pid=pid, nth=nth)

    def reads(self, who: str) -> str:
        return self.scene.reads(who)

    def calls(self) -> int:
        return len(self.scene.calls())

    def writes(self, since: int) -> list[str]:
        return writes(self.scene.calls(since))

    def pages(self) -> list[str]:
        return [subject for subject, _ in self.scene.pages()]

    def forged(self) -> Forged:
        known = str(self.theft["detail"]["id"])
        return Forged(
            user=_about_role(names.APP_ROLE, names.APP_ROLE_ID),
            known_user=_about_role(names.APP_ROLE, names.APP_ROLE_ID, known),
            ourselves=_about_role(names.RESPONDER, self._unique_id(names.RESPONDER)),
            last_resort=_about_role(names.BREAK_GLASS, self._unique_id(names.BREAK_GLASS)),
            last_resort_by_name=_about_role(names.BREAK_GLASS, "AROAGUESSEDGUESSED"),
            known_custody=_about_bucket(self._custody, known),
        )

    def out_of_reach(self) -> tuple[Json, Tables, tuple[str, ...]]:
        key = self._key
        event = _about_bucket(self._custody, uuid.uuid4().hex)
        self.scene.control("POST", "findings", **_found(event, key))
        return event, {"protected": {"resources": [key]}}, (f"arn:aws:s3:::{self._custody}", key)

    def ours(self) -> list[Json]:
        return [self._recorded("PutRolePolicy", names.RESPONDER)]

    def with_our_credentials(self) -> Json:
        backdoor = clinic_policies.document(clinic_policies.allow(("*",)))
        self.scene.client("iam", "responder").put_user_policy(
            UserName=names.EXPORT_USER, PolicyName="more", PolicyDocument=backdoor
        )
        return self._recorded("PutUserPolicy", names.RESPONDER)

    def name_patients(self) -> tuple[str, ...]:
        document = json.loads(clinic_policies.store_policy(names.CHARTS))
        chart = f"arn:aws:s3:::{names.CHARTS}/charts/{names.PATIENTS[0]}.pdf"
        document["Statement"].append(
            {"Sid": SID, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": chart}
        )
        self.scene.client("s3").put_bucket_policy(Bucket=names.CHARTS, Policy=json.dumps(document))
        return (*names.PATIENTS, SID, "Doe-Jane", "DoeJane")

    def rob(self) -> Json:
        self.scene.client("s3", "thief").delete_public_access_block(Bucket=names.CHARTS)
        iam = self.scene.client("iam", "thief")
        iam.create_user(UserName="night-shift")
        iam.create_login_profile(UserName="night-shift", Password="Not-A-Secret-2026!")  # pragma: allowlist secret
        self.scene.client("kms", "thief").create_grant(KeyId=self._key, GranteePrincipal=FOREIGN, Operations=["Decrypt"])
        told = alert()
        details = told["detail"]["resource"]["s3BucketDetails"]
        charts = {patient: f"arn:aws:s3:::{names.CHARTS}/charts/{patient}.pdf" for patient in names.PATIENTS}
        details[0]["s3ObjectDetails"] = [{"objectArn": chart, "key": patient} for patient, chart in charts.items()]
        told["detail"]["description"] = f"charts/{names.PATIENTS[0]}.pdf was read"
        return told

    def kept(self) -> Iterator[bytes]:
        return kept(self.scene)

    def state(self) -> Json:
        return policies_of(self.scene)

    def legitimate(self, state: Json) -> Json:
        keys = (f"key in {region}" for region in (names.REGION, names.SECOND_REGION))
        documents = (names.CHARTS, names.LABS, names.AUDIT_LOG, "point", *keys)
        return {**{what: _ours_apart(state[what]) for what in documents}, "block": state["block"]}

    def around_bystander(self, state: Json) -> object:
        return {what: value for what, value in state.items() if what.startswith(self.bystander)}

    def standing(self) -> list[str]:
        found = self.scene.client("kms").list_grants(KeyId=self._key)["Grants"]
        return [each["GranteePrincipal"] for each in found if each["GranteePrincipal"] == FOREIGN]

    def furnish(self) -> None:
        recover_scene.furnish(self.scene)

    def stored(self) -> Mapping[Any, object]:
        return recover_scene.stored(self.scene)

    def astray(self) -> list[str]:
        made = recover_scene.successors(self.scene)
        under = {*recover_scene.keys(self.scene), recover_scene.default_key(self.scene)}
        return sorted(under - set(made)) if len(made) == 1 else [f"{len(made)} successors of one key"]

    def not_put_back(self) -> list[str]:
        now = recover_scene.default_key(self.scene)
        return [] if now == self._key else [now]

    def unclaimed(self) -> list[str]:
        kms, known = self.scene.client("kms"), set(recover_scene.successors(self.scene))
        made = [each["KeyArn"] for each in kms.list_keys()["Keys"] if each["KeyArn"] not in known]
        tags = ({tag["TagKey"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]} for key in made)
        return [key for key, each in zip(made, tags, strict=True) if "codeblue:case" in each and "codeblue:orphan" not in each]

    def throttle(self) -> None:
        for service, operation in MANAGEMENT.items():
            fault = {"kind": "throttle", "service": service, "operation": operation, "from": "iam:PutUserPolicy"}
            self.scene.control("POST", "faults", **fault)

    def lose_record(self) -> None:
        down = {"kind": "error", "service": "s3", "operation": "PutObject", "status": 503, "code": "ServiceUnavailable"}
        self.scene.control("POST", "faults", **down)

    def relent(self) -> None:
        self.scene.control("DELETE", "faults")

    def fences(self) -> frozenset[str]:
        state = policies_of(self.scene)
        own = {what for what in state if what.startswith(names.EXPORT_USER) and "codeblue" in what.lower()}
        statements = (each for document in state.values() if isinstance(document, dict) for each in document.get("Statement", ()))
        return frozenset({*own, *(each["Sid"] for each in statements if str(each.get("Sid", "")).startswith("Codeblue"))})

    def namesake(self) -> Namesake:
        iam = self.scene.client("iam")
        trust = clinic_policies.trust(arns=[f"arn:aws:iam::{names.ACCOUNT}:root"])
        old = iam.create_role(RoleName=SPARE, AssumeRolePolicyDocument=trust)["Role"]["RoleId"]
        iam.delete_role(RoleName=SPARE)
        arn = iam.create_role(RoleName=SPARE, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        everything = clinic_policies.document(clinic_policies.allow(("*",)))
        iam.put_role_policy(RoleName=SPARE, PolicyName="work", PolicyDocument=everything)
        got = self.scene.client("sts").assume_role(RoleArn=arn, RoleSessionName="namesake")["Credentials"]
        held = {
            "access_key_id": got["AccessKeyId"],
            "secret_access_key": got["SecretAccessKey"],
            "session_token": got["SessionToken"],
        }
        self.scene.described["credentials"]["namesake"] = {f"aws_{name}": value for name, value in held.items()}
        theirs = self.scene.client("s3", "namesake")
        theirs.delete_public_access_block(Bucket=names.CHARTS)
        opening = json.dumps({"Version": "2012-10-17", "Statement": [OPEN]})
        theirs.put_bucket_policy(Bucket=names.CHARTS, Policy=opening)
        entering = self.scene.client("s3", "namesake").list_buckets
        return Namesake(old, arn, self._recorded("PutBucketPolicy", "namesake"), lambda: refusal(entering))

    @cached_property
    def _key(self) -> str:
        return str(self.scene.described["resources"]["key"])

    @cached_property
    def _custody(self) -> str:
        return str(self.scene.described["custody"]["bucket"])

    def _unique_id(self, role: str) -> str:
        return str(self.scene.client("iam").get_role(RoleName=role)["Role"]["RoleId"])

    def _recorded(self, name: str, who: str) -> Json:
        """The newest event of this call as CloudTrail has it, by the session or user that made it."""
        wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
        found = self.scene.client("cloudtrail").lookup_events(LookupAttributes=wanted)
        records = [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]
        return dict(next(record for record in records if who in json.dumps(record["userIdentity"])))


@contextmanager
def clinic() -> Iterator[AwsClinic]:
    """A fresh one, until the block ends."""
    with opened() as scene:
        yield AwsClinic(scene)


def _tables(text: str) -> Tables:
    """The tables of a `response.toml`, each under its whole name."""
    read = tomllib.loads(text)
    tenants = {f"tenants.{name}": table for name, table in read.pop("tenants", {}).items()}
    return {**{name: table for name, table in read.items() if isinstance(table, dict)}, **tenants}


def _ours_apart(document: Any) -> Any:  # noqa: ANN401  # JSON
    """A policy without the statements that name the thief alone: those stay after a rollback."""
    if not isinstance(document, dict):
        return document
    theirs = [each for each in document["Statement"] if not str(each.get("Sid", "")).startswith("Codeblue")]
    return {**document, "Statement": theirs} if theirs else "NoSuchAccessPointPolicy"


def _about_role(name: str, unique_id: str, finding: str = "") -> Json:
    """The example alert, naming a session of this role instead, under another finding's id."""
    forged = alert()
    forged["detail"]["id"] = finding or uuid.uuid4().hex
    forged["detail"]["resource"]["accessKeyDetails"] = {
        "accessKeyId": "ASIAFORGEDFORGED",
        "principalId": f"{unique_id}:{uuid.uuid4().hex[:8]}",
        "userType": "AssumedRole",
        "userName": name,
    }
    return forged


def _about_bucket(name: str, finding: str) -> Json:
    """The example alert, naming this bucket as the one that is read."""
    forged = alert()
    forged["detail"]["id"] = finding
    (bucket,) = forged["detail"]["resource"]["s3BucketDetails"]
    bucket |= {"arn": f"arn:aws:s3:::{name}", "name": name}
    forged["detail"]["service"]["action"]["awsApiCallAction"]["affectedResources"] = {"AWS::S3::Bucket": name}
    return forged


def _found(event: Json, key: str) -> dict[str, Any]:
    """The finding that GuardDuty would have to hold for this alert about a bucket to be true."""
    name = event["detail"]["resource"]["s3BucketDetails"][0]["name"]
    finding = next(iter(all_of(key)))
    finding["Id"] = event["detail"]["id"]
    finding["Resource"]["S3BucketDetails"][0] |= {"Arn": f"arn:aws:s3:::{name}", "Name": name}
    return finding
