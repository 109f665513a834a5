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
    return f"{content['Effect'].lower()} {', '.join(calls[:3])}{' …' if len(calls) > 3 else ''}"  # noqa: PLR2004


def _flag(on: str, off: str, field: str) -> Callable[[Any], str]:
    return lambda facet: on if getattr(facet, field) else off


def _switches(facet: Any) -> str:  # noqa: ANN401
    on = sum(getattr(facet, name) for name in facet.SWITCHES)
    return f"{on} of {len(facet.SWITCHES)} blocks on"


def _state(facet: Any) -> str:  # noqa: ANN401
    return "deletion scheduled" if facet.deletion_pending else "enabled" if facet.enabled else "disabled"


WORDS: dict[str, Callable[[Any], str]] = {
    "policy-statement": _statement,
    "fence": _statement,
    "sessions-revoked": lambda f: f"sessions before {f.before:%Y-%m-%d %H:%M:%S} UTC are refused" if f.before else "none refused",
    "deny-all": lambda f: f"everything is refused{f' ({f.via})' if f.via else ''}" if f.on else "not refused",
    "access-key-status": lambda f: f"{f.key_id} {'active' if f.active else 'inactive'}",
    "console-login": _flag("a password", "no password", "present"),
    "assignment": _flag("assigned", "not assigned", "present"),
    "key-state": _state,
    "grant": _flag("granted", "not granted", "present"),
    "rotated": lambda f: f"rotated since {f.since:%Y-%m-%d %H:%M} UTC" if f.since else "not rotated on demand",
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
    "alias-target": lambda f: f.key,
    "encrypted-with": lambda f: "encrypts with " + (f.key or "a key of the service"),
    "key-access": _statement,
    "replica-key": lambda f: f"replicas under {f.key}",
    "migrated": lambda f: f"{f.eligible} versions left under the old key",
}
"""Words for each facet, by its tag."""
