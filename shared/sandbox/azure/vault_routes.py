"""Key Vault's data plane as a table: what each request is, which permission it needs, how the log names it.

Source: Key Vault REST reference 2025-07-01; "Azure built-in roles" and "Assign a Key Vault access policy" for the permissions;
"Azure Key Vault logging" for the names of operations.
"""

import re
from dataclasses import dataclass

from shared.sandbox.azure import vault_crypto as crypto
from shared.sandbox.azure import vault_keys as keys
from shared.sandbox.azure.vault_keys import Doing

DATA_ACTIONS = "Microsoft.KeyVault/vaults/"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `permission` is the access policy's word, `action` the RBAC data action below `Microsoft.KeyVault/vaults/`."""

    method: str
    path: re.Pattern[str]
    operation: str
    permission: str
    action: str
    do: Doing

    @property
    def data_action(self) -> str:
        return DATA_ACTIONS + self.action


def _route(line: str, do: Doing) -> Route:
    method, path, operation, permission, action = line.split()
    named = path.replace("{name}", r"(?P<name>[\w-]+)").replace("{version}", r"(?P<version>\w*)")
    return Route(method, re.compile(named + "/?$"), operation, permission, action, do)


ROUTES: tuple[Route, ...] = (
    _route("POST /keys/restore KeyRestore restore keys/restore/action", keys.restore),
    _route("POST /keys/{name}/create KeyCreate create keys/create/action", keys.create),
    _route("POST /keys/{name}/rotate KeyRotate rotate keys/rotate/action", keys.rotate),
    _route("POST /keys/{name}/backup KeyBackup backup keys/backup/action", keys.backup),
    _route("GET /keys/{name}/versions KeyListVersions list keys/read", keys.versions),
    _route("GET /keys/{name}/rotationpolicy KeyRotationPolicyGet getrotationpolicy keyrotationpolicies/read", keys.show_rotation),
    _route("PUT /keys/{name}/rotationpolicy KeyRotationPolicySet setrotationpolicy keyrotationpolicies/write", keys.set_rotation),
    _route("POST /keys/{name}/{version}/encrypt KeyEncrypt encrypt keys/encrypt/action", crypto.encrypt),
    _route("POST /keys/{name}/{version}/decrypt KeyDecrypt decrypt keys/decrypt/action", crypto.decrypt),
    _route("POST /keys/{name}/{version}/wrapkey KeyWrap wrapKey keys/wrap/action", crypto.wrap),
    _route("POST /keys/{name}/{version}/unwrapkey KeyUnwrap unwrapKey keys/unwrap/action", crypto.unwrap),
    _route("POST /keys/{name}/{version}/sign KeySign sign keys/sign/action", crypto.sign),
    _route("POST /keys/{name}/{version}/verify KeyVerify verify keys/verify/action", crypto.verify),
    _route("PUT /keys/{name} KeyImport import keys/import/action", keys.bring),
    _route("DELETE /keys/{name} KeyDelete delete keys/delete", keys.delete),
    _route("PATCH /keys/{name} KeyUpdate update keys/update/action", keys.update),
    _route("PATCH /keys/{name}/{version} KeyUpdate update keys/update/action", keys.update),
    _route("GET /keys KeyList list keys/read", keys.listed),
    _route("GET /keys/{name} KeyGet get keys/read", keys.show),
    _route("GET /keys/{name}/{version} KeyGet get keys/read", keys.show),
    _route("GET /deletedkeys KeyListDeleted list keys/read", keys.list_deleted),
    _route("GET /deletedkeys/{name} KeyGetDeleted get keys/read", keys.show_deleted),
    _route("DELETE /deletedkeys/{name} KeyPurge purge keys/purge/action", keys.purge),
    _route("POST /deletedkeys/{name}/recover KeyRecover recover keys/recover/action", keys.recover),
)


def match(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The operation of a request with the names in its path, or None."""
    for route in ROUTES:
        found = route.path.match(path) if route.method == method else None
        if found:
            return route, found.groupdict()
    return None
