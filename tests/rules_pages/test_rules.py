"""The pages about rules: what each rule did, every look at a ticket, and drafts tried on stored tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from config.playbook import load_playbook
from escalation.decision import Seen
from store import rule_queries
from store.codec import plain
from store.tables import DocumentRow, EscalationRow, EvaluationRow, TicketRow, TimelineRow
from tests.web_data import RULES, Web, as_, people, web
from tests.web_rows import HOSTILE, MANY, a_decision

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
