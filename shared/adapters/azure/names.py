"""How Azure names things: resource ids of ARM, and keys by their address."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.domain.errors import Refused
from shared.domain.resource import Cloud, Kind, Ref


@dataclass(frozen=True, slots=True)
class ArmName:
    """The parts of `/subscriptions/S/resourceGroups/G/providers/NAMESPACE/TYPE/NAME[/TYPE/NAME …]`."""

    subscription: str
    group: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The resource named first below its provider."""
        return self.names[0]

    @property
    def below(self) -> str:
        """The resource named last."""
        return self.names[-1]


@dataclass(frozen=True, slots=True)
class KeyName:
    """A key by its address, `https://VAULT.vault.azure.net/keys/NAME[/VERSION]`; without a version it floats."""

    vault_url: str
    name: str
    version: str = ""


def arm(resource_id: str) -> ArmName:
    """Raises `Refused` for what is no resource id of a resource group's."""
    steps = resource_id.strip("/").split("/")
    words = [step.lower() for step in steps[::2]]
    if words[:3] != ["subscriptions", "resourcegroups", "providers"] or len(steps) < 8 or len(steps) % 2:  # noqa: PLR2004
        raise Refused("this is no id of a resource in a resource group")
    return ArmName(steps[1], steps[3], tuple(steps[7::2]))


def key(address: str) -> KeyName:
    """Raises `Refused` for what is no address of a key."""
    parts = urlsplit(address)
    steps = parts.path.strip("/").split("/")
    if parts.scheme != "https" or steps[0] != "keys" or len(steps) not in (2, 3):
        raise Refused("this is no address of a key in a vault")
    return KeyName(f"https://{parts.netloc}", *steps[1:])


def ref(kind: Kind, resource_id: str, subscription: str = "") -> Ref:
    """A resource by its id, in lower case as everywhere here; the subscription of what is not named by a resource id is told."""
    if subscription:
        return Ref(cloud=Cloud.AZURE, kind=kind, account=subscription.lower(), id=resource_id)
    low = resource_id.lower()
    return Ref(cloud=Cloud.AZURE, kind=kind, account=arm(low).subscription, id=low)
