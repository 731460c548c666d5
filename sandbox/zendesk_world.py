"""The stored tickets of the play Zendesk: made, found, learnt from webhooks, and changed by people who click."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from sandbox import Play
from sandbox.state import Body, State
from sandbox.zendesk_events import changes, comment_added, deliver, envelopes
from sandbox.zendesk_people import AGENTS, VENDOR, add_user
from sandbox.zendesk_tickets import Refused, comment, complete, now, tags_of, update

# Event of a webhook that somebody else sent about a ticket we do not know → the fields it tells anew.
_TELLS = {
    "status_changed": ("status",),
    "priority_changed": ("priority",),
    "agent_assignment_changed": ("assignee_id", "group_id"),
    "group_assignment_changed": ("assignee_id", "group_id"),
    "tags_changed": ("tags",),
    "subject_changed": ("subject",),
    "type_changed": ("type",),
    "requester_changed": ("requester_id",),
}


def not_found() -> Refused:
    return Refused(404, {"error": "RecordNotFound", "description": "Not found"})


@dataclass(frozen=True, slots=True)
class World:
    state: State
    play: Play

    def ticket(self, id: int) -> Body:
        """A stored ticket, learnt from webhooks when it was never seen; Refused (404) when nobody knows it or it is deleted."""
        found = self.state.get(VENDOR, "tickets", str(id))
        if found is None or found.get("_learnt") is not None:
            found = self._learn(id, found)
        if found is None or found["status"] == "deleted":
            raise not_found()
        return found

    def make(self, told: Body) -> Body:
        """Create or replace a ticket; people and organisations that come with it are kept too."""
        id = int(told.get("id") or self.state.new_id())
        for person in told.get("users") or ():
            add_user(self.state, person)
        for record in told.get("organizations") or ():
            self.state.put(VENDOR, "organizations", str(record["id"]), record)
        ticket = complete({k: v for k, v in told.items() if k not in ("users", "organizations")}, id)
        return self._keep(ticket)

    def _keep(self, ticket: Body) -> Body:
        self.state.put(VENDOR, "tickets", str(ticket["id"]), ticket)
        who, entry = str(ticket["requester_id"]), ticket["id"]
        with self.state.change(VENDOR, "requested", who) as index:
            if index is not None and entry not in index["ids"]:
                index["ids"].append(entry)
        if index is None:
            self.state.put(VENDOR, "requested", who, {"ids": [entry]})
        return ticket

    def requested(self, user_id: int) -> list[Body]:
        """The tickets a user asked for, oldest first."""
        index = self.state.get(VENDOR, "requested", str(user_id)) or {"ids": []}
        found = [self.state.get(VENDOR, "tickets", str(id)) for id in index["ids"]]
        return [ticket for ticket in found if ticket and ticket["status"] != "deleted"]

    def change(self, id: int, asked: object, by: int, via: str = "api") -> tuple[Body, Body, Body]:
        """One update: the ticket before, after, and the audit."""
        self.ticket(id)
        audit_id = self.state.new_id()
        with self.state.change(VENDOR, "tickets", str(id)) as ticket:
            if ticket is None:
                raise not_found()
            before = copy.deepcopy(ticket)
            audit = update(ticket, asked, by, audit_id, via)
        return before, ticket, audit

    def delete(self, id: int) -> Body:
        self.ticket(id)
        with self.state.change(VENDOR, "tickets", str(id)) as ticket:
            if ticket is None:
                raise not_found()
            ticket |= {"status": "deleted", "updated_at": now()}
        return ticket

    def _learn(self, id: int, known: Body | None) -> Body | None:
        """What Baton's accepted webhooks tell of a ticket; those that came since are added to what was learnt before."""
        heard = self.state.webhooks_about(VENDOR, str(id))
        news = [one for one in heard if str(one.get("id")) not in (known or {}).get("_learnt", [])]
        if not news:
            return known
        ticket = known or complete(_told(heard), id)
        for payload in news:
            _add(ticket, payload, fresh=known is not None)
        ticket["_learnt"] = [str(one.get("id")) for one in heard]
        return self._keep(ticket)


def _told(heard: list[Body]) -> Body:
    """A ticket from the newest webhook's detail, or from a trigger's hand-written body."""
    details = [one["detail"] for one in heard if isinstance(one.get("detail"), dict)]
    if not details:
        body = heard[-1]
        inner: Any = body.get("ticket")
        told = inner if isinstance(inner, dict) else body
        return {"subject": told.get("title") or told.get("subject") or f"Ticket {told.get('ticket_id') or told.get('id')}"}
    return _plain(max(details, key=lambda d: str(d.get("updated_at"))))


def _plain(detail: Body) -> Body:
    """An event's detail as the API would show the same ticket; what it does not tell is left out."""
    words = {name: str(detail[name]).lower() for name in ("status", "priority", "type") if detail.get(name)}
    ids = ("assignee_id", "group_id", "organization_id", "requester_id", "submitter_id")
    numbers = {name: int(detail[name]) for name in ids if str(detail.get(name) or "").isdecimal()}
    names = ("subject", "description", "created_at", "updated_at", "external_id", "is_public", "via")
    same = {name: detail[name] for name in names if detail.get(name) is not None}
    return {**words, **numbers, **same, "tags": tags_of(detail.get("tags"))}


def _add(ticket: Body, payload: Body, *, fresh: bool) -> None:
    """Put one webhook's news into a learnt ticket: its comment, and (``fresh``) the fields its event is about."""
    event = str(payload.get("type")).rpartition(".")[2]
    detail: Any = payload.get("detail")
    if not isinstance(detail, dict):
        return
    told = _plain(detail)
    if fresh:
        ticket |= {name: told.get(name) for name in _TELLS.get(event, ()) if name in told or name == "assignee_id"}
        ticket["updated_at"] = max(ticket["updated_at"], str(told.get("updated_at") or ""))
    said = (payload.get("event") or {}).get("comment") if event == "comment_added" else None
    if isinstance(said, dict) and all(str(one["id"]) != str(said.get("id")) for one in ticket["comments"]):
        author = str((said.get("author") or {}).get("id") or "")
        plain = {
            **{key: said.get(key) for key in ("id", "body", "html_body")},
            "public": said.get("is_public", True),
            "author_id": int(author) if author.isdecimal() else ticket["requester_id"],
            "created_at": f"{str(payload.get('time'))[:19]}Z",
        }
        ticket["comments"] = [one for one in ticket["comments"] if one["body"] != said.get("body")]
        ticket["comments"].append(comment(plain, 0, ticket, ticket["requester_id"]))


def act(world: World, id: int, told: Body, *, reverse: bool) -> Body:
    """A person does something in the helpdesk: the state changes and the real webhooks go out."""
    what, value, text = str(told.get("act")), told.get("value"), told.get("text") or told.get("value")
    ticket = world.ticket(id)
    by = ticket["requester_id"] if told.get("by", "customer") == "customer" else int(told["by"])
    if what == "create":
        events = [("created", {}), *(comment_added(said) for said in ticket["comments"])]
        return _sent(world, ticket, envelopes(ticket, by, events), reverse)
    if what == "escalate":
        thin = {"ticket_id": str(id), "event": "escalation_requested", "updated_at": ticket["updated_at"], "actor": str(by)}
        return _sent(world, ticket, [thin], reverse)
    if what == "delete":
        after = world.delete(id)
        return _sent(world, after, envelopes(after, by, [("soft_deleted", {})]), reverse)
    before, after, _ = world.change(id, _asked(what, value, text, ticket, told), by, via="web")
    return _sent(world, after, envelopes(after, by, changes(before, after)), reverse)


def _asked(what: str, value: Any, text: Any, ticket: Body, told: Body) -> Body:
    """The update that a click is."""
    said = {"comment": {"body": str(text), "public": what != "note"}} if text else {}
    agent = int(value) if what == "assign" and value else None
    group = told.get("group") or (AGENTS[agent][2][0] if agent in AGENTS else ticket["group_id"])
    by_customer = what == "reply" and told.get("by", "customer") == "customer"
    reopened = {"status": "open"} if by_customer and ticket["status"] in ("pending", "solved") else {}
    wanted: dict[str, Body] = {
        "reply": {**said, **reopened},
        "note": said,
        "assign": {"assignee_id": agent, "group_id": group},
        "priority": {"priority": value},
        "tag": {"tags": [*ticket["tags"], str(value)]},
        "solve": {"status": "solved", **(said if told.get("text") else {})},
        "reopen": {"status": "open", **(said if told.get("text") else {})},
    }
    if what not in wanted:
        acts = sorted([*wanted, "create", "delete", "escalate"])
        raise Refused(400, {"error": f"unknown act {what!r}; known: {', '.join(acts)}"})
    return wanted[what]


def _sent(world: World, ticket: Body, payloads: list[Body], reverse: bool) -> Body:
    return {"ticket": ticket, "sent": deliver(world.play, payloads[::-1] if reverse else payloads)}
