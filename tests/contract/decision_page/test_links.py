"""Links of pages: each opens once, for whoever signed in, and decides nothing."""

import json

import pytest

from functions import page
from shared.adapters.aws.links import Links
from shared.domain.errors import Absent
from shared.sandbox.aws.server import Sandbox
from tests.contract.decision_page.browser import ASK, TABLE, Browser
from tests.contract.decision_page.pool import Pool


class TestLink:
    """A link only opens, and once."""

    def test_whoever_follows_it_signs_in_and_comes_to_its_case(self, pool: Pool, links: Links, browser: Browser) -> None:
        assert browser.begun(pool, opening(links)) == 303
        assert browser.location == "/case?id=cb-1"
        assert page.SESSION in browser.cookies
        assert page.ATTEMPT not in browser.cookies

    def test_a_scanner_that_follows_it_ten_times_uses_up_nothing(self, pool: Pool, links: Links, browser: Browser) -> None:
        link = opening(links)
        for _ in range(10):
            assert Browser().get(link) == 303
        browser.begun(pool, link)
        assert browser.location == "/case?id=cb-1"

    def test_once_somebody_signed_in_by_it_it_opens_nothing(self, pool: Pool, links: Links, browser: Browser) -> None:
        link = opening(links)
        browser.begun(pool, link)
        other = Browser()
        assert other.get(link) == 404
        assert "used by somebody who signed in" in other.page.text
        assert "--stack CodeblueResponder" in other.page.text

    def test_who_comes_second_in_the_same_minute_is_led_to_the_list(self, pool: Pool, links: Links, browser: Browser) -> None:
        link, other = opening(links), Browser()
        assert other.get(link) == 303
        browser.begun(pool, link)
        assert other.back(**pool.sign_in(other.location)) == 303
        assert other.location == "/cases"

    def test_a_refused_sign_in_does_not_use_it(self, pool: Pool, links: Links, browser: Browser) -> None:
        link, pool.says = opening(links), {"custom:mfa": None}
        assert browser.begun(pool, link) == 403
        pool.says = {}
        assert browser.begun(pool, link) == 303

    def test_it_opens_for_no_longer_than_a_question_is_open(self, pool: Pool, links: Links, browser: Browser) -> None:
        link = opening(links)
        links._clock.sleep(ASK.approval.expires.total_seconds())
        assert browser.get(link) == 404

    def test_a_token_that_nobody_made_opens_nothing(self, pool: Pool, links: Links, browser: Browser) -> None:
        for token in ("", "short", "A" * 43, "../" + "A" * 40, "A" * 44):
            assert browser.get(f"/open?t={token}") == 404

    def test_the_table_knows_no_token(self, links: Links, sandbox: Sandbox) -> None:
        token = links.made("cb-1")
        rows = sandbox.root().client("dynamodb").scan(TableName=TABLE)["Items"]
        assert rows
        assert token not in json.dumps(rows)

    def test_an_answer_that_was_lost_can_be_asked_for_again_by_the_same_sign_in_alone(self, links: Links) -> None:
        token = links.made("cb-1")
        assert [links.use(token, "one"), links.use(token, "one")] == ["cb-1"] * 2
        with pytest.raises(Absent):
            links.use(token, "two")


def opening(links: Links) -> str:
    return f"/open?t={links.made('cb-1')}"
