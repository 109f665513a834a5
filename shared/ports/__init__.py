"""The only doors between the core and the outside, in the domain's words.

Adapters implement these; the core calls nothing else. Every method may raise `CloudError` (or, for custody, `CustodyError`)
and nothing else on purpose; what an adapter cannot do it refuses, it never pretends.
"""

from .clouds import Access, Act, Directory, Edit, Evidence, Receipt, Relation, Sources, Traits, World
from .memory import Memory
from .objects import Objects
from .paging import Channel, Channels, Notifier, Settled, Told, What
from .record import Journal, Keyring, Recorded, Signer, Sink, Witness
from .traffic import PLAINTEXT, Encrypting, KeyUse, Request, Traffic, Uses, Watched
from .work import Cases, Clock, Lease

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
    "Objects",
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
