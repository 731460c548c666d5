"""What is asked of the store about bugs (``escalation.journal``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from escalation.bug import Bug, BugLink, BugState, Filed
from escalation.ports import News


@dataclass(frozen=True, slots=True)
class Joined:
    """A bug that a ticket was linked to: whether the bug is new, and whether the link is."""

    bug: Bug
    new: bool
    linked: bool


class Bugs(Protocol):
    """The bugs that are kept. Each method is one transaction."""

    def get(self, bug_id: str) -> Bug | None:
        """A bug; None when there is none."""

    def links(self, bug_id: str) -> tuple[BugLink, ...]:
        """Every ticket of a bug, the first one first."""

    def recent(self, tracker: str) -> tuple[Bug, ...]:
        """The newest bugs of a tracker, open and closed, among which the same fault is looked for."""

    def same(self, tracker: str, fingerprint: str) -> Bug | None:
        """The bug with this fingerprint that is not closed; None when there is none."""

    def of_ticket(self, connection: str, ticket_id: str) -> tuple[Bug, ...]:
        """The bugs a ticket is linked to, newest first."""

    def filed(self, bug_id: str, filed: Filed, told: Iterable[BugLink]) -> None:
        """A bug is in its tracker, whose text names these links."""

    def not_filed(self, bug_id: str, why: str) -> None:
        """A bug could not be filed until now."""

    def told(self, bug_id: str, link: BugLink) -> None:
        """The tracker shows a link."""

    def heard(self, tracker: str, news: News, state: BugState | None, now: datetime) -> Bug | None:
        """The bug that news are about, in its new state; None for a stranger, or news older than what is known.

        The same news once more are no older than themselves: they may have been cut off half-way.
        """
