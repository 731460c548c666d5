"""What a person does in the play Freshdesk, and the automation webhooks that this causes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import requests

from sandbox import Play
from sandbox.freshdesk_world import (
    CUSTOMER,
    GROUPS,
    PRIORITIES,
    SOURCES,
    STATUSES,
    VENDOR,
    agents,
    company,
    entry,
    now,
    requester,
)
from sandbox.state import Body, State

Doing = tuple[Body, Any, Any]  # ticket, who (an id, or CUSTOMER), value or text
_SEND_S = 10.0


class CannotDo(Exception):
    """The control asked for something that nobody could do in the helpdesk."""


def act(state: State, play: Play, ticket: Body, asked: Body) -> list[str]:
    """Change ``ticket`` as the person would; returns the triggered events. CannotDo for an unknown act or a bad value."""
    name, by = str(asked.get("act")), asked.get("by", CUSTOMER)
    doing = _ACTS.get(name)
    if doing is None:
        raise CannotDo(f"unknown act {name!r}; known: {', '.join(_ACTS)}")
    who = CUSTOMER if by == "customer" else int(by)
    event = doing(_Scene(state, play, ticket, who, asked.get("value"), str(asked.get("text") or "")))
    ticket["updated_at"] = now()
    return [event]


class _Scene:
    """One act: the ticket, who acts, and with what."""

    def __init__(self, state: State, play: Play, ticket: Body, who: int, value: Any, text: str) -> None:
        self.state, self.play, self.ticket, self.who, self.value, self.text = state, play, ticket, who, value, text

    @property
    def is_customer(self) -> bool:
        return self.who == CUSTOMER or self.who == self.ticket["requester_id"]

    def set(self, name: str, value: Any) -> str:
        """Change one property; the brace notation for it."""
        before, self.ticket[name] = self.ticket.get(name), value
        return f"{name}:{{from:{_braced(before)},to:{_braced(value)}}}"

    def say(self, *, private: bool) -> None:
        told = {"body": f"<div>{self.text}</div>", "private": private, "incoming": self.is_customer, "user_id": self.who}
        if self.is_customer:
            told["user_id"] = self.ticket["requester_id"]
        self.ticket["conversations"].append(entry(self.state, self.ticket["id"], told))


def _braced(value: Any) -> str:
    return "null" if value is None else str(value)


def _create(scene: _Scene) -> str:
    return "{ticket_action:created}"


def _reply(scene: _Scene) -> str:
    scene.say(private=False)
    stats = scene.ticket["stats"]
    if not scene.is_customer:
        stats["first_responded_at"] = stats["first_responded_at"] or now()
        stats["agent_responded_at"] = now()
        return "{reply_sent:sent}"
    stats["requester_responded_at"] = now()
    reopened = "," + scene.set("status", 2) if scene.ticket["status"] in (3, 4, 6) else ""
    return f"{{reply_sent:sent{reopened}}}"


def _note(scene: _Scene) -> str:
    private = scene.value != "public"
    scene.say(private=private)
    return f"{{note_type:{'private' if private else 'public'}}}"


def _assign(scene: _Scene) -> str:
    wanted = scene.value if isinstance(scene.value, dict) else {"agent": scene.value}
    names = {"agent": "responder_id", "group": "group_id"}
    if set(wanted) - set(names):
        raise CannotDo("assign takes an agent id, null, or {agent, group}")
    known = {*agents(scene.state, int(scene.play.admin_id), scene.play.email), *GROUPS, None}
    if not set(wanted.values()) <= known:
        raise CannotDo("there is no such agent or group")
    return "{" + ",".join(scene.set(names[name], value) for name, value in wanted.items()) + "}"


def _priority(scene: _Scene) -> str:
    if scene.value not in PRIORITIES:
        raise CannotDo(f"priority is one of {list(PRIORITIES)}")
    return "{" + scene.set("priority", scene.value) + "}"


def _tag(scene: _Scene) -> str:
    scene.ticket["tags"] = [*scene.ticket["tags"], str(scene.value or scene.text)]
    return "{ticket_action:update}"


def _solve(scene: _Scene) -> str:
    scene.ticket["stats"]["resolved_at"] = now()
    return "{" + scene.set("status", 4) + "}"


def _reopen(scene: _Scene) -> str:
    scene.ticket["stats"] |= {"resolved_at": None, "closed_at": None, "reopened_at": now()}
    return "{" + scene.set("status", 2) + "}"


def _delete(scene: _Scene) -> str:
    scene.ticket["deleted"] = True
    return "{ticket_action:delete}"


_ACTS: dict[str, Callable[[_Scene], str]] = {
    "create": _create, "reply": _reply, "note": _note, "assign": _assign, "priority": _priority, "tag": _tag,
    "solve": _solve, "reopen": _reopen, "delete": _delete,
}  # fmt: skip


# Webhooks


def webhook_body(state: State, play: Play, ticket: Body, event: str) -> Body:
    """What the automation rule sends: the Simple content with every box ticked, or thin if the rule was so set (``/_rule``)."""
    rule = state.get(VENDOR, "rule", "now") or {}
    id = {"ticket_id": ticket["id"], "triggered_event": event}
    if rule.get("content") == "thin":
        return {"freshdesk_webhook": id | {"updated": ticket["updated_at"]}}
    return {"freshdesk_webhook": id | _properties(state, play, ticket) | _comments(state, play, ticket)}


def _properties(state: State, play: Play, ticket: Body) -> Body:
    who = requester(state, ticket)
    agent = agents(state, int(play.admin_id), play.email).get(ticket["responder_id"])
    custom = {f"ticket_{name}": value for name, value in ticket["custom_fields"].items() if value is not None}
    return custom | {
        "ticket_subject": ticket["subject"],
        "ticket_description": ticket["description"],
        "ticket_url": f"{play.url(VENDOR)}/a/tickets/{ticket['id']}",
        "ticket_status": STATUSES.get(ticket["status"], str(ticket["status"])),
        "ticket_priority": PRIORITIES[ticket["priority"]],
        "ticket_source": SOURCES.get(ticket["source"], str(ticket["source"])),
        "ticket_ticket_type": ticket["type"],
        "ticket_tags": ", ".join(ticket["tags"]),
        "ticket_group_name": GROUPS.get(ticket["group_id"]),
        "ticket_agent_name": agent["contact"]["name"] if agent else None,
        "ticket_agent_email": agent["contact"]["email"] if agent else None,
        "ticket_contact_name": who["name"],
        "ticket_contact_email": who["email"],
        "ticket_company_name": company()["name"] if ticket.get("company_id") else None,
        "ticket_due_by_time": ticket["due_by"],
    }


def _comments(state: State, play: Play, ticket: Body) -> Body:
    newest = {entry["private"]: entry for entry in ticket["conversations"]}
    names = {id: agent["contact"]["name"] for id, agent in agents(state, int(play.admin_id), play.email).items()}
    names[ticket["requester_id"]] = requester(state, ticket)["name"]
    told = {private: f"{names.get(e['user_id'], '')} : {e['body']}" for private, e in newest.items()}
    return {"ticket_latest_public_comment": told.get(False), "ticket_latest_private_comment": told.get(True)}


def send(play: Play, bodies: list[Body]) -> list[Body]:
    """Post webhooks to Baton as the rule would; what became of each."""
    return [{"body": body} | _post(play, body) for body in bodies]


def _post(play: Play, body: Body) -> Body:
    address = f"{play.baton_url}/webhooks/{VENDOR}"
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(address, json=body, headers={"X-Webhook-Token": play.secret}, timeout=_SEND_S)
            return {"status": answer.status_code}
    except requests.RequestException as broken:
        return {"status": 0, "error": type(broken).__name__}


def echo(state: State, play: Play, ticket: Body, event: str) -> Callable[[], None]:
    """The webhook that our own API write causes, to be sent once its answer is out; nothing unless ``/_echo`` is on."""
    if not (state.get(VENDOR, "echo", "now") or {}).get("on"):
        return lambda: None

    def send() -> None:
        _post(play, webhook_body(state, play, state.get(VENDOR, "ticket", str(ticket["id"])) or ticket, event))

    return threading.Thread(target=send, daemon=True).start
