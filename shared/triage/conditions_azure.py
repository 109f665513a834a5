"""The same questions of Azure: networks opened, protection off, roles given, sign-ins at risk."""

from collections.abc import Callable

from shared.intake.fact import Fact
from shared.intake.tolerant import flag, folded, items, number, text, within

type Home = frozenset[str]

POWERFUL_ROLES = frozenset(
    {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "17d1049b-9a84-46fb-8f53-869881c3d3ab",
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "4633458b-17de-408a-b874-0445c86b69e6",
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
    }
)
"""Owner, Contributor, User Access Administrator, RBAC Administrator, Storage Blob Data Owner and Contributor, Storage Account
Contributor, Key Vault Administrator, Secrets User and Crypto Officer (Azure RBAC, "Azure built-in roles")."""

ADMIN_WORDS = ("administrator", "privileged", "global reader", "application developer")

UNGIVEN = ("requested", "pim activation")
"""In the names of what PIM logs besides, when a role is given or used."""

SHORT_DAYS = 7


def _properties(fact: Fact) -> dict[str, object]:
    asked = fact.asked
    return folded(asked.get("properties")) | {key: value for key, value in asked.items() if key != "properties"}


def _off(thing: object) -> bool:
    """Said, and said to be off."""
    return thing is False or (isinstance(thing, str) and thing.lower() in {"false", "disabled"})


def storage_opened(fact: Fact, _: Home) -> bool:
    """Networks, anonymous readers or plain HTTP are let in."""
    wanted = _properties(fact)
    rules = folded(wanted.get("networkacls"))
    if "location" in fact.asked:  # a new account, with the defaults of every new account, and nothing in it yet
        return False
    return (
        text(rules.get("defaultaction")).lower() == "allow"
        or text(wanted.get("publicnetworkaccess")).lower() == "enabled"
        or flag(wanted.get("allowblobpublicaccess"))
        or _off(wanted.get("supportshttpstrafficonly"))
    )


def _container_public(fact: Fact, _: Home) -> bool:
    return text(_properties(fact).get("publicaccess")).lower() in {"blob", "container"}


def _soft_delete_off(fact: Fact, _: Home) -> bool:
    wanted = _properties(fact)
    policies = (folded(wanted.get(name)) for name in ("deleteretentionpolicy", "containerdeleteretentionpolicy", "restorepolicy"))
    return (
        any(_off(policy.get("enabled")) for policy in policies)
        or _off(wanted.get("isversioningenabled"))
        or _vault_soft_delete_off(wanted)
    )


def _vault_soft_delete_off(wanted: dict[str, object]) -> bool:
    states = (
        wanted.get("softdeletefeaturestate"),
        wanted.get("enhancedsecuritystate"),
        within(wanted, "softdeletesettings", "state"),
    )
    return any(text(each).lower() in {"disabled", "off"} for each in states)


def _expires_soon(fact: Fact, _: Home) -> bool:
    found: list[float] = []
    _days(fact.asked, found, 8)
    return any(0 <= each <= SHORT_DAYS for each in found)


def _days(thing: object, found: list[float], depth: int) -> None:
    if depth < 0:
        return
    for key, value in folded(thing).items():
        if key in {"daysaftermodificationgreaterthan", "daysaftercreationgreaterthan", "daysafterlastaccesstimegreaterthan"}:
            found.append(number(value))
        _days(value, found, depth - 1)
    for each in items(thing) if isinstance(thing, list) else ():
        _days(each, found, depth - 1)


def _powerful_role(fact: Fact, _: Home) -> bool:
    role = text(_properties(fact).get("roledefinitionid")).lower().rpartition("/")[2]
    return role in POWERFUL_ROLES


def admin_role(fact: Fact, _: Home) -> bool:
    """An Entra role that commands others: given, and neither asked for nor activated by whom it waited for."""
    if any(word in fact.event.lower() for word in UNGIVEN):
        return False
    changed = folded(fact.asked.get("changed"))
    named = (text(value) for key, value in changed.items() if "displayname" in key or "role" in key)
    words = " ".join((*named, *(text(role) for role in items(fact.asked.get("roles"))))).lower()
    return any(word in words for word in ADMIN_WORDS)


def _firewall_open(fact: Fact, _: Home) -> bool:
    wanted = _properties(fact)
    start, end = text(wanted.get("startipaddress")), text(wanted.get("endipaddress"))
    return start == "0.0.0.0" and end in {"255.255.255.255", "0.0.0.0"}  # noqa: S104  an address that is compared, not bound


def _disabled(fact: Fact, _: Home) -> bool:
    wanted = _properties(fact)
    return any(text(wanted.get(name)).lower() in {"disabled", "free", "off"} for name in ("state", "pricingtier", "status"))


def _customer_key(fact: Fact, _: Home) -> bool:
    return flag(fact.asked.get("customerkey"))


def by_signature(fact: Fact, _: Home) -> bool:
    """With a shared access signature or an account's key, which name nobody."""
    return text(fact.asked.get("authentication")).upper() in {"SAS", "ACCOUNTKEY"} and not fact.address.startswith(PRIVATE)


PRIVATE = ("10.", "192.168.", "127.", "172.16.", "172.17.", "172.18.", "172.19.", "172.2", "172.30.", "172.31.", "fd", "fe80")


def _anonymous(fact: Fact, _: Home) -> bool:
    return text(fact.asked.get("authentication")).lower() == "anonymous"


def legacy_client(fact: Fact, _: Home) -> bool:
    """A protocol that knows no second factor."""
    client = text(fact.asked.get("clientappused")).lower()
    if text(fact.asked.get("authenticationprotocol")).lower() == "ropc":
        return True
    return (
        client
        in {"imap4", "imap", "pop3", "pop", "smtp", "authenticated smtp", "exchange activesync", "other clients", "mapi over http"}
        or "legacy" in client
    )


def _device_code(fact: Fact, _: Home) -> bool:
    return text(fact.asked.get("authenticationprotocol")).lower() == "devicecode"


def _locked_out(fact: Fact, _: Home) -> bool:
    return fact.error in {"50053", "50126"}


def foreign_guest(fact: Fact, _: Home) -> bool:
    """Somebody of another domain than the one who invites."""
    domain = fact.actor.name.rpartition("@")[2].lower()
    targets = [text(each).lower() for each in items(fact.asked.get("targets"))]
    return any("@" in each and domain and not each.endswith(domain) for each in targets)


def _key_disabled(fact: Fact, _: Home) -> bool:
    return _off(within(fact.asked, "attributes", "enabled")) or _off(fact.asked.get("enabled"))


def defender_data(fact: Fact, _: Home) -> bool:
    """The alert is about a store, a vault, a database, an identity or the control plane."""
    kind = fact.event.lower()
    return kind.startswith(("storage", "kv_", "arm_", "sql", "cosmosdb", "aad_", "dns_", "azureidentity", "api_"))


CONDITIONS: dict[str, tuple[str, Callable[[Fact, Home], bool]]] = {
    "storage-opened": ("all networks, anonymous readers or plain HTTP are let in", storage_opened),
    "container-public": ("anonymous readers are let in", _container_public),
    "soft-delete-off": ("what is deleted is kept no more", _soft_delete_off),
    "blobs-expire-soon": ("blobs are removed within a week", _expires_soon),
    "powerful-role": ("the role commands others, data or keys", _powerful_role),
    "admin-role": ("the directory role commands others", admin_role),
    "firewall-open": ("every address is let in", _firewall_open),
    "disabled": ("it is switched off", _disabled),
    "customer-key": ("the blob is encrypted with a key that the caller keeps", _customer_key),
    "by-signature": ("a shared signature or an account's key was used, from outside", by_signature),
    "anonymous": ("nobody with a name did it", _anonymous),
    "legacy-client": ("the protocol knows no second factor", legacy_client),
    "device-code": ("the sign-in was made with a device code", _device_code),
    "locked-out": ("the password was wrong too often", _locked_out),
    "foreign-guest": ("the guest is of another domain", foreign_guest),
    "key-disabled": ("the key is switched off", _key_disabled),
    "defender-data": ("it is about a store, a vault, a database, an identity or the control plane", defender_data),
}
