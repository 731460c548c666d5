"""Reading a Freshdesk ticket back and writing to it: https://developers.freshdesk.com/api/#tickets

Only four calls write anything: none of them is ``/reply``, which would mail the customer, and a note always says ``private``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from config.connections import Connection
from connectors.coverage import continued, kept
from connectors.freshdesk.api import MOST_PAGES, PER_PAGE, Api, Body
from connectors.freshdesk.people import Directory
from connectors.notes import is_marked, mark, to_html
from escalation.actions import Note, Receipt, Write
from escalation.ports import GiveUp, Outside, TryLater, Unreadable
from escalation.ticket import PastTicket, Ticket
from mappings.schema import Mapping as Words

SHAPE = "ticket"
TAGS = frozenset({"p", "b", "i", "ul", "li", "a", "br"})
NOTE_LIMIT = 60_000  # characters of HTML; 65,535 bytes of text is what a note's column is known to take
SET, NOTE = ":set", ":note"
_INCLUDE = "conversations,requester,company,stats"
_FIRST = "description"  # the id of the customer's first message, which has none
_INCLUDED_ENTRIES = 10  # "conversations" includes the first ten, oldest first, however many there are
_PAST_SINCE = "2010-01-01T00:00:00Z"  # without a date the list holds the last 30 days only; "+00:00" would need escaping
_PAST_MOST = 20


@dataclass(frozen=True, slots=True)
class Desk:
    """One account, with everything that reading and writing it needs."""

    connection: Connection
    words: Words
    api: Api
    directory: Directory

    def ticket(self, raw: Body) -> Ticket:
        """An API answer through the mapping."""
        return self.words.ticket(SHAPE, raw | {"_url": f"{self.api.url}/a/tickets/{raw.get('id')}"}, self.connection.id)


# Reading


def is_entry(id: str) -> bool:
    """Whether a message's id is that of an entry of the thread, or the one its first message has here."""
    return id.isdecimal() or id == _FIRST


def fetch(desk: Desk, ticket_id: str, known: Ticket | None = None) -> Ticket:
    """The whole ticket: one call, plus the thread's pages beyond ten entries, plus names and company when not kept already.

    Of a thread that is ``known`` the pages from that of its last entry on are read.
    """
    raw = desk.api.one(f"tickets/{_number(ticket_id, 'ticket')}", include=_INCLUDE)
    missing: dict[str, str] = {}
    before = kept(known, is_entry)
    entries, joins = _entries(desk.api, raw, [message.id for message in before if message.id != _FIRST], missing)
    company = _company(desk.directory, raw, missing)
    ticket = desk.ticket(_complete(raw, entries, company, desk.directory))
    if joins:
        ticket = replace(ticket, messages=continued(before, (m for m in ticket.messages if m.id != _FIRST)))
    return replace(ticket, missing={**ticket.missing, **missing})


def _entries(api: Api, raw: Body, known: list[str], missing: dict[str, str]) -> tuple[list[Body], bool]:
    """The thread without its first message; True with it when these are only the pages from the last entry ``known`` on."""
    if not isinstance(raw.get("conversations"), list):
        missing["messages"] = "Freshdesk's answer holds no thread"
    included = [entry for entry in raw.get("conversations") or [] if isinstance(entry, dict)]
    if len(included) < _INCLUDED_ENTRIES:
        return included, False
    path, read_already = f"tickets/{raw['id']}/conversations", max(0, len(known) - 1) // PER_PAGE
    joins = False
    try:
        entries = api.all(path, read_already + 1)
        joins = read_already > 0 and _first_id(entries) == known[read_already * PER_PAGE]
        if read_already and not joins:  # an entry was deleted, and those behind it have moved up
            read_already, entries = 0, api.all(path)
    except GiveUp as refused:
        missing["messages"] = f"only the first {len(included)} entries: {refused}"
        return included, False
    read = read_already * PER_PAGE + len(entries)
    if read >= MOST_PAGES * PER_PAGE:
        missing["messages"] = f"only the first {read} entries: more are not read"
    return entries, joins


def _first_id(entries: list[Body]) -> str:
    return str(entries[0].get("id")) if entries else ""


def _company(directory: Directory, raw: Body, missing: dict[str, str]) -> Body:
    included = raw.get("company")
    included = included if isinstance(included, dict) else {}
    id = included.get("id") or raw.get("company_id")
    if not id or "account_tier" in included:
        return included
    try:
        return {**included, **directory.company(id)}
    except GiveUp as refused:
        missing["customer"] = f"the company's tier and health: {refused}"
        return included


def _complete(raw: Body, entries: list[Body], company: Body, directory: Directory) -> Body:
    """The answer with what a reader needs beside the ids: names, the description as the first entry, who speaks in which role."""
    requester = raw.get("requester")
    requester = requester if isinstance(requester, dict) else {}
    thread = [_description(raw), *entries] if raw.get("description") or raw.get("description_text") else entries
    told = {**raw, "company": company or None, "conversations": [_entry(e, requester, directory) for e in thread]}
    told["_responder"] = directory.person(raw.get("responder_id"))
    told["_group"] = directory.group_name(raw.get("group_id"))
    return told


def _description(raw: Body) -> Body:
    """The customer's first message, which Freshdesk keeps at the ticket and not in its conversations."""
    return {
        "id": _FIRST,
        "body": raw.get("description") or raw.get("description_text"),
        "user_id": raw.get("requester_id"),
        "incoming": True,
        "private": False,
        "created_at": raw.get("created_at"),
        "attachments": raw.get("attachments"),
    }


def _entry(entry: Body, requester: Body, directory: Directory) -> Body:
    by = entry.get("user_id")
    asked = by is not None and by == requester.get("id")
    author = {"name": requester.get("name"), "email": requester.get("email")} if asked else directory.person(by)
    return {**entry, "_author": author, "_role": _role(entry)}


def _role(entry: Body) -> str:
    """Our own notes speak as a bot: they quote the customer, and a quoted "#escalate" must not count as an agent's."""
    if entry.get("incoming"):
        return "customer"
    if entry.get("automation_id") or (entry.get("private") and mark("") in str(entry.get("body_text") or entry.get("body"))):
        return "bot"
    return "agent" if entry.get("user_id") else "system"


def past_tickets(desk: Desk, ticket: Ticket) -> Ticket:
    """The same ticket with its requester's other tickets, newest first, at most 20; one call."""
    if not ticket.requester.id:
        return ticket
    query = {"order_by": "created_at", "order_type": "desc", "per_page": str(_PAST_MOST)}
    found = desk.api.page("tickets", requester_id=ticket.requester.id, updated_since=_PAST_SINCE, **query)
    others = [desk.ticket(raw) for raw in found if raw.get("id")]
    past = tuple(PastTicket(o.id, o.subject, o.status, o.created_at, o.url) for o in others if o.id != ticket.id)
    return replace(ticket, customer=replace(ticket.customer, past=past), known=ticket.known | {"customer"})


# Writing


def steps(words: Words, write: Write) -> tuple[Write, ...]:
    """``<key>:set`` (assignment, fields, tags) and ``<key>:note``: Freshdesk has no call that does both."""
    _wanted(words, write)  # refuses now what could not be written later
    values = replace(write, key=write.key + SET, note=None)
    note = Write(write.key + NOTE, write.ticket_id, note=write.note)
    return (*((values,) if _sets(write) else ()), *((note,) if write.note else ()))


def _sets(write: Write) -> bool:
    told = (write.agent_id, write.group_id, write.priority, write.status, write.add_tags, write.remove_tags, write.fields)
    return any(told)


def write(desk: Desk, step: Write, *, look_first: bool) -> Receipt:
    """One step of ``steps``: a PUT of the ticket (read before when tags are merged or it may be done already), or a note."""
    if step.note and _sets(step):
        raise GiveUp(f"{step.key}: Freshdesk cannot assign and note in one call; split it with steps()")
    number = _number(step.ticket_id, "ticket")
    if step.note:
        return _add_note(desk.api, step.note, number, look_first)
    return _set(desk, step, number, look_first)


def _set(desk: Desk, step: Write, number: int, look_first: bool) -> Receipt:
    wanted, before, calls = _wanted(desk.words, step), Body(), 1
    wrong = _leave_strange_group(desk.directory, wanted)
    if look_first or step.add_tags or step.remove_tags:
        before, calls = desk.api.one(f"tickets/{number}"), 2
        wanted |= _merged_tags(desk.words, step, before.get("tags"))
        if not wanted or (look_first and not _differences(before, wanted)):
            return Receipt(found=True, ticket=_shown(desk, before), mismatch=wrong, calls=1)
    answer = desk.api.put(f"tickets/{number}", wanted)
    return Receipt(ticket=_shown(desk, answer), mismatch=wrong + _differences(answer, wanted), calls=calls)


def _leave_strange_group(directory: Directory, wanted: Body) -> tuple[str, ...]:
    """Take out a group the agent does not belong to: Freshdesk refuses the two together, and the agent matters more."""
    agent, group = wanted.get("responder_id"), wanted.get("group_id")
    if not agent or not group or directory.is_member(agent, group) is not False:
        return ()
    del wanted["group_id"]
    return (f"group_id was to be {group}, but agent {agent} is not in that group, so the group was left as it is",)


def _wanted(words: Words, write: Write) -> Body:
    """The body of the PUT without tags; agent and group go together, because one without the other may clear it."""
    body: Body = {}
    if write.agent_id:
        body["responder_id"] = _number(write.agent_id, "agent")
    if write.group_id:
        body["group_id"] = _number(write.group_id, "group")
    if write.priority is not None:
        body["priority"] = words.back("priority", write.priority)
    if write.status is not None:
        body["status"] = words.back("status", write.status)
    if write.fields:
        body["custom_fields"] = words.back_fields(write.fields)
    return body


def _merged_tags(words: Words, step: Write, present: object) -> Body:
    """``tags`` replaces all of them, so those present are sent again; {} when nothing would change."""
    old = [str(tag) for tag in present] if isinstance(present, list) else []
    gone = {tag.casefold() for tag in _vendor_tags(words, step.remove_tags)}
    new = [tag for tag in old if tag.casefold() not in gone]
    have = {tag.casefold() for tag in new}
    new += [tag for tag in _vendor_tags(words, step.add_tags) if tag.casefold() not in have]
    return {"tags": new} if new != old else {}


def _vendor_tags(words: Words, tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(str(words.back("tags", tag)) for tag in tags))


def _number(id: str, what: str) -> int:
    if not (id.isascii() and id.isdecimal() and len(id) <= 20):
        raise GiveUp(f"{id[:40]!r} is no Freshdesk {what} id: it must be a number", gone=True)
    return int(id)


def _differences(shown: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """In words, what of ``wanted`` the ticket does not show. Freshdesk leaves empty values out of its answers to a PUT."""
    words = []
    for name, value in wanted.items():
        actual = shown.get(name)
        if name == "custom_fields":
            fields = actual if isinstance(actual, dict) else {}
            words += [_told(key, one, fields.get(key)) for key, one in value.items() if not _same(one, fields.get(key))]
        elif not (name == "tags" and actual is None) and not _same(value, actual):
            words.append(_told(name, value, actual))
    return tuple(words)


def _told(name: str, wanted: object, actual: object) -> str:
    return f"{name} was to be {wanted}, but Freshdesk shows {'nothing' if actual is None else actual}"


def _same(wanted: object, actual: object) -> bool:
    if isinstance(wanted, list):
        return isinstance(actual, list) and _folded(wanted) == _folded(actual)
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        try:
            return float(str(actual)) == float(wanted)  # a decimal field answers "600.0"
        except ValueError:
            return False
    return wanted == actual or (wanted in (None, "") and actual in (None, ""))


def _folded(values: list[Any]) -> list[str]:
    return sorted(str(value).casefold() for value in values)


def _shown(desk: Desk, raw: Body) -> Ticket | None:
    """The ticket as an answer shows it; the write has taken effect even if the mapping cannot read it."""
    try:
        return desk.ticket(raw)
    except Unreadable:
        return None


def _add_note(api: Api, note: Note, number: int, look_first: bool) -> Receipt:
    looked = 0
    if look_first:
        entries = api.all(f"tickets/{number}/conversations")
        looked = len(entries) // PER_PAGE + 1
        if found := _find_note(entries, note.key):
            return Receipt(found=True, note_id=str(found["id"]), actor_id=str(found.get("user_id") or ""), calls=looked)
    html = to_html(note, tags=TAGS, limit=NOTE_LIMIT)
    answer = api.post(f"tickets/{number}/notes", {"body": html, "private": True})
    wrong = []
    if answer.get("private") is not True:
        wrong.append("the note was to be internal, but Freshdesk does not say that it is")
    if not is_marked(str(answer.get("body") or answer.get("body_text")), note.key):
        wrong.append("the note came back without its reference, so it may not be found again")
    return Receipt(note_id=str(answer["id"]), actor_id=str(answer.get("user_id") or ""), mismatch=tuple(wrong), calls=looked + 1)


def _find_note(entries: list[Body], key: str) -> Body | None:
    """Our note, newest first; only an internal one counts, for a customer can write our reference too."""
    internal = (e for e in reversed(entries) if e.get("private") is True and not e.get("incoming") and e.get("id"))
    return next((e for e in internal if is_marked(str(e.get("body") or e.get("body_text")), key)), None)


# Looking after the connection


def check(desk: Desk) -> tuple[str, ...]:
    """Problems of address, key, permissions and webhook token in words, each with its remedy."""
    problems = []
    if not any(secret.get_secret_value() for secret in desk.connection.secrets):
        problems.append(
            f"{desk.connection.id}: no webhook token, so every webhook is refused; set FRESHDESK_WEBHOOK_TOKEN and send it in the"
            " automation rule as the header X-Webhook-Token"
        )
    try:
        problems += _scope(desk.connection, desk.api.one("agents/me"))
        desk.api.page("agents", per_page="1")
    except TryLater as away:
        problems.append(f"{away}; check FRESHDESK_URL and the network")
    except Outside as refused:
        problems.append(f"{refused}; check FRESHDESK_API_KEY: it needs an agent who may see all tickets, agents and groups")
    return tuple(problems)


def _scope(connection: Connection, me: Body) -> list[str]:
    if me.get("ticket_scope") in (None, 1):
        return []
    return [
        f"{connection.id}: the API key's agent sees only some tickets (ticket_scope {me['ticket_scope']}); give it global access"
        " in Admin > Agents"
    ]
