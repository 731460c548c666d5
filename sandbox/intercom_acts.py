"""What a person does in the play inbox or a customer in the messenger, and the notifications one click causes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, request

from sandbox.intercom_notify import notification, send
from sandbox.intercom_people import VENDOR, make_tag
from sandbox.intercom_things import PREFIX, whole
from sandbox.intercom_world import Refused, World
from sandbox.state import Body


@dataclass(frozen=True)
class Act:
    """One click: who did it, on what, with which words."""

    world: World
    thing: Body
    by: Body
    text: str = ""
    value: str = ""
    tag: Body | None = None

    @property
    def by_customer(self) -> bool:
        return bool(self.by["type"] != "admin")


def _create(act: Act) -> list[str]:
    if act.thing["type"] == "ticket":
        return ["ticket.created"]
    return ["conversation.user.created" if act.by_customer else "conversation.admin.single.created"]


def _gone(act: Act) -> list[str]:
    act.thing["deleted"] = True
    return [f"{act.thing['type']}.deleted"]


_ACTS: dict[str, Callable[[Act], list[str]]] = {
    "create": _create,
    "reply": lambda act: act.world.say(act.thing, act.by, act.text or "…", public=True),
    "note": lambda act: act.world.say(act.thing, act.by, act.text or "…", public=False),
    "assign": lambda act: act.world.assign(act.thing, act.value, act.by, text=act.text),
    "priority": lambda act: act.world.set_priority(act.thing, act.value or "urgent", act.by),
    "tag": lambda act: act.world.tag(act.thing, act.tag or {}, act.by),
    "solve": lambda act: act.world.set_open(act.thing, False, act.by, text=act.text),
    "reopen": lambda act: act.world.set_open(act.thing, True, act.by, text=act.text),
    "delete": _gone,
}


def act(world: World, key: str) -> Response:
    """Carry out ``{"act", "by": admin id or "customer", "value", "text"}`` and send what a workspace would."""
    asked: Any = request.get_json()
    name = str(asked.get("act"))
    if name not in _ACTS:
        raise Refused(400, "parameter_invalid", f"act must be one of {', '.join(_ACTS)}")
    if name == "create" and world.state.get(VENDOR, "tickets", key) is None:
        _make(world, key, asked)
    customer = str(asked.get("by", "customer")) == "customer"
    by = world.customer(world.thing(key)) if customer else world.admin(asked["by"])
    tag = make_tag(world.state, str(asked.get("value"))) if name == "tag" else None
    with world.edit(key) as thing:
        topics = _ACTS[name](Act(world, thing, by, str(asked.get("text") or ""), str(asked.get("value") or ""), tag))
    payloads = [notification(topic, thing, tag) for topic in topics]
    if request.args.get("order") == "reverse":
        payloads.reverse()
    return jsonify({"sent": [payload["topic"] for payload in payloads], "answers": send(world, payloads)})


def _make(world: World, key: str, asked: Body) -> None:
    """A new conversation or ticket with the given words."""
    text, subject = str(asked.get("text") or ""), str(asked.get("value") or "")
    if key.startswith(PREFIX):
        given: Body = {
            "type": "ticket",
            "ticket_attributes": {"_default_title_": subject or text[:60], "_default_description_": text},
        }
    else:
        given = {"type": "conversation", "title": subject or None, "comments": [{"body": f"<p>{text}</p>"}]}
    world.keep(whole(given, key.removeprefix(PREFIX)))
