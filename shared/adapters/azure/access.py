"""The `Access` port on Azure: nobody can be asked beforehand. A new version of a key has the permissions of the key."""

from shared.domain.actor import Actor
from shared.domain.resource import Ref


class AzureAccess:
    """There is no simulator of role assignments for somebody else's token."""

    def names_key(self, actor: Actor, key: Ref) -> bool:  # noqa: ARG002 - the port's signature
        return False

    def can_use(self, actor: Actor, key: Ref) -> bool | None:  # noqa: ARG002 - the port's signature
        return None
