"""Which rights administer a vault or its keys: rows of what somebody holds, and a key in a vault."""

import json

import pytest

from shared.domain.facet import Facet, RoleAssigned, RoleByGroup, RoleEligible, VaultAccess
from shared.domain.resource import Cloud, Kind, Ref
from shared.workflow.parting import rules

GROUP = "/subscriptions/s/resourcegroups/keys"
VAULT = Ref(cloud=Cloud.AZURE, kind=Kind.KEY_VAULT, account="s", id=f"{GROUP}/providers/microsoft.keyvault/vaults/ward")
KEY = Ref(cloud=Cloud.AZURE, kind=Kind.KEY, account="s", id="https://ward.vault.azure.net/keys/Charts/v1")
OFFICER, READER = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "21090545-7ca7-4776-b22c-e363652d74d2"


def role(scope: str, role_id: str = OFFICER, *, present: bool = True) -> RoleAssigned:
    return RoleAssigned(assignment="a", role=f"/providers/x/roleDefinitions/{role_id}", scope=scope, present=present)


def entry(*permissions: str, vault: str = VAULT.id) -> VaultAccess:
    return VaultAccess(vault=vault, spec=json.dumps({"permissions": {"keys": permissions}}), present=True)


ROWS: dict[str, tuple[Facet, bool]] = {
    "a role at the vault": (role(VAULT.id), True),
    "at its group, in other letters": (role(GROUP.upper()), True),
    "at the root": (role("/"), True),
    "at a management group": (role("/providers/Microsoft.Management/managementGroups/all"), True),
    "at the key alone": (role(f"{VAULT.id}/keys/charts"), True),
    "at another key": (role(f"{VAULT.id}/keys/scans"), False),
    "at a vault whose name only begins so": (role(VAULT.id[:-1]), False),
    "a role that only reads": (role(VAULT.id, READER), False),
    "a role that it never had": (role(VAULT.id, present=False), False),
    "a role for the taking": (RoleEligible(role=OFFICER, scope=GROUP, present=True), True),
    "a role by a group": (RoleByGroup(group="g", assignment="a", role=OFFICER, scope=GROUP, present=True), True),
    "an entry that lets change keys": (entry("get", "Update"), True),
    "an entry that lets use them": (entry("get", "wrapKey", "unwrapKey"), False),
    "an entry of another vault": (entry("all", vault=f"{VAULT.id}-2"), False),
}


@pytest.mark.parametrize(("held", "administers"), ROWS.values(), ids=ROWS)
def test_it_administers_the_vault_or_it_does_not(held: Facet, *, administers: bool) -> None:
    assert rules(held, KEY, VAULT) is administers
