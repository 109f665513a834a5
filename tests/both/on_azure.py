"""The clinic on the embedded Azure, in this process and on loopback, with its record on Azure too."""

import json
import logging
import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import replace
from http import HTTPStatus
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import pytest
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from shared.adapters.azure.custody_places import LEDGERS, by_convention
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.calls import Answered
from shared.sandbox.azure.clinic import Clinic, build
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.directory import ServicePrincipal
from shared.sandbox.azure.faults import Fault
from shared.sandbox.azure.security import store_alert
from shared.sandbox.azure.server import Server
from shared.sandbox.azure.wire import Problem, Request
from tests.both import alerts_azure as alerts
from tests.both import command, state_azure
from tests.both.under_test import Forged, Json, Namesake, Ran, Tables
from tests.conftest import ROOT
from tests.contract.azure.respond_scenes import Night, read
from tests.contract.azure.thief_scenes import Hand, empowered, scans
from tests.drills import programs
from tests.drills.programs import Running

SCOPE = f"/subscriptions/{names.SUBSCRIPTION}"
OWN: Tables = {"custody": {"azure": names.SCOPE}, "responder": {"places": ["203.0.113.9"]}}
CUSTODY = by_convention(names.SUBSCRIPTION, names.GROUP)
SPARE = "codeblue-spare"
ARM = "https://management.azure.com"
MADE = "night-shift"
PATIENT = "doe-jane-19610402"
BREAK_GLASS = "break-glass@st-brendan.example"

ASKING = frozenset({"GET", "HEAD", "OPTIONS"})
BESIDE = frozenset({"login", "logs", "imds"})
"""Planes where nothing of anybody's is changed: a query is a POST."""


MANAGEMENT = {"arm": "*", "graph": "*", "keyvault": f"{names.VAULT}.*"}
"""Planes by which things are set up, and where on them."""

FENCES = re.compile("graph PATCH |arm PATCH .*/storageAccounts/")
"""Requests that close what `fences` looks at. Both go out at once, in no order."""

AWKWARD = ("a b+c.dcm", "é.dcm", "twice//over.dcm")

SDK = (
    "azure.core.pipeline.transport",
    "azure.identity",
    "azure.keyvault.keys.crypto",
    "azure.mgmt.compute",
    "azure.mgmt.keyvault",
    "azure.mgmt.storage",
    "azure.monitor.query",
    "azure.storage.blob",
    "msal_extensions",
    "shared.adapters.azure.custody",
    "shared.adapters.azure.world",
)
"""What every run on Azure imports: half of what a short one computes."""


class AzureClinic:
    """`Clinic`, seen through unmodified clients; what no client shows is read in the sandbox itself."""

    thief = "thief"
    people: tuple[str, ...] = ("clinician", "legacy")
    bystander = names.VAULT_ID.lower()
    once: tuple[tuple[str, ...], int] = (("PATCH graph", "roleAssignments", "removePassword", "endGetAccess"), 12)
    declared: Tables = {}  # noqa: RUF012  # a table, and nobody writes in it
    recovery = 245
    ways = frozenset({"disable-sign-in", "replace-key", "repoint"})
    one_way = frozenset({"remove-credentials", "revoke-disk-links", "revoke-sessions"})
    public_key = ""

    def __init__(self, url: str, cloud: Cloud, built: Clinic, pages: command.Pages) -> None:
        self.sandbox, self._url, self._held, self._pages = cloud, url, built.credentials, pages
        self.theft: Json = alerts.theft()
        self.responder = self._principal("responder")
        self.break_glass = cloud.entra.directory.add_user(BREAK_GLASS, "a-password-in-a-safe-EXAMPLE").id
        night = Night(url, cloud, built, Path(), pytest.MonkeyPatch())
        self._clients: Mapping[str, BlobServiceClient] = {
            "clinician": night.clinician,
            "legacy": night.legacy,
            "thief": night.thief_by_secret,
        }

    def policy(self, folder: Path, tables: Tables) -> Path:
        return command.written(folder, OWN, tables)

    def environment(self, who: str) -> dict[str, str]:
        held = {name.upper(): value for name, value in self._held[who].items()}
        return {**held, "CODEBLUE_AZURE_ENDPOINT": self._url}

    def codeblue(self, *words: object, given: str = "", who: str = "responder") -> Ran:
        return command.codeblue(words, self.environment(who), given)

    def start(self, *words: object) -> Running:
        return Running([*map(str, words)], {**os.environ, **self.environment("responder")}, ROOT)

    def kill(self, pid: int, nth: int) -> None:
        arrived = count(1)

        def strike(*_: object) -> None:
            if next(arrived) == nth:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        self.sandbox.faults.clear()
        self.sandbox.faults.at_each_call(strike)

    def reads(self, who: str) -> str:
        try:
            read(self._clients[who])
        except AzureError as error:
            return str(getattr(error, "error_code", "") or type(error).__name__)
        return ""

    def calls(self) -> int:
        return len(self.sandbox.calls)

    def writes(self, since: int) -> list[str]:
        made = (call for call in tuple(self.sandbox.calls)[since:] if call.caller == self.responder.id)
        return [call.name for call in made if not _aside(call)]

    def pages(self) -> list[str]:
        told, self._pages.subjects = self._pages.subjects, []
        return told

    def forged(self) -> Forged:
        known = str(self.theft["SystemAlertId"])
        viewer = alerts.about_principal(names.IDENTITY, self._principal(names.IDENTITY).id)
        return Forged(
            user=viewer,
            known_user={**viewer, "SystemAlertId": known},
            ourselves=alerts.about_principal("codeblue", self.responder.id),
            last_resort=alerts.about_user(BREAK_GLASS, self.break_glass),
            last_resort_by_name=alerts.about_user(BREAK_GLASS),
            known_custody=alerts.about_store({**self.theft, "SystemAlertId": known}, CUSTODY.resources[0]),
        )

    def out_of_reach(self) -> tuple[Json, Tables, tuple[str, ...]]:
        true = alerts.true_of(CUSTODY.resources[0], names.ACCOUNT_ID)
        store_alert(self.sandbox, CUSTODY.resources[0], true)
        protected = {"protected": {"resources": [names.ACCOUNT_ID]}}
        return true, protected, (CUSTODY.resources[0].lower(), names.ACCOUNT_ID.lower())

    def ours(self) -> list[Json]:
        return self._recorded(self.responder)

    def with_our_credentials(self) -> Json:
        Hand(self.sandbox, self.responder, names.THIEF_IP).weaken()
        return self._recorded(self.responder)[-1]

    def name_patients(self) -> tuple[str, ...]:
        scans(self.sandbox)
        self.sandbox.storage.accounts[names.ACCOUNT].properties["isSftpEnabled"] = True
        self._thief = empowered(self.sandbox)
        self.sandbox.rbac.assign(names.EXPORT_ID, "Key Vault Crypto Officer", names.VAULT_ID)
        named = self.sandbox.rbac.assign(names.EXPORT_ID, "Storage Blob Data Reader", SCOPE)
        named.extra["description"] = f"for {PATIENT}"
        tenant = self.sandbox.storage.accounts[names.ACCOUNT].containers[names.TENANTS[0]]
        tenant.blobs[f"{PATIENT}.dcm"] = replace(tenant.blobs["0000.dcm"], name=f"{PATIENT}.dcm")
        return (PATIENT,)

    def rob(self) -> Json:
        user = self._thief.user(MADE)
        self._thief.role(user, "User")
        self._thief.disk()
        self._thief.unwrap()
        self._thief.sftp()
        read = {"Type": "blob", "Name": f"{PATIENT}.dcm", "Url": f"{names.BLOB_URL}/{names.TENANTS[0]}/{PATIENT}.dcm"}
        return self.theft | {"Entities": [*self.theft["Entities"], read], "Description": f"{PATIENT}.dcm was read"}

    def kept(self) -> Iterator[bytes]:
        return state_azure.kept(self.sandbox, CUSTODY)

    def state(self) -> Json:
        return state_azure.state_of(self.sandbox)

    def legitimate(self, state: Json) -> Json:
        return state_azure.legitimate(state, frozenset({names.EXPORT, MADE}))

    def around_bystander(self, state: Json) -> object:
        return state["vault"]

    def standing(self) -> list[str]:
        state = self.state()
        sftp = ["users of the store's own"] if state["store"]["isLocalUserEnabled"] else []
        return [*sftp, *(role[1] for role in state["roles"] if role[0] == MADE), *([MADE] if state["sign-in"][MADE] else [])]

    def furnish(self) -> None:
        tenant = self.sandbox.storage.accounts[names.ACCOUNT].containers[names.TENANTS[0]]
        for name in AWKWARD:
            tenant.blobs[name] = replace(tenant.blobs["0000.dcm"], name=name)

    def stored(self) -> Mapping[Any, object]:
        return state_azure.stored(self.sandbox)

    def astray(self) -> list[str]:
        return state_azure.astray(self.sandbox)

    def not_put_back(self) -> list[str]:
        closed = self.state()["network"][0]["defaultAction"] != "Allow"
        return [*self.astray(), *(["the store's network"] if closed else [])]

    def unclaimed(self) -> list[str]:
        return state_azure.unclaimed(self.sandbox)

    def throttle(self) -> None:
        first = Lock()
        self.sandbox.faults.at_each_call(lambda _, request: self._strike(request, first))

    def _strike(self, request: str, first: Lock) -> None:
        """The first that fences goes through. One that was on its way beside it does not."""
        if not FENCES.match(request):
            return
        if not first.acquire(blocking=False):
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests.", {"retry-after": "1"})
        for plane, path in MANAGEMENT.items():
            self.sandbox.faults.add(Fault("throttle", plane=plane, path=path, seconds=1))

    def lose_record(self) -> None:
        place = f"{CUSTODY.account}.*/{LEDGERS}*"
        self.sandbox.faults.add(Fault("error", plane="blob", method="PUT", path=place, status=503, code="ServerBusy"))

    def relent(self) -> None:
        self.sandbox.faults.clear()

    def fences(self) -> frozenset[str]:
        state = self.state()
        out = {f"{who} signs in no more" for who, may in state["sign-in"].items() if not may}
        return frozenset({*out, *(["the network is closed"] if state["network"][0]["defaultAction"] == "Deny" else [])})

    def namesake(self) -> Namesake:
        directory = self.sandbox.entra.directory
        old, new = (directory.add_application(SPARE)[1] for _ in range(2))
        del directory.principals[old.id]
        self.sandbox.rbac.assign(new.id, "Owner", SCOPE)
        scans(self.sandbox)
        Hand(self.sandbox, new, names.THIEF_IP).disk()
        return Namesake(old.id, new.id, self._recorded(new)[-1], lambda: self._enters(new))

    def _enters(self, who: ServicePrincipal) -> str:
        """What the store's own settings show to a token that was given out before."""
        bearer = {"authorization": f"Bearer {self.sandbox.entra.issue(who, ARM, 600).text}"}
        answer = self.sandbox.answer(Request("GET", f"{ARM}{names.ACCOUNT_ID}?api-version=2024-01-01", bearer))
        return "" if answer.status == HTTPStatus.OK else str(answer.json()["error"]["code"])

    def _principal(self, name: str) -> ServicePrincipal:
        return next(each for each in self.sandbox.entra.directory.principals.values() if each.name == name)

    def _recorded(self, who: ServicePrincipal) -> list[Json]:
        """What this one did, as the activity log and the directory's audit log have it, the oldest first."""
        changed = [each for each in self.sandbox.activity.seen(names.SUBSCRIPTION) if each["caller"] == who.id]
        audited = [each for each in self.sandbox.entra.audits.seen() if who.id in json.dumps(each["initiatedBy"])]
        return [*reversed(audited), *changed]


def _aside(call: Answered) -> bool:
    """Whether a call changes nothing, or only the record."""
    asks = call.request.method in ASKING or call.plane in BESIDE
    return asks or any(host in f"https://{call.request.host}" for host in (CUSTODY.blob_url, CUSTODY.vault_url))


@contextmanager
def clinic() -> Iterator[AzureClinic]:
    """A fresh one where everybody has been at work, the thief too, until the block ends."""
    programs.MORE[:] = SDK
    cloud, pages, log = Cloud(), command.Pages(), logging.getLogger("codeblue")
    built = build(cloud)
    log.addHandler(pages)
    try:
        with Server(cloud) as server:
            made = AzureClinic(server.endpoint_url, cloud, built, pages)
            with TemporaryDirectory() as folder:
                begun = made.codeblue("init", "--json", "--policy", made.policy(Path(folder), {}), who="administrator")
            assert begun.code == 0, begun
            made.public_key = str(begun.result["public_key"])
            assert not any(map(made.reads, (*made.people, made.thief)))
            yield made
    finally:
        log.removeHandler(pages)
