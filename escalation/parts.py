"""What the path of an event is given: the ports to the outside, the documents of today, time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from escalation.journal import Journal
from escalation.playbook import Playbook
from escalation.ports import Accounts, Bots, Budget, Chat, GiveUp, Helpdesk, Reader, Tracker, Writer
from escalation.roster import Roster


class NoBots:
    """Nobody wants to hear what became of a handover."""

    addresses: tuple[str, ...] = ()

    def tell(self, address: str, id: str, body: str, now: datetime) -> None:
        raise GiveUp(f"{address} is not configured any more (BOT_WEBHOOK_URLS)")


class NoBudget:
    """Whoever sets up no model spends nothing."""

    def spend(self, now: datetime) -> str:
        return "no budget is set up for the model"


@dataclass(frozen=True)
class Parts:
    """``helpdesks``, ``playbook`` and ``roster`` are asked anew each time: documents change while we run."""

    journal: Journal
    helpdesks: Callable[[], Mapping[str, Helpdesk]]
    chat: Chat
    reader: Reader
    playbook: Callable[[], Playbook]
    roster: Callable[[], Roster]
    clock: Callable[[], datetime]
    pause: Callable[[float], None]  # seconds; lets a burst of webhooks settle
    settle: timedelta = timedelta(milliseconds=20)
    page_url: str = ""  # base of links to our pages
    accounts: Accounts | None = None  # none: only the helpdesk knows the customer
    channel: str = ""  # where alerts go that have no better place
    bots: Bots = field(default_factory=NoBots)
    writer: Writer | None = None  # none: handoffs are told in the thread's own words alone
    budget: Budget = field(default_factory=NoBudget)
    trackers: Callable[[], Mapping[str, Tracker]] = dict  # name → tracker, those that are set up
