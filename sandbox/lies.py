"""Lies: a play-vendor says that a write was done as asked and keeps something else, as triggers and filters do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy

from sandbox.intercom_things import PREFIX, parts_of
from sandbox.state import Body, State

OURS = "Baton ref "
_TICKET = re.compile(r"/(tickets|conversations)/(\d+)")
_CUT = 120  # characters of a note that are kept


def _entries(vendor: str, ticket: Body) -> list[Body]:
    name = {"zendesk": "comments", "freshdesk": "conversations"}.get(vendor)
    return ticket[name] if name else parts_of(ticket)


def _dropped(vendor: str, ticket: Body) -> None:
    entries = _entries(vendor, ticket)
    entries[:] = [entry for entry in entries if not _is_note(entry)]


def _public(vendor: str, ticket: Body) -> None:
    for entry in filter(_is_note, _entries(vendor, ticket)):
        entry.update({"zendesk": {"public": True}, "freshdesk": {"private": False}}.get(vendor, {"part_type": "comment"}))


def _cut(vendor: str, ticket: Body) -> None:
    for entry in filter(_is_note, _entries(vendor, ticket)):
        for name in ("body", "html_body", "plain_body", "body_text"):
            if name in entry:
                entry[name] = str(entry[name])[:_CUT]


def _ignored(vendor: str, ticket: Body) -> None:
    nobody = {"zendesk": {"assignee_id": None}, "freshdesk": {"responder_id": None}}
    ticket.update(nobody.get(vendor, {"admin_assignee_id": 0 if ticket["type"] == "ticket" else None}))


def _is_note(entry: Body) -> bool:
    return OURS in str(entry.get("body") or entry.get("html_body"))


TOLD: Mapping[str, Callable[[str, Body], None]] = {
    "rate_note_dropped": _dropped,
    "rate_note_public": _public,
    "rate_note_cut": _cut,
    "rate_assignee_ignored": _ignored,
}


def tell(state: State, vendor: str, path: str, lie: str) -> bool:
    """Spoil what is kept of the ticket that a call was about; True when there was something to spoil."""
    found = _TICKET.search(path)
    if found is None:
        return False
    kind = "ticket" if vendor == "freshdesk" else "tickets"
    id = f"{PREFIX}{found[2]}" if vendor == "intercom" and found[1] == "tickets" else found[2]
    with state.change(vendor, kind, id) as ticket:
        before = deepcopy(ticket)
        if ticket is not None:
            TOLD[lie](vendor, ticket)
        return ticket != before
