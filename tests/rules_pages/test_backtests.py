"""The pages about back-tests: drafts tried on stored tickets, with the tickets behind every number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update
from werkzeug.test import encode_multipart

from config import yamldoc
from escalation.backtest import Backtest, Count, Tally
from store import rule_queries
from store.codec import plain
from store.tables import BacktestRow
from tests.web_data import RULES, Web, as_, csrf, trials
from tests.web_rows import HOSTILE
from web.pages_rules_show import counted, days

NOW = datetime.now(UTC)


def started(here: Web, who: str, draft: str, days: str = "30") -> Any:
    """The answer to a press on Start."""
    client = as_(here, who)
    token = csrf(client.get("/rules/backtests").text)
    boundary, body = encode_multipart({"csrf_token": token, "draft": draft, "days": days})
    return client.post("/rules/backtests", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def tried(engine: Engine) -> int:
    with engine.connect() as db:
        return int(db.execute(select(func.count()).select_from(BacktestRow)).scalar_one())


def test_the_list_tells_how_far_each_is(here: Web) -> None:
    page = as_(here, "vic").get("/rules/backtests").text
    for words in ("cleo@example.com", "30 days", "12,500 of 50,000 tickets", ">12 → 1,320</a>", "running", "failed"):
        assert words in page
    assert "<textarea" not in page


@pytest.mark.parametrize("who", ["boss", "cleo"])
def test_leads_have_a_form_with_the_active_rules(here: Web, ids: dict[str, Any], who: str) -> None:
    client = as_(here, who)
    page = client.get("/rules/backtests").text
    assert "default_team: billing" in page and 'value="30"' in page and 'max="365"' in page
    assert "# of the lead" in client.get(f"/rules/backtests?from={ids['tried']}").text


def test_a_draft_is_started_with_the_persons_address(bare: Web) -> None:
    response = started(bare, "cleo", RULES.replace("\n", "\r\n"), "7")
    assert (response.status_code, response.headers["Location"]) == (303, "/rules/backtests/1")
    told = trials(bare.engine).told(1) or {}
    assert told["author"] == "cleo@example.com" and days(told) == 7 and rule_queries.draft(bare.engine, 1) == RULES
    assert "0 of 0 tickets" in as_(bare, "vic").get("/rules/backtests/1").text
    trials(bare.engine).carry_on(1)
    assert "No ticket changed in this time." in as_(bare, "vic").get("/rules/backtests/1").text


def test_a_bad_draft_is_told_line_by_line_and_kept(bare: Web) -> None:
    draft = RULES.replace("op: becomes", "op: becmes").replace("severity: high", "severity: huge") + f"# {HOSTILE}\n"
    response = started(bare, "cleo", draft, "12")
    assert response.status_code == 422 and tried(bare.engine) == 0
    page = response.text
    assert "Line 10, rules[0].severity" in page and "Line 13, rules[0].when.all[0].op" in page
    assert "op: becmes" in page and 'value="12"' in page and HOSTILE not in page
    assert page.index("Line 10") < page.index("<textarea")


@pytest.mark.parametrize("days", ["", "0", "366", "-1", "1.5", "thirty", "\N{SUPERSCRIPT TWO}", "9" * 30])
def test_odd_days_are_told(bare: Web, days: str) -> None:
    response = started(bare, "boss", RULES, days)
    assert response.status_code == 422 and "a whole number from 1 to 365" in response.text and tried(bare.engine) == 0


@pytest.mark.parametrize("who", ["ada", "vic"])
def test_agents_and_viewers_start_none(bare: Web, who: str) -> None:
    client = as_(bare, who)
    response = client.post("/rules/backtests", data={"csrf_token": csrf(client.get("/rules").text), "draft": RULES, "days": "30"})
    assert response.status_code == 403 and "This needs the role lead" in response.text and tried(bare.engine) == 0


def test_nothing_starts_without_the_csrf_token(bare: Web) -> None:
    client = as_(bare, "cleo")
    for token in ({}, {"csrf_token": "made up"}):
        assert client.post("/rules/backtests", data={**token, "draft": RULES, "days": "30"}).status_code == 400
    assert tried(bare.engine) == 0


def test_a_large_playbook_fits_and_only_here(bare: Web) -> None:
    large = RULES + "# a line of a long document\n" * ((yamldoc.MOST_BYTES - len(RULES)) // 28)
    assert started(bare, "cleo", large.replace("\n", "\r\n")).status_code == 303
    assert started(bare, "cleo", large * 2).status_code == 413
    client = as_(bare, "cleo")
    sent = {"csrf_token": csrf(client.get("/rules").text), "next": "/", "more": "x" * 100_000}
    assert client.post("/deliveries/1/replay", data=sent).status_code == 413


def test_how_a_draft_gets_into_force_is_said_where_one_decides(here: Web, ids: dict[str, Any]) -> None:
    for page, said in (("", True), (f"/{ids['tried']}", True), (f"/{ids['running']}", False)):
        shown = as_(here, "cleo").get(f"/rules/backtests{page}").text
        assert ("flask --app app documents push</code>" in shown) == said, page


def test_a_running_one_tells_its_progress(here: Web, ids: dict[str, Any]) -> None:
    page = as_(here, "vic").get(f"/rules/backtests/{ids['running']}").text
    assert '<label for="progress">12,500 of 50,000 tickets</label>' in page and 'value="12500" max="50000"' in page
    assert page.index('id="state" data-live') < page.index("<progress") and "What each would escalate" not in page


def test_a_failed_one_says_why_and_what_to_do(here: Web, ids: dict[str, Any]) -> None:
    page = as_(here, "cleo").get(f"/rules/backtests/{ids['given_up']}").text
    assert "ended with 9." in page and "Start it again" in page and f"/rules/backtests?from={ids['given_up']}" in page


def test_results_name_the_tickets_behind_every_number(here: Web, ids: dict[str, Any]) -> None:
    page = as_(here, "vic").get(f"/rules/backtests/{ids['tried']}").text
    for words in (
        "50,000 tickets judged",
        "<summary>12 tickets</summary>",
        "<summary>1,320 tickets</summary>",
        "<summary>1,311 tickets</summary>",
        "<summary>3 tickets</summary>",
        'href="/tickets/zendesk/4711">Charged twice',
        'href="/tickets/fresh/9">Ticket 9</a>',
        "The first 50 of 1,320 are shown.",
        'href="/rules/at_risk">Account at risk</a>',
        "<strong>brand_new</strong>",
        "not among the active rules",
        "<caption>Billing: Draft</caption>",
        'side=draft&amp;team=billing&amp;hour=Mon+09#behind">1,200</a></td>',
    ):
        assert words in page
    assert 'href="/rules/urgent"' not in page, "it fires as often in both"
    assert page.count('<th scope="row">') == 2 * 2 * 24 and "Go on with this draft" not in page


@pytest.mark.parametrize(
    ("asked", "words", "named"),
    [
        ("side=draft&team=billing&hour=Mon+09", "Billing, by the draft, created Mon 09:00 to 10:00 UTC: 1,200 tickets", 20),
        ("side=draft&team=billing", "Billing, by the draft: 1,319 tickets", 22),
        ("side=draft&team=&hour=Sun+23", "No team, by the draft, created Sun 23:00 to 00:00 UTC: 1 ticket", 1),
        ("side=active&team=billing&hour=Tue+14", "This back-test was made before tickets were named here", 0),
        ("side=draft&team=billing&hour=Wed+01", "", 0),
        ("side=draft&team=nobody", "", 0),
        ("side=both&team=billing", "", 0),
    ],
)
def test_a_number_of_an_hour_leads_to_its_tickets(here: Web, ids: dict[str, Any], asked: str, words: str, named: int) -> None:
    page = as_(here, "vic").get(f"/rules/backtests/{ids['tried']}?{asked}").text
    if not words:
        assert 'id="behind"' not in page
        return
    shown = page.split('id="behind"')[1].split("<table")[0]
    assert words in shown and shown.count('href="/tickets/') == named


def test_sides_that_do_not_differ(bare: Web) -> None:
    result = plain(Backtest(1, Tally(Count(1, ("a:1",)), {"r": Count(1)}), Tally(Count(1, ("a:1",)), {"r": Count(1)})))
    assert started(bare, "cleo", RULES).status_code == 303
    with bare.engine.begin() as db:
        db.execute(update(BacktestRow).values(state="done", done_at=NOW, result=result))
    page = as_(bare, "vic").get("/rules/backtests/1").text
    assert "Every rule fires as often in both." in page and "When teams would be asked" not in page


@pytest.mark.parametrize(("number", "words"), [(0, "0 tickets"), (1, "1 ticket"), (12_500, "12,500 tickets")])
def test_numbers_read_like_words(number: int, words: str) -> None:
    assert counted(number, "ticket") == words
