"""Writing to a Zendesk ticket: everything in one PUT, which is one audit, so assignment and note happen together or not at all.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket
Tags: an update's ``tags`` replaces all of them, and adding alone would be a second write. So the tags last seen are merged
and sent as a safe update, which Zendesk refuses (409) when the ticket has changed since; then it is read again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.notes import is_marked, to_html
from connectors.zendesk.api import PAGE, Body, Conflict, objects, texts
from connectors.zendesk.reading import Account, Read, Thread, as_read, forms, number, read_thread
from escalation.actions import Note, Receipt, Write
from escalation.ports import GiveUp, TryLater
from escalation.ticket import Money
from mappings.schema import Mapping

# What the agent workspace shows of a comment's HTML, and a length well below its limit of 64 KB however the text is encoded.
NOTE_TAGS = frozenset({"p", "b", "i", "ul", "li", "a", "br"})
NOTE_LIMIT = 32_000
_TRIES = 3  # of a safe update
_KEPT = ("assignee_id", "group_id", "priority", "status")


def changes(mapping: Mapping, step: Write) -> dict[str, object]:
    """The ``ticket`` of the PUT except tags; empty when nothing is asked. GiveUp names what the mapping lacks.

    The comment is internal by saying so: Zendesk's default is the visibility of the ticket's first comment.
    Assignee and group go together, since a group alone may clear the assignee.
    """
    wanted: dict[str, object] = {}
    if step.agent_id:
        wanted["assignee_id"] = number(step.agent_id, "agent")
    if step.group_id:
        wanted["group_id"] = number(step.group_id, "group")
    if step.priority is not None:
        wanted["priority"] = mapping.back("priority", step.priority)
    if step.status is not None:
        wanted["status"] = mapping.back("status", step.status)
    if step.fields:
        wanted["custom_fields"] = [
            {"id": number(str(id), "field"), "value": _plain(value)} for id, value in mapping.back_fields(step.fields).items()
        ]
    if step.note:
        wanted["comment"] = {"html_body": to_html(step.note, tags=NOTE_TAGS, limit=NOTE_LIMIT), "public": False}
    if wanted or _asks_tags(step):
        wanted["metadata"] = {"baton": step.key}  # kept in the audit, metadata.custom
    return wanted


def _plain(value: object) -> object:
    """A field's value as JSON; zenpy would send a Decimal as null and a time as its date."""
    match value:
        case Money():
            return str(value.amount)
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return list(value)
    return value


def _asks_tags(step: Write) -> bool:
    return bool(step.add_tags or step.remove_tags)


def _merged(mapping: Mapping, step: Write, seen: Read) -> list[str]:
    """The ticket's tags in full, as they shall be."""
    added, removed = _tags(mapping, step.add_tags), _tags(mapping, step.remove_tags)
    return [tag for tag in dict.fromkeys((*seen.tags, *added)) if tag not in removed]


def _safely(seen: Read) -> dict[str, object]:
    """Makes an update valid only while the ticket is as ``seen``."""
    return {"safe_update": True, "updated_stamp": seen.stamp}


def _tags(mapping: Mapping, tags: tuple[str, ...]) -> tuple[str, ...]:
    """Zendesk's words for tags, in the form it keeps: lower case, no blanks."""
    return tuple(re.sub(r"\s+", "_", str(mapping.back("tags", tag)).strip()).lower() for tag in tags)


def write(account: Account, step: Write, seen: Read | None, *, look_first: bool) -> tuple[Receipt, Read | None]:
    """Carry out ``step`` with one PUT; ``seen`` is what is remembered of the ticket. Also gives what to remember now.

    A Receipt with ``found`` means that nothing was sent. A conflict costs a read and the same PUT again; the refused one had no
    effect. A repeat is a safe update of the ticket in which the earlier try was looked for: that one may still be on its way,
    and arrive in between.
    """
    spent = 0
    wanted, wanted_id, asks_tags = changes(account.mapping, step), number(step.ticket_id, "ticket"), _asks_tags(step)
    for _ in range(_TRIES):
        if look_first:
            found, seen = _look(account, step)
            if found:
                return replace(found, calls=found.calls + spent), seen
            spent += 2
        elif asks_tags and seen is None:
            seen, spent = as_read(account, account.api.ticket(wanted_id)), spent + 1
        only_if = _safely(seen) if seen and (look_first or asks_tags) else {}
        tags = {"tags": _merged(account.mapping, step, seen)} if seen and asks_tags else {}
        spent += 1
        try:
            answer = account.api.update(wanted_id, {**wanted, **tags, **only_if})
        except Conflict:
            if not only_if:
                raise
            seen = None
            continue
        return _receipt(account, step, answer, spent)
    raise TryLater(f"{account.connection}: ticket {step.ticket_id} keeps changing", wait=timedelta(seconds=5))


def _look(account: Account, step: Write) -> tuple[Receipt | None, Read]:
    """Whether an earlier try took effect: by the note's mark, else by the values.

    The ticket is read before its comments: what arrives in between has another stamp than the one a repeat will be tied to.
    """
    wanted, calls = number(step.ticket_id, "ticket"), 2
    answer = account.api.ticket(wanted)
    thread = read_thread(account, wanted, PAGE)
    if step.note and not thread.comments:
        raise GiveUp(f"{account.connection}: cannot tell whether the note is there already. {thread.missing}")
    note = _find(step.note, thread) if step.note else None
    mismatch = _differences(account.mapping, step, answer["ticket"])
    if note is not None and mismatch:  # it may have arrived in between, and the values with it
        answer, calls = account.api.ticket(wanted), 3
        mismatch = _differences(account.mapping, step, answer["ticket"])
    read = as_read(account, answer, thread.users)
    if note is None and (step.note or mismatch):
        return None, read
    leaked = ("the note is public",) if note and note.get("public") is not False else ()
    receipt = Receipt(True, _id(note, "id"), read.ticket, _id(note, "author_id"), (*leaked, *mismatch), calls=calls)
    return receipt, read


def _find(note: Note, thread: Thread) -> Body | None:
    """The comment with the note's mark; a longer key that begins alike is another note."""
    return next((c for c in thread.comments if any(is_marked(text, note.key) for text in forms(c))), None)


def _id(found: Body | None, name: str) -> str:
    value = (found or {}).get(name)
    return "" if value is None else str(value)


def _receipt(account: Account, step: Write, answer: Body, calls: int) -> tuple[Receipt, Read]:
    """What the update's answer shows. Without an audit nothing was updated, whatever the status said."""
    audit = answer.get("audit")
    if not isinstance(audit, dict):
        raise GiveUp(f"{account.connection}: Zendesk answered the update without an audit; is the account's URL right?")
    read = as_read(account, answer)
    events = [e for e in objects(audit.get("events")) if e.get("type") == "Comment"]
    note = events[0] if events else None
    mismatch = _differences(account.mapping, step, answer["ticket"]) + _note_trouble(step, note)
    return Receipt(False, _id(note, "id"), read.ticket, _id(audit, "author_id"), mismatch, calls), read


def _note_trouble(step: Write, note: Body | None) -> tuple[str, ...]:
    if step.note is None:
        return ()
    if note is None:
        return ("the note is not in Zendesk's record of the update",)
    return () if note.get("public") is False else ("the note is public",)


def _differences(mapping: Mapping, step: Write, shown: Dict[str, Any]) -> tuple[str, ...]:
    """What was asked and the ticket does not show, in words."""
    wanted = changes(mapping, step)
    pairs = [(name, wanted[name], shown.get(name)) for name in _KEPT if name in wanted]
    fields = {str(f.get("id")): f.get("value") for f in objects(shown.get("custom_fields"))}
    asked: Any = wanted.get("custom_fields", [])
    pairs += [(f"field {one['id']}", one["value"], fields.get(str(one["id"]))) for one in asked]
    words = [f"{name}: asked for {want!r}, Zendesk shows {has!r}" for name, want, has in pairs if not _same(want, has)]
    tags = set(texts(shown.get("tags")))
    words += [f"tag {tag!r} is missing" for tag in _tags(mapping, step.add_tags) if tag not in tags]
    words += [f"tag {tag!r} is still there" for tag in _tags(mapping, step.remove_tags) if tag in tags]
    return tuple(words)


def _same(want: object, has: object) -> bool:
    """Zendesk answers numbers as text ("500.00") and empty fields as null."""
    if want in (None, "") or has in (None, ""):
        return want in (None, "") and has in (None, "")
    try:
        return Decimal(str(want)) == Decimal(str(has))
    except InvalidOperation:
        return str(want).lower() == str(has).lower()
