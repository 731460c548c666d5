"""Intercom: conversations and tickets.

Notifications: https://developers.intercom.com/docs/webhooks (topics are chosen per app in the Developer Hub; subscribe to
conversation.* and ticket.*, with both ``admin.assigned`` and ``admin.open.assigned``).
API: https://developers.intercom.com/docs/references/rest-api/api.intercom.io, pinned to version 2.14 (``api.VERSION``).
Give Baton a teammate of its own: what that teammate does is taken for Baton's own writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from config.connections import Connection
from connectors.intercom import inbound as reader
from connectors.intercom import listing, making, outbound, reading
from connectors.intercom.api import Api
from connectors.intercom.inbound import restamp, sign
from connectors.signatures import reveal
from escalation.actions import NewTicket, Receipt, Write
from escalation.ports import Arrival, Changed, HelpdeskAgent, Inbound, Outside
from escalation.ticket import Ignored, Ticket, TicketChange
from mappings.schema import Mapping as Words

__all__ = ["CANNOT", "Connector", "restamp", "sign"]

CANNOT: Mapping[str, str] = MappingProxyType(
    {
        "priority": "The API up to 2.16 cannot write a priority: the tag named in back.priority of the mapping is added instead.",
        "status": "Only open and closed can be written: snoozing needs an end that nobody decided.",
        "sla_due": "The API tells whether an SLA is kept or missed, not when it is due: Baton's own clocks are used.",
        "events_without_webhook": "A changed conversation attribute, team or subject sends no notification of its own.",
        "six_calls": "A team and an agent are assigned by two calls. A handoff takes five in all, the read-back included,"
        " where the conversation was read at an earlier message; seven where it is first read at that very moment, both change,"
        " and the contact is older than the conversation and was not read within ten minutes; six otherwise. Each is one less"
        " once Intercom's notifications of Baton's own notes have come, for these prove what was written.",
        "atomic": "Assignment, note and tags are separate calls: each is looked up before it is repeated.",
        "new_tags": "A tag that the workspace does not have is made first, by a call of its own: made twice, it is one.",
        "filed_tickets": "Earlier tickets are looked for among conversations: what was filed as a ticket alone is not listed.",
        "new_conversations": "A conversation begins with a message in the contact's name, and there is no key that makes a"
        " repeated call harmless: after a lost answer it is searched for two minutes later, for the search lags behind writes.",
        "full_thread": "The API gives the newest 500 parts of a thread.",
    }
)


class Connector:
    """One Intercom workspace as ``escalation.ports.Helpdesk``; safe for threads, calls nothing before it is used."""

    kind = "intercom"
    cannot = CANNOT

    def __init__(self, connection: Connection, mapping: Words, *, timeout_s: float = 10.0) -> None:
        self.connection = connection.id
        self.echoes = False
        self._desk = reading.Desk(connection, mapping, Api(connection, timeout_s))

    def verify(self, inbound: Inbound, now: datetime) -> None:
        reader.verify(inbound, reveal(self._desk.connection.secrets), now)

    def arrival(self, inbound: Inbound) -> Arrival:
        return reader.arrival(inbound, self._desk.words)

    def change(self, inbound: Inbound) -> TicketChange | Ignored:
        return reader.change(inbound, self._desk.words, self._desk.connection)

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        return reader.needs_read(change, ticket)

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        del known  # one call brings all that Intercom gives
        return reading.fetch(self._desk, ticket_id)

    def reread(self, ticket_id: str, known: Callable[[], Ticket | None] = lambda: None) -> Ticket:
        del known
        return reading.reread(self._desk, ticket_id)

    def changed(self, since: datetime) -> Iterator[Changed]:
        return listing.changed(self._desk.api, since)

    def past_tickets(self, ticket: Ticket) -> Ticket:
        return reading.past_tickets(self._desk, ticket)

    def steps(self, write: Write, seen: Ticket | None = None) -> tuple[Write, ...]:
        return outbound.steps(self._desk, write, seen)

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        return outbound.carry_out(self._desk, step, look_first=look_first)

    def create(self, new: NewTicket, *, look_first: bool) -> str:
        return making.create(self._desk.api, new, look_first=look_first)

    def in_thread(self, message_id: str) -> bool:
        return True

    def is_own(self, change: TicketChange) -> bool:
        """By our admin's id, asked for once where the settings do not name it, or by the mark of our notes."""
        own = reader.is_own(change, self._desk.connection.user) or self._is_ours(change)
        self.echoes = self.echoes or (own and change.message is not None)
        return own

    def _is_ours(self, change: TicketChange) -> bool:
        if self._desk.connection.user or not change.actor.id:
            return False
        try:
            return reader.is_own(change, self._desk.our_id())
        except Outside:
            return False  # neither a wrong token nor an outage may stop the evaluation; check() tells of the first

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        return reading.agents(self._desk)

    def check(self) -> tuple[str, ...]:
        return reading.check(self._desk)
