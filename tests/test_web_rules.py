"""The pages about rules: what each rule did, every look at a ticket, and drafts tried on stored tickets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, insert, select, update
from werkzeug.test import encode_multipart

from config import yamldoc
from config.playbook import load_playbook
from escalation.backtest import Backtest, Count, Tally
from escalation.decision import Seen
from store import rule_queries
from store.codec import plain
from store.tables import BacktestRow, DocumentRow, EscalationRow, EvaluationRow, TicketRow, TimelineRow
from tests import databases
from tests.web_data import ROSTER, RULES, Web, csrf, people, sign_in, trials, web
from tests.web_rows import HOSTILE, MANY, a_decision, fill, fill_rules
from web.pages_rules_show import counted, days

NOW = datetime.now(UTC)
MONTH = NOW - timedelta(days=30)
PAGES = (
    "/rules",
    "/rules?show=live",
    "/rules?show=look",
    "/rules/urgent",
    "/rules/wants_person",
    "/rules/at_risk",
    "/rules/refund",
    "/tickets/zendesk/4711",
    "/tickets/zendesk/4713",
    "/rules/backtests",
    "/rules/backtests?from={tried}",
    "/rules/backtests/{running}",
    "/rules/backtests/{tried}",
    "/rules/backtests/{given_up}",
)
NO_RULES = "paths: {default: {levels: [{name: One person, offering: one}]}}\nrules: []\n"


@pytest.fixture(scope="module")
def filled(postgres: str) -> Iterator[tuple[Engine, dict[str, Any]]]:
    with databases.migrated(postgres) as engine:
        people(engine)
        yield engine, fill(engine, ROSTER, NOW) | fill_rules(engine, NOW)


@pytest.fixture
def here(filled: tuple[Engine, dict[str, Any]], tmp_path: Path) -> Web:
    return web(filled[0], tmp_path, backtests=trials(filled[0]))


@pytest.fixture
def ids(filled: tuple[Engine, dict[str, Any]]) -> dict[str, Any]:
    return filled[1]


@pytest.fixture
def bare(db: Engine, tmp_path: Path) -> Web:
    """Nothing stored but people."""
    people(db)
    return web(db, tmp_path, backtests=trials(db))


def as_(here: Web, who: str) -> FlaskClient:
    client = here.client("")
    assert sign_in(client, f"{who}@example.com").status_code == 303
    return client


def started(here: Web, who: str, draft: str, days: str = "30") -> Any:
    """The answer to a press on Start."""
    client = as_(here, who)
    token = csrf(client.get("/rules/backtests").text)
    boundary, body = encode_multipart({"csrf_token": token, "draft": draft, "days": days})
    return client.post("/rules/backtests", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def tried(engine: Engine) -> int:
    with engine.connect() as db:
        return int(db.execute(select(func.count()).select_from(BacktestRow)).scalar_one())


# --- every page -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["cleo", "vic"])
def test_every_page_opens_and_customers_words_stay_words(here: Web, ids: dict[str, Any], page: str, who: str) -> None:
    response = as_(here, who).get(page.format(**ids))
    assert response.status_code == 200 and response.content_type == "text/html; charset=utf-8"
    assert "<script>alert" not in response.text and HOSTILE not in response.text
    assert "style=" not in response.text and response.text.count("<script") == response.text.count("<script src=")


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_them_without_signing_in(here: Web, ids: dict[str, Any], page: str) -> None:
    response = here.client("").get(page.format(**ids))
    assert response.status_code == 302 and response.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("page", "status", "words"),
    [
        ("/rules/nope", 404, "The active rules have none called nope."),
        ("/rules/%3Cscript%3Ealert(1)", 404, "&lt;script&gt;"),
        ("/rules/backtests/99", 404, "There is no back-test 99."),
        ("/rules/backtests/99999999999999999999", 400, "There is nothing at this address."),
        ("/tickets/zendesk/999", 404, "No ticket 999 of zendesk is stored."),
        ("/tickets/nobody/4711", 404, "No ticket 4711 of nobody is stored."),
        ("/tickets/zendesk/%00", 400, "There is nothing at this address."),
        ("/tickets/zendesk/a/b", 404, "No ticket a/b of zendesk is stored."),
        ("/rules?show=odd", 200, "Priority is urgent"),
        ("/tickets/zendesk/4711?after=zzz", 200, "Charged twice"),
        ("/rules/backtests?after=zzz&from=x", 200, "Try a draft"),
        ("/rules/backtests?from=99", 200, "default_team: billing"),
    ],
)
def test_what_is_not_there_is_told(here: Web, page: str, status: int, words: str) -> None:
    response = as_(here, "cleo").get(page)
    assert response.status_code == status and words in response.text and "<h1" in response.text


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/rules?show=shadow", "Account at risk"),
        ("/rules/urgent", "It did not fire."),
        ("/rules/at_risk", "It would not have fired for any ticket."),
        ("/rules/refund", "It did not fire: it is off."),
        ("/rules/backtests", "A lead or an admin can start one here."),
    ],
)
def test_where_nothing_happened_yet(bare: Web, page: str, words: str) -> None:
    assert words in as_(bare, "vic").get(page).text


@pytest.mark.parametrize(
    ("page", "words"), [("/rules", "There are no rules yet"), ("/rules?show=look", "in order"), ("/rules?show=off", "no rule of")]
)
def test_empty_lists_of_rules_say_what_to_do(db: Engine, tmp_path: Path, page: str, words: str) -> None:
    people(db)
    assert words in as_(web(db, tmp_path, rules=NO_RULES), "vic").get(page).text


# --- rules ----------------------------------------------------------------------------------------------------------------


def test_the_list_tells_what_each_rule_does_and_did(here: Web) -> None:
    page = as_(here, "vic").get("/rules").text
    for words in (
        "When priority is or becomes urgent: high escalation along the path default",  # made from the rule itself
        "review overdue since 31 Jan 2025",
        "Its review is ",  # what hygiene found
        "review by 1 Dec 2099",
        'href="/rules/urgent#live">2 live</a>',
        'href="/rules/at_risk#shadow">63 in shadow</a>',
        "live for enterprise",  # off, but not for everybody
        'href="/rules/backtests">Try a draft</a>',
        'href="/rules" aria-current="page"',
    ):
        assert words in page
    assert page.count('<span class="count">') == 5 and 'To look at <span class="count">1</span>' in page


@pytest.mark.parametrize(
    ("show", "rules"),
    [
        ("", {"urgent", "wants_person", "at_risk", "refund"}),
        ("live", {"urgent", "wants_person"}),
        ("shadow", {"at_risk"}),
        ("off", {"refund"}),
        ("look", {"urgent"}),
    ],
)
def test_tabs_filter_rules(here: Web, show: str, rules: set[str]) -> None:
    page = as_(here, "vic").get(f"/rules?show={show}").text
    assert {one for one in ("urgent", "wants_person", "at_risk", "refund") if f'href="/rules/{one}"' in page} == rules


@pytest.mark.parametrize(("ago", "told"), [(400, "90 days"), (40, "30 days"), (8, "7 days"), (2, "")])
def test_rules_that_never_fired_are_to_look_at(db: Engine, bare: Web, ago: int, told: str) -> None:
    values = {"name": "escalation", "version": 1, "text": RULES, "author": "kim", "reason": "", "origin": "store"}
    with db.begin() as open_:
        open_.execute(insert(DocumentRow).values(**values, file_hash="", at=NOW - timedelta(days=ago)))
    page = as_(bare, "vic").get("/rules?show=look").text
    assert page.count(f"It did not fire once in {told}") == (3 if told else 0) and "Not once" in page


def test_a_rule_links_its_escalations(here: Web) -> None:
    page = as_(here, "vic").get("/rules/wants_person").text
    for words in (
        "Also when they ask for a call.",
        "<dt>Cooldown</dt><dd>1 d</dd>",
        "<dt>Team</dt><dd>Billing</dd>",
        "Fired for 2 escalations",
        'href="/handoffs/hf_1">Charged twice',
        'href="/handoffs/hf_2">&lt;script&gt;',
    ):
        assert words in page


def test_shadow_stands_beside_live(here: Web) -> None:
    page = as_(here, "vic").get("/rules/at_risk").text
    for words in (
        "It did not fire: it is in shadow.",
        f"Would have fired {MANY + 1} times, for {MANY} tickets.",
        "<summary>1 ticket escalated by live rules anyway</summary>",
        "<summary>61 tickets only this rule would have escalated</summary>",
        'href="/tickets/zendesk/4711">Charged twice',
        'href="/tickets/zendesk/4713">&lt;script&gt;',
        'href="/tickets/zendesk/4714">Ticket 4714</a>',  # one that is stored no longer
        "The newest 50 of 61 are shown.",
    ):
        assert words in page
    assert page.index("/tickets/zendesk/4714") < page.index("/tickets/zendesk/4715") and "/tickets/zendesk/4770" not in page


def _escalated(engine: Engine, ticket: str, opened: datetime, closed: datetime | None, rules: list[str]) -> None:
    row: dict[str, Any] = {
        "connection": "zendesk",
        "ticket_id": ticket,
        "state": "closed" if closed else "open",
        "severity": "high",
    }
    row |= {"issue_type": "", "team": "", "path": "default", "reasons": [], "package": {}, "id": f"e_{ticket}_{opened:%m%d}"}
    with engine.begin() as db:
        db.execute(insert(EscalationRow).values(row | {"rules": rules, "opened_at": opened, "closed_at": closed}))


def _noted(engine: Engine, ticket: str, at: datetime, rule: str = "calm", kind: str = "shadow") -> None:
    row = {
        "at": at,
        "connection": "zendesk",
        "ticket_id": ticket,
        "kind": kind,
        "words": "w",
        "actor": "",
        "data": {"rule": rule},
    }
    with engine.begin() as db:
        db.execute(insert(TimelineRow).values(row))


@pytest.mark.parametrize(
    ("opened", "closed", "anyway"),
    [
        (-20, None, True),  # open when the rule would have fired
        (-40, -5, True),
        (-20, -15, False),  # over before
        (-8, None, True),  # came later
        (None, None, False),
    ],
)
def test_escalated_anyway_means_open_then_or_later(db: Engine, opened: int | None, closed: int | None, anyway: bool) -> None:
    _noted(db, "1", NOW - timedelta(days=10))
    _noted(db, "2", NOW - timedelta(days=10), rule="other")
    _noted(db, "3", NOW - timedelta(days=10), kind="escalated")
    _noted(db, "4", NOW - timedelta(days=31))
    if opened is not None:
        _escalated(db, "1", NOW + timedelta(days=opened), NOW + timedelta(days=closed) if closed else None, ["urgent"])
    found = rule_queries.noted(db, "calm", MONTH)
    assert (found.times, found.anyway.total, found.alone.total) == (1, int(anyway), int(not anyway))


def test_live_and_shadow_are_counted_apart(db: Engine) -> None:
    _escalated(db, "1", NOW - timedelta(days=1), NOW, ["a", "b"])
    _escalated(db, "2", NOW - timedelta(days=2), NOW, ["a"])
    _escalated(db, "3", NOW - timedelta(days=60), NOW, ["a"])
    for days_ago in (1, 2, 60):
        _noted(db, "1", NOW - timedelta(days=days_ago), rule="a")
    found, fired = rule_queries.times(db, MONTH), rule_queries.fired(db, load_playbook(RULES), NOW, 90)
    assert (found.live, found.shadow) == ({"a": 2, "b": 1}, {"a": 2})
    assert fired.times == {"a": 6, "b": 1} and fired.together == {("a", "b"): 1, ("b", "a"): 1}
    some = rule_queries.escalated(db, "a", MONTH)
    assert some.total == 2 and [item["ticket_id"] for item in some.items] == ["1", "2"]


def test_a_rule_that_fired_later_is_dated_by_that(db: Engine) -> None:
    opened, later = NOW - timedelta(hours=5), NOW - timedelta(hours=2)
    _escalated(db, "1", opened, None, ["a", "b"])
    with db.begin() as open_:
        number = open_.scalar(select(EscalationRow.id))
        told = {"connection": "zendesk", "ticket_id": "1", "escalation_id": number, "words": "w", "actor": "baton"}
        rows = [("escalated", opened, ["a"]), ("reason_added", later, ["b"]), ("reason_added", NOW, ["b"])]
        values = [{**told, "kind": kind, "at": at, "data": {"rules": rules}} for kind, at, rules in rows]
        open_.execute(insert(TimelineRow), values)
    assert [rule_queries.escalated(db, rule, MONTH).items[0]["fired_at"] for rule in ("a", "b")] == [opened, later]


def test_at_most_fifty_are_named_and_the_rest_is_counted(db: Engine) -> None:
    for number in range(53):
        _escalated(db, str(number), NOW - timedelta(hours=number), NOW, ["a"])
    some = rule_queries.escalated(db, "a", MONTH)
    assert (some.total, len(some.items), some.items[0]["ticket_id"]) == (53, 50, "0")


# --- tickets --------------------------------------------------------------------------------------------------------------


def test_a_ticket_shows_handoffs_and_every_condition(here: Web) -> None:
    page = as_(here, "vic").get("/tickets/zendesk/4711").text
    for words in (
        "<bdi>Priya Raman</bdi>, <bdi>Northwind Traders</bdi>",
        "<dt>Status</dt><dd>open</dd>",
        "<dt>Priority</dt><dd>urgent</dd>",
        'href="https://acme.zendesk.com/agent/tickets/4711"',
        'href="/handoffs/hf_1"',
        "<summary>4 rules looked at</summary>",
        "at_risk, would have fired (shadow)",
        "refund, did not fire",
        "<code>signals.refund_request.amount",  # a condition with …
        "saw <code>null</code>",  # … the value it saw
    ):
        assert words in page
    assert "Older looks" not in page


@pytest.mark.parametrize(
    ("decided", "words"),
    [
        (
            {"cooling": {"urgent": NOW + timedelta(hours=3)}},
            "urgent fired, and has for this ticket before; its cooldown ends <time",
        ),
        ({"over": "solved"}, "A rule fired, but the ticket is solved."),
        ({}, "A rule fired, but the ticket was over or the rule within its cooldown."),
        ({"verdicts": ()}, "No rule asks for somebody else."),
    ],
)
def test_a_look_says_why_a_rule_that_fired_asked_nobody(here: Web, decided: dict[str, Any], words: str) -> None:
    decision = plain(replace(a_decision(), escalate=False, reasons=(), **decided))
    with here.engine.begin() as db:
        row = {"connection": "zendesk", "ticket_id": "4711", "at": NOW, "deliveries": [], "decision": decision}
        db.execute(insert(EvaluationRow).values(**row))
    assert words in as_(here, "vic").get("/tickets/zendesk/4711").text


def test_what_must_not_hold_is_labelled(here: Web) -> None:
    never = Seen("priority", "is", "low", "high", False, "priority is not low")
    group = Seen("", "none", None, None, True, "none may hold of 1: 0 hold", (never,))
    verdict = replace(a_decision().verdicts[0], seen=(group,))
    decision = plain(replace(a_decision(), verdicts=(verdict,)))
    with here.engine.begin() as db:
        row = {"connection": "zendesk", "ticket_id": "4711", "at": NOW, "deliveries": [], "decision": decision}
        db.execute(insert(EvaluationRow).values(**row))
    page = as_(here, "vic").get("/tickets/zendesk/4711").text
    assert page.index("none may hold of 1: 0 hold") < page.index("priority is not low")


def test_looks_go_on_in_pages_of_twenty(here: Web) -> None:
    client = as_(here, "vic")
    page = client.get("/tickets/zendesk/4713").text
    assert page.count("looked at</summary>") == 20 and page.count(">Escalate</span>") == 1 and "never handed over" in page
    older = page.split('<p class="more"><a href="')[1].split('"')[0]
    assert client.get(older).text.count("looked at</summary>") == 5 and "Older looks" not in client.get(older).text
    assert "There are no older looks." in client.get("/tickets/zendesk/4713?after=1").text


def test_a_ticket_of_which_nothing_was_told_is_a_page_too(bare: Web) -> None:
    with bare.engine.begin() as db:
        db.execute(insert(TicketRow).values(connection="zendesk", ticket_id="1", body={}))
    page = as_(bare, "vic").get("/tickets/zendesk/1").text
    assert "Ticket 1" in page and "The rules have not looked at it yet." in page


@pytest.mark.parametrize("page", ["/handoffs/hf_1", "/deliveries/{handled}"])
def test_handoffs_and_deliveries_lead_to_their_ticket(here: Web, ids: dict[str, Any], page: str) -> None:
    assert 'href="/tickets/zendesk/4711"' in as_(here, "vic").get(page.format(**ids)).text


# --- back-tests -----------------------------------------------------------------------------------------------------------


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
        '<td class="some">1,200</td>',
    ):
        assert words in page
    assert 'href="/rules/urgent"' not in page, "it fires as often in both"
    assert page.count('<th scope="row">') == 2 * 2 * 24 and "Go on with this draft" not in page


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
