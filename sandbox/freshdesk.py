"""The play Freshdesk: API v2 under its real paths, the pages for people, and the controls for tests and demos.

API: https://developers.freshdesk.com/api/ Controls (``/_…``) stand in freshdesk_controls.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import nh3
from flask import Blueprint, Response, g, jsonify, redirect, request

from sandbox import Play, faults, freshdesk_controls, pages
from sandbox.freshdesk_acts import echo
from sandbox.freshdesk_answers import changed, error, invalid, matches, nothing, or_404, paged, read, wrong
from sandbox.freshdesk_rules import CREATE, NOTE, REPLY, UPDATE, assignment
from sandbox.freshdesk_world import (
    COMPANY,
    CUSTOMER,
    GROUPS,
    PRIORITIES,
    STATUSES,
    TYPES,
    VENDOR,
    agents,
    company,
    contact,
    entry,
    group,
    learned,
    new_contact,
    new_ticket,
    now,
    requester,
    shown,
)
from sandbox.state import Body, State

_PER_MINUTE = 5_000  # calls of one process; real plans have 50 to 700
_HTML = {"div", "p", "b", "strong", "i", "em", "u", "ul", "ol", "li", "a", "br", "blockquote", "pre", "code", "span"}
_LISTED_DAYS = 30  # tickets created earlier are listed only with updated_since
_ORDERS = ("created_at", "due_by", "updated_at", "status")
_INCLUDES = ("conversations", "requester", "company", "stats", "sla_policy")


def blueprint(state: State, play: Play) -> Blueprint:
    """The play Freshdesk, to be mounted at ``/sandbox/freshdesk``."""
    made = Blueprint(VENDOR, __name__, template_folder="templates")
    account = Account(state, play)
    faults.attach(made, state, VENDOR)
    made.before_request(account.admit)
    made.after_request(account.count)
    for method, path, answer in account.routes():
        made.add_url_rule(f"/api/v2/{path}", f"{method} {answer.__name__}", answer, methods=[method])
    made.add_url_rule("/a/tickets/<id>", "open", lambda id: redirect(f"{play.url(VENDOR)}/tickets-page/{id}"))
    freshdesk_controls.attach(made, state, play)
    pages.attach(made, state, VENDOR, "ticket", lambda ticket: _view(state, play, ticket))
    return made


def _view(state: State, play: Play, ticket: Body) -> pages.TicketView:
    people = agents(state, int(play.admin_id), play.email)
    who = requester(state, ticket)
    names = {id: agent["contact"]["name"] for id, agent in people.items()} | {who["id"]: who["name"]}
    first = {"body": ticket["description"], "user_id": who["id"], "private": False, "created_at": ticket["created_at"]}
    thread = [first, *ticket["conversations"]]
    return pages.TicketView(
        id=str(ticket["id"]),
        subject=ticket["subject"],
        status="Deleted" if ticket["deleted"] else STATUSES.get(ticket["status"], str(ticket["status"])),
        priority=PRIORITIES.get(ticket["priority"], str(ticket["priority"])),
        assignee=names.get(ticket["responder_id"], ""),
        group=GROUPS.get(ticket["group_id"], ""),
        requester=who["name"],
        tags=tuple(ticket["tags"]),
        entries=tuple(_entry_view(one, names) for one in thread if one["body"]),
    )


def _entry_view(entry: Body, names: dict[int, str]) -> pages.EntryView:
    author = names.get(entry["user_id"], str(entry["user_id"]))
    return pages.EntryView(author, nh3.clean(entry["body"], tags=_HTML), not entry["private"], entry["created_at"])


class Account:
    """The routes of one account; every handler answers as the real API would."""

    def __init__(self, state: State, play: Play) -> None:
        self.state, self.play = state, play
        self._lock = threading.Lock()
        self._minute, self._used = 0, 0

    def routes(self) -> tuple[tuple[str, str, Callable[..., Any]], ...]:
        return (
            ("GET", "tickets", self.list_tickets), ("POST", "tickets", self.create_ticket),
            ("GET", "tickets/<int:id>", self.view_ticket), ("PUT", "tickets/<int:id>", self.update_ticket),
            ("DELETE", "tickets/<int:id>", self.delete_ticket), ("PUT", "tickets/<int:id>/restore", self.restore_ticket),
            ("GET", "tickets/<int:id>/conversations", self.conversations), ("POST", "tickets/<int:id>/notes", self.add_note),
            ("POST", "tickets/<int:id>/reply", self.add_reply), ("GET", "search/tickets", self.search),
            ("GET", "agents", self.list_agents), ("GET", "agents/me", self.me), ("GET", "agents/<int:id>", self.view_agent),
            ("GET", "groups", self.list_groups), ("GET", "groups/<int:id>", self.view_group),
            ("GET", "contacts", self.list_contacts), ("GET", "contacts/<int:id>", self.view_contact),
            ("GET", "companies", self.list_companies), ("GET", "companies/<int:id>", self.view_company),
            ("GET", "ticket_fields", self.ticket_fields), ("GET", "sla_policies", self.sla_policies),
        )  # fmt: skip

    # Who may call, and how often

    def admit(self) -> Response | None:
        if "/api/v2/" not in request.path:
            return None
        if not self._within_limit():
            headers = {"Retry-After": str(60 - int(time.time()) % 60)}
            return error(429, "rate_limit_exceeded", "You have exceeded the limit of requests per minute", headers)
        given = request.authorization
        if given is None or given.username != self.play.token:
            return error(401, "invalid_credentials", "You have to be logged in to perform this action.")
        if request.method in ("POST", "PUT") and request.content_length and request.mimetype != "application/json":
            shown_type = request.headers.get("Content-Type", "")
            words = f"Content-Type header is set to {shown_type}. It should be set to application/json"
            return error(415, "invalid_content_type", words)
        return None

    def _within_limit(self) -> bool:
        limit = int((self.state.get(VENDOR, "limit", "now") or {}).get("per_minute", _PER_MINUTE))
        cost = 1 + len([one for one in request.args.get("include", "").split(",") if one])
        minute = int(time.time() // 60)
        with self._lock:
            self._used = cost if minute != self._minute else self._used + cost
            self._minute = minute
            left = limit - self._used
        g.rate = {
            "X-RateLimit-Total": str(limit),
            "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Used-CurrentRequest": str(cost),
        }
        return left >= 0

    @staticmethod
    def count(response: Response) -> Response:
        response.headers.update(g.get("rate", {}))
        return response

    # Tickets

    def find(self, id: int) -> Body | None:
        """A ticket, or what webhooks have told of it: a real Freshdesk knows every ticket it sends webhooks about."""
        known = self.state.get(VENDOR, "ticket", str(id))
        if known is None and (known := learned(self.state, id, self.state.webhooks_about(VENDOR, str(id)))):
            self.state.put(VENDOR, "ticket", str(id), known)
        return known

    def view_ticket(self, id: int) -> Response:
        ticket = self.find(id)
        if ticket is None:
            return nothing(404)
        include = tuple(request.args.get("include", "").split(",")) if request.args.get("include") else ()
        if set(include) - set(_INCLUDES):
            return wrong("include", f"It should be one of these values: '{','.join(_INCLUDES)}'")
        return jsonify(shown(self.state, ticket, include))

    def list_tickets(self) -> Response:
        found = [ticket for ticket in self.state.all(VENDOR, "ticket") if self._is_listed(ticket)]
        order = request.args.get("order_by", "created_at")
        if order not in _ORDERS:
            return wrong("order_by", f"It should be one of these values: '{','.join(_ORDERS)}'")
        found.sort(key=lambda ticket: ticket[order], reverse=request.args.get("order_type", "desc") == "desc")
        include = tuple(request.args.get("include", "").split(","))
        return paged([shown(self.state, ticket, include, full=False) for ticket in found])

    def _is_listed(self, ticket: Body) -> bool:
        asked = request.args
        named = asked.get("filter")
        if bool(ticket["deleted"]) != (named == "deleted") or bool(ticket["spam"]) != (named == "spam"):
            return False
        if named in ("new_and_my_open", "watching") and (ticket["status"] != 2 or named == "watching"):
            return False
        if "requester_id" in asked and str(ticket["requester_id"]) != asked["requester_id"]:
            return False
        if "email" in asked and requester(self.state, ticket)["email"] != asked["email"]:
            return False
        if "updated_since" in asked:
            return datetime.fromisoformat(ticket["updated_at"]) >= datetime.fromisoformat(asked["updated_since"])
        return datetime.fromisoformat(ticket["created_at"]) > datetime.now(UTC) - timedelta(days=_LISTED_DAYS)

    def search(self) -> Response:
        query = request.args.get("query", "")
        if not (query.startswith('"') and query.endswith('"') and 2 < len(query) <= 514):
            return wrong("query", "Query string should be enclosed in double quotes", "invalid_value")
        clauses = [clause.strip().strip("()").split(":", 1) for clause in query[1:-1].split(" AND ")]
        found = [t for t in self.state.all(VENDOR, "ticket") if all(len(c) == 2 and matches(t, c[0], c[1]) for c in clauses)]
        page = max(request.args.get("page", 1, type=int), 1)
        results = [shown(self.state, ticket) for ticket in found[(page - 1) * 30 : page * 30]]
        return jsonify({"results": results, "total": len(found)})

    def create_ticket(self) -> Response:
        body, refusal = read(CREATE, ("subject", "description"))
        if refusal:
            return refusal
        if not (body.get("requester_id") or body.get("email") or body.get("phone")):
            words = "One of requester_id, phone, email, twitter_id, unique_external_id is mandatory"
            return wrong("requester_id", words, "missing_field")
        if body.get("email"):
            body["requester_id"] = new_contact(self.state, str(body.get("name") or body["email"]), str(body["email"]))
        ticket = new_ticket(self.state, body)
        self.state.put(VENDOR, "ticket", str(ticket["id"]), ticket)
        return self._after(jsonify(shown(self.state, ticket)), 201, ticket, "{ticket_action:created}")

    def update_ticket(self, id: int) -> Response:
        if self.find(id) is None:
            return nothing(404)
        body, refusal = read(UPDATE)
        people = agents(self.state, int(self.play.admin_id), self.play.email)
        if refusal or (unfit := assignment(body, people)):
            return refusal or invalid(unfit)
        with self.state.change(VENDOR, "ticket", str(id)) as ticket:
            if ticket is None or ticket["deleted"]:
                return nothing(404)
            event = changed(ticket, body)
        answer = shown(self.state, ticket)
        return self._after(jsonify({k: v for k, v in answer.items() if v is not None}), 200, ticket, event)

    def delete_ticket(self, id: int) -> Response:
        return self._flag(id, deleted=True)

    def restore_ticket(self, id: int) -> Response:
        return self._flag(id, deleted=False)

    def _flag(self, id: int, *, deleted: bool) -> Response:
        with self.state.change(VENDOR, "ticket", str(id)) as ticket:
            if ticket is None:
                return nothing(404)
            ticket |= {"deleted": deleted, "updated_at": now()}
        return nothing(204)

    # Conversations

    def conversations(self, id: int) -> Response:
        ticket = self.find(id)
        return nothing(404) if ticket is None else paged(ticket["conversations"])

    def add_note(self, id: int) -> Response:
        body, refusal = read(NOTE, ("body",))
        told = {"private": body.get("private", True), "incoming": body.get("incoming", False), "source": 2}
        event = f"{{note_type:{'private' if told['private'] else 'public'}}}"
        return refusal or self._say(id, body | told, event)

    def add_reply(self, id: int) -> Response:
        body, refusal = read(REPLY, ("body",))
        return refusal or self._say(id, body | {"private": False, "incoming": False, "source": 0}, "{reply_sent:sent}")

    def _say(self, id: int, told: Body, event: str) -> Response:
        if self.find(id) is None:
            return nothing(404)
        told = {"user_id": int(self.play.admin_id), **told, "body": nh3.clean(told["body"], tags=_HTML, link_rel=None)}
        with self.state.change(VENDOR, "ticket", str(id)) as ticket:
            if ticket is None:
                return nothing(404)
            said = entry(self.state, id, told)
            ticket["conversations"].append(said)
            ticket["updated_at"] = now()
        return self._after(jsonify(said), 201, ticket, event)

    def _after(self, response: Response, status: int, ticket: Body, event: str) -> Response:
        response.status_code = status
        response.call_on_close(echo(self.state, self.play, ticket, event))
        return response

    # People and settings

    def _agents(self) -> dict[int, Body]:
        return agents(self.state, int(self.play.admin_id), self.play.email)

    def list_agents(self) -> Response:
        wanted = request.args.get("email")
        return paged([agent for agent in self._agents().values() if wanted in (None, agent["contact"]["email"])])

    def me(self) -> Response:
        return jsonify(self._agents()[int(self.play.admin_id)])

    def view_agent(self, id: int) -> Response:
        return or_404(self._agents().get(id))

    def list_groups(self) -> Response:
        return paged([group(id) for id in GROUPS])

    def view_group(self, id: int) -> Response:
        return or_404(group(id) if id in GROUPS else None)

    def list_contacts(self) -> Response:
        wanted = request.args.get("email")
        everybody = [contact(CUSTOMER), *self.state.all(VENDOR, "contact")]
        return paged([one for one in everybody if wanted in (None, one["email"])])

    def view_contact(self, id: int) -> Response:
        return or_404(contact(CUSTOMER) if id == CUSTOMER else self.state.get(VENDOR, "contact", str(id)))

    def list_companies(self) -> Response:
        return paged([company()])

    def view_company(self, id: int) -> Response:
        return or_404(company() if id == COMPANY else None)

    def ticket_fields(self) -> Response:
        statuses = {str(number): [label, label] for number, label in STATUSES.items()}
        priorities = {label: number for number, label in PRIORITIES.items()}
        kinds = {"default_status": statuses, "default_priority": priorities, "default_ticket_type": list(TYPES)}
        wanted = request.args.get("type")
        return jsonify(
            [
                {"id": nth, "name": kind.removeprefix("default_"), "label": kind, "type": kind, "choices": choices}
                for nth, (kind, choices) in enumerate(kinds.items(), 1)
                if wanted in (None, kind)
            ]
        )

    def sla_policies(self) -> Response:
        return jsonify([{"id": 1, "name": "Default SLA Policy", "active": True, "is_default": True, "position": 1}])
