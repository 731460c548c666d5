"""Reading a ticket from Zendesk with its thread: two calls.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.coverage import continued, kept
from connectors.notes import mark
from connectors.zendesk.api import ANSWERED, LAST_AUDITS, PAGE, Api, Body, inner, objects, texts
from escalation.ports import GiveUp, Unreadable
from escalation.ticket import Message, PastTicket, Role, Ticket
from mappings.schema import Mapping

LONGEST_THREAD = 500
_PAST = 20
_OUR_NOTE = re.compile(rf"^{re.escape(mark(''))}\S", re.MULTILINE)
_SETTLED = timedelta(seconds=5)  # more than an answer takes
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Account:
    """What reading and writing need of one account."""

    api: Api
    mapping: Mapping
    connection: str
    url: str  # without a trailing slash
    email: str  # the integration user's


@dataclass(frozen=True, slots=True)
class Read:
    """A ticket as read; ``stamp`` is Zendesk's own text of updated_at, which a safe update must repeat."""

    ticket: Ticket
    tags: tuple[str, ...]
    stamp: str
    our_id: str = ""  # the integration user's id, where the answer showed it
    calls: int = 1
    settled: bool = False  # any later change has another stamp, so a safe update is safe


@dataclass(frozen=True, slots=True)
class Thread:
    """Raw comments, newest first, with their authors in place; ``missing`` says why there are not all of them."""

    comments: tuple[Body, ...] = ()
    users: tuple[Body, ...] = ()
    missing: str = ""
    calls: int = 1
    joins: bool = False  # what is older is known


def number(id: str, what: str) -> int:
    """A Zendesk id as the number its API wants; GiveUp for anything else, before it can become part of an address."""
    if not (id.isascii() and id.isdigit() and int(id[:19]) > 0 and len(id) < 20):
        raise GiveUp(f"{id[:40]!r} is not the id of a Zendesk {what}", gone=True)
    return int(id)


def is_comment(id: str) -> bool:
    """Whether a message's id is that of a comment."""
    return id.isdecimal()


def fetch(account: Account, ticket_id: str, known: Ticket | None = None) -> Read:
    """The ticket and its newest LONGEST_THREAD messages, both asked for at once: two calls, one more for each further 100.

    Of a thread that is ``known`` only what is newer is read: a page, as a rule.
    """
    wanted, before = number(ticket_id, "ticket"), kept(known, is_comment)
    with ThreadPoolExecutor(1, "zendesk-thread") as pool:
        coming = pool.submit(read_thread, account, wanted, LONGEST_THREAD, {message.id for message in before})
        answer = account.api.ticket(wanted)
        thread = coming.result()
    read = as_read(account, answer, thread.users)
    ticket = _with_thread(account, read, thread)
    if thread.joins:
        ticket = replace(ticket, messages=continued(before, ticket.messages))
    return replace(read, ticket=ticket, calls=1 + thread.calls)


def reread(account: Account, ticket_id: str) -> Ticket:
    """The ticket as it stands: one call where what Baton wrote last is the last update, else its newest comments are read, too.

    A comment is an event of the audit that made it, and the last audit comes beside the ticket.
    https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/side_loading/
    """
    wanted = number(ticket_id, "ticket")
    answer = account.api.ticket(wanted, LAST_AUDITS)
    read = as_read(account, answer)
    thread = Thread(tuple(_last_said(answer, wanted)), tuple(objects(answer.get("users"))), "only the last update was read")
    if not any(mark("") in text for comment in thread.comments for text in forms(comment)):
        thread = read_thread(account, wanted, PAGE)
    return _with_thread(account, read, thread)


def _last_said(answer: Body, ticket_id: int) -> Iterator[Body]:
    """The comments of the last update; none when it also changed who can see one, which only the thread tells."""
    for audit in objects(answer.get(LAST_AUDITS)):
        events = objects(audit.get("events"))
        if audit.get("ticket_id") == ticket_id and not any("Privacy" in str(event.get("type")) for event in events):
            yield from ({"created_at": audit.get("created_at"), **e} for e in events if e.get("type") == "Comment")


def forms(comment: Body) -> tuple[str, ...]:
    """The text of a comment in each of the forms in which Zendesk may tell it."""
    return tuple(str(comment.get(name)) for name in ("plain_body", "body", "html_body"))


def read_thread(account: Account, ticket_id: int, most: int, known: Container[str] = ()) -> Thread:
    """The newest comments, at most ``most``, or until one comes that is ``known``.

    A refusal (403 and the like) is told in ``missing`` and never raised.
    """
    comments: list[Body] = []
    users: list[Body] = []
    calls, more = 0, False
    try:
        for page in account.api.pages(f"tickets/{ticket_id}/comments.json", most, include="users", sort="-created_at"):
            comments += objects(page.get("comments"))
            users += objects(page.get("users"))
            more = bool(inner(page.get("meta")).get("has_more"))
            calls += 1
            if more and any(str(comment.get("id")) in known for comment in comments):
                return Thread(tuple(comments), tuple(users), calls=calls, joins=True)
    except GiveUp as refused:
        return Thread(tuple(comments), tuple(users), f"Zendesk refused the comments: {refused}", calls + 1)
    missing = f"only the newest {len(comments)} messages were read" if more else ""
    return Thread(tuple(comments), tuple(users), missing, calls)


def as_read(account: Account, answer: Body, more_users: Iterable[Body] = ()) -> Read:
    """An API answer as canonical ticket. Zendesk lists people and groups beside the ticket; each is put in its place first."""
    raw = answer.get("ticket")
    if not isinstance(raw, dict):
        raise GiveUp(f"{account.connection}: the answer has no ticket; is the account's URL that of a Zendesk?")
    people = _by_id([*objects(answer.get("users")), *more_users])
    places = {"assignee": people, "requester": people, "submitter": people}
    places |= {"group": _by_id(answer.get("groups")), "organization": _by_id(answer.get("organizations"))}
    told = {name: known.get(str(raw.get(f"{name}_id"))) for name, known in places.items()}
    ticket = _mapped(account, {"ticket": raw, **told})
    ours = [id for id, user in people.items() if account.email and str(user.get("email")).lower() == account.email.lower()]
    stamp = str(raw.get("updated_at") or "")
    settled = _is_settled(stamp, str(answer.get(ANSWERED)))
    return Read(ticket, texts(raw.get("tags")), stamp, ours[0] if ours else "", settled=settled)


def _is_settled(stamp: str, answered: str) -> bool:
    """Whether the ticket had not changed for a while when it was read: stamps are whole seconds, two changes may share one."""
    try:
        return parsedate_to_datetime(answered) - datetime.fromisoformat(stamp) > _SETTLED
    except (ValueError, TypeError):
        return False


def _mapped(account: Account, answer: Body) -> Ticket:
    try:
        ticket = account.mapping.ticket("ticket", answer, account.connection)
    except Unreadable as wrong:
        raise GiveUp(f"{account.connection}: the mapping cannot read the API's ticket: {wrong}") from None
    return replace(ticket, url=agent_url(account, ticket.id), known=ticket.known | {"url"})


def agent_url(account: Account, ticket_id: str) -> str:
    """Where an agent opens the ticket; the API's own ``url`` is that of its JSON."""
    return f"{account.url}/agent/tickets/{ticket_id}"


def _with_thread(account: Account, read: Read, thread: Thread) -> Ticket:
    messages, unread = _messages(account, read, thread)
    ticket = replace(read.ticket, messages=messages)
    reasons = [thread.missing, f"{unread} messages could not be understood" if unread else ""]
    told = "; ".join(filter(None, reasons))
    missing = {**ticket.missing, "messages": told} if told else ticket.missing
    known = ticket.known | {"messages"} if messages or not told else ticket.known
    return replace(ticket, missing=missing, known=known)


def _messages(account: Account, read: Read, thread: Thread) -> tuple[tuple[Message, ...], int]:
    """Oldest first; and how many comments the mapping could not read."""
    people = _by_id(thread.users)
    messages: dict[str, Message] = {}
    unread = 0
    for comment in thread.comments:
        try:
            message = account.mapping.message("comment", {**comment, "author": people.get(str(comment.get("author_id")))})
        except Unreadable:
            unread += 1
            continue
        messages[message.id] = _as_bot(message, read.our_id)
    oldest_first = list(messages.values())[::-1]  # Zendesk gave the newest first; equal times keep their order
    ordered = sorted(oldest_first, key=lambda m: m.at or _NEVER)
    return tuple(ordered), unread


def _as_bot(message: Message, our_id: str) -> Message:
    """Our own notes are no human's work, though the integration user is an agent to Zendesk."""
    if is_our_note(message) or (our_id and message.author.id == our_id):
        return replace(message, author=replace(message.author, role=Role.BOT))
    return message


def is_our_note(message: Message) -> bool:
    """Whether an internal note has the line by which Baton finds its own again."""
    return not message.public and bool(_OUR_NOTE.search(message.text))


def past_tickets(account: Account, ticket: Ticket) -> Ticket:
    """``ticket`` with its requester's other tickets, newest first: one call."""
    if not ticket.requester.id:
        return replace(ticket, missing={**ticket.missing, "earlier_tickets": "the ticket names no requester"})
    path = f"users/{number(ticket.requester.id, 'user')}/tickets/requested.json"
    try:
        answer = account.api.get(path, sort_by="created_at", sort_order="desc", per_page=_PAST + 1)
    except GiveUp as refused:
        return replace(ticket, missing={**ticket.missing, "earlier_tickets": f"Zendesk refused them: {refused}"})
    others = [raw for raw in objects(answer.get("tickets")) if str(raw.get("id")) != ticket.id]
    past = tuple(_past(_mapped(account, {"ticket": raw})) for raw in others[:_PAST])
    return replace(ticket, customer=replace(ticket.customer, past=past), known=ticket.known | {"customer"})


def _past(ticket: Ticket) -> PastTicket:
    return PastTicket(ticket.id, ticket.subject, ticket.status, ticket.created_at, ticket.url)


def _by_id(found: object) -> dict[str, Body]:
    return {str(item["id"]): item for item in objects(found) if item.get("id") is not None}
