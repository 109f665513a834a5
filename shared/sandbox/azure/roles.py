"""Azure's built-in roles, as far as a hospital, its thief and its responder use them: name, id, actions and data actions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Role:
    """One role definition: what it lets do, as operation names with `*`."""

    id: str
    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    custom: bool = False
    scopes: tuple[str, ...] = ("/",)

    @classmethod
    def read(cls, role_id: str, properties: Mapping[str, Any]) -> "Role":
        """A role of the customer's own, from its definition's `properties`."""
        allowed = (properties.get("permissions") or [{}])[0]
        return cls(
            role_id,
            properties["roleName"],
            actions=tuple(allowed.get("actions", ())),
            not_actions=tuple(allowed.get("notActions", ())),
            data_actions=tuple(allowed.get("dataActions", ())),
            not_data_actions=tuple(allowed.get("notDataActions", ())),
            custom=True,
            scopes=tuple(properties.get("assignableScopes", ())),
        )

    def lets(self, action: str, *, data: bool) -> bool:
        """Whether this role allows an operation, data action or not."""
        allowed, excepted = (self.data_actions, self.not_data_actions) if data else (self.actions, self.not_actions)
        return any(_fits(pattern, action) for pattern in allowed) and not any(_fits(pattern, action) for pattern in excepted)

    @property
    def resource_id(self) -> str:
        return f"/providers/Microsoft.Authorization/roleDefinitions/{self.id}"

    @property
    def permission(self) -> dict[str, list[str]]:
        """What it lets do, as ARM shows it."""
        return {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": list(self.not_data_actions),
        }

    def shown(self) -> dict[str, Any]:
        """As ARM shows it."""
        return {
            "id": self.resource_id,
            "name": self.id,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": self.name,
                "type": "CustomRole" if self.custom else "BuiltInRole",
                "description": "",
                "assignableScopes": list(self.scopes),
                "permissions": [self.permission],
            },
        }


_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_ACCOUNTS = "Microsoft.Storage/storageAccounts"
_KEYS = "Microsoft.KeyVault/vaults/keys"
_USES = ("encrypt/action", "decrypt/action", "wrap/action", "unwrap/action", "sign/action", "verify/action")

BUILT_IN = (
    Role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", ("*",)),
    Role(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        ("*",),
        (
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
        ),
    ),
    Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", ("*/read",)),
    Role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    Role(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        ("Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read"),
    ),
    Role(
        "17d1049b-9a84-46fb-8f53-869881c3d3ab",
        "Storage Account Contributor",
        ("Microsoft.Authorization/*/read", "Microsoft.Insights/diagnosticSettings/*", f"{_ACCOUNTS}/*"),
    ),
    Role(
        "81a9662b-bebf-436f-a333-f67b29880f12",
        "Storage Account Key Operator Service Role",
        (f"{_ACCOUNTS}/listkeys/action", f"{_ACCOUNTS}/regeneratekey/action"),
    ),
    Role(
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "Storage Blob Data Owner",
        (f"{_BLOBS}/*", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"),
        data_actions=(f"{_BLOBS}/blobs/*",),
    ),
    Role(
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "Storage Blob Data Contributor",
        (
            f"{_BLOBS}/delete",
            f"{_BLOBS}/read",
            f"{_BLOBS}/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ),
        data_actions=tuple(f"{_BLOBS}/blobs/{verb}" for verb in ("delete", "read", "write", "move/action", "add/action")),
    ),
    Role(
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "Storage Blob Data Reader",
        (f"{_BLOBS}/read", "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"),
        data_actions=(f"{_BLOBS}/blobs/read",),
    ),
    Role(
        "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
        "Storage Blob Delegator",
        ("Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",),
    ),
    Role(
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "Key Vault Administrator",
        ("*/read", "Microsoft.KeyVault/checkNameAvailability/read"),
        data_actions=("Microsoft.KeyVault/vaults/*",),
    ),
    Role(
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
        "Key Vault Crypto Officer",
        data_actions=("Microsoft.KeyVault/vaults/keys/*", "Microsoft.KeyVault/vaults/keyrotationpolicies/*"),
    ),
    Role(
        "12338af0-0e69-4776-bea7-57ae8d297424",
        "Key Vault Crypto User",
        data_actions=tuple(f"{_KEYS}/{verb}" for verb in ("read", "update/action", "backup/action", *_USES)),
    ),
    Role(
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",
        "Key Vault Crypto Service Encryption User",
        ("Microsoft.EventGrid/eventSubscriptions/write", "Microsoft.EventGrid/eventSubscriptions/read"),
        data_actions=(f"{_KEYS}/read", f"{_KEYS}/wrap/action", f"{_KEYS}/unwrap/action"),
    ),
    Role(
        "f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor", ("Microsoft.KeyVault/*", "Microsoft.Insights/alertRules/*")
    ),
    Role(
        "73c42c96-874c-492b-b04d-ab87d138a893",
        "Log Analytics Reader",
        ("*/read", "Microsoft.OperationalInsights/workspaces/search/action"),
    ),
    Role(
        "9980e02c-c2be-4d73-94e8-173b1dc7cf3c", "Virtual Machine Contributor", ("Microsoft.Compute/*", "Microsoft.Network/*/read")
    ),
    Role("4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor", ("Microsoft.Network/*", "Microsoft.Authorization/*/read")),
)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.lower().split("*")))


def _fits(pattern: str, action: str) -> bool:
    return _pattern(pattern).fullmatch(action.lower()) is not None
