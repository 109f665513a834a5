"""Ids and ages that AWS gives and no call can ask for: a scene is set under the ids that its alerts name, and long ago.

Everything here reaches behind the boundary, before the first act of a scene; nothing in the scene does.
"""

from dataclasses import replace
from datetime import timedelta

from moto.core.utils import utcnow
from moto.kms.models import KmsBackend, kms_backends

from shared.sandbox.aws.cloud import Cloud
from shared.sandbox.aws.history import iam_of
from shared.sandbox.aws.principals import Session

AGE = timedelta(days=400)
"""How long ago everything was made that is there when a scene begins."""


def user(cloud: Cloud, account: str, name: str, *, unique_id: str = "", access_key: str = "") -> None:
    """Give a user this unique id (AIDA…), and its only access key this id."""
    found = iam_of(account).users[name]
    found.id = unique_id or found.id
    if access_key:
        (key,) = found.access_keys
        iam_of(account).access_keys.pop(key.access_key_id, None)
        key.access_key_id = access_key
        iam_of(account).access_keys[access_key] = key
    cloud.history.record(account)


def role(cloud: Cloud, account: str, name: str, unique_id: str) -> None:
    """Give a role this unique id (AROA…); the emulator files roles under theirs."""
    backend = iam_of(account)
    found = backend.get_role(name)
    backend.roles.pop(found.id)
    found.id = unique_id
    backend.roles[unique_id] = found
    cloud.history.record(account)


def key(account: str, region: str, made: str, wanted: str) -> str:
    """Give a KMS key that has no alias, policy or replica yet this id; its ARN."""
    backend: KmsBackend = kms_backends[account][region]
    found = backend.keys.pop(made)
    found.id, found.arn = wanted, found.arn.replace(made, wanted)
    if found.multi_region:
        found.multi_region_configuration["PrimaryKey"]["Arn"] = found.arn
    backend.keys[wanted] = found
    return str(found.arn)


def session(cloud: Cloud, issued: Session, access_key: str) -> Session:
    """The same temporary credentials under this access key id (ASIA…)."""
    return cloud.principals.keep(replace(issued, access_key_id=access_key))


def age(cloud: Cloud, account: str) -> None:
    """Let every user, role and access key of an account have been made long ago."""
    backend, then = iam_of(account), utcnow() - AGE
    for person in backend.users.values():
        person.create_date = then
        for each in person.access_keys:
            each.create_date = then
    for found in backend.roles.values():
        found.create_date = then
    cloud.history.record(account)
