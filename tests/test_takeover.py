"""A kept handover becomes a handoff: the ticket found or made, the bot's words woven in, the bot told what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Engine

from config.playbook import load_playbook
from config.roster import load_roster
from escalation import context, takeover
from escalation.actions import DeclineReason, NewTicket
from escalation.events import Accept, Ask, Decline
from escalation.handed import AiAttempt, HandedOver
from escalation.handover import Asked, turns_of
from escalation.pipeline import Pipeline
from escalation.playbook import Severity
from escalation.ports import GiveUp, TryLater
from escalation.ticket import Message, Person, Role, Status, Ticket
from signals.reader import TextReader
from store import handovers
from store.journal import StoredJournal
from tests.floor import PlayHelpdesk
from web import shapes

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KIM = Person("7", "Kim", "kim@example.com", Role.CUSTOMER)
ADA = Person("1", "Ada", "ada@example.com", Role.AGENT)
RULES = """
default_team: care
paths: {default: {levels: [{name: One, offering: one, most_offers: 3, offer_for: 30m}]}}
rules:
  - id: threat
    title: A legal threat
    severity: critical
    when: {all: [{field: signals.legal_threat, op: present}]}
  - {id: unsure, title: The AI is not sure, when: {all: [{field: custom.ai_confidence, op: lt, value: 0.5}]}}
issue_words: {billing: [invoice*], bug: [crash*]}
"""
PEOPLE = """
teams:
  billing: {name: Billing, issue_types: [billing], lead: ada}
  care: {name: Care, lead: cy}
agents:
  ada: {name: Ada, email: ada@example.com, slack_id: U101, ids: {zendesk: "1"}, teams: [billing], skills: {billing: 5}}
  bo: {name: Bo, slack_id: U102, ids: {zendesk: "2"}, teams: [billing], skills: {billing: 3}}
  cy: {name: Cy, slack_id: U103, ids: {zendesk: "3"}, teams: [care]}
"""
TALK = (
    (Role.CUSTOMER, "Kim", "My invoice 4417 was charged twice.", None),
    (Role.BOT, "", "Please wait 24 hours, it goes away by itself.", None),
    (Role.CUSTOMER, "Kim", "It did not. My card is 4242 4242 4242 4242.", None),
)
TRIED = AiAttempt("Asked to wait 24 hours", "", "It did not", "it was a second charge, card 4111 1111 1111 1111")


class Desk(PlayHelpdesk):
    """A helpdesk that makes tickets, and can be told to fail."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.made: list[NewTicket] = []
        self.looked: list[bool] = []
        self.fails: list[Exception] = []

    def create(self, new: NewTicket, *, look_first: bool) -> str:
        self.looked.append(look_first)
        known = next((str(n) for n, one in enumerate(self.made, 1) if one.key == new.key), "")
        if not (known and look_first):
            self.made.append(new)
            known = str(len(self.made))
            opened = Message("m0", Person("9", "Baton", role=Role.AGENT), new.text, at=NOW)
            self.tickets[known] = Ticket("zendesk", known, subject=new.subject, status=Status.NEW, messages=(opened,))
        if self.fails:
            raise self.fails.pop()
        return known

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        if self.fails:
            raise self.fails.pop()
        if ticket_id not in self.tickets:
            raise GiveUp("404", gone=True)
        return self.tickets[ticket_id]


class Ears:
    """Bots that hear everything."""

    addresses: tuple[str, ...] = ("https://bot.example/hook",)

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def tell(self, address: str, id: str, body: str, now: datetime) -> None:
        self.heard.append({"id": id, **json.loads(body)})


class Shop:
    """A pipeline over a real store with this helpdesk and these bots."""

    def __init__(self, db: Engine) -> None:
        self.db, self.desk, self.ears, self.now = db, Desk(), Ears(), NOW
        self.journal = StoredJournal(db)
        self.pipeline = Pipeline(
            journal=self.journal,
            helpdesks=lambda: {"zendesk": self.desk},
            chat=cast(Any, None),
            reader=TextReader.standard(),
            playbook=lambda: load_playbook(RULES),
            roster=lambda: load_roster(PEOPLE, version=1),
            clock=lambda: self.now,
            pause=lambda _: None,
            channel="#handoffs",
            bots=self.ears,
        )

    def keep(self, ticket: str = "", talk: Any = TALK, number: str = "h_1", **told: Any) -> str:
        more = {"intent": "billing", "confidence": 0.34, "complexity": "two systems", "attempts": (TRIED,), **told}
        handed = HandedOver(number, "Shop bot", f"key {number}", **more)
        asked = Asked("zendesk", ticket, handed, turns_of(number, talk, self.now), KIM)
        handovers.keep(self.db, "bot", f"key {number}", "d", number, asked, self.now)
        return number

    def begin(self, number: str = "h_1", attempt: int = 1) -> None:
        takeover.begin(self.pipeline, number, attempt)

    def ticket(self, number: str) -> Ticket:
        found = self.journal.known("zendesk", number).ticket
        assert found is not None
        return found

    def look(self, number: str) -> None:
        """The helpdesk is read anew."""
        self.pipeline.refresh("zendesk", number)

    def says(self, number: str, *messages: Message, **told: Any) -> None:
        """Somebody writes in the helpdesk, and Baton reads it."""
        self.now += timedelta(minutes=5)
        known = self.desk.tickets[number]
        at = tuple(replace(m, at=self.now) for m in messages)
        self.desk.tickets[number] = replace(known, messages=(*known.messages, *at), updated_at=self.now, **told)
        self.look(number)

    def rows(self, query: str) -> list[Any]:
        with self.db.connect() as connection:
            return list(connection.exec_driver_sql(query))

    def notices(self) -> list[dict[str, Any]]:
        """What bots are told, by carrying out what was planned."""
        for row in self.rows("SELECT id FROM actions WHERE kind = 'notify' AND state = 'planned' ORDER BY id"):
            task = self.journal.begin(row.id)
            assert task is not None
            self.pipeline.perform(task)
        for one in self.ears.heard:
            told = {name: value for name, value in one.items() if name != "id"}
            Draft202012Validator(shapes.schema("handoff-event-1.json")).validate(told)
        return self.ears.heard


@pytest.fixture
def shop(db: Engine) -> Iterator[Shop]:
    yield Shop(db)


def test_a_ticket_is_made_and_handed_over_with_all_the_bot_knew(shop: Shop) -> None:
    shop.keep(urgency="high", page="/invoices", product_area="Invoices", reason="a refund is beyond me")
    shop.begin()
    (new,) = shop.desk.made
    assert (new.email, new.subject) == ("kim@example.com", "My invoice 4417 was charged twice.")
    assert "Assistant: Please wait" in new.text and "second charge" not in new.text, "nothing internal"
    assert "4242 4242 4242 4242" not in new.text and "It did not." in new.text
    shown = shop.journal.shown("h_1")
    assert shown is not None
    package = shown.escalation.package
    assert (shown.handoff.team, shown.handoff.sender, shown.escalation.severity) == ("billing", "Shop bot", "high")
    assert (package.page, package.product_area, package.issue_type) == ("/invoices", "Invoices", "billing")
    assert "intent billing" in package.confidence and "AI agent 34%" in package.confidence
    assert package.complexity.startswith("two systems")
    (tried,) = [one for one in package.tried if one.role == "bot"]
    assert (tried.who, tried.step.text, tried.worked) == ("AI", "Asked to wait 24 hours", False)
    assert "the customer: It did not; failed because it was a second charge" in tried.result.text
    assert "4111 1111" not in tried.result.text, "cards are masked"
    assert [turn.role for turn in package.transcript] == ["customer", "bot", "customer"]
    assert any("Shop bot handed it over (billing, 34% sure)" in words for words in shown.escalation.reasons)
    assert any("beyond me" in words for words in shown.escalation.reasons)
    note = context.note(package, key="h_1", title="Handoff", link="", now=NOW)
    assert "AI: “Asked to wait" in " ".join(line.text for line in note.lines)


def test_beginning_twice_is_once(shop: Shop) -> None:
    shop.keep()
    shop.begin()
    shop.begin()
    assert len(shop.desk.made) == 1 and len(shop.rows("SELECT id FROM handoffs")) == 1


def test_after_an_unclear_try_the_ticket_is_looked_for(shop: Shop) -> None:
    shop.keep()
    shop.desk.fails = [TryLater("no answer", unclear=True)]
    with pytest.raises(TryLater):
        shop.begin()
    shop.begin()
    assert shop.desk.looked == [False, True] and len(shop.desk.made) == 1
    assert [row.id for row in shop.rows("SELECT id FROM handoffs")] == ["h_1"]


def test_a_made_ticket_that_cannot_be_read_is_handed_over_with_what_the_bot_told(shop: Shop) -> None:
    shop.keep()
    for attempt in range(1, takeover.PATIENCE + 1):
        shop.desk.fails = [TryLater("away")]
        if attempt == 1:
            shop.desk.fails = [TryLater("away", unclear=True)]
        if attempt < takeover.PATIENCE:
            with pytest.raises(TryLater):
                shop.begin(attempt=attempt)
        elif attempt == takeover.PATIENCE:
            shop.desk.fails = []
            fetch, shop.desk.fetch = shop.desk.fetch, _away  # type: ignore[method-assign]
            shop.begin(attempt=attempt)
            shop.desk.fetch = fetch  # type: ignore[method-assign]
    shown = shop.journal.shown("h_1")
    assert shown is not None and "could not be read" in str(shown.escalation.package.missing)
    assert len(shop.desk.made) == 1


def _away(ticket_id: str, known: Ticket | None = None) -> Ticket:
    raise TryLater("away")


def test_a_ticket_there_is_gets_it_and_what_it_has_is_not_said_twice(shop: Shop) -> None:
    own = Message("z2", ADA, "Please wait 24 hours; it goes away by itself!", at=NOW - timedelta(minutes=5))
    first = Message("z1", KIM, "My invoice 4417 was charged twice.", at=NOW - timedelta(minutes=6))
    shop.desk.tickets["35"] = Ticket("zendesk", "35", status=Status.OPEN, requester=KIM, messages=(first, own))
    shop.keep("35")
    shop.begin()
    assert shop.desk.made == []
    shop.look("35")
    messages = shop.ticket("35").messages
    assert [(m.id, m.author.role) for m in messages] == [
        ("z1", Role.CUSTOMER), ("z2", Role.BOT), ("handover:h_1:0002", Role.CUSTOMER),
    ]  # fmt: skip


def test_the_conversation_stays_however_often_the_ticket_is_read(shop: Shop) -> None:
    shop.keep()
    shop.begin()
    for _ in range(3):
        shop.look("1")
    ticket = shop.ticket("1")
    assert [m.author.role for m in ticket.messages if m.public] == [Role.CUSTOMER, Role.BOT, Role.CUSTOMER]
    opened = next(m for m in ticket.messages if m.id == "m0")
    assert (opened.author.role, opened.public) == (Role.SYSTEM, False), "the text it was opened with is nobody's reply"
    assert ticket.custom == {"ai_confidence": 0.34, "ai_attempts": 1}
    shown = shop.journal.shown("h_1")
    assert shown is not None and shown.handoff.state == "offered" and shown.escalation.package.waiting_since is not None


def test_a_reply_that_quotes_the_text_a_ticket_was_opened_with_is_a_reply(shop: Shop) -> None:
    shop.keep()
    shop.begin()
    quoted = "\n".join(f"> {line}" for line in shop.desk.made[0].text.splitlines())
    shop.says("1", Message("c1", KIM, f"Any news?\n\n{quoted}"))
    shop.desk.tickets["1"] = replace(shop.desk.tickets["1"], messages=shop.desk.tickets["1"].messages[1:])  # a thread cut short
    shop.look("1")
    reply = next(m for m in shop.ticket("1").messages if m.id == "c1")
    assert (reply.author.role, reply.public) == (Role.CUSTOMER, True)


@pytest.mark.parametrize(
    ("urgency", "words", "severity"),
    [
        ("", "My invoice is wrong.", Severity.NORMAL),
        ("low", "My invoice is wrong.", Severity.NORMAL),
        ("high", "My invoice is wrong.", Severity.HIGH),
        ("critical", "My invoice is wrong.", Severity.HIGH),
        ("low", "Refund me or you will hear from my lawyer, I am suing you.", Severity.CRITICAL),
    ],
)
def test_the_wish_is_a_floor_up_to_high_and_rules_may_say_more(shop: Shop, urgency: str, words: str, severity: Severity) -> None:
    shop.keep(talk=((Role.CUSTOMER, "Kim", words, None),), urgency=urgency)
    shop.begin()
    assert [row.severity for row in shop.rows("SELECT severity FROM escalations")] == [severity.value]


def test_no_rule_is_needed(shop: Shop) -> None:
    shop.keep(confidence=0.9, attempts=(), urgency="low")
    shop.begin()
    assert [row.rules for row in shop.rows("SELECT rules FROM escalations")] == [["handed_over"]]
    assert [row.severity for row in shop.rows("SELECT severity FROM escalations")] == ["low"]


def test_a_second_handover_of_a_ticket_joins_the_first(shop: Shop) -> None:
    shop.keep()
    shop.begin()
    shop.keep("1", talk=((Role.CUSTOMER, "Kim", "Hello? Anybody?", None),), number="h_2", urgency="urgent")
    shop.begin("h_2")
    assert [row.id for row in shop.rows("SELECT id FROM handoffs")] == ["h_1"]
    assert (handovers.told(shop.db, "h_2") or {})["handoff_id"] == "h_1"
    assert [row.severity for row in shop.rows("SELECT severity FROM escalations")] == ["high"]
    assert "Hello? Anybody?" in [m.text for m in shop.ticket("1").messages]


def test_what_cannot_be_begun_is_told_to_people_and_to_the_bot(shop: Shop) -> None:
    shop.desk.tickets["36"] = Ticket("zendesk", "36", status=Status.SOLVED)
    for number, ticket, why in (("h_1", "999", "there is no ticket 999"), ("h_2", "36", "is solved")):
        shop.keep(ticket, number=number)
        with pytest.raises(GiveUp, match=why) as caught:
            shop.begin(number)
        takeover.failed(shop.pipeline, number, caught.value, final=True)
        told = handovers.told(shop.db, number) or {}
        assert told["state"] == "failed" and why in told["why"]
    said = shop.rows("SELECT data FROM actions WHERE kind = 'tell' ORDER BY id")
    assert "Kim over (zendesk), which failed: there is no ticket 999" in said[0].data["data"]["text"]
    assert "Last words: It did not." in said[0].data["data"]["text"] and said[0].data["data"]["channel"] == "#handoffs"
    heard = shop.notices()
    assert [(one["type"], one["data"]["key"]) for one in heard] == [("handoff.failed", "key h_1"), ("handoff.failed", "key h_2")]


def test_a_try_that_comes_again_is_told_to_nobody(shop: Shop) -> None:
    shop.keep()
    takeover.failed(shop.pipeline, "h_1", TryLater("away"), final=False)
    assert shop.rows("SELECT id FROM actions") == [] and (handovers.told(shop.db, "h_1") or {})["state"] == "received"


# --- what the bot is told ---


def test_what_worked_which_questions_helped_and_what_was_missing(shop: Shop) -> None:
    shop.keep()
    shop.begin()
    shop.pipeline.answer("h_1", Decline("ada", DeclineReason.MISSING_CONTEXT, "which card?"), shop.now)
    offered = shop.rows("SELECT agent FROM offers WHERE state = 'open'")
    agent = offered[0].agent or "bo"
    shop.pipeline.answer("h_1", Ask(agent, "Is it the shop or the provider?"), shop.now)
    shop.pipeline.answer("h_1", Accept(agent), shop.now)
    shop.says("1", Message("a1", ADA, "Hello Kim. Which card did you use?"))
    shop.says("1", Message("c1", KIM, "The one that ends in 42."))
    shop.says("1", Message("n1", ADA, "Provider says: captured twice.", public=False))
    shop.says("1", Message("a2", ADA, "I refunded the second charge to 4242 4242 4242 4242; it is back in two days."))
    shop.says("1", status=Status.SOLVED)
    accepted, solved = shop.notices()
    assert accepted["type"] == "handoff.accepted" and accepted["data"]["ticket"] == "1" and accepted["data"]["key"] == "key h_1"
    assert solved["type"] == "handoff.solved" and solved["id"] != accepted["id"]
    data = solved["data"]
    assert [one["text"] for one in data["what_worked"]] == [
        "I refunded the second charge to [card ending 4242]; it is back in two days."
    ]  # fmt: skip
    assert "4242 4242" not in json.dumps(data)
    assert [one["by"] for one in data["replies"]] == ["Ada", "Ada"], "no internal note leaves the house"
    assert [(q["question"], q["answer"]) for q in data["questions"]] == [
        ("Which card did you use?", "The one that ends in 42."),
    ]  # fmt: skip
    missing = " / ".join(one["why"] for one in data["missing_context"])
    assert "which card?" in missing and "Is it the shop or the provider?" in missing
    assert data["status"] == "solved" and data["state"] == "closed" and data["issue_type"] == "billing"
    assert "captured twice" not in json.dumps(data)


def test_closed_without_a_person_is_no_solution(shop: Shop) -> None:
    shop.keep()
    shop.begin()
    shop.says("1", status=Status.SOLVED)
    (told,) = shop.notices()
    assert (told["type"], told["data"]["status"], told["data"]["state"]) == ("handoff.closed", "solved", "cancelled")


def test_solved_by_somebody_who_never_pressed_counts(shop: Shop) -> None:
    shop.keep()
    shop.begin()
    shop.says("1", Message("a1", ADA, "I refunded it."), status=Status.SOLVED)
    assert [one["type"] for one in shop.notices()] == ["handoff.solved"]


def test_tickets_that_no_bot_handed_over_are_none_of_its_business(shop: Shop) -> None:
    shop.desk.tickets["35"] = Ticket(
        "zendesk", "35", status=Status.OPEN, messages=(Message("m", KIM, "I will sue you, my lawyer is informed.", at=NOW),)
    )
    shop.look("35")
    assert len(shop.rows("SELECT id FROM handoffs")) == 1
    shop.says("35", status=Status.SOLVED)
    assert shop.notices() == [] and shop.rows("SELECT id FROM actions WHERE kind = 'notify'") == []
