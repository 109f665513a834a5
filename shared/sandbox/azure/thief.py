"""A thief who fights back: stolen credentials, whatever they mint, and a seeded script of what such people do.

The thief speaks the services' own protocols from outside, and signs in, signs and asks with nothing but what it holds.
"""

import json
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from itertools import chain, count, cycle
from typing import Any, Final, Literal
from urllib.parse import urlencode

from shared.sandbox.at_work import running
from shared.sandbox.azure import blob_signatures as signatures
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.clinic import Clinic
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.thief_hands import Bearer, Hand, Key, Link, Proof
from shared.sandbox.azure.thief_moves import MOVES, Move
from shared.sandbox.azure.wire import SOURCE_IP, Answer, Problem, Request

BEAT = (0.3, 0.6)
"""Seconds between two moves, and between two rounds of reading: a script, not a flood."""

SLOW: Final = 900.0
"""Seconds between two moves of somebody who was cut off and still has a token that lives."""

ROUNDS: Final = 3
"""Times that the repertoire comes in an order of its own, before the script is played again."""

STOLEN: Final = 4
"""Hands from before the alert: a program's, a nurse's, a key, a link."""
NEWEST: Final = 4

VERSION: Final = "2025-05-05"
_ERRORS = 400

DOORS: Final = (
    *((names.BLOB_URL, f"{tenant}/{number:04}.dcm") for tenant in names.TENANTS for number in range(2)),
    (names.BLOB_URL, f"{hospital.CONSENTS}/signed.pdf"),
    *((hospital.LAB_URL, f"{hospital.LAB_SCOPE}/{number:04}.hl7") for number in range(2)),
)
"""What is worth reading."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One move: what, with which credentials, and the service's refusal (empty: it worked)."""

    move: str
    hand: str
    refused: str


@dataclass(frozen=True, slots=True)
class Done:
    """One call that worked: when (the cloud's clock), what was got, by which call, with which credentials."""

    at: float
    kind: Literal["data", "control"]
    call: str
    hand: str


class Thief:
    """What the thief holds (`held`, the newest first) and has done. `script`: the moves in their order, as the seed has it."""

    def __init__(self, cloud: Cloud, clinic: Clinic, seed: int, moves: Sequence[Move] = MOVES) -> None:
        self.cloud = cloud
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.script = tuple(move for _ in range(ROUNDS) for move in self.random.sample(moves, len(moves)))
        self.deeds: list[Deed] = []
        self.done: list[Done] = []
        self.made: list[str] = []
        """users and service principals of the thief's own making, by object id"""
        self.links: list[str] = []
        """addresses that open a whole disk"""
        self.lapsed: float | None = None
        """when the last move was made since hours go by in moments"""
        self._plan: Iterator[Move] = chain(self.script, cycle(self.script))
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.held = _stolen(cloud, clinic)

    def name(self, kind: str) -> str:
        """A name that looks like any other program's."""
        return f"{kind}-{next(self._numbers)}"

    def begin(self) -> int:
        """Sign a link with a key of the program's own, take one to a disk, and read with everything; how many blobs were read."""
        from shared.sandbox.azure.thief_moves import sign_link, take_disk  # noqa: PLC0415 - by name, as the script has it

        for move in (sign_link, take_disk):
            self.make(move, next(hand for hand in self.held if hand.name == names.EXPORT))
        return sum(self.gets(hand, *door) for hand in self.held for door in DOORS)

    def act(self, stopped: threading.Event) -> None:
        """Make one move after the other until stopped, or until time is lapsed."""
        while not stopped.wait(self.random.uniform(*BEAT)):
            if self.lapsed is None:
                self.move()

    def move(self) -> None:
        """The next move of the script, mostly with what was stolen, now and then with what is newest."""
        bearers = [hand for hand in self.held if isinstance(hand, Bearer)]
        self.make(next(self._plan), self.random.choice([bearers[0], *bearers[-2:], *bearers[-2:]]))

    def lapse(self) -> None:
        """Hours go by in moments: what is held is tried at every moment of them, and a move is made now and then."""
        now = self.cloud.clock.now()
        self.look()
        if self.lapsed is None or now - self.lapsed >= SLOW:
            self.lapsed = now
            self.move()

    def make(self, move: Move, hand: Hand) -> None:
        """Try one move; whatever it mints is kept."""
        try:
            minted, refused = tuple(move(self, hand)), ""
        except Problem as problem:
            minted, refused = (), problem.code
        with self._lock:
            self.held = [*minted, *self.held]
        self.deeds.append(Deed(move.__name__, hand.name, refused))

    def read(self, stopped: threading.Event) -> None:
        """Read, round after round, with everything that is held."""
        while not stopped.wait(self.random.uniform(*BEAT)):
            self.look()

    def look(self) -> None:
        """Try what was stolen, and what is newest."""
        held = self.held
        for hand in dict.fromkeys((*held[-STOLEN:], *held[:NEWEST])):
            self.reads(hand)

    def reads(self, hand: Hand) -> bool:
        """Whether these credentials read anything of anybody now."""
        return self.gets(hand, *self.random.choice(DOORS))

    def gets(self, hand: Hand, store: str, blob: str) -> bool:
        """Whether these credentials read this blob now."""
        try:
            self.blob(hand, "GET", f"{store}/{blob}")
        except Problem:
            return False
        return True

    def arm(self, hand: Hand, method: str, path: str, content: object = None, version: str = "2025-06-01") -> Any:  # noqa: ANN401
        """Resource Manager; what it answers. Raises Problem where it refuses, as the others do."""
        url = f"https://management.azure.com{path}{'&' if '?' in path else '?'}api-version={version}"
        return self._json(hand, method, url, content).json()

    def graph(self, hand: Hand, method: str, path: str, content: object = None) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Graph; what it answers."""
        return self._json(hand, method, f"https://graph.microsoft.com/v1.0/{path}", content).json()

    def blob(self, hand: Hand, method: str, url: str, body: bytes = b"") -> Answer:
        """A request to a store, signed as this hand signs."""
        headers = {"x-ms-version": VERSION, "x-ms-date": formatdate(usegmt=True), "content-length": str(len(body))}
        if isinstance(hand, Link):
            url += f"{'&' if '?' in url else '?'}{hand.query}"
        if isinstance(hand, Bearer):
            headers["authorization"] = f"Bearer {self.token(hand, 'https://storage.azure.com')}"
        request = Request(method, url, headers, body)
        if isinstance(hand, Key):
            signed = signatures.mac(hand.secret, signatures.shared_key_text(request, hand.account))
            request = Request(method, url, {**headers, "authorization": f"SharedKey {hand.account}:{signed}"}, body)
        return self._sent(hand, request, "data" if method == "GET" else "control", f"blob {method}")

    def token(self, hand: Hand, audience: str) -> str:
        """A token of this hand's for a service: the one that it has, while that lives. Raises Problem where sign-in refuses."""
        if not isinstance(hand, Bearer):
            raise Problem(401, "NoToken")
        held = hand.tokens.get(audience)
        if held and held[1] > self.cloud.clock.now():
            return held[0]
        form = {"scope": f"{audience}/.default offline_access", **hand.proof.form}
        url = f"https://login.microsoftonline.com/{self.cloud.entra.directory.tenant}/oauth2/v2.0/token"
        answer = self._sent(hand, Request("POST", url, {}, urlencode(form).encode()), "control", "sign-in").json()
        text = str(answer["access_token"])
        hand.tokens[audience] = (text, self.cloud.clock.now() + answer["expires_in"])
        return text

    def _json(self, hand: Hand, method: str, url: str, content: object) -> Answer:
        host = url.split("/")[2]
        headers = {"authorization": f"Bearer {self.token(hand, f'https://{host}')}", "content-type": "application/json"}
        body = json.dumps(content).encode() if content is not None else b""
        return self._sent(hand, Request(method, url, headers, body), "control", f"{host} {method}")

    def _sent(self, hand: Hand, request: Request, kind: Literal["data", "control"], call: str) -> Answer:
        placed = Request(request.method, request.url, {**request.headers, SOURCE_IP: names.THIEF_IP}, request.body)
        answer = self.cloud.answer(placed)
        if answer.status >= _ERRORS:
            raise Problem(answer.status, _code(answer))
        self.done.append(Done(self.cloud.clock.now(), kind, call, hand.name))
        return answer


def _code(answer: Answer) -> str:
    """The refusal's code, wherever the service writes it."""
    if "x-ms-error-code" in answer.headers:
        return answer.headers["x-ms-error-code"]
    error = answer.json().get("error")
    return str(error.get("code") if isinstance(error, Mapping) else error)


def _stolen(cloud: Cloud, clinic: Clinic) -> list[Hand]:
    """A program's secret, a key of the account, and a nurse's session as her browser has it: no password of hers."""
    program, key, nurse = (clinic.credentials[who] for who in ("thief", "thief-key", "thief-session"))
    secret = {"client_id": program["azure_client_id"], "client_secret": program["azure_client_secret"]}
    signed_in = {"client_id": "browser", "username": nurse["username"], "password": nurse["password"]}
    url = f"https://login.microsoftonline.com/{cloud.entra.directory.tenant}/oauth2/v2.0/token"
    form = {"grant_type": "password", "scope": "https://storage.azure.com/.default offline_access", **signed_in}
    session = cloud.answer(Request("POST", url, {SOURCE_IP: names.VIEWER_IP}, urlencode(form).encode())).json()
    refreshing = {"grant_type": "refresh_token", "client_id": "browser", "refresh_token": session["refresh_token"]}
    return [
        Bearer(names.EXPORT, names.EXPORT_ID, Proof("app-credential", {"grant_type": "client_credentials", **secret})),
        Bearer(names.NURSE, names.NURSE_ID, Proof("sessions-revoked", refreshing), since=cloud.clock.now()),
        Key("key1", key["account_name"], "key1", key["account_key"]),
    ]


@contextmanager
def at_large(thief: Thief) -> Iterator[Thief]:
    """The thief, reading and acting until the block ends."""
    with ExitStack() as loose:
        for work in (thief.read, thief.act):
            loose.enter_context(running(work))
        yield thief
