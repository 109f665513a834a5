"""Who works with the stores and keys by right: declared, named, or seen."""

import json
from copy import replace
from datetime import datetime, timedelta

import pytest

from shared.containment.estate import Estate, Tenant
from shared.containment.rightful import Breach, allow_list
from shared.domain.actor import Actor
from shared.domain.case import Reach, Scope, Standing
from shared.domain.facet import Grant, PolicyStatement
from shared.domain.resource import Kind
from tests.hospital import (
    ALERT,
    CHARTS,
    CLINICIAN,
    EXPORT,
    FOREIGN,
    HOME,
    KEY,
    REPLICA,
    SESSION,
    THIEF,
    THIEFS_ADDRESS,
    Hospital,
    act,
    ref,
    statement,
)

SINCE = ALERT - timedelta(days=30)
LAB = ref(Kind.BUCKET, "lab-results")
DECLARED = "arn:aws:iam::111122223333:role/ehr-*"
TENANT = Tenant(name="st-brendan", stores=frozenset({CHARTS}), keys=frozenset({KEY}), principals=frozenset({DECLARED}))


def allowed(hospital: Hospital, scope: Scope, *tenants: Tenant) -> tuple[tuple[str, ...], bool]:
    estate = Estate(accounts=frozenset({HOME}), tenants=tenants)
    found = allow_list(scope, hospital.world, hospital.evidence, estate, SINCE)
    return found.allow, bool(found.declared)


class TestTheAllowList:
    """Declared, named by a policy or grant, or seen; never the actors, never strangers."""

    SCOPE = Scope(standings=(Standing(actor=THIEF, reach=Reach.PRINCIPAL),), stores=(CHARTS,), keys=(KEY,))

    def policy(self, *statements: PolicyStatement) -> Hospital:
        """A hospital whose store and key have these statements alone."""
        hospital = Hospital()
        for target in (CHARTS, KEY):
            hospital.world.put(target, *statements)
        return hospital

    @pytest.mark.parametrize(
        ("principal", "known"),
        [
            pytest.param({"AWS": CLINICIAN.id}, (CLINICIAN.id,), id="a role that an Allow names"),
            pytest.param({"AWS": [CLINICIAN.id, EXPORT.id]}, (CLINICIAN.id,), id="but not the actor beside it"),
            pytest.param({"AWS": f"arn:aws:iam::{HOME}:root"}, (), id="nobody, where it delegates to the account"),
            pytest.param({"AWS": f"arn:aws:iam::{FOREIGN}:role/partner"}, (), id="nobody of a foreign account"),
            pytest.param({"Service": "logs.amazonaws.com"}, (), id="no service, which is exempt anyhow"),
            pytest.param("*", (), id="not everybody"),
            pytest.param({"AWS": "AROADELETED"}, (), id="nobody who is deleted"),
        ],
    )
    def test_a_policy_names(self, principal: object, known: tuple[str, ...]) -> None:
        hospital = self.policy(statement("Theirs", Effect="Allow", Principal=principal, Action="*", Resource="*"))
        assert allowed(hospital, self.SCOPE) == (known, False)

    def test_a_deny_makes_nobody_rightful(self) -> None:
        hospital = self.policy(statement("Theirs", Effect="Deny", Principal={"AWS": CLINICIAN.id}, Action="*", Resource="*"))
        assert allowed(hospital, self.SCOPE) == ((), False)

    @pytest.mark.parametrize(
        ("grantee", "known"),
        [
            pytest.param(CLINICIAN.id, (CLINICIAN.id,), id="a role of ours"),
            pytest.param(f"arn:aws:iam::{FOREIGN}:role/partner", (), id="not a stranger"),
            pytest.param("rds.amazonaws.com", (), id="not a service"),
        ],
    )
    def test_a_grant_names(self, grantee: str, known: tuple[str, ...]) -> None:
        hospital = self.policy()
        spec = json.dumps({"GranteePrincipal": grantee, "Operations": ["Decrypt"]})
        hospital.world.put(KEY, Grant(spec=spec, present=True))
        assert allowed(hospital, self.SCOPE)[0] == known

    @pytest.mark.parametrize(
        ("actor", "failed", "known"),
        [
            pytest.param(SESSION, False, (CLINICIAN.id,), id="whoever uses it"),
            pytest.param(SESSION, True, (), id="not whoever was refused"),
            pytest.param(THIEF, False, (), id="not the actor"),
        ],
    )
    def test_the_log_shows(self, actor: Actor, failed: bool, known: tuple[str, ...]) -> None:
        hospital = self.policy()
        hospital.evidence.happened(act(actor, "Decrypt", KEY, failed=failed))
        assert allowed(hospital, self.SCOPE)[0] == known

    @pytest.mark.parametrize(
        ("at", "address", "by_service", "known"),
        [
            pytest.param(ALERT, "10.20.4.17", False, True, id="from elsewhere, at any time"),
            pytest.param(SINCE, THIEFS_ADDRESS, False, False, id="from the thief's address, at no time"),
            pytest.param(ALERT - timedelta(days=1), "AWS Internal", True, True, id="by a service, before the theft"),
            pytest.param(ALERT, "AWS Internal", True, False, id="by a service, since the theft: nobody can say from where"),
        ],
    )
    def test_what_was_done_in_a_breach_makes_nobody_rightful(
        self, at: datetime, address: str, *, by_service: bool, known: bool
    ) -> None:
        hospital = self.policy()
        hospital.evidence.happened(replace(act(SESSION, "Decrypt", KEY, at=at, address=address), by_service=by_service))
        found = allow_list(
            self.SCOPE,
            hospital.world,
            hospital.evidence,
            Estate(accounts=frozenset({HOME})),
            SINCE,
            Breach(ALERT, THIEFS_ADDRESS),
        )
        assert (CLINICIAN.id in found.allow) is known

    def test_what_was_seen_before_the_time_that_counts_does_not_count(self) -> None:
        hospital = self.policy()
        hospital.evidence.happened(act(SESSION, "Decrypt", KEY, at=SINCE - timedelta(seconds=1)))
        assert allowed(hospital, self.SCOPE)[0] == ()

    def test_a_tenant_declares_who_works_with_its_own(self) -> None:
        assert allowed(self.policy(), self.SCOPE, TENANT) == ((DECLARED,), True)

    def test_a_tenant_declares_nobody_for_what_is_anothers(self) -> None:
        assert allowed(self.policy(), self.SCOPE.but(stores=(LAB,), keys=()), TENANT) == ((), False)

    OTHER = Tenant(name="lab", stores=frozenset({LAB}), principals=frozenset({"arn:aws:iam::111122223333:role/lab-*"}))
    BOTH = SCOPE.but(stores=(CHARTS, LAB))

    def test_who_is_declared_for_one_tenants_is_a_stranger_at_anothers(self) -> None:
        found = self.found(TENANT, self.OTHER)
        assert [found.allowed(target) for target in (CHARTS, KEY, REPLICA)] == [(DECLARED,)] * 3
        assert found.allowed(LAB) == tuple(self.OTHER.principals)
        assert found.listed

    def test_one_tenants_declaration_says_nothing_of_another_that_declares_nobody(self) -> None:
        found = self.found(TENANT, self.OTHER.but(principals=frozenset()))
        assert [found.declares(target) for target in (CHARTS, KEY, LAB)] == [True, True, False]
        assert not found.listed

    def found(self, *tenants: Tenant) -> Scope:
        """The scope of both stores, whose log nobody has read."""
        hospital = self.policy()
        hospital.world.put(LAB)
        hospital.world.put(REPLICA)
        scope, declared = self.BOTH.but(keys=(KEY, REPLICA)), Estate(accounts=frozenset({HOME}), tenants=tenants)
        found = allow_list(scope, hospital.world, None, declared, SINCE)
        return scope.but(allow=found.allow, declared=found.declared, listed=found.whole)

    def test_a_role_whose_session_alone_is_the_thiefs_stays_rightful(self) -> None:
        hospital = self.policy(statement("Theirs", Effect="Allow", Principal={"AWS": CLINICIAN.id}, Action="*", Resource="*"))
        session = self.SCOPE.but(standings=(Standing(actor=SESSION, reach=Reach.SESSION),))
        assert allowed(hospital, session)[0] == (CLINICIAN.id,)

    def test_a_log_that_does_not_answer_hides_nobody_whom_a_policy_names(self) -> None:
        hospital = self.policy(statement("Theirs", Effect="Allow", Principal={"AWS": CLINICIAN.id}, Action="*", Resource="*"))
        hospital.evidence.reachable = False
        assert allowed(hospital, self.SCOPE)[0] == (CLINICIAN.id,)
