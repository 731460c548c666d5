"""What the play Zendesk answers to GET: tickets with side-loads, threads, people, lists with both ways of paging; its page."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from sandbox.pages import EntryView, TicketView
from sandbox.state import Body
from sandbox.zendesk_people import (
    GROUPS,
    VENDOR,
    availabilities,
    group,
    known_or_made,
    memberships,
    organization,
    staff,
    user,
)
from sandbox.zendesk_tickets import Refused
from sandbox.zendesk_world import World, not_found

_IDS = 10**12  # more than there are ticket ids
_OWN = ("comments", "audits", "slas", "metric_set", "dates")  # kept with the ticket, shown only when asked for
_PEOPLE = {"assignee_id": "agent", "requester_id": "end-user", "submitter_id": "end-user"}
_FIELDS = {
    360001234567: "Refund amount",
    360001234568: "AI confidence",
    360001234569: "AI attempts",
    360001234570: "Issue type",
    360001234571: "Product area",
    360001234572: "Page",
}


def _as_kept(ticket: Body, audit: Body) -> Body:
    """An audit with what was said as it is kept: a comment is an event of its audit, there are no two of it."""
    kept = {said["id"]: said for said in ticket["comments"]}
    events = [event for event in audit["events"] if event["type"] != "Comment" or event["id"] in kept]
    return {**audit, "events": [kept.get(event["id"], event) for event in events]}


def api_ticket(ticket: Body) -> Body:
    """The ticket as the API shows it without side-loads."""
    shown = {key: value for key, value in ticket.items() if key not in _OWN and not key.startswith("_")}
    address = request.url_root.rstrip("/") + request.path.partition("/api/")[0]
    return {"url": f"{address}/api/v2/tickets/{ticket['id']}.json", "raw_subject": ticket["subject"], **shown}


def ticket_view(world: World, ticket: Body) -> TicketView:
    """The ticket for the sandbox's page."""

    def name(id: int | None, role: str = "agent") -> str:
        return str(known_or_made(world.state, world.play, id, role)["name"]) if id else ""

    entries = [
        EntryView(name(said["author_id"], "end-user"), said["html_body"], said["public"], said["created_at"])
        for said in ticket["comments"]
    ]
    return TicketView(
        id=str(ticket["id"]),
        subject=ticket["subject"],
        status=ticket["status"],
        priority=ticket["priority"] or "",
        assignee=name(ticket["assignee_id"]),
        group=group(ticket["group_id"])["name"] if ticket["group_id"] else "",
        requester=name(ticket["requester_id"], "end-user"),
        tags=tuple(ticket["tags"]),
        entries=tuple(entries),
    )


class Reads:
    """The GET calls; every one needs the sign-in that the blueprint checks."""

    def __init__(self, world: World) -> None:
        self._world, self._state, self._play = world, world.state, world.play

    def routes(self) -> dict[str, Callable[..., Response]]:
        return {
            "tickets": self.tickets,
            "tickets/<int:id>": self.ticket,
            "tickets/<int:id>/comments": self.comments,
            "tickets/<int:id>/audits": self.audits,
            "tickets/<int:id>/tags": lambda id: jsonify({"tags": self._world.ticket(id)["tags"]}),
            "incremental/tickets/cursor": self.incremental,
            "search": self.search,
            "users": self.users,
            "users/me": lambda: jsonify({"user": user(self._state, self._play, int(self._play.admin_id))}),
            "users/<int:id>": self.user,
            "users/<int:id>/tickets/requested": self.requested,
            "groups": lambda: paged("groups", [group(id) for id in GROUPS]),
            "groups/assignable": lambda: paged("groups", [group(id) for id in GROUPS]),
            "groups/<int:id>": self.group,
            "group_memberships": lambda: paged("group_memberships", memberships(self._play)),
            "groups/<int:id>/memberships": self.group_members,
            "organizations/<int:id>": lambda id: jsonify({"organization": organization(self._state, id)}),
            "ticket_fields": lambda: paged("ticket_fields", [{"id": id, "title": title} for id, title in _FIELDS.items()]),
            "agent_availabilities": lambda: paged("data", availabilities()),
        }

    def ticket(self, id: int) -> Response:
        ticket = self._world.ticket(id)
        asked = request.args.get("include", "").split(",")
        shown = api_ticket(ticket)
        if "slas" in asked:
            shown["slas"] = ticket.get("slas") or {"policy_metrics": []}
        if "metric_sets" in asked:
            shown["metric_set"] = ticket.get("metric_set") or {"ticket_id": id, "solved_at": None}
        answer: Body = {"ticket": shown}
        if "users" in asked:
            roles = {ticket[name]: role for name, role in _PEOPLE.items() if ticket[name]}
            answer["users"] = [known_or_made(self._state, self._play, one, role) for one, role in roles.items()]
        if "groups" in asked:
            answer["groups"] = [group(ticket["group_id"])] if ticket["group_id"] else []
        if "organizations" in asked:
            id_ = ticket["organization_id"]
            answer["organizations"] = [organization(self._state, id_)] if id_ else []
        if "last_audits" in asked:
            answer["last_audits"] = [_as_kept(ticket, audit) for audit in ticket["audits"][-1:]]
        return jsonify(answer)

    def comments(self, id: int) -> Response:
        said = list(self._world.ticket(id)["comments"])
        if request.args.get("sort") == "-created_at" or request.args.get("sort_order") == "desc":
            said.reverse()
        return paged("comments", said, self._authors if request.args.get("include") == "users" else None)

    def _authors(self, comments: list[Body]) -> Body:
        ids = dict.fromkeys(one["author_id"] for one in comments if one["author_id"] > 0)
        return {"users": [known_or_made(self._state, self._play, id, "end-user") for id in ids]}

    def audits(self, id: int) -> Response:
        return paged("audits", self._world.ticket(id)["audits"])

    def tickets(self) -> Response:
        wanted = request.args.get("external_id")
        found = [one for one in self._all() if wanted is None or one.get("external_id") == wanted]
        return paged("tickets", [api_ticket(one) for one in found])

    def _all(self) -> list[Body]:
        return [one for one in self._state.all(VENDOR, "tickets") if one["status"] != "deleted"]

    def incremental(self) -> Response:
        since, cursor = request.args.get("start_time"), request.args.get("cursor")
        if since is None and cursor is None:
            raise Refused(400, {"error": "StartTimeMissing", "description": "Parameter start_time is required"})
        start = _decoded(cursor) if cursor else _number("start_time", 0) * _IDS
        every = sorted((one for one in self._state.all(VENDOR, "tickets") if _place(one) > start), key=_place)
        found = every[: min(_number("per_page", 1000), 1000)]
        after = base64.b64encode(str(_place(found[-1]) if found else start).encode()).decode()
        links = {"after_url": f"{request.base_url}?cursor={after}", "before_url": None, "before_cursor": None}
        ended = len(found) == len(every)
        return jsonify({"tickets": [api_ticket(one) for one in found], "after_cursor": after, "end_of_stream": ended, **links})

    def search(self) -> Response:
        query = request.args.get("query", "")
        if not query:
            raise Refused(400, {"error": "invalid", "description": "Parameter query is required"})
        requester = re.search(r"requester(?:_id)?:(\d+)", query)
        found = self._world.requested(int(requester[1])) if requester else self._all()
        words = [word.lower() for word in query.split() if ":" not in word]
        fitting = [one for one in found if all(word in one["subject"].lower() for word in words)]
        return paged("results", [{**api_ticket(one), "result_type": "ticket"} for one in fitting])

    def users(self) -> Response:
        roles = request.args.getlist("role[]") or request.args.getlist("role")
        return paged("users", [one for one in staff(self._state, self._play) if not roles or one["role"] in roles])

    def user(self, id: int) -> Response:
        found = user(self._state, self._play, id)
        if found is None:
            raise not_found()
        return jsonify({"user": found})

    def requested(self, id: int) -> Response:
        found = [api_ticket(one) for one in self._world.requested(id)]
        newest_first = request.args.get("sort_order") == "desc"
        return paged("tickets", sorted(found, key=lambda one: str(one["created_at"]), reverse=newest_first))

    def group(self, id: int) -> Response:
        if id not in GROUPS:
            raise not_found()
        return jsonify({"group": group(id)})

    def group_members(self, id: int) -> Response:
        return paged("group_memberships", [one for one in memberships(self._play) if one["group_id"] == id])


def paged(name: str, items: list[Body], beside: Callable[[list[Body]], Body] | None = None) -> Response:
    """A list as Zendesk pages it: by cursor when ``page[size]`` is sent (or for JSON:API), else by number."""
    if "page[size]" in request.args or name == "data":
        page, rest = _by_cursor(items)
    else:
        page, rest = _by_number(items)
    return jsonify({name: page, **(beside(page) if beside else {}), **rest})


def _by_cursor(items: list[Body]) -> tuple[list[Body], Body]:
    size = min(_number("page[size]", 100), 100)
    start = _decoded(request.args.get("page[after]", "") or "MA==")
    page, more = items[start : start + size], start + size < len(items)
    after = base64.b64encode(str(start + size).encode()).decode()
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "page[after]"]
    following = f"{request.base_url}?{urlencode([*kept, ('page[after]', after)])}" if more else None
    meta = {"has_more": more, "after_cursor": after if more else None, "before_cursor": None}
    return page, {"meta": meta, "links": {"next": following, "prev": None}}


def _by_number(items: list[Body]) -> tuple[list[Body], Body]:
    size, page = min(_number("per_page", 100), 100), max(_number("page", 1), 1)
    start = (page - 1) * size
    more = start + size < len(items)
    following = f"{request.base_url}?{urlencode({'per_page': size, 'page': page + 1})}" if more else None
    return items[start : start + size], {"count": len(items), "next_page": following, "previous_page": None}


def _decoded(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor).decode())
    except ValueError:
        raise Refused(400, {"error": "InvalidPaginationParameter", "description": "page[after] is not valid"}) from None


def _number(name: str, default: int) -> int:
    told: Any = request.args.get(name, default)
    if not str(told).isdecimal() or (int(told) < 1 and name != "start_time"):
        raise Refused(400, {"error": {"title": "Invalid attribute", "message": f"{name} must be a positive number"}})
    return int(told)


def _place(ticket: Body) -> int:
    """Where a ticket stands in the incremental export: by its second, then by its id, for many change in one second."""
    return _unix(ticket["updated_at"]) * _IDS + int(ticket["id"])


def _unix(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())
