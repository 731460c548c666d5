"""Whatever a ticket is made of, its handoff goes out in time, the note says what is missing and why, and nothing is lost.

Each case runs through the real pipeline, store and reader: webhook, card, gathering, accept, note. A tracker that answers 401 is
in test_bugs.py, sources that answer nonsense over HTTP in test_accounts.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import thread_time
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from connectors import kinds, notes
from connectors.freshdesk import outbound as freshdesk
from connectors.intercom import outbound as intercom
from connectors.slack_blocks import blocks
from connectors.zendesk import outbound as zendesk
from escalation import ports
from escalation.actions import Card, Note, Receipt, Write
from escalation.context import build
from escalation.decision import Decision
from escalation.events import Accept
from escalation.playbook import Level, Path
from escalation.ports import GiveUp, Helpdesk, Outside, Posted
from escalation.ticket import (
    Account,
    Message,
    Money,
    Person,
    Priority,
    Role,
    Status,
    Ticket,
    TicketChange,
)
from sandbox.slack_check import problems
from signals.reader import TextReader
from tests.contract_world import World, worlds
from tests.floor import CUSTOMER, START, Floor, PlayHelpdesk, people
from tests.gathering_world import PlayAccounts
from tests.test_secrets import FOURS, PARTED_BY, SECRETS

IN_TIME = 5.0  # seconds of processor time for all that Baton does until the card is posted; measured: 1.2 at most
LIMITS = {
    "zendesk": (zendesk.NOTE_TAGS, zendesk.NOTE_LIMIT),
    "freshdesk": (freshdesk.TAGS, freshdesk.NOTE_LIMIT),
    "intercom": (intercom.NOTE_TAGS, intercom.NOTE_LIMIT),
}
ADA = Person("101", "Ada", "ada@example.com", Role.AGENT)
KNOWN = frozenset({"subject", "messages", "requester", "customer"})


def said(*texts: str, files: tuple[str, ...] = (), by: Person = CUSTOMER) -> tuple[Message, ...]:
    """Messages a minute apart, the last one a quarter of an hour old."""
    ago = [START - timedelta(minutes=15 + len(texts) - n) for n in range(len(texts))]
    return tuple(Message(f"m{n}", by, text, True, at, files) for n, (text, at) in enumerate(zip(texts, ago, strict=True)))


def ticket(*messages: Message, subject: str = "It is broken", **more: Any) -> Ticket:
    return Ticket("zendesk", "1", subject=subject, requester=CUSTOMER, messages=messages, known=KNOWN, **more)


@dataclass(frozen=True)
class Case:
    """``told``: texts the note must have. ``missing``: (what, why) its section "Missing" must have."""

    ticket: Ticket
    told: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    account: Account = field(default_factory=Account)
    read: Outside | None = None  # what reading the ticket meets
    past: Outside | None = None  # what reading earlier tickets meets


LONG = [f"Message {n}: the invoice INV-{n:05d} is wrong, I cleared the cache and it still fails." for n in range(2_000)]
HTML = "".join(f"<p>Row {n}: <b>nothing</b> works &amp; nobody answers</p>" for n in range(100_000))
PICTURE = "data:image/png;base64," + "iVBORw0KGgo" * 15_000
HUGE_PICTURE = f'<p>See <img src="{PICTURE}{"QUJD" * 500_000}"></p><p>The export fails with EXP-4417.</p>'
FORWARDED = """Can you take care of this?

---------- Forwarded message ---------
From: Lee Wong <lee@partner.example>
Date: Mon, 2 Mar 2026 at 08:12
Subject: Fwd: Fwd: payment
To: Kim <kim@example.com>

Kim, see below, they charged us twice.

---------- Forwarded message ---------
From: Bank <noreply@bank.example>
Date: Sun, 1 Mar 2026 at 20:00
Subject: payment
To: Lee Wong <lee@partner.example>

Two payments of 1,240.00 EUR were booked for INV-20871.
"""
MIXED = (
    "Hallo, die Rechnung INV-20871 ist doppelt und niemand antwortet.",
    "\u8acb\u6c42\u66f8\u304c\u4e8c\u91cd\u306b\u306a\u3063\u3066\u3044\u307e\u3059\u3002\u8fd4\u91d1\u3057\u3066\u304f\u3060\u3055\u3044\u3002",
    "\u062a\u0645 \u062e\u0635\u0645 \u0627\u0644\u0645\u0628\u0644\u063a \u0645\u0631\u062a\u064a\u0646.",
    "Je ne comprends pas, pouvez-vous me rembourser ?",
)
DOWN = Account(gaps={"tier": "crm: connection failed", "contract_value": "crm: connection failed"})
LYING = Account(gaps={"tier": "crm: expected text, found a list", "renewal_on": "crm: expected a date, found 'soon'"})
ODD = {
    "price": Money(amount=__import__("decimal").Decimal("1e30"), currency="??"),
    "when": START,
    "many": ("a",) * 5_000,
    "no": None,
}

CASES = {
    "two thousand messages": Case(
        ticket(*said(*LONG)),
        told=("earlier messages left out", "Message 1999"),
        missing=(("Middle of the thread", "of 2,000 messages the first 50 and the last 150 are searched"),),
    ),
    "5 MB of text": Case(
        ticket(*said(HTML, "Can I get a refund?")),
        told=("Row 0", "a refund"),
        missing=(("Message m0", f"of up to {len(HTML):,} characters the first 20,000 are read"),),
    ),
    "attachments only": Case(
        ticket(*said("", "", files=("screenshot.png", "error.log")), subject="See attached"),
        told=("See attached", "screenshot.png", "error.log"),
    ),
    "empty": Case(
        Ticket("zendesk", "1", requester=CUSTOMER, known=KNOWN),
        told=("The ticket has no text and no subject", "The ticket has no messages"),
        missing=(("Transcript", "empty in zendesk"), ("Summary", "neither words nor a subject"), ("Account", "empty in zendesk")),
    ),
    "one word": Case(ticket(*said("Help"), subject=""), told=("“Help”",), missing=(("Account", "empty in zendesk"),)),
    "mixed languages": Case(ticket(*said(*MIXED)), told=(*MIXED, "INV-20871")),
    "a chain of forwards": Case(
        ticket(*said(FORWARDED), subject="Fwd: Fwd: Fwd: payment"),
        told=("they charged us twice", "Two payments of 1,240.00 EUR", "INV-20871"),
    ),
    "a picture pasted as text": Case(
        ticket(*said(f"See {PICTURE} The export fails with EXP-4417.")), told=("[picture]", "The export fails with EXP-4417")
    ),
    "only white space and marks": Case(ticket(*said(" \n\u200b\n ", "...", "?"), subject=" "), told=("no words of its own",)),
    "no names": Case(
        Ticket("zendesk", "1", subject="Broken", messages=said("It fails", by=Person("7", role=Role.CUSTOMER)), known=KNOWN),
        told=("unknown customer",),
        missing=(("Contact", "empty in zendesk"),),
    ),
    "fields of odd types": Case(ticket(*said("It fails"), custom=ODD), told=("It fails",)),
    "account source down": Case(
        ticket(*said("It fails")), account=DOWN, missing=(("Tier, contract value", "crm: connection failed"),)
    ),
    "account source lies": Case(
        ticket(*said("It fails")),
        account=LYING,
        missing=(("Tier", "expected text, found a list"), ("Renewal", "expected a date, found 'soon'")),
    ),
    "the helpdesk does not show the ticket": Case(
        ticket(),
        read=GiveUp("zendesk: GET tickets/1.json answered 403: Forbidden", refused=True),
        missing=(("Messages", "could not be read: zendesk: GET tickets/1.json answered 403"),),
    ),
    "the helpdesk does not show earlier tickets": Case(
        ticket(*said("It fails")),
        past=GiveUp("zendesk: no right to search", refused=True),
        missing=(("Earlier tickets", "no right to search"),),
    ),
}


class Desk(PlayHelpdesk):
    """A helpdesk that has to be read, with this ticket; it keeps the notes that are written."""

    def __init__(self, case: Case) -> None:
        self.case, self.written = case, list[Note]()

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        return True

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        if self.case.read:
            raise self.case.read
        return replace(self.case.ticket, priority=Priority.URGENT, updated_at=START)

    def past_tickets(self, ticket: Ticket) -> Ticket:
        if self.case.past:
            raise self.case.past
        return ticket

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        self.written += [step.note] if step.note else []
        return Receipt(note_id="n")


class Chat:
    """Keeps the cards that are posted."""

    def __init__(self) -> None:
        self.cards: list[Card] = []

    def post(self, to: str, card: Card, key: str, *, look_first: bool) -> Posted:
        self.cards.append(card)
        return Posted("C1", str(len(self.cards)))

    def update(self, where: Posted, card: Card) -> None:
        self.cards.append(card)


@dataclass
class Room:
    """One case on a floor of its own."""

    floor: Floor
    desk: Desk
    chat: Chat = field(default_factory=Chat)

    def note(self) -> Note:
        """What is written to the helpdesk once the person who was asked has accepted."""
        [asked] = self.floor.rows("SELECT agent FROM offers")
        assert self.floor.press(self.floor.handoff_of("1"), Accept(asked.agent, via="page")).ok
        self.floor.perform("write")
        [written] = self.desk.written
        return written


@pytest.fixture(scope="module")
def reader() -> TextReader:
    made = TextReader.standard()
    made.read(said("Hello"), START)  # what it has learnt is loaded once in a process, not in the case that comes first
    return made


@pytest.fixture
def opened(db: Engine, reader: TextReader) -> Iterator[Callable[[Case], Room]]:
    floor = Floor(db, Path("default", (Level("one"),)), people(3))

    def opens(case: Case) -> Room:
        room = Room(floor, Desk(case))
        accounts = PlayAccounts([case.account])

        def helpdesks() -> Mapping[str, Helpdesk]:
            return {"zendesk": room.desk}

        chat = cast(ports.Chat, room.chat)
        floor.pipeline = replace(floor.pipeline, accounts=accounts, chat=chat, reader=reader, helpdesks=helpdesks)
        return room

    yield opens
    floor.journal.close()


def texts(note: Note) -> str:
    """All that a reader of the note sees, on one line."""
    lines = (*note.lines, *(line for _, section in note.sections for line in section))
    return " ".join(f"{line.label} {line.text}" for line in lines)


@pytest.mark.parametrize("name", CASES)
def test_the_handoff_goes_out_and_says_what_is_missing(opened: Callable[[Case], Room], name: str) -> None:
    case = CASES[name]
    room = opened(case)
    begun = thread_time()
    room.floor.webhook("1", priority="urgent")
    room.floor.perform("alert")
    assert thread_time() - begun < IN_TIME
    [card] = room.chat.cards
    assert not problems(blocks(card)) and card.live

    room.floor.perform("gather")
    note = room.note()
    shown = texts(note)
    assert [words for words in case.told if words not in shown] == []
    absent = {line.label: line.text for line in dict(note.sections)["Missing"]}
    assert [(what, why) for what, why in case.missing if why not in absent.get(what, "")] == [], absent
    for tags, limit in LIMITS.values():
        html = notes.to_html(note, tags=tags, limit=limit)
        assert len(html) <= limit and notes.is_marked(html, note.key)
        html.encode()

    stored = room.floor.journal.known("zendesk", "1").ticket
    assert stored is not None and len(stored.messages) == len(case.ticket.messages)
    assert [m.text for m in stored.messages] == [m.text for m in case.ticket.messages]
    assert {row.status for row in room.floor.rows("SELECT status FROM deliveries")} == {"handled"}
    assert not room.floor.rows("SELECT key FROM actions WHERE state IN ('set_aside', 'trying')")


class Merging(Desk):
    """A helpdesk whose tickets are merged in a circle; ``open`` are those that it shows as open."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(CASES["one word"])
        self.floor, self.open = floor, {"1", "2"}

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        status = Status.OPEN if ticket_id in self.open else Status.CLOSED
        return replace(super().fetch(ticket_id), id=ticket_id, status=status, updated_at=self.floor.now)


def handoffs(floor: Floor, ticket: str) -> list[str]:
    return [row.state for row in floor.rows("SELECT state FROM handoffs WHERE ticket_id = :ticket ORDER BY id", ticket=ticket)]


def test_tickets_merged_in_a_circle_end_and_whoever_writes_again_is_heard(opened: Callable[[Case], Room]) -> None:
    room = opened(CASES["one word"])
    floor, desk = room.floor, Merging(room.floor)
    floor.pipeline = replace(floor.pipeline, helpdesks=lambda: {"zendesk": desk})
    for ticket in ("1", "2"):
        floor.webhook(ticket, priority="urgent")
    assert (handoffs(floor, "1"), handoffs(floor, "2")) == (["offered"], ["offered"])
    desk.open = set()
    for ticket, into in (("1", "2"), ("2", "1"), ("1", "2")):
        floor.now += timedelta(minutes=1)
        floor.webhook(ticket, kind="merged", merged_into=into)
    assert (handoffs(floor, "1"), handoffs(floor, "2")) == (["cancelled"], ["cancelled"])

    floor.now += timedelta(hours=1)
    floor.fire()
    floor.webhook("1", by="customer", text="Is anybody there?")
    assert handoffs(floor, "1") == ["cancelled"], "the helpdesk shows it as closed"
    desk.open = {"1"}
    floor.now += timedelta(minutes=1)
    floor.webhook("1", by="customer", text="Nobody has answered, I still want my refund!")
    assert handoffs(floor, "1") == ["cancelled", "offered"] and handoffs(floor, "2") == ["cancelled"]
    assert {row.status for row in floor.rows("SELECT status FROM deliveries")} == {"handled"}


def test_a_ticket_merged_into_itself_goes_on(opened: Callable[[Case], Room]) -> None:
    room = opened(CASES["one word"])
    room.floor.webhook("1", priority="urgent")
    room.floor.now += timedelta(minutes=1)
    room.floor.webhook("1", kind="merged", merged_into="1")
    assert handoffs(room.floor, "1") == ["offered"]


# --- through the real connectors ---


@pytest.fixture(scope="module")
def stage(postgres: str) -> Iterator[dict[str, World]]:
    with worlds(postgres) as found:
        yield found


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("sent", [HTML[:1_000_000], HUGE_PICTURE], ids=["html", "picture"])
def test_a_huge_mail_is_read_by_every_helpdesk(stage: dict[str, World], kind: str, sent: str) -> None:
    world = stage[kind].clear()
    ticket = world.seed()
    world.act(ticket, "reply", "customer", text=sent)
    begun = thread_time()
    read = world.connector().fetch(ticket)
    package = build(read, (), Decision(False, ()), None, START)
    assert thread_time() - begun < IN_TIME
    assert len(read.messages[-1].text) <= 200_000 and read.messages[-1].author.role is Role.CUSTOMER
    if sent is HUGE_PICTURE:
        assert "EXP-4417" in [s.text for s in package.specifics], "the words after a picture count"
    else:
        assert any(gap.field.startswith(f"message {read.messages[-1].id}") and gap.cause == "size" for gap in package.missing)


def test_no_card_and_no_secret_stands_in_card_or_note(opened: Callable[[Case], Room]) -> None:
    cards = [part.join(FOURS) for part in PARTED_BY if part.strip() != part or len(part) == 1]
    planted = [*(f"I paid with {card}." for card in cards), *("".join(row) for row in SECRETS)]
    room = opened(Case(ticket(*said("It does not work, error EXP-4417.", *planted), subject="Kennwort: geheim1")))
    room.floor.webhook("1", priority="urgent")
    room.floor.perform("alert")
    room.floor.perform("gather")
    note = room.note()
    html = [notes.to_html(note, tags=tags, limit=limit) for tags, limit in LIMITS.values()]
    shown = "\n".join((texts(note), repr(room.chat.cards), *(repr(blocks(card)) for card in room.chat.cards), *html))
    assert "EXP-4417" in shown and "[card ending 4242]" in shown and "[hidden]" in shown
    assert [words for words in (*cards, *(row[1] for row in SECRETS)) if words in shown] == []
