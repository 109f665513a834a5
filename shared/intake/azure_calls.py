"""What a call of Resource Manager is known by, to who made it and in the activity log."""

from shared.domain.value import digest

WRITES = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}
"""How the log names methods at the end of an operation; a POST goes by the action's own name."""


def known_as(correlation: str, operation: str, resource: str) -> str:
    """The correlation id with a digest of what was done to what: whoever calls may send any id (`x-ms-correlation-request-id`).

    `operation` as the log has it (`Microsoft.Storage/storageAccounts/write`, `.../regenerateKey/action`).
    """
    words = operation.lower().removesuffix("/action").rpartition("/")[2]
    return f"{correlation}.{digest({'did': words, 'to': resource.strip('/').lower()})[:12]}" if correlation else ""


def called(correlation: str, method: str, path: str) -> str:
    """The same of a request as it was sent; of what changes nothing the id alone."""
    if method in WRITES:
        return known_as(correlation, WRITES[method], path)
    resource, _, action = path.strip("/").rpartition("/")
    return known_as(correlation, f"{action}/action", resource) if method == "POST" else correlation
