"""Our own calls are known again by more than an id, which whoever calls Resource Manager may choose."""

from datetime import timedelta

from shared.adapters.azure import activity, delegation_keys, stores
from shared.adapters.azure.facets import Rights
from shared.domain.facet import DelegationKeys
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure.wire import Request
from tests.contract.azure.test_asked import SINCE, STORE, Desk

ARM = f"https://management.azure.com{names.ACCOUNT_ID}"


def test_our_id_sent_with_another_act_is_not_our_call() -> None:
    desk = Desk()
    desk.may(Rights(frozenset({"*"})))
    (ours,) = stores.patched(desk.clients, STORE, {"minimumTlsVersion": "TLS1_2"}).request_ids
    token = desk.bearer.get_token("https://management.azure.com/.default").token
    headers = {"authorization": f"Bearer {token}", "x-ms-correlation-request-id": ours.partition(".")[0]}
    assert desk.cloud.answer(Request("POST", f"{ARM}/listKeys?api-version=2024-01-01", headers)).status == 200
    events = [e for e in activity.events(desk.clients, names.SUBSCRIPTION, SINCE) if e["correlationId"] == ours.partition(".")[0]]
    told = {fact.event.rpartition("/")[0].rpartition("/")[2]: fact.request_id for fact in map(activity.told, events)}
    assert told.pop("storageaccounts") == ours
    assert set(told) == {"listkeys"}
    assert ours not in told.values()


def test_a_revocation_that_somebody_only_began_revoked_nothing() -> None:
    desk = Desk()
    desk.may(Rights(frozenset({"*"})))
    path = f"{ARM}/revokeUserDelegationKeys?api-version=2024-01-01"
    token = desk.bearer.get_token("https://management.azure.com/.default").token
    assert desk.cloud.answer(Request("POST", path, {"authorization": f"Bearer {token}"})).status == 200
    read = delegation_keys.FACETS[STORE.kind, DelegationKeys].read
    (done,) = read(desk.clients, STORE)
    assert done.since
    for event in desk.cloud.activity.seen(names.SUBSCRIPTION):
        event["status"] = {"value": "Started"}
    assert read(desk.clients, STORE) == (DelegationKeys(since=None),)
    assert not done.but(since=done.since + timedelta(minutes=1)).satisfied_by(done)
