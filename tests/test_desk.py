"""The desk behind Slack over the real pipeline and store: away, the Home tab, a handoff by hand, strangers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import Engine, text

from bench.month import Silent
from config.playbook import load_playbook
from config.roster import load_roster
from connectors.slack_home import Home
from escalation import by_hand, conclude
from escalation.actions import Press
from escalation.by_hand import ByHand
from escalation.pipeline import Pipeline
from escalation.playbook import Severity
from escalation.shift_work import Shifts
from escalation.ticket import ChangeKind, Customer, Message, Person, Priority, Role, Status, Ticket, TicketChange
from store import away, queries
from store.journal import StoredJournal
from tests.floor import PlayHelpdesk
from web.desk import PipelineDesk
from web.slack_kit import Presser, Reply

NOW = datetime.now(UTC)  # the desk goes by the clock on the wall
RULES = """
default_team: billing
paths: {default: {levels: [{name: One, offering: one, most_offers: 1, offer_for: 30m}]}}
rules:
  - {id: urgent, title: Urgent, when: {all: [{field: priority, op: becomes, value: urgent}]}}
  - {id: note, title: A note, severity: high, when: {all: [{field: escalate_note.team, op: present}]}}
issue_words: {billing: [invoice*]}
"""
PEOPLE = """
teams:
  billing: {name: Billing, issue_types: [billing], lead: ada}
  care: {name: Care, lead: cy}
agents:
  ada: {name: Ada, email: ada@example.com, slack_id: U101, ids: {zendesk: "1"}, teams: [billing], skills: {billing: 5}}
  bo: {name: Bo, slack_id: U102, ids: {zendesk: "2"}, teams: [billing], skills: {billing: 3}, time_zone: Asia/Tokyo}
  cy: {name: Cy, slack_id: U103, ids: {zendesk: "3"}, teams: [care]}
"""
ADA, BO, CY = (Presser(f"U10{n}", name) for n, name in enumerate(("Ada", "Bo", "Cy"), 1))
STRANGER = Presser("U999", "Zoe", "zoe@example.com")
KIM = Person("c", "Kim", "kim@example.com", Role.CUSTOMER)


class Lives:
    """A pipeline with one helpdesk, and the desk over it."""

    def __init__(self, db: Engine, rules: str = RULES) -> None:
        self.db, self.journal = db, StoredJournal(db)
        self.pipeline = Pipeline(
            journal=self.journal,
            helpdesks=lambda: {"zendesk": PlayHelpdesk()},
            chat=cast(Any, None),
            reader=Silent(),
            playbook=lambda: load_playbook(rules),
            roster=lambda: load_roster(PEOPLE, version=1),
            clock=lambda: datetime.now(UTC),
            pause=lambda _: None,
        )
        begin = partial(by_hand.begin, self.pipeline)
        self.desk = PipelineDesk(
            self.pipeline, db, begin, self.pipeline.helpdesks, Shifts(self.pipeline), "https://baton.example"
        )

    def look(self, number: str, priority: Priority = Priority.URGENT, **more: Any) -> None:
        """A ticket is first seen."""
        asked = (Message("m", KIM, "My invoice is wrong.", at=NOW),)
        known = frozenset({"priority", "messages", "customer", "requester"})
        told: dict[str, Any] = {"subject": f"Invoice {number}", "url": f"https://acme.example/{number}", "messages": asked}
        told |= {"customer": Customer(tier="Gold"), "requester": KIM, "issue_type": "billing", "known": known, **more}
        with self.journal.case("zendesk", number, NOW + timedelta(milliseconds=int(number))) as case:
            ticket = Ticket("zendesk", number, priority=priority, **told)
            conclude.look_at(case, self.pipeline, ticket, (TicketChange("zendesk", number, ChangeKind.CREATED, "test"),))

    def press(self, who: Presser, press: Press, home: Home, **more: str) -> Reply:
        """Press the first button of this kind on somebody's tab."""
        row = next(row for row in (*home.offers, *home.handoffs, *home.queue) if press in row.presses)
        return self.desk.answer(press, row.handoff, row.offer, who, dedupe_key="k", **more)

    def one(self, query: str) -> Any:
        with self.db.connect() as db:
            return db.execute(text(query)).one()

    def count(self, table: str) -> int:
        return int(self.one(f"SELECT count(*) AS n FROM {table}").n)  # noqa: S608 - our own names


@pytest.fixture
def lives(db: Engine) -> Lives:
    return Lives(db)


def titles(home: Home) -> dict[str, list[str]]:
    lists = {"offers": home.offers, "handoffs": home.handoffs, "queue": home.queue}
    return {name: [row.title for row in rows] for name, rows in lists.items() if rows}


# --- away ---


def test_being_away_is_answered_kept_and_ended(lives: Lives) -> None:
    before = datetime.now(UTC)
    told = lives.desk.away(BO, "2h lunch")
    after = datetime.now(UTC)
    assert told.ok and told.text.startswith("You are away until ") and "Asia/Tokyo: lunch." in told.text
    [one] = away.everybody(lives.db, after)
    assert (one.agent, one.reason, one.by) == ("bo", "lunch", "bo")
    assert before <= one.until - timedelta(hours=2) <= after + timedelta(minutes=1)
    assert lives.desk.away(BO, "").text.startswith("You are away until ")
    assert lives.desk.away(BO, "back") == Reply(True, "Welcome back. You get offers again.")
    assert lives.desk.away(BO, "back") == Reply(True, "You were not away.")
    assert lives.desk.away(BO, " ").text.startswith("You are not away.\nSay how long")


def test_what_is_not_understood_changes_nothing(lives: Lives) -> None:
    lives.desk.away(BO, "2h lunch")
    told = lives.desk.away(BO, "when I feel like it")
    assert not told.ok and "Say how long" in told.text and "Nothing has changed. You are away until" in told.text
    assert [one.reason for one in away.everybody(lives.db, NOW)] == ["lunch"]


def test_nobody_away_is_offered_anything_and_the_timeline_says_why(lives: Lives) -> None:
    lives.look("1")
    lives.desk.away(ADA, "2h lunch")
    lives.look("2")
    assert titles(lives.desk.home(ADA)) == {"offers": ["Invoice 1"]}, "what is with her stays with her"
    assert titles(lives.desk.home(BO)) == {"offers": ["Invoice 2"]}
    route = lives.one("SELECT data FROM timeline WHERE kind = 'routed' AND ticket_id = '2'").data["route"]
    excluded = {one["agent"]: one.get("excluded", "") for one in route["candidates"]}
    assert excluded["ada"].startswith("away until ") and excluded["ada"].endswith(" UTC: lunch")


# --- the Home tab ---


def test_an_offer_goes_through_the_tab_to_the_end(lives: Lives) -> None:
    lives.look("1")
    [offer] = lives.desk.home(ADA).offers
    assert offer.facts == ("Kim", "Gold", "billing", "normal urgency")
    assert offer.clock.startswith("Waits for your answer until ") and offer.clock.endswith(" UTC")
    assert (offer.ticket_url, offer.page_url) == ("https://acme.example/1", f"https://baton.example/handoffs/{offer.handoff}")
    assert lives.press(ADA, Press.ACCEPT, lives.desk.home(ADA)) == Reply(True)
    [held] = lives.desk.home(ADA).handoffs
    assert held.clock.startswith("First reply due by ") and held.clock.endswith((" in 1 h", " in 59 min"))
    assert lives.press(ADA, Press.RETURN, lives.desk.home(ADA), note="The invoice number") == Reply(True)
    assert titles(lives.desk.home(ADA)) == {} and titles(lives.desk.home(BO)) == {"offers": ["Invoice 1"]}
    assert lives.press(BO, Press.DECLINE, lives.desk.home(BO), reason="busy") == Reply(True)
    assert titles(lives.desk.home(BO)) == titles(lives.desk.home(ADA)) == {"queue": ["Invoice 1"]}
    assert titles(lives.desk.home(CY)) == {}, "not her team's"
    stale = lives.desk.home(BO)
    assert lives.press(ADA, Press.ACCEPT, lives.desk.home(ADA)) == Reply(True)
    assert lives.press(BO, Press.ACCEPT, stale).text.startswith("Ada accepted this at ")


def test_an_overdue_reply_is_told_as_such(lives: Lives) -> None:
    lives.look("1")
    lives.press(ADA, Press.ACCEPT, lives.desk.home(ADA))
    with lives.db.begin() as db:
        early = (NOW - timedelta(hours=2)).isoformat()
        query = text("UPDATE handoffs SET body = jsonb_set(body, '{reply,due}', to_jsonb(CAST(:early AS text)))")
        db.execute(query, {"early": early})
    [held] = lives.desk.home(ADA).handoffs
    assert held.late and held.clock.startswith("First reply overdue since ")


def test_the_queue_begins_with_the_most_severe(lives: Lives) -> None:
    for who in (ADA, BO):
        lives.desk.away(who, "2h")
    for number in ("1", "2", "3"):
        lives.look(number)
    with lives.db.begin() as db:
        db.execute(text("UPDATE escalations SET severity = 'critical' WHERE ticket_id = '2'"))
    home = lives.desk.home(ADA, "a note")
    assert titles(home) == {"queue": ["Invoice 2", "Invoice 1", "Invoice 3"]}
    assert home.away.startswith("away until ") and home.note == "a note"


def test_somebody_the_roster_does_not_know_is_told_what_to_do(lives: Lives) -> None:
    words = "Zoe is not on Baton's roster. Ask an admin to add U999 to config/roster.yaml."
    assert lives.desk.home(STRANGER) == Home(stranger=words)
    refused = Reply(False, words)
    assert lives.desk.away(STRANGER, "2h") == refused
    assert lives.desk.hand_over(STRANGER, ByHand("zendesk", "1", "billing", "why")) == refused
    assert lives.desk.answer(Press.ACCEPT, "h", "o", STRANGER, dedupe_key="k") == refused


# --- by hand ---


def hand_over(lives: Lives, **changes: str) -> Reply:
    told = {"connection": "zendesk", "ticket": "7", "team": "care", "why": "She wants a call back\nby six.", "urgency": "normal"}
    return lives.desk.hand_over(ADA, ByHand(**(told | changes)))


def test_a_handoff_by_hand_takes_the_path_of_a_note(lives: Lives) -> None:
    lives.look("7", Priority.NORMAL)
    assert lives.count("escalations") == 0
    assert hand_over(lives, urgency="critical") == Reply(True, "Ticket 7 goes to Care. It stays yours until somebody accepts.")
    escalation = lives.one("SELECT * FROM escalations")
    assert (escalation.team, escalation.severity, escalation.rules) == ("care", "critical", ["note"])
    handoff = lives.one("SELECT body FROM handoffs").body
    assert (handoff["sender"], handoff["team"]) == ("Ada", "care")
    assert titles(lives.desk.home(CY)) == {"offers": ["Invoice 7"]}
    ticket = queries.ticket(lives.db, "zendesk", "7")
    assert ticket is not None
    note = ticket["messages"][-1]
    assert (note["text"], note["public"]) == ("#escalate care She wants a call back\nby six.", False)
    assert (note["author"]["id"], note["author"]["role"]) == ("1", "agent")
    entry = lives.one("SELECT words, actor FROM timeline WHERE kind = 'by_hand'")
    assert (entry.words, entry.actor) == ("Ada handed it over by hand: She wants a call back\nby six.", "ada")


def test_no_urgency_is_offered_that_would_have_no_effect(lives: Lives) -> None:
    assert lives.desk.choices().least is Severity.HIGH, "so the live rule for notes says"


def test_the_rules_may_make_it_more_urgent(lives: Lives) -> None:
    lives.look("7", Priority.NORMAL)
    hand_over(lives, urgency="low")
    assert lives.one("SELECT severity FROM escalations").severity == "high"


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"connection": "acme"}, "connection", "no connection acme"),
        ({"ticket": "8"}, "ticket", "knows a ticket from its first webhook on; if the number is right, change anything in it"),
        ({"team": "nobody"}, "team", "no team nobody"),
        ({"why": ""}, "why", "Say why"),
        ({"why": "x" * 1001}, "why", "Say why"),
        ({"urgency": ""}, "urgency", "One of low"),
    ],
)
def test_what_was_filled_in_wrong_is_told_at_its_field(lives: Lives, changes: dict[str, str], field: str, told: str) -> None:
    lives.look("7", Priority.NORMAL)
    reply = hand_over(lives, **changes)
    assert (reply.ok, reply.field) == (False, field) and told in reply.text
    assert lives.count("escalations") == 0 and lives.count("tickets") == 1


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ({"status": Status.SOLVED}, "The ticket is solved; reopen it first."),
        ({"priority": Priority.URGENT}, "This ticket is being handed over already: it is offered."),
    ],
)
def test_a_ticket_that_is_over_or_on_its_way_stays_so(lives: Lives, first: dict[str, Any], told: str) -> None:
    lives.look("7", **({"priority": Priority.NORMAL} | first))
    before = lives.count("handoffs"), lives.count("messages")
    assert hand_over(lives) == Reply(False, told, "ticket")
    assert (lives.count("handoffs"), lives.count("messages")) == before


def test_whoever_has_it_already_is_named(lives: Lives) -> None:
    lives.look("7")
    lives.press(ADA, Press.ACCEPT, lives.desk.home(ADA))
    assert "Ada has it" in hand_over(lives).text


def test_without_a_rule_for_notes_nothing_is_kept(db: Engine) -> None:
    lives = Lives(db, "\n".join(line for line in RULES.splitlines() if "escalate_note" not in line))
    lives.look("7", Priority.NORMAL)
    reply = hand_over(lives)
    assert not reply.ok and "no live rule" in reply.text
    assert (lives.count("escalations"), lives.count("messages"), lives.count("evaluations")) == (0, 1, 1)


def test_the_form_offers_what_there_is(lives: Lives) -> None:
    choices = lives.desk.choices()
    assert (tuple(choices.connections), list(choices.teams)) == (("zendesk",), [("billing", "Billing"), ("care", "Care")])
