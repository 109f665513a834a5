"""Azure's names as `Ref`s, written the one way that makes two refs of one resource equal: its ids come in every mixture of cases.

A principal belongs to a directory and to no subscription: its `account` is empty, and its id is its object id.
"""

import re
from urllib.parse import urlsplit

from shared.domain.resource import Cloud, Kind, Ref

WITHIN = r"/subscriptions/(?P<account>[0-9a-f-]{36})/resourcegroups/[^/]+/providers/"

KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(WITHIN + r"microsoft\.storage/storageaccounts/[a-z0-9]{3,24}(?=/|$)"), Kind.BUCKET),
    (re.compile(WITHIN + r"microsoft\.keyvault/vaults/[a-z0-9-]{3,24}(?=/|$)"), Kind.KEY_VAULT),
    (re.compile(WITHIN + r"microsoft\.compute/disks/[^/]{1,80}(?=/|$)"), Kind.VOLUME),
    (re.compile(WITHIN + r"microsoft\.compute/snapshots/[^/]{1,80}(?=/|$)"), Kind.SNAPSHOT),
)
"""How an id begins, in lower case, and what it names: what lies within a store or vault is told as that."""

DELEGATED = re.compile(
    r"/subscriptions/(?P<id>(?P<account>[0-9a-f-]{36})(?:/resourcegroups/[^/]+)?)"
    r"/providers/microsoft\.managedservices/registrationassignments/"
)
"""What is said about a subscription as a whole, or about a group in it: an account of its own then, `ID/resourcegroups/NAME`."""

KEY = re.compile(r"/keys/[A-Za-z0-9-]{1,127}(?:/[0-9a-f]{32})?")


def ref(name: str, account: str = "") -> Ref | None:
    """The resource of this id or address; None where it is of no kind that we know. `account`: a key's address has none."""
    low = name.lower()
    for pattern, kind in KINDS:
        if found := pattern.match(low):
            return Ref(cloud=Cloud.AZURE, kind=kind, account=found["account"], id=found[0])
    if found := DELEGATED.match(low):
        return Ref(cloud=Cloud.AZURE, kind=Kind.ACCOUNT, account=found["account"], id=found["id"])
    return _key(name, account) if account else None


def _key(name: str, account: str) -> Ref | None:
    try:
        parts = urlsplit(name)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme != "https" or ".vault." not in host or not KEY.fullmatch(parts.path):
        return None
    return Ref(cloud=Cloud.AZURE, kind=Kind.KEY, account=account, id=f"https://{host}{parts.path}")


def principal(kind: Kind, name: str) -> Ref:
    """A user or application by its object id; by its sign-in name, or `app:` and its application id, until somebody looks it up."""
    return Ref(cloud=Cloud.AZURE, kind=kind, account="", id=name.lower())
