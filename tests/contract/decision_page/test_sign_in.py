"""Whom the decision page believes: a sign-in at a provider over HTTP, and every way for it to be none."""

import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from functions import page
from functions.sign_in import RECENT, VERIFIED, derived
from tests.contract.decision_page.browser import Browser
from tests.contract.decision_page.pool import Pool


class TestSignIn:
    """Whom the page believes."""

    @pytest.mark.parametrize(
        ("says", "status"),
        [
            pytest.param({"aud": "another-client"}, 401, id="for another client"),
            pytest.param({"aud": ["codeblue-page", "another-client"]}, 401, id="for us and others"),
            pytest.param({"iss": "https://elsewhere.example"}, 401, id="by another issuer"),
            pytest.param({"exp": 1_000_000_000}, 401, id="that is over"),
            pytest.param({"nonce": "another"}, 401, id="of another sign-in"),
            pytest.param({"nonce": None}, 401, id="without a nonce"),
            pytest.param({"token_use": "access"}, 401, id="that is no ID token"),
            pytest.param({"auth_time": None}, 401, id="that does not say when they signed in"),
            pytest.param({"auth_time": int(time.time()) - RECENT - 60}, 401, id="of somebody who signed in long ago"),
            pytest.param({"auth_time": "now"}, 401, id="whose time is a word"),
            pytest.param({"sub": None}, 401, id="of nobody"),
            pytest.param({"custom:mfa": None}, 403, id="without a second factor"),
            pytest.param({"custom:mfa": '["pwd"]'}, 403, id="of a password alone"),
            pytest.param({"custom:mfa": "xmfa"}, 403, id="of a word that has the factor's in it"),
            pytest.param({"custom:mfa": {"mfa": True}}, 403, id="of a factor in a form that is none"),
            pytest.param({"custom:groups": None}, 403, id="of somebody in no group"),
            pytest.param({"email": None}, 403, id="of somebody whom nobody could tell from whoever asked"),
            pytest.param({VERIFIED: "false"}, 403, id="of an address that is not shown to be theirs"),
            pytest.param({VERIFIED: False}, 403, id="of the same, as the provider itself says it"),
            pytest.param({VERIFIED: ""}, 403, id="of an address of which nothing is said in so many words"),
            pytest.param({"custom:groups": "[another]"}, 403, id="of somebody in another group"),
        ],
    )
    def test_it_refuses_a_token(self, pool: Pool, browser: Browser, says: dict[str, Any], status: int) -> None:
        pool.says = says
        assert browser.begun(pool, "/cases") == status
        assert page.SESSION not in browser.cookies
        assert "Nothing was decided" in browser.page.text

    @pytest.mark.parametrize("said", ["true", True, None], ids=["by Cognito", "by the provider itself", "by nobody"])
    def test_it_takes_an_address_that_is_said_to_be_verified(self, pool: Pool, browser: Browser, said: object) -> None:
        pool.says = {VERIFIED: said}
        assert browser.begun(pool, "/cases") == 303

    @pytest.mark.parametrize(
        "header", [{"alg": "none"}, {"kid": "another"}], ids=["that nobody signed", "under a key of no pool's"]
    )
    def test_it_refuses_one(self, pool: Pool, browser: Browser, header: dict[str, Any]) -> None:
        pool.header = header
        assert browser.begun(pool, "/cases") == 401

    def test_it_refuses_one_that_somebody_else_signed_in_the_pools_name(self, pool: Pool, browser: Browser) -> None:
        pool.signs = rsa.generate_private_key(65537, 2048)
        assert browser.begun(pool, "/cases") == 401

    def test_a_code_is_redeemed_once(self, pool: Pool, browser: Browser) -> None:
        browser.get("/cases")
        brought, cookies = pool.sign_in(browser.location), dict(browser.cookies)
        assert browser.back(**brought) == 303
        assert Browser(cookies).back(**brought) == 401

    def test_a_code_of_another_browser_is_not_redeemed_and_does_not_leave_this_one(self, pool: Pool, browser: Browser) -> None:
        thief, before = Browser(), pool.redeemed
        thief.get("/cases")
        brought = pool.sign_in(thief.location)
        browser.get("/cases")
        assert browser.back(**brought) == 401
        assert browser.back(code=brought["code"], state=derived(browser.cookies[page.ATTEMPT].partition(".")[0], "state")) == 401
        assert pool.redeemed == before

    @pytest.mark.parametrize(
        "cookie", ["", "seed", f"{'A' * 43}..cb-1.x", f"{'A' * 43}.short.", f"{'A' * 43}..https://elsewhere.example"]
    )
    def test_an_answer_to_no_question_of_this_browsers_is_turned_away(self, pool: Pool, cookie: str) -> None:
        assert Browser({page.ATTEMPT: cookie}).back(code="code-1", state="x") == 401

    def test_whoever_sends_a_browser_back_without_a_sign_in_ends_nobodys_session(self, pool: Pool, browser: Browser) -> None:
        assert browser.begun(pool, "/cases") == 303
        before = browser.cookies[page.SESSION]
        assert browser.back(error="access_denied") == 401
        assert browser.cookies[page.SESSION] == before

    def test_a_refusal_by_the_provider_is_said_in_words_of_ours(self, pool: Pool, browser: Browser) -> None:
        browser.get("/cases")
        assert browser.back(error="access_denied", error_description="<b>call+me</b>") == 401
        assert "call" not in browser.last["body"]

    def test_a_provider_that_is_down_leads_to_the_way_around_it(self, pool: Pool, browser: Browser) -> None:
        browser.get("/cases")
        brought = pool.sign_in(browser.location)
        pool.down = True
        assert browser.back(**brought) == 503
        assert "codeblue approve" in browser.page.text

    @pytest.mark.parametrize("address", ["/cases", "/case?id=cb-1"])
    def test_nobody_reads_anything_before_they_sign_in(self, pool: Pool, browser: Browser, address: str) -> None:
        assert (browser.get(address), browser.last["body"]) == (303, "")

    @pytest.mark.parametrize("token", ["", "no.token.ofours", "\ud800", "a" * 4000])
    def test_a_session_that_is_none_is_taken_off_and_leads_to_the_sign_in(self, pool: Pool, browser: Browser, token: str) -> None:
        browser.cookies = {page.SESSION: token}
        assert browser.get("/cases") in {401, 303}
        assert browser.get("/cases") == 303
