"""Who knows a customer: whoever wrote on the ticket, and whoever had earlier tickets of theirs (domain.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from escalation.roster import Roster
from escalation.ticket import Role, Ticket


@dataclass(frozen=True, slots=True)
class Earlier:
    """Who had another ticket of the customer: the helpdesk's assignee, and the agent who accepted it from us ("" for nobody)."""

    connection: str
    assignee: str  # the helpdesk's id
    accepted_by: str = ""  # agent id


def acquainted(ticket: Ticket, earlier: Iterable[Earlier], roster: Roster) -> frozenset[str]:
    """The ids of agents who know the customer of a ticket."""
    wrote = {(ticket.connection, m.author.id) for m in ticket.messages if m.author.role is Role.AGENT and m.author.id}
    had = tuple(earlier)
    named = wrote | {(one.connection, one.assignee) for one in had if one.assignee}
    accepted = {one.accepted_by for one in had}
    return frozenset(a.id for a in roster.agents if a.id in accepted or not named.isdisjoint(a.ids.items()))
