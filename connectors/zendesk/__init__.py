"""Zendesk Support, both directions: event subscriptions, trigger webhooks and the Ticketing API.

https://developer.zendesk.com/documentation/webhooks/ · https://developer.zendesk.com/api-reference/ticketing/introduction/
Use a dedicated integration user (an admin, or an agent who sees all tickets): with a person's token, their clicks and our
writes cannot be told apart.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from config.connections import Connection
from connectors.coverage import covered
from connectors.signatures import reveal
from connectors.zendesk import inbound as wire
from connectors.zendesk import listing, making, outbound, reading
from connectors.zendesk.api import Api
from connectors.zendesk.people import People
from escalation.actions import NewTicket, Receipt, Write
from escalation.ports import Arrival, Changed, HelpdeskAgent, Inbound
from escalation.ticket import ChangeKind, Ignored, Ticket, TicketChange
from mappings.schema import Mapping as TicketMapping

CANNOT: Mapping[str, str] = MappingProxyType(
    {
        "agent_availability": "Zendesk tells it only to accounts with omnichannel routing (agent_availabilities answers 403 or"
        " 404 otherwise, and zenpy has nothing for it); it is unknown then, and the roster's shifts decide.",
        "assign_light_agents": "Light agents and contributors cannot be assignees in Zendesk: they are left out of the agents.",
        "change_closed_tickets": "A closed ticket refuses every update: Zendesk wants a follow-up ticket instead.",
        "delete_tickets": "Statuses deleted and unknown cannot be written: Baton never deletes in a helpdesk.",
        "live_messages_of_a_running_chat": "Zendesk adds messaging conversations to the ticket's comments only when they end;"
        " until then the thread is what the webhooks told.",
        "attach_files_to_notes": "Nothing is attached to a note, an upload being a second write; it has the transcript as text.",
        "say_what_a_trigger_saw": "Trigger bodies hold display words in the account's language and no custom fields, so every"
        " trigger is followed by a read of the ticket.",
    }
)
_REMEMBERED = 2000  # tickets
_NOTHING_TO_READ = frozenset({ChangeKind.DELETED, ChangeKind.MERGED})  # the API answers 404, or the ticket is over


class Connector:
    """One Zendesk account (escalation.ports.Helpdesk). Thread-safe; nothing is called before it is needed."""

    kind = "zendesk"
    cannot = CANNOT

    def __init__(self, connection: Connection, mapping: TicketMapping, *, timeout_s: float = 10.0) -> None:
        self.connection = connection.id
        self.echoes = False
        self._secrets = reveal(connection.secrets)
        self._mapping = mapping
        self.api = Api(connection, timeout_s)
        self._account = reading.Account(self.api, mapping, connection.id, connection.url.rstrip("/"), connection.user)
        self._people = People(self.api, connection)
        self._seen: OrderedDict[str, reading.Read] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, inbound: Inbound, now: datetime) -> None:
        wire.verify(inbound, self._secrets, now)

    def arrival(self, inbound: Inbound) -> Arrival:
        return wire.arrival(inbound, self._mapping)

    def change(self, inbound: Inbound) -> TicketChange | Ignored:
        return wire.change(inbound, self._mapping, self.connection)

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        """Events lack thread, custom fields, SLA and names, so nearly all need a read: unless the last one already shows it."""
        if change.kind in _NOTHING_TO_READ:
            return False
        return not covered(change, ticket)

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        read = reading.fetch(self._account, ticket_id, known)
        self._remember(ticket_id, read)
        self._people.learn(read.our_id)
        return read.ticket

    def reread(self, ticket_id: str, known: Callable[[], Ticket | None] = lambda: None) -> Ticket:
        del known  # what was just written is among the newest
        return reading.reread(self._account, ticket_id)

    def changed(self, since: datetime) -> Iterator[Changed]:
        return listing.changed(self.api, since)

    def past_tickets(self, ticket: Ticket) -> Ticket:
        return reading.past_tickets(self._account, ticket)

    def steps(self, write: Write, seen: Ticket | None = None) -> tuple[Write, ...]:
        """The write itself, since Zendesk takes all of it in one call; none when it asks for nothing."""
        del seen
        reading.number(write.ticket_id, "ticket")
        return (write,) if outbound.changes(self._mapping, write) else ()

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        with self._lock:
            seen = self._seen.pop(step.ticket_id, None)
        receipt, read = outbound.write(self._account, step, seen, look_first=look_first)
        if read:
            self._remember(step.ticket_id, read)
        if not receipt.found:
            self._people.learn(receipt.actor_id)
        return receipt

    def create(self, new: NewTicket, *, look_first: bool) -> str:
        return making.create(self.api, new, look_first=look_first)

    def in_thread(self, message_id: str) -> bool:
        """Not those of a running chat, which become comments when it ends."""
        return reading.is_comment(message_id)

    def is_own(self, change: TicketChange) -> bool:
        """By the actor, where told; the integration user is looked up once. Else by the mark of a note."""
        ours = self._people.our_id() if change.actor.id else ""
        own = change.actor.id == ours if ours else change.message is not None and reading.is_our_note(change.message)
        self.echoes = self.echoes or (own and change.message is not None)
        return own

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        return self._people.agents()

    def check(self) -> tuple[str, ...]:
        return self._people.problems() or listing.problems(self.api)

    def _remember(self, ticket_id: str, read: reading.Read) -> None:
        """Keep what a later merge of tags can start from, which spares it a call."""
        with self._lock:
            self._seen.pop(ticket_id, None)
            if not read.settled:
                return
            self._seen[ticket_id] = read
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
