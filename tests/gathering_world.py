"""A floor whose customers are known beside the helpdesk: sources and earlier tickets that answer as a test says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from escalation.playbook import Condition, Conditions, Level, Path, Playbook, Rule, Segment
from escalation.ticket import Account, Fact, Group, PastTicket, Person, Status, Ticket
from tests.floor import URGENT, Floor, PlayHelpdesk, people

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KIM = Person("c", "Kim", "kim@example.com")
PAST = (PastTicket("7", "Charged twice", Status.SOLVED, NOW - timedelta(days=3)),)


def fact(name: str, value: Any, source: str = "stripe", *, over: bool = True) -> Fact:
    return Fact(name, value, source, NOW, over)


@dataclass
class PlayAccounts:
    """Sources that answer as ``answers`` say, the last one for ever."""

    answers: list[Account]
    asked: list[str] = field(default_factory=list)

    def look(self, requester: Person, organization: Group) -> Account:
        self.asked.append(requester.email)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]

    def check(self) -> Mapping[str, str]:
        return {}


class Remembers(PlayHelpdesk):
    """A helpdesk with earlier tickets, or with the error that asking for them meets."""

    def __init__(self, *past: PastTicket, error: Exception | None = None) -> None:
        self.past, self.error = past, error

    def past_tickets(self, ticket: Ticket) -> Ticket:
        if self.error:
            raise self.error
        return replace(ticket, customer=replace(ticket.customer, past=self.past))


GOLD = Account((fact("tier", "gold"), fact("disputes", 2), fact("renewal_on", "2026-03-20")), {"usage": "stripe: timed out"})
LATE = Account(gaps={"tier": "stripe: timed out"}, late=("stripe: timed out",), silent=("stripe",))
VIP = Rule("vip", "A gold customer", Conditions(all=(Condition("customer.tier", "is", "gold"),)))
UPGRADED = Rule("up", "Upgraded", Conditions(all=(Condition("customer.tier", "changed_to", "gold"),)))


@dataclass
class Bench:
    floor: Floor
    accounts: PlayAccounts
    helpdesk: Remembers

    def gather(self) -> None:
        """Try the planned gathering once, as the worker does."""
        [row] = self.floor.rows("SELECT id FROM actions WHERE kind = 'gather' AND state IN ('planned', 'trying')")
        task = self.floor.journal.begin(row.id)
        assert task is not None
        self.floor.pipeline.perform(task)

    def planned(self, kind: str) -> list[Any]:
        return self.floor.rows("SELECT key, data, state FROM actions WHERE kind = :kind ORDER BY id", kind=kind)

    def package(self) -> dict[str, Any]:
        [row] = self.floor.rows("SELECT package FROM escalations")
        return dict(row.package)

    def line(self, label: str) -> str:
        return next((str(x["text"]) for x in self.package()["account"] if x["label"] == label), "")

    def timeline(self, kind: str) -> list[str]:
        return [r.words for r in self.floor.rows("SELECT words FROM timeline WHERE kind = :kind ORDER BY id", kind=kind)]


_opened: list[Floor] = []


def bench(
    db: Engine,
    *answers: Account,
    helpdesk: Remembers | None = None,
    rules: tuple[Rule, ...] = (URGENT,),
    segments: tuple[Segment, ...] = (),
) -> Bench:
    path = Path("default", (Level("one"),))
    floor = Floor(db, path, people(3))
    _opened.append(floor)
    accounts, desk = PlayAccounts(list(answers or (GOLD,))), helpdesk or Remembers(*PAST)
    playbook = Playbook(rules, {"default": path}, "care", version=1, segments=segments)
    floor.pipeline = replace(floor.pipeline, accounts=accounts, helpdesks=lambda: {"zendesk": desk}, playbook=lambda: playbook)
    floor.webhook("1", priority="urgent", by="customer", text="It is broken")
    return Bench(floor, accounts, desk)


def close_all() -> None:
    """Give back what the intake of every bench holds, before its database goes."""
    while _opened:
        _opened.pop().journal.close()


def looks(room: Bench) -> int:
    return int(room.floor.rows("SELECT count(*) AS n FROM evaluations")[0].n)
