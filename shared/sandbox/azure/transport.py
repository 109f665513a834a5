"""How an unmodified Azure client reaches the sandbox: the transport that azure-core lets its users choose.

The real URLs stay, and so do serialisation, authentication policies, retries and challenges of the client; only the socket is ours.
"""

from collections.abc import Mapping

from azure.core.pipeline.transport import RequestsTransport

from shared.adapters.azure.forwarding import Answering, Forwarding, transport_over
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.wire import SOURCE_ENDPOINT, SOURCE_IDENTITY, SOURCE_IP, SOURCE_SUBNET, Request


def transport(reach: Cloud | str, *, ip: str = "", subnet: str = "", endpoint: str = "", identity: str = "") -> RequestsTransport:
    """A transport to a cloud in this process, or to the address of one in another.

    Where the client stands: its address, and the resource ids of its subnet, its private endpoint, its managed identity.
    """
    sides = {SOURCE_IP: ip, SOURCE_SUBNET: subnet, SOURCE_ENDPOINT: endpoint, SOURCE_IDENTITY: identity}
    place = {name: value for name, value in sides.items() if value}
    return transport_over(Forwarding(reach, place) if isinstance(reach, str) else _Within(reach, place))


class _Within(Answering):
    """A cloud in this process."""

    def __init__(self, cloud: Cloud, place: Mapping[str, str]) -> None:
        super().__init__()
        self._cloud = cloud
        self._place = dict(place)

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        answered = self._cloud.answer(Request(method, url, {**headers, **self._place}, body))
        return answered.status, answered.headers, answered.body
