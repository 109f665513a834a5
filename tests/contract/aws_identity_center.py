"""What moto lacks of IAM Identity Center, at the boundary: work that takes time, and accounts left behind until provisioned.

Source: IAM Identity Center API reference, ProvisionPermissionSet, ListAccountsForProvisionedPermissionSet, CreateAccountAssignment.
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal
from uuid import uuid4

import pytest
from moto.ssoadmin.models import ssoadmin_backends
from moto.ssoadmin.responses import SSOAdminResponse

from shared.sandbox.aws import emulator, rules
from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import Refusal


class IdentityCenter:
    """Which accounts have an older policy than their permission set, and how jobs end."""

    def __init__(self) -> None:
        self.behind: dict[str, list[str]] = {}
        self.jobs: dict[str, str] = {}
        self.administered = True
        self.ending: Literal["SUCCEEDED", "FAILED", "IN_PROGRESS"] = "SUCCEEDED"

    @property
    def rules(self) -> Mapping[str, Rule]:
        created, deleted = "AccountAssignmentCreationStatus", "AccountAssignmentDeletionStatus"
        return {
            "PutInlinePolicyToPermissionSet": self._changed,
            "DeleteInlinePolicyFromPermissionSet": self._changed,
            "ListAccountsForProvisionedPermissionSet": self._accounts,
            "ListPermissionSetsProvisionedToAccount": _sets,
            "ListInstances": self._instances,
            "ProvisionPermissionSet": self._provision,
            "DescribePermissionSetProvisioningStatus": self._provisioned,
            "CreateAccountAssignment": partial(_begin, created),
            "DescribeAccountAssignmentCreationStatus": partial(self._end, created),
            "DeleteAccountAssignment": partial(_begin, deleted),
            "DescribeAccountAssignmentDeletionStatus": partial(self._end, deleted),
        }

    def _changed(self, cloud: Cloud, ask: Ask) -> Reply:
        self.behind[ask.params["PermissionSetArn"]] = _assigned(ask)
        return forward(cloud, ask)

    def _accounts(self, _: Cloud, ask: Ask) -> Reply:
        behind = self.behind.get(ask.params["PermissionSetArn"], [])
        only = ask.params.get("ProvisioningStatus")
        return ask.answer({"AccountIds": behind if only == "LATEST_PERMISSION_SET_NOT_PROVISIONED" else _assigned(ask)})

    def _instances(self, cloud: Cloud, ask: Ask) -> Reply:
        return forward(cloud, ask) if self.administered else ask.answer({"Instances": []})

    def _provision(self, _: Cloud, ask: Ask) -> Reply:
        job = str(uuid4())
        self.jobs[job] = ask.params["PermissionSetArn"]
        return ask.answer({"PermissionSetProvisioningStatus": {"Status": "IN_PROGRESS", "RequestId": job}})

    def _provisioned(self, cloud: Cloud, ask: Ask) -> Reply:
        if self.ending == "SUCCEEDED":
            self.behind.pop(self.jobs[ask.params["ProvisionPermissionSetRequestId"]], None)
        return self._end("PermissionSetProvisioningStatus", cloud, ask)

    def _end(self, job: str, _: Cloud, ask: Ask) -> Reply:
        return ask.answer({job: {"Status": self.ending, "RequestId": str(uuid4())}})


def _begin(job: str, cloud: Cloud, ask: Ask) -> Reply:
    """moto does it at once and tells no status."""
    forward(cloud, ask)
    return ask.answer({job: {"Status": "IN_PROGRESS", "RequestId": str(uuid4())}})


def _sets(_: Cloud, ask: Ask) -> Reply:
    made = ssoadmin_backends[ask.account][ask.region].account_assignments
    sets = {one.permission_set_arn for one in made if one.target_id == ask.params["AccountId"]}
    return ask.answer({"PermissionSets": sorted(sets)})


def _assigned(ask: Ask) -> list[str]:
    backend = ssoadmin_backends[ask.account][ask.region]
    if not any(one.permission_set_arn == ask.params["PermissionSetArn"] for one in backend.permission_sets):
        raise Refusal("ResourceNotFoundException", "PermissionSet not found", 400)
    made = backend.account_assignments
    return sorted({one.target_id for one in made if one.permission_set_arn == ask.params["PermissionSetArn"]})


def installed(patch: pytest.MonkeyPatch) -> IdentityCenter:
    """The sandbox with these rules, until the patch is undone."""
    center = IdentityCenter()
    patch.setitem(rules.RULES, "sso-admin", {**rules.RULES.get("sso-admin", {}), **center.rules})
    patch.setitem(emulator.DIRECT, "sso-admin", SSOAdminResponse.dispatch)
    return center
