"""Rules about who signs in how: what they said before somebody changed them, as the directory's log has it."""

import json
from copy import replace

import pytest

from shared.adapters.azure.world import AzureWorld
from shared.domain.errors import Absent, CloudError, Refused
from shared.domain.facet import RoleAssigned, SignInRule
from shared.domain.resource import Cloud, Kind, Ref
from shared.sandbox.azure.directory import ADMIN_ROLES
from tests.contract.azure.test_principal_facets import Night
from tests.contract.azure.thief_scenes import Hand

RULE = Ref(cloud=Cloud.AZURE, kind=Kind.SIGN_IN_RULE, account="", id="everybody-with-two-factors")
SAYS = {"displayName": "two factors", "state": "enabled", "conditions": {"users": {"includeUsers": ["All"]}}}
SLOT = (Kind.SIGN_IN_RULE, SignInRule)


@pytest.fixture
def night() -> Night:
    night = Night()
    night.scene.cloud.entra.policies[RULE.id] = {"id": RULE.id, "grantControls": None, **SAYS}
    return night


def hand(night: Night, name: str) -> Hand:
    """An administrator who may change such rules."""
    directory = night.scene.cloud.entra.directory
    who = directory.user_of(name) or directory.add_user(name, "a-password-EXAMPLE")
    who.directory_roles.add(ADMIN_ROLES["Conditional Access Administrator"])
    return Hand(night.scene.cloud, who, "198.51.100.77")


def change(by: Hand, **to: object) -> None:
    by.graph("PATCH", f"identity/conditionalAccess/policies/{RULE.id}", to)


def test_it_is_known_what_a_rule_said_before_each_change(night: Night) -> None:
    owner, thief, world = hand(night, "owner@x.example"), hand(night, "thief@x.example"), night.world(SLOT)
    change(owner, state="enabledForReportingButNotEnforced")
    change(thief, state="disabled")
    change(thief, conditions={"users": {"includeUsers": []}})
    (rule,) = world.look(RULE, SignInRule)
    directory = night.scene.cloud.entra.directory
    ids = [getattr(directory.user_of(f"{name}@x.example"), "id", "") for name in ("owner", "thief", "thief")]
    assert [each.by for each in rule.changes] == ids
    assert sorted(rule.changes, key=lambda each: each.at) == list(rule.changes)
    assert json.loads(rule.changes[1].before) == {**SAYS, "state": "enabledForReportingButNotEnforced"}
    wanted = rule.but(body=rule.changes[1].before)
    for _ in range(2):
        world.write(RULE, [wanted])
        assert wanted.satisfied_by(world.look(RULE, SignInRule)[0])
    world.write(RULE, [rule])
    assert rule.satisfied_by(world.look(RULE, SignInRule)[0])


def test_of_a_rule_that_nobody_changed_nothing_else_is_known(night: Night) -> None:
    (rule,) = night.world(SLOT).look(RULE, SignInRule)
    assert (json.loads(rule.body), rule.changes) == (SAYS, ())
    with pytest.raises(Absent):
        night.world(SLOT).look(RULE.but(id="gone"), SignInRule)


@pytest.mark.parametrize("right", ["AuditLog.Read.All", "Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"])
def test_no_declared_right_can_be_spared(night: Night, right: str) -> None:
    reads, writes = AzureWorld.permissions([SLOT])
    every = reads | writes
    less = night.world(rights=replace(every, graph=every.graph - {right}))
    (rule,) = night.world(SLOT).look(RULE, SignInRule)
    with pytest.raises(CloudError):
        less.look(RULE, SignInRule), less.write(RULE, [rule])


def test_what_somebody_has_at_the_root_is_a_global_administrators_to_take(night: Night) -> None:
    head = night.scene.cloud.entra.directory.users[night.nurse.id]
    head.directory_roles.add(ADMIN_ROLES["Global Administrator"])
    Hand(night.scene.cloud, head, "198.51.100.77")(
        "POST", "https://management.azure.com/providers/Microsoft.Authorization/elevateAccess?api-version=2016-07-01"
    )
    world = night.world((Kind.USER, RoleAssigned))
    (elevated,) = [role for role in world.look(night.user, RoleAssigned) if role.scope == "/"]
    with pytest.raises(Refused, match="Global Administrator"):
        world.write(night.user, [elevated.but(present=False)])
