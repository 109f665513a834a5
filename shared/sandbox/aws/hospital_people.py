"""Who works in the imaginary hospital beside the clinic's people: for three tenants, in three accounts, with just their rights."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from shared.sandbox.aws import clinic_people as people
from shared.sandbox.aws import clinic_policies as policies
from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic_people import Credentials
from shared.sandbox.aws.server import Sandbox

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

OBJECTS: Final = (*policies.OBJECT_ACTIONS, "s3:ListBucket")


def staff(sandbox: Sandbox, admin: Credentials, keys: Mapping[str, str]) -> dict[str, Credentials]:
    """Users of the three tenants with the credentials that last. `keys`: ARNs by tenant.

    The radiology program's policy names the clinic's key by its ARN and no other: by itself it can not follow to a successor.
    """
    iam = people.bound(sandbox, admin).client("iam")
    objects, use = policies.allow(OBJECTS), policies.allow(policies.KEY_USE)
    here = {
        "radiology": people.hired(iam, hospital.RADIOLOGY, objects, policies.allow(policies.KEY_USE, (keys["key"],))),
        "nurse": people.hired(iam, hospital.NURSE, objects, use),
        "pathologist": people.hired(iam, hospital.PATHOLOGIST, objects, use),
        "scanner": people.hired(iam, hospital.SCANNER, policies.allow(("s3:PutObject",)), use),
    }
    there = sandbox.root(hospital.KEY_ACCOUNT).client("iam")
    return {who: _placed(held) for who, held in {**here, "envelopes": people.hired(there, hospital.ENVELOPES, use)}.items()}


def _placed(held: Credentials) -> Credentials:
    return Credentials(held.access_key_id, held.secret_access_key, address=names.CLINICIAN_ADDRESS)


def responders(sandbox: Sandbox, admin: Credentials) -> None:
    """The responder's way into the other accounts, and the person who approves: a role without any right of its own."""
    trusted = policies.trust(arns=[people.role_arn(names.RESPONDER)])
    for account in (hospital.DATA_ACCOUNT, hospital.KEY_ACCOUNT):
        _spoke(sandbox.root(account).client("iam"), trusted)
    lead = policies.trust(arns=[f"arn:aws:iam::{names.ACCOUNT}:root"])
    people.role(people.bound(sandbox, admin).client("iam"), hospital.LEAD, lead)


def _spoke(iam: "IAMClient", trusted: str) -> None:
    people.role(iam, hospital.SPOKE, trusted)
    people.empower(iam, hospital.SPOKE)


def spokes() -> list[str]:
    """The ARNs of the responder's roles in the other accounts."""
    return [people.role_arn(hospital.SPOKE, account) for account in (hospital.DATA_ACCOUNT, hospital.KEY_ACCOUNT)]


def rightful() -> dict[str, list[str]]:
    """Who works with which tenant's data by right, as the hospital has declared it: ARNs by tenant."""
    here = (hospital.NURSE, hospital.PATHOLOGIST, hospital.SCANNER)
    nurse, pathologist, scanner = (people.user_arn(name) for name in here)
    clinicians = [people.role_arn(names.APP_ROLE), *(people.user_arn(name) for name in (names.CLINICIAN, names.BACKUP_USER))]
    keepers = [people.role_arn(names.PIPELINE), people.user_arn(names.ADMINISTRATOR)]
    return {
        "st-brendan": [*clinicians, people.user_arn(hospital.RADIOLOGY), *keepers],
        "marys-hospice": [nurse, *keepers],
        "county-lab": [pathologist, scanner, people.user_arn(hospital.ENVELOPES, hospital.KEY_ACCOUNT), *keepers],
    }
