"""The pages of the play helpdesks: tickets with their notes and assignees, one look for all three vendors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, abort, jsonify, make_response, render_template

from sandbox.state import Body, State


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of a thread; ``html`` is what the vendor would render (already its sanitised HTML)."""

    author: str
    html: str
    public: bool
    at: str  # ISO 8601


@dataclass(frozen=True, slots=True)
class TicketView:
    id: str
    subject: str
    status: str
    priority: str
    assignee: str
    group: str
    requester: str
    tags: tuple[str, ...]
    entries: tuple[EntryView, ...]


def attach(blueprint: Blueprint, state: State, vendor: str, kind: str, view: Callable[[Body], TicketView]) -> None:
    """Add the list (``/``) and the ticket page (``/tickets-page/<id>``) for objects of ``kind``, shown through ``view``."""

    def tickets() -> str:
        views = [_shown(view, body) for body in reversed(state.all(vendor, kind))]
        return render_template("sandbox/tickets.html", vendor=vendor, tickets=views)

    def ticket(id: str) -> Response:
        body = state.get(vendor, kind, id) or abort(404)
        return make_response(render_template("sandbox/ticket.html", vendor=vendor, ticket=_shown(view, body)))

    def seen(id: str) -> Response:
        """What a person would see, as JSON: the same form for every vendor, for tests and measurements."""
        return jsonify(asdict(view(state.get(vendor, kind, id) or abort(404))))

    blueprint.add_url_rule("/_seen/<id>", "seen", seen)
    blueprint.add_url_rule("", "tickets", tickets, strict_slashes=False)
    blueprint.add_url_rule("/tickets-page/<id>", "ticket", ticket)


def _shown(view: Callable[[Body], TicketView], body: Body) -> TicketView:
    """A ticket: anybody may put anything into a play helpdesk, and one odd ticket must not hide the others."""
    try:
        return view(body)
    except (LookupError, TypeError, ValueError, AttributeError) as odd:
        why = f"This ticket cannot be shown: {type(odd).__name__}, {odd}"
        return TicketView(str(body.get("id", "")), why, "", "", "", "", "", (), ())
