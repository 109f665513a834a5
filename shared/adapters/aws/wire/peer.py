"""One bucket as we reach it: host, Region, credentials and clock, and what its answers teach us of them.

What was wrong on our side (a Region, a clock, credentials that ran out) is put right here, and the call is told to try again.
Nothing signed is ever sent to a host that is not of the domain of the one that the SDK named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from shared.adapters.aws.wire.exchange import FORBIDDEN, Reply, Request
from shared.adapters.aws.wire.signing import Credentials, Form, Signer, Template

SKEW = timedelta(minutes=4)
"""S3 refuses what is signed more than fifteen minutes away from its own time; ours is corrected well before."""

REGION_HEADER = "x-amz-bucket-region"
RENEWED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", str(FORBIDDEN)})
REDIRECTED = frozenset({301, 302, 307, 308})
NOTHING: frozenset[int] = frozenset()
ELSEWHERE = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "400"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a bucket is: `origin` is scheme, host and port, `prefix` the path before every key, which ends with `/`."""

    origin: str
    prefix: str

    @property
    def host(self) -> str:
        """As the header `Host` has it."""
        return urlsplit(self.origin).netloc


class Peer:
    """Signs requests to one bucket. Not to be used from several threads at a time.

    `address` says where the bucket is for whoever is in this Region; `credentials` are asked again with True when they ran out.
    """

    def __init__(
        self,
        address: Callable[[str], Address],
        region: str,
        credentials: Callable[[bool], Credentials],
        now: Callable[[], datetime],
    ) -> None:
        self._find, self._credentials, self._now = address, credentials, now
        self._address = address(region)
        self._signer = Signer(lambda: credentials(False), region, now)  # noqa: FBT003  # what they are now
        self.lessons = 0
        """how often something was learned"""
        self._lessons = (
            (RENEWED, NOTHING, "credentials", self._renew),
            (SKEWED, NOTHING, "clock", self._set_clock),
            (ELSEWHERE, REDIRECTED, "Region", self._moved),
        )
        self._templates: dict[int, tuple[Form, Template]] = {}

    def signed(self, request: Request) -> tuple[str, list[str]]:
        """The URL and the header lines of a request, as they are sent."""
        form, address = request.form, self._address
        stamp = self._signer.stamp()
        known = self._templates.get(id(form))
        if known is None or known[1].stamp is not stamp:
            known = self._templates[id(form)] = (form, Template(form, address.host, stamp))
        path = address.prefix + request.path
        url = f"{address.origin}{path}?{request.sent}" if request.sent else address.origin + path
        return url, known[1].headers(path, request.query, request.values)

    def learn(self, reply: Reply, knew: int) -> str:
        """What was wrong on our side and is right now, in a word; empty where it was not us.

        `knew` is what `lessons` was when the request was signed: an answer can come late, to what we knew no better then.
        """
        if reply.status < 300:  # noqa: PLR2004  # HTTP: below are answers
            return ""
        for codes, statuses, lesson, learned in self._lessons:
            if reply.code in codes or reply.status in statuses:
                before = self.lessons
                if knew == before and learned(reply):
                    self.lessons += 1
                return lesson if self.lessons > knew else ""
        return ""

    def _renew(self, _: Reply) -> bool:
        self._credentials(True)  # noqa: FBT003  # new ones
        self._signer.learn()
        return True

    def _set_clock(self, reply: Reply) -> bool:
        said = reply.headers.get("date", "")
        if not said:
            return False
        ahead = parsedate_to_datetime(said) - self._now()
        if abs(ahead - self._signer.ahead) < SKEW:
            return False
        self._signer.learn(ahead=ahead)
        return True

    def _moved(self, reply: Reply) -> bool:
        region = reply.headers.get(REGION_HEADER, "") or _between(reply.body, b"Region")
        if region and region != self._signer.region:
            self._signer.learn(region=region)
            self._go(self._find(region))
            return True
        location = urlsplit(reply.headers.get("location", ""))
        origin = f"{location.scheme}://{location.netloc}"
        if location.scheme and _same_domain(origin, self._address.origin) and origin != self._address.origin:
            self._go(Address(origin, self._address.prefix))
            return True
        return False

    def _go(self, address: Address) -> None:
        self._address = address
        self._templates.clear()


def _same_domain(there: str, here: str) -> bool:
    """Whether a host is one of the same service: the same scheme, and the same last two labels of a name."""
    ours, theirs = urlsplit(here), urlsplit(there)
    mine, other = (ours.hostname or "").split("."), (theirs.hostname or "").split(".")
    named = not mine[-1].isdecimal()
    return ours.scheme == theirs.scheme and named and len(mine) > 1 and mine[-2:] == other[-2:]


def _between(body: bytes, name: bytes) -> str:
    _, found, rest = body.partition(b"<%b>" % name)
    return rest.partition(b"<")[0].decode() if found else ""
