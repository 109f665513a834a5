"""Clients for whoever the environment names, as azure-identity reads it; and at most another address for all of Azure."""

import base64
import json
import os
from typing import Any

from shared.adapters.azure.clients import Clients
from shared.adapters.azure.errors import call
from shared.domain.errors import Unreachable

ENDPOINT = "CODEBLUE_AZURE_ENDPOINT"
"""Where every request is sent instead, with its own URL in a header; see `forwarding`."""

ARM = "https://management.azure.com/.default"


def clients() -> Clients:
    """Clients with azure-identity's standard chain: environment, workload identity, managed identity, a developer's sign-in."""
    credential, transport = _identity()
    return Clients(credential, transport)


def tenant() -> str:
    """The tenant that the environment signs in to."""
    return _claim("tid")


def caller() -> str:
    """Whoever the environment signs in as, by object id: no namesake gets that."""
    return _claim("oid").lower()


def _claim(name: str) -> str:
    """One claim of the token for ARM."""
    token = call(_identity()[0].get_token, ARM).token
    try:
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))[name])
    except (IndexError, KeyError, ValueError):
        raise Unreachable(f"the token for ARM does not say its {name}") from None


def _identity() -> tuple[Any, Any]:
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - a slow import, paid when needed

    endpoint = os.environ.get(ENDPOINT)
    if not endpoint:
        return DefaultAzureCredential(), None
    from shared.adapters.azure.forwarding import Forwarding, transport_over  # noqa: PLC0415 - the same

    transport = transport_over(Forwarding(endpoint))
    return DefaultAzureCredential(transport=transport), transport
