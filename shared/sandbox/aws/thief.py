"""A thief who fights back: stolen credentials, whatever they mint, and a seeded script of what such people do.

The thief is outside the cloud as any client is: everything goes over HTTP, and is refused as anybody's would be. What worked is
read from the sandbox's own call log afterwards, by the address that every call of the thief's comes from.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.sandbox.at_work import running
from shared.sandbox.aws import scenario_names as names
from shared.sandbox.aws.clinic import Clinic
from shared.sandbox.aws.clinic_people import Credentials, bound
from shared.sandbox.aws.hospital_terms import QUICK
from shared.sandbox.aws.server import Sandbox
from shared.sandbox.aws.thief_moves import MOVES
from shared.sandbox.aws.thief_selves import Move

HASTY = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)

BEAT = (0.1, 0.3)
"""Seconds between two moves, and between two rounds of reading: a script, not a flood."""

GUESSES = 3
"""How many other credentials a round of reading tries."""

STEADY = 9
"""How much heavier the calls so far weigh than the newest one in what a call takes."""

NIMBLE = 6
"""How many of the least refused credentials the next move is chosen from."""


@dataclass(frozen=True, slots=True)
class Hand:
    """One set of credentials in the thief's hands, and how it came there."""

    identity: str
    credentials: Credentials
    ready: float = 0.0
    """when whoever it was made for can use it at the earliest, by the cloud's clock"""

    @property
    def lasting(self) -> bool:
        """Whether it is a long-term key."""
        return self.credentials.access_key_id.startswith("AKIA")


@dataclass(frozen=True, slots=True)
class Deed:
    """One move: what, with which credentials, and the service's refusal (empty: it worked)."""

    move: str
    identity: str
    refused: str


class Thief:
    """What the thief holds (`held`, the newest first) and has done. Of `users` and `roles` it knows that they are worth a try.

    `abroad` is a user of the thief's own account. `part` names the stolen credentials among the clinic's; `stolen` are users who
    are the thief's altogether.
    """

    beat = BEAT
    """seconds between two moves, and between two rounds of reading, at least and at most"""

    def __init__(self, sandbox: Sandbox, clinic: Clinic, part: str, seed: int, moves: Sequence[Move] = MOVES) -> None:
        self._moves = moves
        self.cloud = sandbox.cloud
        self.clinic = clinic
        self.address = names.THIEF_ADDRESS
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.users = [names.EXPORT_USER, names.BACKUP_USER]
        self.roles = [names.BATCH_ROLE]
        self.stolen = frozenset({names.EXPORT_USER} if part == "thief" else ())
        self.deeds: list[Deed] = []
        self.abroad = _foreigner(sandbox, self.address)
        self._session = bound(sandbox, self.abroad.credentials)
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._refusals: dict[str, int] = {}
        self._pace = QUICK
        held = clinic.credentials[part]
        stolen = Credentials(held.access_key_id, held.secret_access_key, held.session_token, self.address)
        self.held = [Hand(f"stolen {part}", stolen)]

    @property
    def hands(self) -> list[Hand]:
        """What of it can be used by now, the newest first."""
        now = self.cloud.clock.now()
        return [hand for hand in self.held if hand.ready <= now]

    def client(self, hand: Hand, service: str, region: str = names.REGION) -> Any:  # noqa: ANN401 - boto3's clients are made by name
        """A client that signs with this hand's credentials."""
        held = hand.credentials
        place = (held.access_key_id, service, region)
        with self._lock:
            if place not in self._clients:
                self._clients[place] = self._session.client(
                    service,
                    region_name=region,
                    aws_access_key_id=held.access_key_id,
                    aws_secret_access_key=held.secret_access_key,
                    aws_session_token=held.session_token or None,
                    config=HASTY,
                )
            return self._clients[place]

    def take(self, identity: str, answer: Any, seconds: float = 0.0) -> Hand:  # noqa: ANN401 - an answer of IAM or STS
        """New credentials, which can be used so many seconds from now."""
        return Hand(identity, Credentials.of(answer, address=self.address), self.cloud.clock.now() + seconds)

    def name(self, kind: str) -> str:
        """A name that looks like any other machine's."""
        return f"{kind}-{next(self._numbers)}"

    def act(self, stopped: threading.Event) -> None:
        """Make one move after the other until stopped: now and then with the newest credentials, always with a new key."""
        script = self.plan()
        while not stopped.wait(self._pause()):
            self.make(next(script), self._choose())

    def plan(self) -> Iterator[Move]:
        """The whole repertoire in a new order each time round."""
        while True:
            yield from self.random.sample(self._moves, len(self._moves))

    def make(self, move: Move, hand: Hand) -> None:
        """Try one move; whatever it mints is kept."""
        try:
            minted: Sequence[Hand] = tuple(move(self, hand))
            refused = ""
        except ClientError as error:
            minted, refused = (), str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            minted, refused = (), type(error).__name__
        self._refusals[hand.identity] = self._refusals.get(hand.identity, 0) + 1 if refused else 0
        self.held = [*minted, *self.held]
        self.deeds.append(Deed(move.__name__, hand.identity, refused))

    def read(self, stopped: threading.Event) -> None:
        """Read charts, round after round, with the credentials that read last time and a few others."""
        reading: set[Hand] = set()
        while not stopped.wait(self._pause()):
            every = [*self.hands, self.abroad]
            tried = reading | set(every[:1]) | set(self.random.sample(every, min(len(every), GUESSES)))
            reading = {hand for hand in tried if self.reads(hand)}

    def reads(self, hand: Hand) -> bool:
        """Whether these credentials read a chart or laboratory results now."""
        patient = self.random.choice(names.PATIENTS)
        return any(
            self.gets(hand, bucket, key)
            for bucket, key in ((names.CHARTS, f"charts/{patient}.pdf"), (names.LABS, f"labs/{patient}.hl7"))
        )

    def lists(self, hand: Hand) -> bool:
        """Whether these credentials may look around in IAM now."""
        try:
            self.client(hand, "iam").list_users()
        except (ClientError, BotoCoreError):
            return False
        return True

    def gets(self, hand: Hand, bucket: str, key: str) -> bool:
        """Whether these credentials read this object now."""
        started = time.monotonic()
        try:
            self.client(hand, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError):
            return False
        finally:
            self._pace = (self._pace * STEADY + time.monotonic() - started) / (STEADY + 1)
        return True

    def _pause(self) -> float:
        """Seconds to the next move."""
        return self.random.uniform(*self.beat) * max(1.0, self._pace / QUICK)

    def _choose(self) -> Hand:
        ranked = sorted(self.hands, key=lambda hand: self._refusals.get(hand.identity, 0))
        return self.random.choice(ranked[:NIMBLE])


def _foreigner(sandbox: Sandbox, address: str) -> Hand:
    """A user of the thief's own account, where the thief may do everything."""
    iam = sandbox.root(names.THIEF_ACCOUNT).client("iam")
    iam.create_user(UserName="collector")
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    iam.put_user_policy(UserName="collector", PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName="collector")["AccessKey"]
    sandbox.cloud.history.settle()
    return Hand("foreign collector", Credentials.of(key, address=address))


@contextmanager
def at_large(thief: Thief) -> Iterator[Thief]:
    """The thief, reading and acting until the block ends."""
    with ExitStack() as loose:
        for work in (thief.read, thief.act):
            loose.enter_context(running(work))
        yield thief
