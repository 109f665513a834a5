"""Who called, by the platform's header: whatever it says, it is understood or refused, and never somebody of another tenant."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_functions_app.callers import AUTHENTICATED, HEADER, NAMES, Caller, NotAllowed, Unauthenticated, caller, may_decide
from azure_functions_app.environment import Settings
from shared.domain.errors import NotReady

TENANT, OTHER = "0c0de5af-0000-4000-8000-0000000000aa", "0c0de5af-0000-4000-8000-00000000dead"
ANN = "0c0de5af-0000-4000-8000-0000000000cc"
SETTINGS = Settings(tenant=TENANT, audiences=("api://codeblue",))
NOW = datetime(2026, 11, 21, tzinfo=UTC)

NAMED = st.sampled_from(["oid", "tid", "aud", "exp", "amr", "scp", *NAMES.values()])
TEXTS = st.sampled_from([TENANT, OTHER, "api://codeblue", ANN, "mfa", "", "99999999999", "-1", "\u0661", "9" * 5000])
CLAIMS = st.lists(st.fixed_dictionaries({"typ": NAMED, "val": TEXTS}), max_size=12)


def who(header: str) -> Caller:
    return caller({HEADER: header}, {AUTHENTICATED: "true"}, SETTINGS, NOW)


@given(st.binary(max_size=64).map(lambda content: content.decode("latin-1")))
def test_any_text_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        who(header)


@given(CLAIMS, st.sampled_from(["aad", "github"]))
def test_whoever_is_believed_is_one_of_the_tenant_with_a_token_for_us_whose_time_is_not_over(
    claims: list[dict[str, str]], kind: str
) -> None:
    header = base64.b64encode(json.dumps({"auth_typ": kind, "claims": claims}).encode()).decode()
    with suppress(Unauthenticated):
        found = who(header)
        said = {
            short: [c["val"] for c in claims if c["typ"] in {short, NAMES.get(short)}] for short in ("tid", "aud", "exp", "oid")
        }
        assert (kind, said["tid"], said["aud"], said["oid"]) == ("aad", [TENANT], ["api://codeblue"], [found.id])
        assert [text.isascii() and int(text) > NOW.timestamp() for text in said["exp"]] == [True]


@pytest.mark.parametrize(
    ("delegated", "factors"), [pytest.param(True, {"pwd"}, id="one factor"), pytest.param(False, {"mfa"}, id="no person")]
)
def test_an_approver_does_not_decide_with(*, delegated: bool, factors: set[str]) -> None:
    with pytest.raises(NotAllowed, match="second factor"):
        may_decide(Caller(id=ANN, delegated=delegated, factors=frozenset(factors)), {ANN})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("CODEBLUE_APPROVER", ANN, id="a name that there is not"),
        pytest.param("CODEBLUE_APPROVERS", "ann@example.org", id="a name of a person's, which can be given to somebody else"),
        pytest.param("CODEBLUE_TENANT", "common", id="every tenant there is"),
        pytest.param("CODEBLUE_SENDERS", f"{ANN},*", id="everybody"),
    ],
)
def test_the_app_stops_at(name: str, text: str) -> None:
    with pytest.raises(NotReady, match=name):
        Settings.read({name: text})
