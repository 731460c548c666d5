"""A support floor in one process: the real pipeline over the real store, play-people and a play-helpdesk, a clock of our own."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Engine, text

from escalation import tending
from escalation.actions import NewTicket, Receipt, Write
from escalation.events import Event
from escalation.pipeline import Answer, Pipeline
from escalation.playbook import Condition, Conditions, Level, Offering, Path, Playbook, Queueing, Rule
from escalation.ports import Arrival, Changed, GiveUp, HelpdeskAgent, Inbound
from escalation.roster import Agent, Roster, Team
from escalation.signals import Signal
from escalation.ticket import ChangeKind, Customer, Message, Money, Person, Priority, Role, Status, Ticket, TicketChange
from store.case import StoredCase
from store.journal import StoredJournal

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER = Person("c", "Kim", "kim@example.com", Role.CUSTOMER)
URGENT = Rule("urgent", "Priority is urgent", Conditions(all=(Condition("priority", "becomes", "urgent"),)))
CHANNEL = Path("default", (Level("all", Offering.CHANNEL),))


class Crash(Exception):
    """The process ends before it commits."""


class CrashingJournal(StoredJournal):
    """A store whose process dies at the end of one case in so many, as if it had been killed."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.share, self.crashes, self._dice, self._lock = 0.0, 0, random.Random(7), threading.Lock()

    @contextmanager
    def case(self, connection: str, ticket_id: str, now: datetime) -> Iterator[StoredCase]:
        with super().case(connection, ticket_id, now) as case:
            yield case
            with self._lock:
                dies = self._dice.random() < self.share
                self.crashes += dies
            if dies:
                raise Crash


class PlayHelpdesk:
    """A helpdesk whose webhooks carry the canonical fields themselves, and which can do everything in one call."""

    kind, connection, cannot, echoes = "zendesk", "zendesk", cast(Mapping[str, str], {}), False

    def verify(self, inbound: Inbound, now: datetime) -> None:
        """Everything is believed."""

    def arrival(self, inbound: Inbound) -> Arrival:
        told = json.loads(inbound.body)
        return Arrival(told["key"], told["ticket"], "play")

    def change(self, inbound: Inbound) -> TicketChange:
        told = json.loads(inbound.body)
        at = datetime.fromisoformat(told["at"])
        fields: dict[str, object] = {"requester": CUSTOMER, "updated_at": at}
        fields |= {"status": Status(told["status"])} if "status" in told else {}
        fields |= {"priority": Priority(told["priority"])} if "priority" in told else {}
        fields |= {"assignee": Person(told["assignee"], told["assignee"], role=Role.AGENT)} if "assignee" in told else {}
        if "tier" in told or "contract" in told:
            value = Money(Decimal(told["contract"]), "EUR") if "contract" in told else None
            fields |= {"customer": Customer(tier=told.get("tier", ""), contract_value=value)}
        fields |= {name: told[name] for name in ("language", "subject") if name in told}
        message = None
        if "by" in told:
            author = CUSTOMER if told["by"] == "customer" else Person(told["by"], told["by"], role=Role.AGENT)
            message = Message(told["key"], author, told.get("text", "Hello"), at=at)
        kind = ChangeKind(told.get("kind", "updated"))
        into = told.get("merged_into", "")
        return TicketChange("zendesk", told["ticket"], kind, "play", at, fields=fields, message=message, merged_into=into)

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        return False

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        raise NotImplementedError

    def reread(self, ticket_id: str, known: Callable[[], Ticket | None] = lambda: None) -> Ticket:
        return self.fetch(ticket_id)

    def changed(self, since: datetime) -> Iterator[Changed]:
        yield from ()

    def past_tickets(self, ticket: Ticket) -> Ticket:
        return ticket

    def steps(self, write: Write, seen: Ticket | None = None) -> tuple[Write, ...]:
        return (write,)

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        return Receipt(note_id="n")

    def create(self, new: NewTicket, *, look_first: bool) -> str:
        raise NotImplementedError

    def in_thread(self, message_id: str) -> bool:
        return message_id.isdecimal()

    def is_own(self, change: TicketChange) -> bool:
        return False

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        return ()

    def check(self) -> tuple[str, ...]:
        return ()


class Reads:
    """A reader that finds a customer content who says thanks."""

    def read(self, messages: tuple[Message, ...], now: datetime, *, subject: str = "", language: str = "") -> tuple[Signal, ...]:
        said = [m.text for m in messages if m.author.role is Role.CUSTOMER]
        return (Signal("sentiment", {"label": "satisfied"}, 0.9),) if said and "thanks" in said[-1] else ()


def people(count: int, team: str = "care", **more: Any) -> tuple[Agent, ...]:
    return tuple(_agent(f"a{n:02}", team, more) for n in range(count))


def _agent(name: str, team: str, more: Mapping[str, Any]) -> Agent:
    return Agent(name, name.title(), f"{name}@example.com", f"U{name}", {"zendesk": name}, teams=(team,), **more)


@dataclass
class Floor:
    """``now`` is the clock; webhooks are handled at once."""

    engine: Engine
    path: Path
    agents: tuple[Agent, ...]
    now: datetime = START
    queue: Queueing = field(default_factory=Queueing)
    roster: Roster = field(init=False)
    journal: CrashingJournal = field(init=False)
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        lead = Agent("lead", "Lena", ids={"zendesk": "lead"}, capacity=0)
        self.roster = Roster((*self.agents, lead), (Team("care", "Care", channel="#care", lead="lead"),))
        playbook = Playbook((URGENT,), {"default": self.path}, "care", version=1, queue=self.queue)
        self.journal = CrashingJournal(self.engine)
        self.pipeline = Pipeline(
            journal=self.journal,
            helpdesks=lambda: {"zendesk": PlayHelpdesk()},
            chat=cast(Any, None),
            reader=Reads(),
            playbook=lambda: playbook,
            roster=lambda: self.roster,
            clock=lambda: self.now,
            pause=lambda _: None,
        )

    def webhook(self, ticket: str, **told: str) -> None:
        """The helpdesk tells of a ticket, now; handled as the worker does."""
        self.arrive(ticket, **told)
        self.handle(ticket)

    def arrive(self, ticket: str, **told: str) -> None:
        """The same, not handled yet."""
        key = f"{ticket}:{self.now.isoformat()}:{'-'.join(told.values())}"
        body = json.dumps({"key": key, "ticket": ticket, "at": self.now.isoformat(), **told}).encode()
        self.pipeline.receive("zendesk", Inbound({}, body, {}), self.now)

    def handle(self, ticket: str) -> None:
        self.pipeline.handle("zendesk", ticket)

    def perform(self, *kinds: str, set_aside: bool = False) -> None:
        """The planned actions of some kinds in order, as the queue would, whatever they wait for.

        What is refused raises GiveUp, or is ``set_aside``.
        """
        planned = "SELECT id FROM actions WHERE kind = ANY(:kinds) AND state = 'planned' ORDER BY id"
        for row in self.rows(planned, kinds=list(kinds)):
            task = self.journal.begin(row.id)
            assert task is not None
            try:
                self.pipeline.perform(task)
            except GiveUp as refused:
                if not set_aside:
                    raise
                self.pipeline.failed(task, refused, final=True)

    def tend(self) -> None:
        """What the tick does with the queue and with what is stuck."""
        for work in tending.due(self.pipeline, self.now):
            work()

    def fire(self) -> None:
        """Every timer that is due."""
        for timer in self.journal.due_timers(self.now, 1000):
            self.pipeline.fire(timer, self.now)

    def press(self, handoff: str, event: Event) -> Answer:
        return self.pipeline.answer(handoff, event, self.now)

    def rows(self, query: str, **values: object) -> list[Any]:
        with self.engine.connect() as db:
            return list(db.execute(text(query), values))

    def handoff_of(self, ticket: str) -> str:
        """The id of a ticket's newest handoff."""
        found = self.rows("SELECT id FROM handoffs WHERE ticket_id = :ticket ORDER BY id DESC LIMIT 1", ticket=ticket)
        return str(found[0].id)


@contextmanager
def served(engine: Engine, desk: PlayHelpdesk, path: Path = CHANNEL, count: int = 2) -> Iterator[Floor]:
    """A floor of so many people, with this helpdesk."""
    floor = Floor(engine, path, people(count))
    floor.pipeline = replace(floor.pipeline, helpdesks=lambda: {"zendesk": desk})
    try:
        yield floor
    finally:
        floor.journal.close()
