"""The events of a handoff's life: what people do, what timers and helpdesks tell (domain.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation.actions import DeclineReason, TimerKind
from escalation.playbook import Queueing


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a human sender is asked for before anybody is offered the handoff."""

    sender: str  # agent id
    missing: tuple[str, ...]
    score: str  # "55 of 100, 70 are wanted"
    within: timedelta
    url: str = ""  # of the ticket


@dataclass(frozen=True, slots=True)
class Start:
    """The handoff begins; with ``gaps`` by asking its sender."""

    gaps: Gaps | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    by: str  # agent id
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Decline:
    by: str
    reason: DeclineReason
    text: str = ""
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Return:
    """The receiver gives it back with what is missing."""

    by: str
    missing: str
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Ask:
    by: str
    question: str
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Fired:
    """A timer came due."""

    kind: TimerKind
    offer_id: str = ""
    key: str = ""  # the timer's; a deadline that has moved since has timers under other keys


@dataclass(frozen=True, slots=True)
class AssignedInHelpdesk:
    """Somebody assigned the ticket to a person in the helpdesk itself: that counts as acceptance."""

    agent: str  # agent id, or "" for somebody who is not on the roster
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HumanReplied:
    """A human agent wrote to the customer."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TicketOver:
    status: str


@dataclass(frozen=True, slots=True)
class NextLevel:
    """A person calls the next level now. ``seen_steps``: the ``steps`` of the handoff they saw, so no press counts twice.

    ``offer``: the offer whose card was pressed, where that is known instead; it must still stand.
    """

    by: str  # agent id, or the name of a lead who is on no roster
    seen_steps: int
    lead: bool = False  # a lead or an admin; others may do so with what they are asked for or have themselves
    via: str = "page"
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Refresh:
    """An admin moves a running handoff to its path in the active playbook; offers that are open stay."""

    by: str
    via: str = "page"


@dataclass(frozen=True, slots=True)
class Recount:
    """What deadlines are counted by may be different: how the ticket stands, how severe it is, the roster, a calendar."""

    at: datetime  # when the ticket changed


@dataclass(frozen=True, slots=True)
class Again:
    """Somebody whom ``level`` of the path would ask is free for a handoff that waits; ``words``: its place in the queue."""

    level: int
    words: str
    queue: Queueing


@dataclass(frozen=True, slots=True)
class Stuck:
    """Whoever has it is gone: off shift, away, absent, no longer here. ``why`` says so: "Ada went off shift at Mon 17:00"."""

    agent: str
    why: str


@dataclass(frozen=True, slots=True)
class Reassign:
    """Whoever is asked or has it, or a lead, hands it to a colleague or, with ``team``, to a team; they are asked, as always."""

    by: str  # agent id, or the name of a lead who is on no roster
    to: str  # agent or team id
    why: str
    team: bool = False
    lead: bool = False
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Snooze:
    """Whoever is asked puts off answering: by ``more``, or ``until`` a moment."""

    by: str
    more: timedelta = timedelta(0)
    until: datetime | None = None
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Somebody takes over at a shift change what ``former`` had: an acceptance without an offer."""

    by: str
    former: str
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a level waited for in a tracker is over: its bug is closed, or nothing could be filed. ``on_pass`` "" is any."""

    why: str
    on_pass: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What the sender was asked for is there, or is not waited for any more."""

    why: str


Event = (
    Start | Accept | Decline | Return | Ask | Fired | AssignedInHelpdesk | HumanReplied | TicketOver | NextLevel | Refresh
    | Recount | Again | Stuck | Reassign | Snooze | TakenOver | Tracked | Filled
)  # fmt: skip
