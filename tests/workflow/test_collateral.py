"""Whoever is refused by what a case has changed: people hear of it, once, with the way back; and of nobody else."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.adapters.memory.windows import BoundedMemory
from shared.containment.actions import ACTIONS
from shared.domain.case import Case
from shared.domain.errors import Tampered
from shared.domain.resource import Kind, Ref
from shared.workflow.collateral import SUBJECT, heard, hurtful
from shared.workflow.deciding import release_plan, undo
from shared.workflow.deps import Deps
from shared.workflow.judging import arrived
from shared.workflow.run import hold
from tests.hospital import CHARTS, CLINICIAN, EXPORT, HOME, KEY, Hospital, built, ref
from tests.workflow.driving import respond

OTHER = ref(Kind.BUCKET, "canteen-menu")
LEARNER = ref(Kind.ROLE, "trainee")


@dataclass
class Night:
    """A fence that stands, and what people were told since."""

    hospital: Hospital = field(default_factory=built)
    memory: BoundedMemory = field(default_factory=BoundedMemory)

    def __post_init__(self) -> None:
        self.deps: Deps = self.hospital.worker()
        self.case: Case = respond(self.deps)
        self.hospital.notifier.pages.clear()

    def hears(self, *events: dict[str, object], deps: Deps | None = None) -> list[str]:
        """What is paged about these events, as EventBridge brings them."""
        before = len(self.hospital.notifier.pages)
        for event in events:
            wrapped = {"source": "aws.kms", "detail-type": "AWS API Call via CloudTrail", "detail": event}
            heard(arrived(json.dumps(wrapped).encode()).records, deps or self.deps, self.memory)
        return [page.body for page in self.hospital.notifier.pages[before:] if page.subject == SUBJECT]


@pytest.fixture
def night() -> Night:
    return Night()


def refusal(
    role: Ref = CLINICIAN,
    on: Ref = KEY,
    name: str = "Decrypt",
    error: str = "AccessDenied",
    at: datetime | None = None,
    **other: object,
) -> dict[str, object]:
    """A refused call of a session of this role, as CloudTrail writes it."""
    service = {Kind.KEY: "kms", Kind.BUCKET: "s3"}[on.kind]
    sentence = f"User: x is not authorized to perform: {service}:{name} on resource: {on.id} because no policy allows it"
    issuer = {"type": "Role", "principalId": f"AROA{role.name.upper()}", "arn": role.id, "accountId": HOME}
    who = {"type": "AssumedRole", "principalId": f"{issuer['principalId']}:ward-7", "accountId": HOME}
    return {
        "eventName": name,
        "eventSource": f"{service}.amazonaws.com",
        "eventTime": (at or datetime(2027, 1, 1)).strftime("%Y-%m-%dT%H:%M:%SZ"),  # noqa: DTZ001  # after whatever the clock says
        "eventID": "e-1",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "recipientAccountId": HOME,
        "errorCode": error,
        "errorMessage": sentence,
        "requestParameters": None,
        "userIdentity": {**who, "sessionContext": {"sessionIssuer": issuer}},
        **other,
    }


def by_the_thief() -> dict[str, object]:
    who = {"type": "IAMUser", "principalId": "AIDAEXPORT", "arn": EXPORT.id, "accountId": HOME, "accessKeyId": "AKIAEXPORT"}
    return refusal(userIdentity=who)


def test_a_clinician_who_is_refused_is_told_about_once_with_the_way_back(night: Night) -> None:
    (page,) = night.hears(*[refusal()] * 40)
    assert f"{CLINICIAN} was refused Decrypt on {KEY}" in page
    assert ACTIONS["restrict-key"].title in page
    assert f"codeblue release {night.case.id} {KEY.id}" in page
    assert ACTIONS["fence-key"].title not in page


def test_another_worker_does_not_tell_it_again(night: Night) -> None:
    assert len(night.hears(refusal())) == 1
    assert night.hears(refusal(), deps=night.hospital.worker()) == []


def test_what_else_they_are_refused_is_told_for_itself(night: Night) -> None:
    pages = night.hears(refusal(), refusal(on=CHARTS, name="GetObject"))
    assert [KEY.id in pages[0], CHARTS.id in pages[1]] == [True, True]


def test_any_number_of_strangers_is_told_about_once(night: Night) -> None:
    (page,) = night.hears(*(refusal(ref(Kind.ROLE, f"stranger-{n}")) for n in range(30)))
    assert "look who it is" in page


def test_a_session_that_a_policy_denies_is_told_about_wherever_it_was(night: Night) -> None:
    denied = "User: x is not authorized to perform: s3:GetObject on resource: y with an explicit deny in an identity-based policy"
    (page,) = night.hears(refusal(on=OTHER, name="GetObject", errorMessage=denied))
    assert f"codeblue release {night.case.id} {CLINICIAN.id}" in page


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(by_the_thief, id="the thief's"),
        pytest.param(lambda: refusal(on=OTHER, name="GetObject"), id="one of a store that the case has nothing to do with"),
        pytest.param(lambda: refusal(LEARNER, OTHER, "GetObject"), id="one of somebody and something else"),
        pytest.param(lambda: refusal(at=datetime(2020, 1, 1)), id="one from before the first change"),  # noqa: DTZ001  # CloudTrail's are UTC
        pytest.param(lambda: refusal(error="ThrottlingException"), id="a call that only came too often"),
        pytest.param(lambda: refusal(error="", errorMessage=""), id="a call that worked"),
        pytest.param(lambda: refusal(ref(Kind.ROLE, "responder")), id="our own"),
    ],
)
def test_nobody_is_told_about(night: Night, event: Callable[[], dict[str, object]]) -> None:
    assert night.hears(event()) == []


@pytest.mark.parametrize("error", ["AccessDenied", "AccessDeniedException", "KMS.DisabledException", "KMSInvalidStateException"])
def test_it_is_a_refusal_where_the_service_says(night: Night, error: str) -> None:
    assert len(night.hears(refusal(error=error))) == 1


def test_what_was_released_is_blamed_no_longer(night: Night) -> None:
    plan = release_plan(night.case, night.deps, KEY.id)
    with hold(night.case.id, night.deps, "ann") as held:
        assert held
        held.save(undo(held.load(), night.deps, plan, plan.digest, "ann", whole=False))
    assert night.hears(refusal(), deps=night.hospital.worker()) == []


def test_where_the_record_can_not_be_read_people_are_told_all_the_same(night: Night) -> None:
    def unreadable(_case: str) -> None:
        raise Tampered("the record does not verify")

    (page,) = night.hears(refusal(), deps=night.hospital.worker(None, journal=unreadable))
    assert "can not be read" in page
    assert f"codeblue release {night.case.id} {KEY.id}" in page


def test_a_case_without_a_change_hurts_nobody(night: Night) -> None:
    lease = night.hospital.cases.take(night.case.id, "ann")
    assert lease
    night.hospital.cases.save(night.case.but(waves=()), lease)
    assert night.hears(refusal(at=datetime(2027, 1, 1) + timedelta(days=1)), deps=night.hospital.worker()) == []  # noqa: DTZ001  # the same


def test_an_action_that_aims_at_the_actors_or_hurts_nobody_is_not_blamed_on_a_store() -> None:
    hurting = {name for name, action in ACTIONS.items() if hurtful(action)}
    assert {"restrict-key", "restrict-store", "fence-new-sessions", "require-tls", "repoint", "retire-key"} <= hurting
    assert not {"fence-key", "fence-store", "deny-all", "migrate", "keep-versions", "replace-key"} & hurting
