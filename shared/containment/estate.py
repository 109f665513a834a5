"""What the organisation has declared about itself: its accounts, tenants, and who works with which store and key."""

from shared.domain.actor import Actor
from shared.domain.resource import Ref
from shared.domain.value import Value


class Tenant(Value):
    """One tenant: the stores and keys of its health data, and ARN patterns of the principals that work with them."""

    name: str
    stores: frozenset[Ref] = frozenset()
    keys: frozenset[Ref] = frozenset()
    principals: frozenset[str] = frozenset()


class Estate(Value):
    """Everything declared. `accounts` are the organisation's own, disaster recovery included.

    `identities`: people and programs that have several names; each name in lower case, as a cloud or a directory has it.
    """

    accounts: frozenset[str]
    tenants: tuple[Tenant, ...] = ()
    identities: tuple[frozenset[str], ...] = ()

    def same(self, one: Actor, other: Actor) -> bool:
        """Whether two actors are one person or program: by a name that only it has, or because it is declared."""
        declared = any(names & one.ids and names & other.ids for names in self.identities)
        return declared or bool(one.names & other.names)

    def owners(self, resources: frozenset[Ref]) -> tuple[Tenant, ...]:
        """The tenants that any of these stores or keys belong to (a bucket's Region is not always known: identifiers decide)."""
        ids = {r.id for r in resources}
        return tuple(t for t in self.tenants if ids & {r.id for r in t.stores | t.keys})

    @property
    def stores(self) -> tuple[Ref, ...]:
        return tuple(sorted({s for t in self.tenants for s in t.stores}))

    @property
    def keys(self) -> tuple[Ref, ...]:
        return tuple(sorted({k for t in self.tenants for k in t.keys}))
