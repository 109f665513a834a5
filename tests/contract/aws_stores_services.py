"""What moto lacks of AWS Backup, S3 Access Grants, bucket encryption and KMS, at the boundary, with the services' refusals."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from moto.backup.models import backup_backends
from moto.s3control.responses import S3ControlResponse

from shared.sandbox.aws import emulator, rules
from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.http import Reply
from shared.sandbox.aws.refusals import Refusal


class Services:
    """Vault policies, access grants by id and blocked encryption types by bucket, of one account and Region."""

    def __init__(self) -> None:
        self.policies: dict[str, str] = {}
        self.grants: dict[str, dict[str, Any]] | None = None
        self.blocked: dict[str, list[str]] = {}

    @property
    def rules(self) -> Mapping[str, Mapping[str, Rule]]:
        return {
            "backup": {
                "GetBackupVaultAccessPolicy": self._vault_policy,
                "PutBackupVaultAccessPolicy": self._put_vault_policy,
                "DeleteBackupVaultAccessPolicy": self._delete_vault_policy,
            },
            "s3control": {"ListAccessGrants": self._access_grants, "DeleteAccessGrant": self._delete_access_grant},
            "kms": dict.fromkeys(("CancelKeyDeletion", "DisableKey", "EnableKey", "ScheduleKeyDeletion"), _by_id),
            "s3": {"PutBucketEncryption": self._put_encryption, "GetBucketEncryption": self._encryption},
        }

    def _vault_policy(self, _: Cloud, ask: Ask) -> Reply:
        name = _vault(ask)
        if name not in self.policies:
            raise Refusal("ResourceNotFoundException", "Backup vault has no access policy", 400)
        return ask.answer({"BackupVaultName": name, "Policy": self.policies[name]})

    def _put_vault_policy(self, _: Cloud, ask: Ask) -> Reply:
        name, policy = _vault(ask), ask.params["Policy"]
        if not json.loads(policy)["Statement"]:
            raise Refusal("InvalidParameterValueException", "The policy has no statements", 400)
        self.policies[name] = policy
        return ask.answer({})

    def _delete_vault_policy(self, _: Cloud, ask: Ask) -> Reply:
        self.policies.pop(_vault(ask), None)
        return ask.answer({})

    def _access_grants(self, _: Cloud, ask: Ask) -> Reply:
        if self.grants is None:
            raise Refusal("AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist", 404)
        ids = sorted(self.grants)
        start = ids.index(ask.params["NextToken"]) if ask.params.get("NextToken") else 0
        following = {"NextToken": ids[start + 1]} if start + 1 < len(ids) else {}
        return ask.answer({"AccessGrantsList": [self.grants[grant] for grant in ids[start : start + 1]], **following})

    def _delete_access_grant(self, _: Cloud, ask: Ask) -> Reply:
        if ask.params["AccessGrantId"] not in (self.grants or {}):
            raise Refusal("NoSuchAccessGrantError", "The specified access grant does not exist", 404)
        (self.grants or {}).pop(ask.params["AccessGrantId"])
        return ask.answer({})

    def _put_encryption(self, cloud: Cloud, ask: Ask) -> Reply:
        (rule,) = ask.params["ServerSideEncryptionConfiguration"]["Rules"]
        self.blocked[ask.params["Bucket"]] = rule.get("BlockedEncryptionTypes", {}).get("EncryptionType", [])
        return forward(cloud, ask)

    def _encryption(self, cloud: Cloud, ask: Ask) -> Reply:
        reply = forward(cloud, ask)
        types = "".join(f"<EncryptionType>{name}</EncryptionType>" for name in self.blocked.get(ask.params["Bucket"], []))
        said = f"<BlockedEncryptionTypes>{types}</BlockedEncryptionTypes></Rule>" if types else "</Rule>"
        return Reply(reply.status, reply.headers, reply.body.replace(b"</Rule>", said.encode()))


def _vault(ask: Ask) -> str:
    name: str = ask.params["BackupVaultName"]
    if name not in backup_backends[ask.account][ask.region].vaults:
        raise Refusal("AccessDeniedException", "Insufficient privileges to perform this action.", 403)
    return name


def _by_id(cloud: Cloud, ask: Ask) -> Reply:
    """moto takes an ARN for an unknown key here."""
    return forward(cloud, ask.with_body(json.dumps({**ask.params, "KeyId": ask.params["KeyId"].rpartition("/")[2]}).encode()))


def installed(patch: pytest.MonkeyPatch) -> Services:
    """The sandbox with these services, until the patch is undone."""
    services = Services()
    for service, table in services.rules.items():
        patch.setitem(rules.RULES, service, {**rules.RULES.get(service, {}), **table})
    patch.setitem(emulator.DIRECT, "s3control", S3ControlResponse.dispatch)
    return services
