"""Every single request on a store's blobs, from its log in a workspace, and when that log says nothing.

Rules
1. What is asked for is cut in two until an answer is whole: the log gives so many rows at a time.
2. Where the log goes can be changed, and a change does not say what was told after it. From the first to the last nothing can
   be said; nor after the last, unless the log goes to a workspace again that it went to before; nor before what was the first ever.
3. A copy has three rows of one id (CopyBlob, CopyBlobSource, CopyBlobDestination): its source is what was read.
4. Nothing that the log says of a blob goes into an exception or a log of ours.

Source: table StorageBlobLogs (Azure Monitor reference), "Storage Analytics logged operations and status messages".
Rows come minutes late.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from re import compile as pattern
from urllib.parse import parse_qs, urlsplit

from shared.adapters.azure import activity, blob_requests, log_rows, stores
from shared.adapters.azure.blob_requests import SERVICE, caller, network, private, settings_of, subnets_of
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.log_rows import Row, moment, rows
from shared.domain.errors import Unreachable
from shared.domain.exposure import Blind, Told
from shared.domain.resource import Ref
from shared.intake.tolerant import folded
from shared.ports import PLAINTEXT, Act, Clock, Request, Watched

LATE = timedelta(minutes=15)
"""How late the log can be; most of it comes within five minutes ("Log data ingestion time in Azure Monitor")."""

LEAST = timedelta(seconds=1)
"""What is not cut in two any more."""

NOT_SENT = "its log was sent to no workspace"
CHANGED = "where its log goes was changed"
NOT_YET = "its log is minutes late"

PROVIDER = "resourceProvider eq 'Microsoft.Insights'"
PORT = pattern(r":[0-9]+$")

UNSAID = "unsaid"
"""The workspace of a writing whose request the activity log does not have: no workspace is called so."""

ASKED = (
    "TimeGenerated, Category, OperationName, AuthenticationType, AuthenticationHash, RequesterObjectId, RequesterUpn, "
    "RequesterUserName, CallerIpAddress, StatusCode, ObjectKey, Uri, ResponseBodySize, TlsVersion, Protocol, CorrelationId, "
    "_ResourceId"
)

TOLD = frozenset(
    {"GetBlob", "QueryBlobContents", "ReadFile", "FindBlobsByTags", "ListBlobs", "ListFilesystemDir", "ListFilesystemFile"}
)
"""Reads and listings that are counted as such by their names."""

BARE = frozenset(
    {
        "BlobPreflightRequest",
        "GetAccountInformation",
        "GetBlobMetadata",
        "GetBlobProperties",
        "GetBlobServiceProperties",
        "GetBlobServiceStats",
        "GetBlobTags",
        "GetBlockList",
        "GetContainerACL",
        "GetContainerMetadata",
        "GetContainerProperties",
        "GetContainerServiceMetadata",
        "GetFilesystemProperties",
        "GetPageRegions",
        "GetPathAccessControl",
        "GetPathStatus",
        "GetUserDelegationKey",
        "ListContainers",
        "ListFilesystems",
    }
)
"""What the log counts as reading and shows no content. Any other read (a copy's source, or one that nobody knows) may have."""

OTHER_WAYS = "it is open to SFTP or NFS, of which its log does not tell who read what"

RIGHTS = Rights(frozenset({"Microsoft.Insights/logs/StorageBlobLogs/read"})) | blob_requests.RIGHTS | log_rows.READ | stores.READ


def watched(clients: Clients, clock: Clock, store: Ref, since: datetime, until: datetime) -> Watched:
    """Before the store was made nobody was blind."""
    account = stores.account(clients, store)
    made = account.creation_time
    begin = max(since, made.astimezone(UTC)) if made else since
    settings = log_rows.settings(clients, store)
    if not log_rows.sends(settings):
        return Watched((), (Blind(since=begin, until=until, why=NOT_SENT),)) if begin < until else Watched((), ())
    turns = sorted(_turns(clients, store), key=lambda turn: turn.at)
    gap = [Blind(since=a, until=min(b, until), why=CHANGED) for a, b in _unsure(turns, settings, begin, until) if a < until]
    if account.is_sftp_enabled or account.enable_nfs_v3:
        gap.append(Blind(since=begin, until=until, why=OTHER_WAYS))
    late = max(begin, clock.now() - LATE)
    return Watched((Told.STORAGE_LOGS,), (*gap, *([Blind(since=late, until=until, why=NOT_YET)] if late < until else [])))


@dataclass(frozen=True, slots=True)
class Turn:
    """A setting was written or deleted. `workspace`: where it was to send from then on, lower case; empty for a deletion."""

    at: datetime
    name: str
    workspace: str


def _unsure(
    turns: Sequence[Turn], settings: Sequence[Row], since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """From the first change to the last, and on where the log does not go again to where it went before the first."""
    changes = [turn for turn in turns if turn.at >= since]
    if not changes:
        return
    before = {turn.name: turn.workspace for turn in turns if turn.at < since}
    known = set(before.values()) - {""}
    again = log_rows.sends(one for one in settings if str(one.get("workspaceId", "")).lower() in known)
    begun = known or not changes[0].workspace
    yield changes[0].at if begun else since, changes[-1].at if again else until


def _turns(clients: Clients, store: Ref) -> Iterator[Turn]:
    """Every change that the activity log still has: what came before the time in question says where the log should go."""
    place = settings_of(store.id)
    for event in activity.events(clients, store.account, datetime.now(UTC) - activity.KEPT, PROVIDER):
        told, changed = activity.told(event), str(event.get("resourceId", "")).lower()
        if not told.failed and changed.startswith(place):
            asked = folded(folded(told.request).get("properties")) if told.event.endswith("/write") else {}
            workspace = str(asked.get("workspaceid") or UNSAID).lower() if told.event.endswith("/write") else ""
            yield Turn(moment(event["eventTimestamp"]), changed.removeprefix(place), workspace)


def requests(clients: Clients, store: Ref, since: datetime, until: datetime, form: str = f"project {ASKED}") -> Iterator[Request]:
    """In no order; `form` is the end of the query. Raises `Unreachable` where a second has more than one answer holds."""
    try:
        found = rows(clients, store.id, f"{_within(since, until)} | {form}", since - LEAST)
    except Unreachable as error:
        if error.code != "TooManyRows" or until - since < LEAST:
            raise
        half = since + (until - since) / 2
        yield from requests(clients, store, since, half, form)
        yield from requests(clients, store, half, until, form)
        return
    told = blob_requests.owned(clients, store.id, found)
    subnets = subnets_of(clients, store.id, SERVICE) if any(private(_address(row)) for row in told) else ()
    yield from (_request(row, store, subnets) for row in told)


WAY = f"Category, OperationName, {blob_requests.WHOM}, CallerIpAddress, StatusCode, TlsVersion, Protocol, _ResourceId"
PORTLESS = "extend CallerIpAddress = extract('^(.*?)(:[0-9]+)?$', 1, CallerIpAddress)"
COUNTED = f"{PORTLESS} | summarize TimeGenerated = max(TimeGenerated) by {WAY}"


def ways(clients: Clients, store: Ref, since: datetime, until: datetime) -> Iterator[Request]:
    """The last of those that are alike: the log counts them itself."""
    return requests(clients, store, since, until, COUNTED)


def _within(since: datetime, until: datetime) -> str:
    begin, end = (each.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for each in (since, until))
    span = f"TimeGenerated >= datetime({begin}) and TimeGenerated < datetime({end})"
    return f"StorageBlobLogs | where {span}"


def _request(row: Row, store: Ref, subnets: tuple[tuple[str, str], ...]) -> Request:
    address, said = _address(row), str(row.get("CorrelationId") or "")
    failed = int(str(row["StatusCode"])) >= blob_requests.ERRORS
    act = Act(
        id=said,
        at=moment(row["TimeGenerated"]),
        actor=caller(row, store),
        name=str(row["OperationName"]),
        resources=(store,),
        created=(),
        source_address=address,
        source_network=network(address, subnets),
        request_id=said,
        failed=failed,
        by_service=False,
    )
    sent = 0 if failed else int(str(row.get("ResponseBodySize") or 0))
    away = row.get("Category") == "StorageRead" and act.name not in TOLD | BARE
    return Request(act, store, Told.STORAGE_LOGS, _blob(row), _version(row), sent, None, _tls(row), copied=away)


def _blob(row: Row) -> str:
    """Container and blob; empty for a call on a container or on the store itself. The log writes the account before them."""
    container, _, blob = str(row.get("ObjectKey") or "").strip('"').lstrip("/").partition("/")[2].partition("/")
    return f"{container}/{blob}" if blob else ""


def _version(row: Row) -> str:
    """Which version or snapshot was asked for; empty for what is current."""
    asked = parse_qs(urlsplit(str(row.get("Uri") or "")).query)
    return next((asked[name][0] for name in ("versionid", "snapshot") if asked.get(name)), "")


def _tls(row: Row) -> str:
    """As CloudTrail spells it (`TLSv1.2`), empty where the log does not say."""
    if str(row.get("Protocol") or "").upper() == "HTTP":
        return PLAINTEXT
    return str(row.get("TlsVersion") or "").upper().replace("TLS ", "TLSv")


def _address(row: Row) -> str:
    """Without its port."""
    return PORT.sub("", str(row.get("CallerIpAddress") or ""))
