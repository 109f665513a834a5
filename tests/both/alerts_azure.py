"""Defender's alerts about the clinic on Azure, true ones and others."""

import json
import uuid
from collections.abc import Mapping

from shared.sandbox.azure import clinic_alerts
from tests.both.under_test import Json
from tests.contract.azure.respond_scenes import EVENTS

NAMING = frozenset({"azureresourceid", "resourceidentifiers", "compromisedentity"})
"""Where an alert says what it is about."""


def theft() -> Json:
    """The example about the stolen program, to be altered; relative times are rendered by `respond --render`."""
    return dict(json.loads((EVENTS / "defender-application-read.json").read_text()))


def about_user(upn: str, object_id: str = "") -> Json:
    """One that nobody has heard of, about this person."""
    name, _, suffix = upn.partition("@")
    known = {"AadUserId": object_id} if object_id else {}
    return _about({"Type": "account", "Name": name, "UpnSuffix": suffix, **known})


def about_principal(name: str, object_id: str) -> Json:
    """One that nobody has heard of, about this program."""
    return _about({"Type": "account", "Name": name, "ServicePrincipalId": object_id})


def _about(who: Mapping[str, str]) -> Json:
    told = theft()
    address, *_ = told["Entities"]
    return told | {"SystemAlertId": f"2517_{uuid.uuid4()}", "Entities": [address, who]}


def about_store(alert: Json, store: str) -> Json:
    """The same alert, naming this store as the one that is read."""
    other = {name: value for name, value in alert.items() if name.lower() not in NAMING}
    return other | {
        "azureResourceId": store,
        "resourceIdentifiers": [{"type": "AzureResource", "azureResourceId": store}],
        "compromisedEntity": store.rpartition("/")[2],
    }


def true_of(store: str, also: str) -> Json:
    """What Defender itself would say of the stolen program if it had read these two stores."""
    told = clinic_alerts.alert(str(theft()["SystemAlertId"]))
    more = {"type": "azure-resource", "resourceId": also}
    return about_store(told | {"systemAlertId": f"2517_{uuid.uuid4()}", "entities": [*told["entities"], more]}, store)
