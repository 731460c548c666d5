"""What is planned with a ticket: effects, timers, lines of its timeline, as a Case adds them and a worker takes them up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from escalation.actions import Action, Entry, Receipt, Timer


@dataclass(frozen=True, slots=True)
class Task:
    """One planned action about to be carried out. ``look_first``: an earlier try may have taken effect."""

    id: int
    action: Action
    connection: str
    ticket_id: str
    look_first: bool
    attempts: int


class PlanningCase(Protocol):
    """The part of ``escalation.journal.Case`` that plans."""

    def plan(self, action: Action, *, wait: timedelta = timedelta(0)) -> bool:
        """Add an action and its queue job; one whose key exists already is left as it is, and the answer is False.

        ``wait``: it is not begun before.
        """

    def proofs(self, handoff_id: str) -> tuple[Task, ...]:
        """The read-backs of a handoff that are not over."""

    def settle(self, task: Task) -> bool:
        """Mark an action as done, be it its turn or not; False when it was over already."""

    def set_timers(self, timers: Iterable[Timer]) -> None:
        """Add timers; existing keys are left."""

    def claim_timer(self, key: str) -> bool:
        """Mark a timer as fired; False when somebody else already did."""

    def write(self, entries: Iterable[Entry], handoff_id: str = "") -> None:
        """Append to the timeline."""

    def told(self, handoff_id: str, kinds: Iterable[str]) -> tuple[Entry, ...]:
        """The timeline's entries of these kinds about a handoff, oldest first."""

    def done(self, task: Task, receipt: Receipt | None) -> None:
        """Mark a write-back as done."""
