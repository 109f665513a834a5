"""Who did it: one set of credentials, and everything that descends from it."""

from enum import StrEnum

from .resource import Cloud, Ref
from .value import Value


class Credential(StrEnum):
    """What kind of credential an actor used; it decides how its access can end."""

    LONG_TERM_KEY = "long-term-key"
    CONSOLE = "console"
    ROLE_SESSION = "role-session"
    INSTANCE_SESSION = "instance-session"
    FEDERATION_TOKEN = "federation-token"
    IDENTITY_CENTER = "identity-center"
    FEDERATED = "federated"
    SERVICE = "service"
    SERVICE_LINKED = "service-linked"
    ROOT = "root"
    ENTRA_USER = "entra-user"
    ENTRA_GUEST = "entra-guest"
    SERVICE_PRINCIPAL = "service-principal"
    MANAGED_IDENTITY = "managed-identity"
    STORE_KEY = "store-key"
    """a key of a store's own, or a link signed with one: whoever has it is nobody in particular"""
    DELEGATED_LINK = "delegated-link"
    """a link to a store, signed with a key that somebody of the directory had made for it"""
    LOCAL_USER = "local-user"
    """a user of a store's own, who comes by SFTP and is in no directory"""
    ANONYMOUS = "anonymous"
    FOREIGN = "foreign"


OF_STORES = frozenset({Credential.STORE_KEY, Credential.DELEGATED_LINK})
"""Credentials that are of a store and not of anybody."""

OF_CLOUD = {
    **dict.fromkeys((Credential.LONG_TERM_KEY, Credential.FEDERATION_TOKEN, Credential.ROOT, Credential.FOREIGN), Cloud.AWS),
    **dict.fromkeys(OF_STORES, Cloud.AZURE),
}
"""Credentials without a name behind them, and the only cloud that has such."""


class Actor(Value):
    """One set of credentials as the evidence shows it.

    `principal` is the user or role that holds the permissions (for a session, its issuer), absent for anonymous callers.
    `unique_id` is the cloud's id that a re-created namesake does not get (AIDA…, AROA…; IAM identifiers).
    `session` is the role session's name: AWS compares `aws:userid` with `<unique_id>:<session>`. Of a store's own key `access_key`
    and `unique_id` are `STORE/KEY`, or `STORE` alone where nobody has said which key it was.
    """

    credential: Credential
    account: str
    principal: Ref | None = None
    unique_id: str = ""
    session: str = ""
    access_key: str = ""
    source_identity: str = ""
    known_as: str = ""
    """what a directory of people, or an identity provider outside, calls it: a sign-in name, or the subject of its token"""

    @property
    def ids(self) -> frozenset[str]:
        """Everything that it is called, in lower case; a role's ids are those of all its sessions."""
        principal = self.principal.id if self.principal else ""
        store, _, _ = self.access_key.partition("/")
        called = (principal, self.unique_id, self.access_key, store, self.session, self.source_identity, self.known_as)
        return frozenset(name.lower() for name in called if name)

    @property
    def names(self) -> frozenset[str]:
        """Those of its ids that nobody else has, in whichever cloud they are met: a person's, or all of who has no sessions.

        Whoever opens a role's session names it. A sign-in name there is good for putting alerts together, and for nothing else.
        """
        person = {self.source_identity, self.known_as, self.session if "@" in self.session else ""}
        own = set[str]() if self.session or self.principal is None else {self.principal.id, self.unique_id}
        return frozenset(name.lower() for name in person | own if name)

    def __str__(self) -> str:
        name = str(self.principal) if self.principal else self._nobody()
        return f"{name} (session {self.session})" if self.session else name

    def _nobody(self) -> str:
        """Who names nobody: a store's key or link by its store, anybody else by the account."""
        if self.credential in OF_STORES and self.access_key:
            store, _, key = self.access_key.partition("/")
            return f"{self.credential} {key} of {store}" if key else f"{self.credential} of {store}"
        return f"{self.credential} caller of account {self.account or 'unknown'}"

    @property
    def cloud(self) -> Cloud | None:
        """Whose identity it is; None where it names nobody."""
        return self.principal.cloud if self.principal else OF_CLOUD.get(self.credential)

    @property
    def user_id(self) -> str:
        """The value of the condition key `aws:userid` for this actor (IAM user guide, "Principal key values")."""
        owner = self.account if self.credential is Credential.FEDERATION_TOKEN else self.unique_id
        return f"{owner}:{self.session}" if self.session else owner


class Lineage(Value):
    """An actor and its descendants: sessions it opened, principals it made, compute it gave a role.

    `root` is where the case began; `members` are principals to be fenced because they descend from it, in order of discovery.
    """

    root: Actor
    members: tuple[Actor, ...] = ()

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (self.root, *self.members)

    @property
    def principals(self) -> tuple[Ref, ...]:
        return tuple(dict.fromkeys(a.principal for a in self.actors if a.principal))

    def joined_by(self, *found: Actor) -> "Lineage":
        """The lineage with these actors added, each once."""
        known = {self.root, *self.members}
        fresh = tuple(dict.fromkeys(a for a in found if a not in known))
        return self.but(members=(*self.members, *fresh)) if fresh else self
