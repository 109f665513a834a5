"""The `Objects` port on S3 with its busiest calls spoken by ourselves: looks, updates and copies together, and the listing.

An update goes this way too where it is alone: so the canary proves the very request that data will get. Everything else, and the
whole of a proof, goes through the SDK: what is proved is not proved by the way it was done.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from shared.adapters.aws.clients import Clients
from shared.adapters.aws.objects import AwsObjects
from shared.adapters.aws.wire.answers import answered
from shared.adapters.aws.wire.exchange import accepted
from shared.adapters.aws.wire.forms import PAGE, Forms
from shared.adapters.aws.wire.listing import page
from shared.adapters.aws.wire.network import WIDTH, Network
from shared.adapters.aws.wire.peer import Address, Peer
from shared.adapters.aws.wire.signing import Credentials
from shared.domain.errors import CloudError, Unreachable
from shared.domain.resource import Ref
from shared.ports.asking import Ask, Told, Turns, Update
from shared.ports.objects import Encryption, Moved, Page


@dataclass(frozen=True, slots=True)
class _Line:
    """What is needed to speak with one bucket."""

    peer: Peer
    forms: Forms


@dataclass(slots=True)
class _OneTurn:
    """One call, made once."""

    ask: Ask | None
    come_to: Told | None = None

    def take(self, room: int) -> Sequence[tuple[int, Ask]]:
        asks = [(0, self.ask)] if self.ask and room else []
        self.ask = None
        return asks

    def told(self, _: int, told: Told) -> None:
        self.come_to = told

    def wait(self) -> float | None:
        return 0.0 if self.ask else None


class FastObjects(AwsObjects):
    """Buckets of every account that `clients` can enter. `width`: calls under way at a time; `size`: as its `page`."""

    def __init__(self, clients: Clients, size: int = PAGE, width: int = WIDTH) -> None:
        super().__init__(clients, size)
        self._size, self._width = size, width
        self._mine = threading.local()

    def together(self, store: Ref, turns: Turns) -> None:
        line = self._line(store)
        self._network.run(turns, line.peer, partial(answered, line.forms, acls=self._acls.get(store, True)))

    def update(self, store: Ref, key: str, version: str, encryption: Encryption) -> Moved:
        turn = _OneTurn(Update(key, version, encryption))
        self.together(store, turn)
        if isinstance(turn.come_to, Moved):
            return turn.come_to
        raise turn.come_to if isinstance(turn.come_to, CloudError) else Unreachable("UpdateObjectEncryption: no answer")

    def listed(self, store: Ref, after: tuple[str, str] | None) -> Page:
        """Two of S3's pages as one: what goes out together waits for its slowest, and so does so half as often (ADR 54)."""
        first = self._listed(store, after)
        if first.after is None:
            return first
        second = self._listed(store, first.after)
        return Page(first.versions + second.versions, second.after)

    def _listed(self, store: Ref, after: tuple[str, str] | None) -> Page:
        line = self._line(store)
        request = line.forms.versions(after, self._size)
        return page(accepted(request, self._network.reply(line.peer, request)).body)

    @property
    def _network(self) -> Network:
        """Of this thread: libcurl's handles are for one."""
        network: Network | None = getattr(self._mine, "network", None)
        if network is None:
            network = self._mine.network = Network(self._width, self._clients.trust())
        return network

    def _line(self, store: Ref) -> _Line:
        lines: dict[Ref, _Line] = self._mine.__dict__.setdefault("lines", {})
        if store not in lines:
            lines[store] = _Line(self._peer(store), Forms(store.name, store.account))
        return lines[store]

    def _peer(self, store: Ref) -> Peer:
        region = store.region or self._clients.region
        return Peer(partial(self._address, store), region, partial(self._credentials, store.account), lambda: datetime.now(UTC))

    def _address(self, store: Ref, region: str) -> Address:
        """Where the SDK would send a request about this bucket; it signs a link for that, and nobody gets to see it."""
        client = self._clients.s3(store.account, region)
        link = urlsplit(client.generate_presigned_url("get_object", Params={"Bucket": store.name, "Key": "k"}))
        return Address(f"{link.scheme}://{link.netloc}", link.path.removesuffix("k"))

    def _credentials(self, account: str, fresh: bool) -> Credentials:  # noqa: FBT001  # as `Peer` asks
        found = self._clients.credentials(account, fresh=fresh)
        if found is None or not found.access_key or not found.secret_key:
            raise Unreachable("no credentials", "NoCredentials")
        return Credentials(found.access_key, found.secret_key, found.token or "")
