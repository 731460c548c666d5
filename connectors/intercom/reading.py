"""Reading from Intercom: a whole conversation or ticket, a contact's earlier ones, the teammates, and whether all is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from config.connections import Connection
from connectors.intercom.api import Api, Body, Moved, Remembered
from connectors.intercom.inbound import TICKET, is_id, is_our_note, short_subject, url_of
from connectors.signatures import reveal
from escalation.ports import GiveUp, HelpdeskAgent, TryLater, Unreadable
from escalation.ticket import Message, PastTicket, Role, Ticket
from mappings.schema import Mapping as Words

_MOST_PARTS = 500  # what the API gives of one thread, newest ones
_MOST_PAST = 20
_MADE_WITH_IT = timedelta(seconds=30)  # a contact is made at most this long before the conversation it was made for
_FOR_EVER = 10 * 365 * 86_400.0
_CANNOT_VERIFY = (
    "the client secret is not set, so every notification is refused: copy it from the app's Basic information in the"
    " Developer Hub into INTERCOM_CLIENT_SECRET"
)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Where a ticket is in the API: ``kind`` conversation or ticket, ``id`` without our prefix."""

    kind: str
    id: str

    @property
    def path(self) -> tuple[str, str]:
        return (f"{self.kind}s", self.id)

    @property
    def shape(self) -> str:
        """The shape of the mapping for what the API answers."""
        return f"{self.kind}_read"


def place(ticket_id: str) -> Place:
    """``ticket-5`` is the ticket 5, any other id a conversation; GiveUp for what is no id, before it is put into an address."""
    if not is_id(ticket_id):
        raise GiveUp(f"{ticket_id[:40]!r} is not the id of an Intercom conversation or ticket", gone=True)
    return Place("ticket", ticket_id.removeprefix(TICKET)) if ticket_id.startswith(TICKET) else Place("conversation", ticket_id)


@dataclass(frozen=True)
class Desk:
    """What both directions need of one account; the memories spare calls for what changes rarely."""

    connection: Connection
    words: Words
    api: Api
    contacts: Remembered[Body] = field(default_factory=lambda: Remembered(600))
    companies: Remembered[Body] = field(default_factory=lambda: Remembered(600))
    admins: Remembered[tuple[HelpdeskAgent, ...]] = field(default_factory=lambda: Remembered(60))
    tags: Remembered[dict[str, str]] = field(default_factory=lambda: Remembered(300))
    me: Remembered[str] = field(default_factory=lambda: Remembered(_FOR_EVER))

    def our_id(self) -> str:
        """The admin who writes for Baton: the setting, else the owner of the token, asked for once."""
        return self.connection.user or self.me.get("me", lambda: self._owner())

    def _owner(self) -> str:
        id = str(self.api.get("me").get("id") or "")
        if not id:
            raise GiveUp(f"{self.api.name}: /me names no admin; set INTERCOM_ADMIN_ID")
        return id


def fetch(desk: Desk, ticket_id: str) -> Ticket:
    """The ticket with its thread (one call), its contact and that contact's company (one each per ten minutes)."""
    where = place(ticket_id)
    item = desk.api.get(*where.path)
    contact, missing = _contact(desk, item)
    company, no_company = _company(desk, contact)
    ticket = read(desk, where, item, contact, company)
    no_thread = {} if "messages" in ticket.known else {"messages": "Intercom's answer holds no thread"}
    return replace(ticket, missing={**ticket.missing, **missing, **no_company, **no_thread, **_parts_left_out(where, item)})


def reread(desk: Desk, ticket_id: str) -> Ticket:
    """The ticket with its thread as they stand now: one call. Of its contact only the id is told, which shows who asks."""
    where = place(ticket_id)
    item = desk.api.get(*where.path)
    return replace(read(desk, where, item, _named(item)), missing=_parts_left_out(where, item))


def _named(item: Body) -> Body | None:
    """The first contact of a thread as the thread names it."""
    return next((one for one in listed(item, "contacts", "contacts") if one.get("id")), None)


def read(desk: Desk, where: Place, item: Body, contact: Body | None = None, company: Body | None = None) -> Ticket:
    """What an answer of the API shows, through the mapping; people and companies are separate answers."""
    ticket = desk.words.ticket(where.shape, {"item": item, "contact": contact, "company": company}, desk.connection.id)
    url = ticket.url or url_of(desk.connection, _app_id(item, contact), ticket.id)
    return replace(ticket, url=url, subject=short_subject(ticket.subject), messages=tuple(map(_as_bot, ticket.messages)))


def _as_bot(message: Message) -> Message:
    """Our own notes quote the customer: what is quoted must not count as said by an agent."""
    return replace(message, author=replace(message.author, role=Role.BOT)) if is_our_note(message) else message


def _app_id(item: Body, contact: Body | None) -> str:
    return str(_at(item, "ticket_type", "workspace_id") or (contact or {}).get("workspace_id") or "")


def _at(value: object, *path: str) -> Any:
    """A value deep in an answer, None wherever the path ends early."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def listed(value: object, *path: str) -> list[Body]:
    """The objects of a list deep in an answer."""
    found = _at(value, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _contact(desk: Desk, item: Body) -> tuple[Body | None, dict[str, str]]:
    """The first contact of a thread; it may have been merged into another since."""
    named = _named(item)
    if named is None:
        return None, {"requester": "Intercom names no contact of this conversation"}
    try:
        return desk.contacts.get(str(named["id"]), lambda: _contact_or_heir(desk, str(named["id"]))), {}
    except GiveUp as over:
        return None, {"requester": str(over)}


def _contact_or_heir(desk: Desk, id: str) -> Body:
    try:
        return desk.api.get("contacts", id)
    except Moved as moved:
        return desk.api.get("contacts", moved.to)


def _company(desk: Desk, contact: Body | None) -> tuple[Body | None, dict[str, str]]:
    """The contact's first company: contacts hold only its id, name and plan stand in its own record."""
    id = next((str(one["id"]) for one in listed(contact, "companies", "data") if one.get("id")), "")
    if not id:
        return None, {}
    try:
        return desk.companies.get(id, lambda: desk.api.get("companies", id)), {}
    except GiveUp as over:
        return None, {"customer": str(over)}


def _parts_left_out(where: Place, item: Body) -> dict[str, str]:
    shown = len(listed(item, f"{where.kind}_parts", f"{where.kind}_parts"))
    total = _at(item, f"{where.kind}_parts", "total_count")
    if shown < _MOST_PARTS or not isinstance(total, int) or total <= shown:
        return {}
    return {"messages": f"Intercom gives only the newest {shown} of {total} parts of this thread"}


def past_tickets(desk: Desk, ticket: Ticket) -> Ticket:
    """The ticket with the contact's 20 newest other conversations: one search, no parts; none for who is new with this one."""
    if not ticket.requester.id:
        return replace(ticket, missing={**ticket.missing, "earlier_tickets": "the requester is not known"})
    if _is_new(desk, ticket):
        return replace(ticket, customer=replace(ticket.customer, past=()))
    query = {
        "query": {"field": "contact_ids", "operator": "=", "value": ticket.requester.id},
        "pagination": {"per_page": _MOST_PAST},
    }
    try:
        answer = desk.api.call("POST", ("conversations", "search"), query)
    except GiveUp as over:
        return replace(ticket, missing={**ticket.missing, "earlier_tickets": str(over)})
    own = place(ticket.id).id
    items = [item for item in listed(answer, "conversations") if str(item.get("id")) != own]
    past = [one for one in map(partial(_past, desk), items) if one]
    past.sort(key=lambda one: one.created_at or _LONG_AGO, reverse=True)  # the search promises no order
    return replace(ticket, customer=replace(ticket.customer, past=tuple(past)))


def _is_new(desk: Desk, ticket: Ticket) -> bool:
    """Whether the contact, as just read, was made for this conversation: whoever opens a chat for the first time becomes one."""
    since = _at(desk.contacts.kept(ticket.requester.id), "created_at")
    if not isinstance(since, int | float) or ticket.created_at is None:
        return False
    return since >= (ticket.created_at - _MADE_WITH_IT).timestamp()


def _past(desk: Desk, item: Body) -> PastTicket | None:
    try:
        one = read(desk, Place("conversation", ""), item)
    except Unreadable:
        return None  # one odd entry must not hide the others
    return PastTicket(one.id, one.subject, one.status, one.created_at, one.url)


def agents(desk: Desk) -> tuple[HelpdeskAgent, ...]:
    """All teammates with their teams; away, or without a seat in the inbox, is not available. Kept for a minute."""
    return desk.admins.get("all", lambda: tuple(_agent(one) for one in listed(desk.api.get("admins"), "admins")))


def _agent(admin: Mapping[str, Any]) -> HelpdeskAgent:
    teams = admin.get("team_ids")
    told = "away_mode_enabled" in admin and "has_inbox_seat" in admin
    return HelpdeskAgent(
        id=str(admin.get("id") or ""),
        name=str(admin.get("name") or ""),
        email=str(admin.get("email") or ""),
        group_ids=tuple(str(team) for team in teams) if isinstance(teams, list) else (),
        available=bool(admin["has_inbox_seat"] and not admin["away_mode_enabled"]) if told else None,
    )


def check(desk: Desk) -> tuple[str, ...]:
    """What is wrong with address, token, client secret and admin, each with its remedy."""
    problems = [] if reveal(desk.connection.secrets) else [_CANNOT_VERIFY]
    try:
        owner = desk.api.get("me")
        admins = agents(desk)
    except TryLater as late:
        return (*problems, f"cannot be reached: {late}; check INTERCOM_URL and the network")
    except GiveUp as over:
        return (*problems, f"refuses us: {over}; check INTERCOM_URL and INTERCOM_ACCESS_TOKEN (read and write conversations)")
    ours = desk.connection.user or str(owner.get("id") or "")
    if all(admin.id != ours for admin in admins):
        problems.append(f"there is no admin {ours!r} to write notes as: set INTERCOM_ADMIN_ID to the id of a teammate")
    return tuple(problems)
