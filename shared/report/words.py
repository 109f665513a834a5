"""A facet in a few words, for people. What others chose (a policy's text, a rule's name) can name a patient, and is not quoted."""

import json
import re
from collections.abc import Callable
from typing import Any

from shared.domain.facet import AnyFacet

OURS = re.compile(r"Codeblue[0-9a-f]{8}\d{4}")


def say(facet: AnyFacet | None) -> str:
    """`active`, `on`, `deny s3:* …`; a dash where there is nothing."""
    return WORDS[facet.facet](facet) if facet is not None else "-"


def _statement(facet: Any) -> str:  # noqa: ANN401  # every facet of the table has its own type
    if facet.body is None:
        return "none"
    if not OURS.fullmatch(facet.sid):
        return "a statement of somebody else's (in the encrypted evidence)"
    content = json.loads(facet.body)
    calls = content["Action"] if isinstance(content["Action"], list) else [content["Action"]]
    words = f"{content['Effect'].lower()} {', '.join(calls[:3])}{' …' if len(calls) > 3 else ''}"  # noqa: PLR2004
    keys = dict.fromkeys(key for test in content.get("Condition", {}).values() for key in test)
    return f"{words}, judged by {', '.join(keys)}" if keys else words


def _flag(on: str, off: str, field: str) -> Callable[[Any], str]:
    return lambda facet: on if getattr(facet, field) else off


def _switches(facet: Any) -> str:  # noqa: ANN401
    on = sum(getattr(facet, name) for name in facet.SWITCHES)
    return f"{on} of {len(facet.SWITCHES)} blocks on"


def _state(facet: Any) -> str:  # noqa: ANN401
    return "deletion scheduled" if facet.deletion_pending else "enabled" if facet.enabled else "disabled"


def _networks(facet: Any) -> str:  # noqa: ANN401
    if facet.endpoints_only:
        return "reached by private endpoints alone"
    if not facet.closed:
        return "reached from everywhere"
    return f"reached from {len(facet.addresses)} address ranges and {len(facet.subnets)} subnets alone"


WORDS: dict[str, Callable[[Any], str]] = {
    "policy-statement": _statement,
    "fence": _statement,
    "sessions-revoked": lambda f: f"sessions before {f.before:%Y-%m-%d %H:%M:%S} UTC are refused" if f.before else "none refused",
    "deny-all": lambda f: f"everything is refused{f' ({f.via})' if f.via else ''}" if f.on else "not refused",
    "sealed": _flag("sealed: nobody but us changes it", "not sealed", "on"),
    "access-key-status": lambda f: f"{f.key_id} {'active' if f.active else 'inactive'}",
    "console-login": _flag("a password", "no password", "present"),
    "delegation-keys": lambda f: (
        f"keys for links in people's names: none from before {f.since:%Y-%m-%d %H:%M:%S} UTC" if f.since else "all of them open"
    ),
    "sign-in": _flag("can sign in", "can not sign in", "enabled"),
    "app-credential": lambda f: f"{f.kind} {f.proof}{'' if f.present else ' taken away'}",
    "role-assigned": lambda f: f"role {f.role.rpartition('/')[2]} at {f.scope}{'' if f.present else ' taken away'}",
    "role-by-group": lambda f: (
        f"role {f.role.rpartition('/')[2]} at {f.scope} by the group {f.group}{'' if f.present else ' taken from the group'}"
    ),
    "role-eligible": lambda f: f"role {f.role.rpartition('/')[2]} for the taking at {f.scope}{'' if f.present else ' taken away'}",
    "membership": lambda f: f"member of the group {f.group}{'' if f.present else ' no more'}",
    "ownership": lambda f: f"owner of the application {f.of}{'' if f.present else ' no more'}",
    "delegation": lambda f: f"the tenant {f.tenant or 'of somebody'} {'manages' if f.present else 'does not manage'} the account",
    "sign-in-rule": lambda _: "a rule about who signs in how (in the encrypted evidence)",
    "vault-access": lambda f: f"an entry of the vault {f.vault.rpartition('/')[2]}{'' if f.present else ' taken away'}",
    "directory-role": lambda f: f"role {f.role} in the directory{'' if f.present else ' taken away'}",
    "directory-role-eligible": lambda f: f"role {f.role} for the taking in the directory{'' if f.present else ' taken away'}",
    "app-permission": lambda f: f"permission {f.what} at {f.resource}{'' if f.present else ' taken away'}",
    "log-sent": lambda f: f"its log is {'sent to ' + ', '.join(each.rpartition('/')[2] for each in f.to) if f.on else 'not sent'}",
    "assignment": _flag("assigned", "not assigned", "present"),
    "key-state": _state,
    "grant": _flag("granted", "not granted", "present"),
    "rotated": lambda f: f"rotated since {f.since:%Y-%m-%d %H:%M} UTC" if f.since else "not rotated on demand",
    "rotation-policy": lambda f: "rotates by itself" if f.after or f.before_end else "does not rotate by itself",
    "public-access-block": _switches,
    "object-ownership": lambda f: f.rule or "not set",
    "versioning": lambda f: f.status.lower() or "never on",
    "customer-keys-blocked": _flag("SSE-C refused", "SSE-C allowed", "on"),
    "replication-rule": _flag("on", "off", "enabled"),
    "lifecycle-rule": _flag("on", "off", "enabled"),
    "access-grant": _flag("granted", "not granted", "present"),
    "shared-with": lambda f: f"{'shared' if f.shared else 'not shared'} with {f.account}",
    "trail-logging": _flag("recording", "not recording", "on"),
    "trail-selectors": lambda _: "its event selectors (in the encrypted evidence)",
    "successor": lambda f: f.key or "a successor",
    "successor-apart": lambda f: f"{f.key or 'a successor'}, in a vault of its own",
    "alias-target": lambda f: f.key,
    "encrypted-with": lambda f: "encrypts with " + (f.key or "a key of the service"),
    "key-access": _statement,
    "replica-key": lambda f: f"replicas under {f.key}",
    "anonymous-access": _flag("parts of it may be public", "nothing of it may be public", "allowed"),
    "shared-key-access": _flag("its own keys open it", "its own keys do not open it", "allowed"),
    "local-users": _flag("users of its own may come", "no users of its own", "allowed"),
    "cross-tenant-copy": _flag("other tenants may have copies", "no other tenant may have copies", "allowed"),
    "handed-out": _flag("a link hands all of it out", "no link opens it", "on"),
    "tls-floor": lambda f: f"TLS {f.version} or newer" if f.version else "any TLS",
    "network-rules": _networks,
    "private-link": _flag("a private endpoint is let in", "the private endpoint is not let in", "approved"),
    "stored-access": lambda f: "no such access policy" if f.body is None else "an access policy that signatures name",
    "store-key": lambda f: f"{f.name} made anew since {f.since:%Y-%m-%d %H:%M:%S} UTC" if f.since else f"{f.name} as it was",
    "soft-delete": lambda f: f"deleted {f.of} are {f'kept for {f.days} days' if f.days else 'gone'}",
    "purge-protection": _flag("nothing deleted can be purged early", "what is deleted can be purged", "on"),
    "migrated": lambda f: f"{f.eligible} versions left under {f.old.rpartition('/')[2]} ({f.engine})",
}
"""Words for each facet, by its tag."""

VERDICTS: dict[str, str] = {
    "open": "The response is under way.",
    "contained": "Everything proposed holds, and nothing that blocks is left for people.",
    "partial": "Part of it holds. Something is left that only people can do; it is listed first below.",
    "held": "Part of the fence could not be written yet. What was written stays; the rest is tried again.",
    "observed": "Nothing was changed: the case only observes.",
    "awaiting_approval": "A decision is awaited. Until somebody decides, nothing more is changed.",
    "rolled_back": "A person took the changes back. What names the actors alone stays.",
    "refused": "A person declined. Nothing more is done.",
    "dropped": "There was no reason to act.",
}
"""A sentence for each state of a case."""

STATUSES: dict[str, str] = {
    "planned": "not made: waits for a person",
    "applied": "made, and read back",
    "failed": "not made: it failed",
    "drifted": "not made: somebody else keeps changing it",
    "refused": "not made: it is protected",
    "undone": "taken back",
    "left": "left as it is",
    "one_way": "can not be taken back",
}
"""The outcome of a change, by its status."""

REACHES: dict[str, str] = {
    "session": "this session alone",
    "network": "these credentials, except from their rightful networks",
    "principal": "the whole user or role",
    "undecided": "undecided: a person decides",
}
"""How wide a fence is."""


def size(count: int) -> str:
    """Bytes in words, in powers of ten as bills and logs have them: `12 B`, `3.4 MB`."""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:  # noqa: PLR2004  # of one unit to the next
        value, units = value / 1000, units[1:]
    return f"{value:.0f} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def span(seconds: float) -> str:
    """A time after (or before) the opening of a case: `+1.13 s`, `+2 min 5 s`, `-1 d 2 h`."""
    sign, left = "-" if seconds < 0 else "+", round(abs(seconds), 2)
    if left < 60:  # noqa: PLR2004
        return f"{sign}{left:.2f}".rstrip("0").rstrip(".") + " s"
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(round(left), length)
        parts += [f"{count} {unit}"] if count else []
    return sign + " ".join(parts[:2])
