"""Roles in the directory, as its log and PIM's records tell of them: who gives one that commands others is acted on."""

from typing import Any

import pytest

from shared.triage.decision import Decision
from tests.unit.triage_desk import judged

ADMIN, READER = "Privileged Role Administrator", "Directory Readers"


def by_pim(activity: str, role: str) -> dict[str, Any]:
    """A record of PIM's: the role is what was changed, and whoever has it now is one more target."""
    properties = [{"displayName": "TemplateId", "oldValue": '""', "newValue": '"e8611ab8-c189-46e8-94e1-60213ab1f814"'}]
    targets: list[dict[str, Any]] = [
        {"id": "role", "type": "Role", "displayName": role, "modifiedProperties": properties},
        {"id": "request", "type": "Request"},
        {"id": "00000000-0000-4000-8000-00000000aaaa", "type": "User", "displayName": "Mal"},
    ]
    return record(activity, targets)


def by_directory(role: str) -> dict[str, Any]:
    properties = [{"displayName": "Role.DisplayName", "oldValue": None, "newValue": f'"{role}"'}]
    return record("Add member to role", [{"id": "u", "type": "User", "modifiedProperties": properties}])


def record(activity: str, targets: list[dict[str, Any]]) -> dict[str, Any]:
    by = {"user": {"id": "0b1ec701-0000-4000-8000-00000000a5e1", "userPrincipalName": "nora@st-brendan.example"}}
    told = {"id": f"PIM_{activity}", "activityDisplayName": activity, "activityDateTime": "2026-11-21T11:50:00Z"}
    inner = {**told, "category": "RoleManagement", "result": "success", "initiatedBy": by, "targetResources": targets}
    return {"category": "AuditLogs", "operationName": activity, "time": "2026-11-21T11:50:00Z", "properties": inner}


ROWS = {
    "a role that commands others": (by_directory(ADMIN), Decision.ACT),
    "one that commands nobody": (by_directory(READER), Decision.WATCH),
    "one that waits to be activated": (by_pim("Add eligible member to role in PIM completed (permanent)", ADMIN), Decision.ACT),
    "one for a time": (by_pim("Add member to role in PIM completed (timebound)", ADMIN), Decision.ACT),
    "one that waits and commands nobody": (
        by_pim("Add eligible member to role in PIM completed (permanent)", READER),
        Decision.WATCH,
    ),
    "one that was asked for": (by_pim("Add eligible member to role in PIM requested (permanent)", ADMIN), Decision.WATCH),
    "one that its holder activates": (by_pim("Add member to role completed (PIM activation)", ADMIN), Decision.WATCH),
}


@pytest.mark.parametrize(("given", "decision"), ROWS.values(), ids=ROWS)
def test_it_is_decided_on(given: dict[str, Any], decision: Decision) -> None:
    (line,) = judged(given)
    assert line.decision is decision
