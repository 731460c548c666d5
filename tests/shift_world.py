"""For the tests of shift handovers: the real pipeline over the real store, a clock of our own, a chat that takes notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, text

from config.playbook import load_playbook
from config.roster import load_roster
from escalation import conclude
from escalation.events import Accept, Event
from escalation.pipeline import Answer, Pipeline
from escalation.ports import GiveUp, Posted
from escalation.roster import Roster
from escalation.shift_card import ShiftCard
from escalation.shift_store import Packet
from escalation.shift_work import Shifts
from escalation.ticket import ChangeKind, Message, Person, Priority, Role, Status, Ticket, TicketChange
from store.journal import StoredJournal
from tests.floor import PlayHelpdesk, Reads
from worker.tasks import Tasks

RULES = """
guard: false
default_team: billing
paths:
  default:
    first_reply_in: 240h
    levels: [{name: One, offering: one, offer_for: 15m}]
rules:
  - {id: urgent, title: Urgent, when: {all: [{field: priority, op: is, value: urgent}]}}
shift_handover: {remind_after: 10m, climb_after: 20m, within: 1h, breaks: 90m}
"""
# Ada ends at 17:00 in Stockholm after a lunch of an hour; Bo begins at 17:00 there, Cy is on watch, Lena leads.
PEOPLE = """
teams:
  billing: {name: Billing, issue_types: [billing], channel: "#billing", lead: lena, watch: cy}
  care: {name: Care}
agents:
  ada:
    name: Ada
    email: ada@example.com
    slack_id: U101
    ids: {zendesk: "1"}
    teams: [billing]
    time_zone: Europe/Stockholm
    shifts: [{days: sun-sat, start: "09:00", end: "12:00"}, {days: sun-sat, start: "13:00", end: "17:00"}]
  bo:
    name: Bo
    email: bo@example.com
    slack_id: U102
    ids: {zendesk: "2"}
    teams: [billing]
    time_zone: Europe/Stockholm
    shifts: [{days: sun-sat, start: "17:00", end: "01:00"}]
  cy: {name: Cy, email: cy@example.com, slack_id: U103, ids: {zendesk: "3"}}
  lena: {name: Lena, email: lena@example.com, slack_id: U104, ids: {zendesk: "4"}}
  zoe: {name: Zoe, email: zoe@example.com, slack_id: U105, ids: {zendesk: "5"}, teams: [care]}
"""
KIM = Person("c", "Kim", "kim@example.com", Role.CUSTOMER)
ADA = Person("1", "Ada", role=Role.AGENT)
PROMISE = "Sorry for that. I will send you the corrected invoice tomorrow. Have a nice day."


class Notes:
    """A chat that keeps what it is told; ``unreachable`` are places where nothing can be posted."""

    def __init__(self) -> None:
        self.cards: dict[tuple[str, str], list[ShiftCard]] = {}  # (place, key) → what it showed, oldest first
        self.told: list[tuple[str, str]] = []
        self.unreachable: set[str] = set()

    def post(self, to: str, card: Any, key: str, *, look_first: bool) -> Posted:
        if to in self.unreachable:
            raise GiveUp("no such place", gone=True)
        if isinstance(card, ShiftCard):
            self.cards.setdefault((to, key), []).append(card)
        return Posted(to, key)

    def update(self, where: Posted, card: Any) -> None:
        if isinstance(card, ShiftCard):
            self.cards[where.channel, where.ts].append(card)

    def tell(self, to: str, text: str, key: str, *, look_first: bool) -> Posted:
        self.told.append((to, text))
        return Posted(to, key)

    def shown(self, place: str) -> list[ShiftCard]:
        """What a place shows now, one card for each packet."""
        return [versions[-1] for (to, _), versions in self.cards.items() if to == place]


@dataclass
class World:
    """The installation; ``roster`` and ``rules`` may be changed on the way."""

    db: Engine
    now: datetime
    rules: str = RULES
    roster: Roster = field(default_factory=lambda: load_roster(PEOPLE, version=1))
    chat: Notes = field(default_factory=Notes)
    pipeline: Pipeline = field(init=False)
    shifts: Shifts = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As after a crash: nothing is left but the database."""
        self.pipeline = Pipeline(
            journal=StoredJournal(self.db),
            helpdesks=lambda: {"zendesk": PlayHelpdesk()},
            chat=cast(Any, self.chat),
            reader=Reads(),
            playbook=lambda: load_playbook(self.rules),
            roster=lambda: self.roster,
            clock=lambda: self.now,
            pause=lambda _: None,
            page_url="https://baton.example",
            channel="#escalations",
        )
        self.shifts = Shifts(self.pipeline)

    def at(self, hour: int, minute: int = 0, second: int = 0, *, day: int | None = None) -> None:
        """Go to a time of the day in UTC, tick, and carry out what was planned."""
        self.now = self.now.replace(hour=hour, minute=minute, second=second, microsecond=0, day=day or self.now.day)
        self.tick()

    def tick(self) -> None:
        Tasks(self.pipeline, cast(Any, None)).tick(cast(Any, None))
        self.perform()

    def perform(self) -> None:
        """Carry out every planned action in order; the play-helpdesk has nothing to be read back."""
        for number in self.column("SELECT id FROM actions WHERE state = 'planned' AND kind <> 'prove' ORDER BY id"):
            task = self.pipeline.journal.begin(number)
            assert task is not None
            self.pipeline.perform(task)

    def ticket(self, number: str, *more: Message, status: Status = Status.OPEN) -> str:
        """A ticket is seen, a moment after the one before; the id of its handoff."""
        self.now += timedelta(milliseconds=1)
        asked = Message(f"q{number}", KIM, "My invoice is wrong.", at=self.now)
        known = frozenset({"priority", "messages", "status"})
        told: dict[str, Any] = {"subject": f"Invoice {number}", "requester": KIM, "messages": (asked, *more), "status": status}
        ticket = Ticket("zendesk", number, priority=Priority.URGENT, issue_type="billing", known=known, **told)
        with self.pipeline.journal.case("zendesk", number, self.now) as case:
            conclude.look_at(case, self.pipeline, ticket, (TicketChange("zendesk", number, ChangeKind.UPDATED, "test"),))
        return str(self.column("SELECT id FROM handoffs WHERE ticket_id = :t ORDER BY id DESC", t=number)[0])

    def taken(self, number: str, agent: str = "ada", *more: Message) -> str:
        """A ticket that somebody accepts at once; the id of its handoff."""
        handoff = self.ticket(number, *more)
        assert self.press(handoff, Accept(agent)).ok
        self.perform()
        return handoff

    def press(self, handoff: str, event: Event) -> Answer:
        return self.pipeline.answer(handoff, cast(Any, event), self.now)

    def packets(self) -> list[Packet]:
        found = map(self.pipeline.journal.packet, self.column("SELECT id FROM shift_packets ORDER BY id"))
        return [packet for packet in found if packet is not None]

    def holder(self, handoff: str) -> str:
        return str(self.column("SELECT accepted_by FROM handoffs WHERE id = :h", h=handoff)[0])

    def timeline(self, handoff: str, *kinds: str) -> list[str]:
        rows = "SELECT words FROM timeline WHERE handoff_id = :h AND kind = ANY(:k) ORDER BY id"
        return [str(words) for words in self.column(rows, h=handoff, k=list(kinds))]

    def column(self, query: str, **values: Any) -> list[Any]:
        with self.db.connect() as db:
            return list(db.execute(text(query), values).scalars())


def moment(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)
