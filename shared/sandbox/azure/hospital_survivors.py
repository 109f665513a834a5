"""What of a thief's work still has effect when all is over: judged by trying, and by what the services say."""

from collections.abc import Iterator
from http import HTTPStatus

from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.hospital_lives import signs_in
from shared.sandbox.azure.thief import DOORS, Thief
from shared.sandbox.azure.thief_hands import Bearer, Key
from shared.sandbox.azure.wire import Request


def survivors(cloud: Cloud, thief: Thief) -> Iterator[str]:
    """Each in one sentence. Every change is in force by now."""
    for hand in thief.held:
        if any(thief.gets(hand, *door) for door in DOORS):
            yield f"{hand.name} still reads health data"
        if isinstance(hand, Bearer) and signs_in(cloud, hand):
            yield f"{hand.name} may still sign in"
        if isinstance(hand, Key) and cloud.storage.accounts[hand.account].keys[hand.part].value == hand.value:
            yield f"{hand.part} of {hand.account} is still the one that the thief has"
    if any(cloud.answer(Request("GET", link)).status < HTTPStatus.BAD_REQUEST for link in thief.links):
        yield f"a link to {hospital.ARCHIVE} still opens it"
    yield from _given(cloud, thief)
    yield from _stores(cloud)


def _given(cloud: Cloud, thief: Thief) -> Iterator[str]:
    for who in sorted({hand.id for hand in thief.held if isinstance(hand, Bearer)}):
        if any(held.principal_id == who for held in cloud.rbac.current()):
            yield f"{who} still has a role"
    directory = cloud.entra.directory
    holder = directory.principals[names.EXPORT_ID]
    if any(list(each.known(float("inf"))) for each in directory.credentials_of(holder.app_id)):
        yield f"{names.EXPORT} still has a credential"


def _stores(cloud: Cloud) -> Iterator[str]:
    for name, (place, _) in hospital.STORES.items():
        rules = cloud.storage.accounts[name].properties.get("networkAcls") or {}
        if rules.get("defaultAction") != "Deny":
            yield f"the network of {name} is open"
        setting = f"{place}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/night"
        if cloud.resources.find(setting) is None:
            yield f"the log of {name} goes nowhere"
