"""The `Traffic` port on Azure: requests on stores, in their logs; uses of keys, in the audit logs of their vaults.

Rules
1. A use is of the version that it names. One that names none is of whichever was the newest then, and counts for every version.
2. A log whose settings were changed in the time that is asked about, that is sent nowhere or not to its own table, or that has
   no row at all, says nothing of who used a key.
3. A use is a service's where it came in the name of an identity that nobody but the resource itself has, or from the service's
   own application. Then it was for that resource, if the resource still names the key.

Source: "Azure Key Vault logging" (AuditEvent); table AZKVAuditLogs (Azure Monitor reference).
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from shared.adapters.azure import activity, blob_requests, log_rows, names, own_vaults, store_traffic
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.facets import Rights
from shared.adapters.azure.key_holders import RIGHTS as HOLDERS
from shared.adapters.azure.key_holders import Holder, holders
from shared.adapters.azure.rest import ARM
from shared.adapters.azure.vault_requests import STORAGE, act_of, actor_of, claims_of
from shared.domain.errors import Absent, Unreachable
from shared.domain.facet import SuccessorApart
from shared.domain.resource import Kind, Ref
from shared.intake.tolerant import text
from shared.ports import Clock, KeyUse, Request, Uses, Watched

CRYPTOGRAPHIC = frozenset({"KeyDecrypt", "KeyEncrypt", "KeyRelease", "KeySign", "KeyUnwrap", "KeyVerify", "KeyWrap"})
"""Operations for which a version has to be enabled."""

LOG = frozenset({"AuditEvent"})

ALIKE = "OperationName, RequestUri, Who, CallerIpAddress, HttpStatusCode"

RIGHTS = (
    Rights(frozenset({"Microsoft.KeyVault/vaults/read", "Microsoft.Insights/logs/AZKVAuditLogs/read"}))
    | log_rows.READ
    | activity.RIGHTS
    | HOLDERS
    | own_vaults.FACETS[Kind.KEY, SuccessorApart].reads
)


class AzureTraffic:
    """The vaults of every subscription that `clients` can see. Raises `CloudError` as any call does."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients, self._clock = clients, clock

    def watched(self, store: Ref, since: datetime, until: datetime) -> Watched:
        return store_traffic.watched(self._clients, self._clock, store, since, until)

    def requests(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        for store in stores:
            yield from store_traffic.requests(self._clients, store, since, until)

    def ways(self, stores: Sequence[Ref], since: datetime, until: datetime) -> Iterator[Request]:
        for store in stores:
            yield from store_traffic.ways(self._clients, store, since, until)

    def uses(self, key: Ref, since: datetime) -> Uses:
        """Who used this version. Raises `Unreachable` where the log may not have all of it, `Absent` where we see no such vault."""
        name = names.key(key.id)
        vault = self._vault(name)
        self._heard(vault, since)
        found = log_rows.rows(self._clients, vault, _asked(name), since)
        held = self._holders(key) if found else {}
        uses = sorted((use for row in found for use in _uses(row, key, held)), key=lambda use: (use.act.at, use.act.id))
        return Uses(tuple(uses), whole=True, through=self._newest(vault, since))

    def _holders(self, key: Ref) -> Mapping[str, Holder]:
        """Whoever asks for the key in a resource's name, or asked before that resource went under its successor elsewhere."""
        elsewhere = own_vaults.FACETS[Kind.KEY, SuccessorApart].read(self._clients, key)
        moved = [holders(self._clients, key.but(id=each.key)) for each in elsewhere]
        return dict(ChainMap(dict(holders(self._clients, key)), *map(dict, moved)))

    def _vault(self, name: names.KeyName) -> str:
        """The resource id of a vault, which a key's address does not say."""
        for subscription in activity.subscriptions(self._clients):
            path = f"/subscriptions/{subscription}/providers/Microsoft.KeyVault/vaults?api-version=2023-07-01"
            for vault in self._clients.rest(ARM).every(path):
                if str(vault["properties"].get("vaultUri", "")).rstrip("/").lower() == name.vault_url.lower():
                    return str(vault["id"]).lower()
        raise Absent("no vault that we see has this key")

    def _heard(self, vault: str, since: datetime) -> None:
        """Raises `Unreachable` where the log was not sent to a workspace all this time, as far as its settings tell."""
        place = f"{vault}/providers/{blob_requests.SETTINGS}"
        settings = self._clients.rest(ARM).every(f"{place}?api-version=2021-05-01-preview")
        if not log_rows.takes(log_rows.dedicated(one["properties"] for one in settings), LOG):
            raise Unreachable("the vault's log is sent to no workspace, or not to a table of its own there", "NotRecorded")
        if any(each.startswith(place) for each in blob_requests.changed(self._clients, vault, since)):
            raise Unreachable("where the vault's log goes was changed within that time", "NotRecorded")

    def _newest(self, vault: str, since: datetime) -> datetime:
        """Up to when the log is there: our own looks at the keys are in it too. Raises `Unreachable` where nothing is."""
        (last,) = log_rows.rows(self._clients, vault, "AZKVAuditLogs | summarize Last = max(TimeGenerated)", since) or ({},)
        if not last.get("Last"):
            raise Unreachable("the vault's log has nothing at all of that time", "NotRecorded")
        return log_rows.moment(last["Last"])


def _asked(name: names.KeyName) -> str:
    """The uses of a key, whichever version, those that are alike counted."""
    operations = ", ".join(f'"{each}"' for each in sorted(CRYPTOGRAPHIC))
    wanted = f"OperationName in ({operations}) and RequestUri contains {log_rows.quoted(f'/keys/{name.name}/')}"
    counted = f"summarize First = min(TimeGenerated), Last = max(TimeGenerated), Times = count() by {ALIKE}"
    return f"AZKVAuditLogs | where {wanted} | extend Who = tostring(Identity) | {counted}"


def _uses(row: log_rows.Row, key: Ref, held: Mapping[str, Holder]) -> Iterator[KeyUse]:
    """The first and the last of those that are alike. What is of another version is none."""
    steps = [step.lower() for step in urlsplit(str(row["RequestUri"])).path.strip("/").split("/")]
    name = names.key(key.id)
    versioned = len(steps) > 3  # noqa: PLR2004  # keys/NAME[/VERSION]/OPERATION
    if steps[1:2] != [name.name.lower()] or (versioned and steps[2] != name.version.lower()):
        return
    claims = claims_of(row)
    actor, app = actor_of(claims), text(claims.get("appid")).lower()
    holder = held.get(actor.unique_id)
    served = holder is not None and (holder.alone or app == STORAGE)
    ends, times = dict.fromkeys((log_rows.moment(row["First"]), log_rows.moment(row["Last"]))), int(row["Times"])
    for number, end in enumerate(ends):
        act = act_of(row, key, actor, end, by_service=served)
        seen = times - len(ends) + 1 if number == 0 else 1
        yield KeyUse(act, key, holder.held if holder and served else "", by_alias=not versioned, times=seen)
