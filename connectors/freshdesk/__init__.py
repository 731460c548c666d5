"""Freshdesk, both directions: automation webhooks in, API v2 out.

API: https://developers.freshdesk.com/api/
Webhooks: https://support.freshdesk.com/support/solutions/articles/132589-using-webhooks-in-automation-rules
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from config.connections import Connection
from connectors.freshdesk import inbound as read
from connectors.freshdesk import listing, making, outbound
from connectors.freshdesk.api import Api
from connectors.freshdesk.inbound import shape_of, sign
from connectors.freshdesk.outbound import Desk
from connectors.freshdesk.people import Directory
from connectors.signatures import reveal
from escalation.actions import NewTicket, Receipt, Write
from escalation.ports import Arrival, Changed, HelpdeskAgent, Inbound
from escalation.ticket import Ignored, Ticket, TicketChange
from mappings.schema import Mapping as Words

__all__ = ["CANNOT", "Connector", "shape_of", "sign"]

CANNOT: Mapping[str, str] = {
    "signed webhooks": "Freshdesk signs nothing and sends no time: a shared token proves who calls, and the ticket is read back.",
    "actor of a webhook": "No webhook says who acted. Our own changes are known by the reference in our note, else by the ticket "
    "showing nothing new; exclude the integration agent in the automation rule to spare these calls.",
    "event ids": "Webhooks have no id, and the ticket's last change, where a rule's body sends it, may be told to the minute "
    "only: two events may send equal webhooks. Each is kept and handled, those that wait together with one read.",
    "assignment and note in one call": "Assignment and note are two calls, so they are two steps and a moment lies between them.",
    "an agent of another group": "An agent can be assigned only within a group of theirs: any other group is left as it is.",
    "adding one tag": "An update replaces all tags: they are read, merged and written, and a tag set in that moment is lost.",
    "refusing a stale update": "The API has no optimistic lock: the last write wins.",
    "a key for new tickets": "Freshdesk has no key that makes a repeated call harmless: after a lost answer the customer's newest"
    " tickets are looked through for our reference.",
    "merge events": "Automation rules do not fire on a merge; the merged ticket shows as closed when it is read.",
    "who is online": "Who is online is not told: only the round-robin switch 'available' is.",
    "instant webhooks": "Above the account's call rate Freshdesk postpones webhooks by an hour, and drops them after a day.",
}


class Connector:
    """One Freshdesk account (escalation.ports.Helpdesk). Thread-safe; nothing is called until it is needed."""

    kind = "freshdesk"
    cannot = CANNOT
    echoes = False  # its webhooks name an agent, and two can have one name: whom a ticket is assigned to has to be read

    def __init__(self, connection: Connection, mapping: Words, *, timeout_s: float = 10.0) -> None:
        self.connection = connection.id
        self._secrets = reveal(connection.secrets)
        api = Api(connection, timeout_s)
        self._desk = Desk(connection, mapping, api, Directory(api))

    def verify(self, inbound: Inbound, now: datetime) -> None:
        read.verify(inbound, self._secrets, now)

    def arrival(self, inbound: Inbound) -> Arrival:
        return read.arrival(inbound, self._desk.words)

    def change(self, inbound: Inbound) -> TicketChange | Ignored:
        return read.change(inbound, self._desk.words, self._desk.connection)

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        return read.needs_read(change, ticket)

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        return outbound.fetch(self._desk, ticket_id, known)

    def reread(self, ticket_id: str, known: Callable[[], Ticket | None] = lambda: None) -> Ticket:
        """As ``fetch``: Freshdesk lists a thread from its beginning, so that only what is known of it saves pages."""
        return self.fetch(ticket_id, known())

    def changed(self, since: datetime) -> Iterator[Changed]:
        return listing.changed(self._desk.api, since)

    def past_tickets(self, ticket: Ticket) -> Ticket:
        return outbound.past_tickets(self._desk, ticket)

    def steps(self, write: Write, seen: Ticket | None = None) -> tuple[Write, ...]:
        del seen
        return outbound.steps(self._desk.words, write)

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        return outbound.write(self._desk, step, look_first=look_first)

    def create(self, new: NewTicket, *, look_first: bool) -> str:
        return making.create(self._desk.api, new, look_first=look_first)

    def in_thread(self, message_id: str) -> bool:
        """What only a webhook told has an id of ours, and comes with its real one."""
        return outbound.is_entry(message_id) or read.is_of_webhook(message_id)

    def is_own(self, change: TicketChange) -> bool:
        return read.is_own(change)

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        return self._desk.directory.agents()

    def check(self) -> tuple[str, ...]:
        return outbound.check(self._desk)

    def close(self) -> None:
        """Give its connections back."""
        self._desk.api.close()
