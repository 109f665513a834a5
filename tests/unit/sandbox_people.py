"""People, policies and requests of an imaginary account, for the authoriser's tests."""

from collections.abc import Mapping
from typing import Any

from shared.sandbox.aws.authoriser import Named, Principal, Request

HOME, FAR = "111122223333", "999988887777"
ROLE = f"arn:aws:iam::{HOME}:role/ward"
USER = f"arn:aws:iam::{HOME}:user/alice"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/ward/night"
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/temp"
OBJECT = "arn:aws:s3:::phi/patient"
KEY = f"arn:aws:kms:eu-central-1:{HOME}:key/1234"

ALICE = Principal("user", HOME, USER, "AIDAALICE")
WARD = Principal("role", HOME, SESSION, "AROAWARD:night", ROLE)
TEMP = Principal("federated", HOME, FEDERATED, f"{HOME}:temp", USER)
ROOT = Principal("root", HOME, f"arn:aws:iam::{HOME}:root", HOME)
STRANGER = Principal("user", FAR, f"arn:aws:iam::{FAR}:user/eve", "AIDAEVE")
STRANGER_ROOT = Principal("root", FAR, f"arn:aws:iam::{FAR}:root", FAR)
NOBODY = Principal("anonymous", "", "", "")
CLOUDTRAIL = Principal("service", "", "cloudtrail.amazonaws.com", "")
LINKED = Principal("role", HOME, "x", "AROAX:y", f"arn:aws:iam::{HOME}:role/aws-service-role/backup.amazonaws.com/B")


def policy(*statements: Mapping[str, Any], name: str = "policy", version: str = "2012-10-17") -> Named:
    return Named(name, {"Version": version, "Statement": list(statements)})


def allow(action: str = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: str = "*", **more: object) -> dict[str, Any]:
    return allow(action, **more) | {"Effect": "Deny"}


def ask(caller: Principal, action: str = "s3:GetObject", resource: str = OBJECT, account: str = HOME, **context: str) -> Request:
    return Request(caller, action, resource, account, {key.replace("__", ":"): (value,) for key, value in context.items()})


ALL = (policy(allow()),)
NOTHING: tuple[Named, ...] = ()
EVERYONE = policy(allow(Principal="*"), name="bucket policy")


def to(*arns: str, kind: str = "AWS", name: str = "bucket policy") -> Named:
    return policy(allow(Principal={kind: list(arns)}), name=name)
