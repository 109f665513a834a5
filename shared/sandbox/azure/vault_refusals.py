"""What Key Vault refuses, in its words.

Source: "Azure Key Vault REST API error codes"; the inner code names the rule that refused.
"""

from shared.sandbox.azure.wire import Answer, Problem

_HELP = "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid="


class VaultProblem(Problem):
    """A refusal with the inner code that tells a firewall from a missing role."""

    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(status, code, message)
        self.inner = inner

    def answer(self, **more: object) -> Answer:
        inner = {"innererror": {"code": self.inner}} if self.inner else {}
        return super().answer(**inner, **more)


def no_key(name: str) -> VaultProblem:
    """There is no such key, or no such version."""
    message = (
        f"A key with (name/id) {name} was not found in this key vault. If you recently deleted this key you may be able to "
        f"recover it using the correct recovery command. {_HELP}2125182"
    )
    return VaultProblem(404, "KeyNotFound", message)


def not_deleted(name: str) -> VaultProblem:
    """No deleted key has this name."""
    return VaultProblem(404, "KeyNotFound", f"Deleted Key not found: {name}")


def bad(message: str) -> VaultProblem:
    """The request does not mean anything to the service."""
    return VaultProblem(400, "BadParameter", message)


def recoverable(name: str) -> VaultProblem:
    """The name is taken by a key that can still be recovered."""
    message = (
        f"Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key "
        "can only be recovered or purged."
    )
    return VaultProblem(409, "Conflict", message, "ObjectIsDeletedButRecoverable")


def disabled(operation: str) -> VaultProblem:
    """The version is switched off."""
    return VaultProblem(403, "Forbidden", f"Operation {operation} is not allowed on a disabled key.", "KeyDisabled")


def out_of_time(operation: str, which: str) -> VaultProblem:
    """The version is used before its time or after it."""
    return VaultProblem(403, "Forbidden", f"Operation {operation} is not allowed on {which} key.", "KeyNotYetValidOrExpired")


def not_permitted(operation: str) -> VaultProblem:
    """The key's own operations do not have this one."""
    message = f"Operation {operation} is not permitted on this key."
    return VaultProblem(403, "Forbidden", message, "KeyOperationForbidden")


def protected() -> VaultProblem:
    """Nobody purges before the retention period ends."""
    message = (
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will '
        "automatically purge it after the retention period has passed."
    )
    return VaultProblem(403, "Forbidden", message, "ForbiddenByPolicy")


def no_policy(caller: str, permission: str, vault: str) -> VaultProblem:
    """No access policy gives the permission."""
    lacks = f"does not have keys {permission} permission on key vault '{vault}'"
    return VaultProblem(403, "Forbidden", f"The user, group or application '{caller}' {lacks}. {_HELP}2125287", "AccessDenied")


def no_role(caller: str, action: str, resource: str) -> VaultProblem:
    """No role assignment gives the data action."""
    message = (
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions "
        f"were changed recently, please observe propagation time.\r\nCaller: {caller}\r\nAction: '{action}'\r\n"
        f"Resource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null"
    )
    return VaultProblem(403, "Forbidden", message, "ForbiddenByRbac")


def firewall(address: str, caller: str, vault: str) -> VaultProblem:
    """The network rules do not name the caller's network."""
    message = (
        "Client address is not authorized and caller is not a trusted service.\r\n"
        f"Client address: {address}\r\nCaller: {caller}\r\nVault: {vault}"
    )
    return VaultProblem(403, "Forbidden", message, "ForbiddenByFirewall")


def no_public_way(caller: str, vault: str) -> VaultProblem:
    """The vault takes callers from private endpoints only."""
    message = (
        "Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\n"
        f"Caller: {caller}\r\nVault: {vault}"
    )
    return VaultProblem(403, "Forbidden", message, "ForbiddenByConnection")
