"""A request body that the service's own description does not allow is refused."""

import pytest
from azure.mgmt.authorization.v2022_04_01 import models as authorization
from azure.mgmt.storage import models as storage

from shared.sandbox.azure.schema import MODELS, complaints

ACCOUNT, ROLE = storage.StorageAccountUpdateParameters, authorization.RoleAssignmentCreateParameters
SERVICE_WRITES = {"encryption": {"keyvaultproperties": {"currentVersionedKeyIdentifier": "x"}}}
RIGHT = {"minimumTlsVersion": "TLS1_2", "networkAcls": {"defaultAction": "deny", "ipRules": [{"value": "203.0.113.9"}]}}

ROWS = [
    ("an unknown property", ACCOUNT, {"minimumTls": "TLS1_2"}, "unknown"),
    ("one that the service writes", ACCOUNT, SERVICE_WRITES, "read-only"),
    ("no value of an enumeration", ACCOUNT, {"networkAcls": {"defaultAction": "Block"}}, "none of"),
    ("a text for a truth", ACCOUNT, {"allowSharedKeyAccess": "no"}, "bool"),
    ("an unknown property of an older model", ROLE, {"who": "x"}, "unknown"),
    ("one that the service writes in an older model", ROLE, {"createdBy": "x"}, "read-only"),
    ("a body that is right", ACCOUNT, RIGHT, ""),
    ("a right body of an older model", ROLE, {"principalId": "x"}, ""),
]


@pytest.mark.parametrize(("model", "body", "why"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_body_is_held_against_its_model(model: type, body: dict[str, object], why: str) -> None:
    found = [reason for _, reason in complaints(model, {"properties": body})]
    assert any(why in reason for reason in found) if why else not found


def test_every_operation_names_its_model_once() -> None:
    assert len({key.lower() for key in MODELS}) == len(MODELS)
    assert all(key.split()[1] == key.split()[1].lower() for key in MODELS)
