"""Everything that encrypts with a key by configuration, service by service, all asked at once."""

from shared.adapters.aws import bucket_keys, lambda_functions, log_groups, messages, stored_secrets, trail, volumes
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.encrypted import UNSEEN, Lister
from shared.adapters.aws.facets import RelationAdapter, RelationTable
from shared.adapters.aws.key_names import LIST, full, names_of
from shared.containment.parallel import in_parallel
from shared.domain.resource import Kind, Ref
from shared.ports import Relation

LISTERS: tuple[Lister, ...] = (
    bucket_keys.LISTER,
    trail.LISTER,
    log_groups.LISTER,
    stored_secrets.LISTER,
    lambda_functions.LISTER,
    messages.TOPICS,
    messages.QUEUES,
    volumes.LISTER,
)
"""What can be told to use another key."""


def under(clients: Clients, key: Ref, listers: tuple[Lister, ...]) -> tuple[Ref, ...]:
    """What of the key's account and Region these listers find under it, by whichever of its names.

    What does not let us look counts in: it can not be excluded. Raises `Refused` where a whole service does not.
    """
    names = names_of(clients, key)
    listed = in_parallel(lambda lister: list(lister.read(clients, key)), listers)
    found = (ref for each in listed for ref, name in each if name == UNSEEN or full(name, key.account, key.region) in names)
    return tuple(dict.fromkeys(found))


def reads(listers: tuple[Lister, ...]) -> frozenset[str]:
    """The IAM actions that `under` needs."""
    return LIST.union(*(lister.reads for lister in listers))


RELATIONS: RelationTable = {
    (Kind.KEY, Relation.DEPENDANTS): RelationAdapter(lambda clients, key: under(clients, key, LISTERS), reads(LISTERS)),
}
