"""The only doors between the core and the outside, in the domain's words.

Adapters implement these; the core calls nothing else. Every method may raise `CloudError` (or, for custody, `CustodyError`)
and nothing else on purpose; what an adapter cannot do it refuses, it never pretends.

A module of doors is imported when one of its doors is asked for: who waits by the clock loads no case.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import Clock
    from .clouds import Access, Act, Directory, Edit, Evidence, Receipt, Relation, Sources, Traits, World
    from .memory import Memory
    from .paging import Channel, Channels, Notifier, Settled, Told, What
    from .record import Journal, Keyring, Recorded, Signer, Sink, Witness
    from .traffic import PLAINTEXT, Encrypting, KeyUse, Request, Traffic, Uses, Watched
    from .work import Cases, Lease

__all__ = [
    "PLAINTEXT",
    "Access",
    "Act",
    "Cases",
    "Channel",
    "Channels",
    "Clock",
    "Directory",
    "Edit",
    "Encrypting",
    "Evidence",
    "Journal",
    "KeyUse",
    "Keyring",
    "Lease",
    "Memory",
    "Notifier",
    "Receipt",
    "Recorded",
    "Relation",
    "Request",
    "Settled",
    "Signer",
    "Sink",
    "Sources",
    "Told",
    "Traffic",
    "Traits",
    "Uses",
    "Watched",
    "What",
    "Witness",
    "World",
]

_HOMES = ("clock", "memory", "record", "paging", "clouds", "work", "traffic")
"""Where doors are; those first that know least of the domain."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """A door, from its module (PEP 562)."""
        if name in __all__:
            for home in _HOMES:
                module = import_module(f".{home}", __name__)
                if name in vars(module):
                    return vars(module)[name]
        raise AttributeError(f"no port {name!r}")
