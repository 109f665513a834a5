"""What moto lacks of AWS Backup and of S3 Access Grants, at the boundary, with the services' refusals."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from moto.backup.models import backup_backends

from shared.sandbox.aws import rules
from shared.sandbox.aws.cloud import Ask, Cloud, Rule
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import FORBIDDEN, NOT_FOUND, Refusal


class Services:
    """Vault policies, and access grants by id (None: the account has no Access Grants instance), of one account and Region."""

    def __init__(self) -> None:
        self.policies: dict[str, str] = {}
        self.grants: dict[str, dict[str, Any]] | None = None

    @property
    def rules(self) -> Mapping[str, Mapping[str, Rule]]:
        return {
            "backup": {
                "GetBackupVaultAccessPolicy": self._vault_policy,
                "PutBackupVaultAccessPolicy": self._put_vault_policy,
                "DeleteBackupVaultAccessPolicy": self._delete_vault_policy,
            },
            "s3control": {"ListAccessGrants": self._access_grants, "DeleteAccessGrant": self._delete_access_grant},
        }

    def _vault_policy(self, _: Cloud, ask: Ask) -> Reply:
        name = _vault(ask)
        if name not in self.policies:
            raise Refusal("ResourceNotFoundException", "Backup vault has no access policy")
        return ask.answer({"BackupVaultName": name, "Policy": self.policies[name]})

    def _put_vault_policy(self, _: Cloud, ask: Ask) -> Reply:
        name, policy = _vault(ask), ask.params["Policy"]
        if not json.loads(policy)["Statement"]:
            raise Refusal("InvalidParameterValueException", "The policy has no statements")
        if '"AIDA' in policy:
            raise Refusal("InvalidParameterValueException", "The policy names a principal that does not exist")
        self.policies[name] = policy
        return ask.answer({})

    def _delete_vault_policy(self, _: Cloud, ask: Ask) -> Reply:
        self.policies.pop(_vault(ask), None)
        return ask.answer({})

    def _access_grants(self, _: Cloud, ask: Ask) -> Reply:
        """A page has one grant, so that every client must ask for the next."""
        if self.grants is None:
            raise Refusal("AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist", NOT_FOUND)
        ids = sorted(self.grants)
        start = ids.index(ask.params["NextToken"]) if ask.params.get("NextToken") else 0
        following = {"NextToken": ids[start + 1]} if start + 1 < len(ids) else {}
        return ask.answer({"AccessGrantsList": [self.grants[grant] for grant in ids[start : start + 1]], **following})

    def _delete_access_grant(self, _: Cloud, ask: Ask) -> Reply:
        if ask.params["AccessGrantId"] not in (self.grants or {}):
            raise Refusal("NoSuchAccessGrantError", "The specified access grant does not exist", NOT_FOUND)
        (self.grants or {}).pop(ask.params["AccessGrantId"])
        return ask.answer({})


def _vault(ask: Ask) -> str:
    name: str = ask.params["BackupVaultName"]
    if name not in backup_backends[ask.account][ask.region].vaults:
        raise Refusal("AccessDeniedException", "Insufficient privileges to perform this action.", FORBIDDEN)
    return name


def installed(patch: pytest.MonkeyPatch) -> Services:
    """The sandbox with these services, until the patch is undone."""
    services = Services()
    for service, table in services.rules.items():
        patch.setitem(rules.RULES, service, {**rules.RULES.get(service, {}), **table})
    return services
