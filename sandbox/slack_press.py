"""What the play workspace sends to Baton when a person does something: the real payloads, signed as Slack signs them.

https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from slack_sdk.signature import SignatureVerifier

from sandbox import Play
from sandbox.slack_api import shown
from sandbox.slack_check import view_problems
from sandbox.slack_world import APP, TEAM, Refused, World, direct, user
from sandbox.state import Body

_PATIENCE_S = 10.0  # longer than Slack's three seconds: a debugger may sit on the other side


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Baton answered; ``body`` is its JSON, None when it sent none. ``status`` 0: no answer at all."""

    status: int
    body: Any = None
    sent: Body | None = None

    @property
    def ok(self) -> bool:
        return self.status == 200

    def words(self) -> str:
        """The warning Slack shows beside a button; "" when all went well."""
        return "" if self.ok else f"This app did not answer as it should ({self.status or 'no answer'})."


def _send(play: Play, path: str, fields: Body) -> Outcome:
    return _post(play, path, urlencode(fields), "application/x-www-form-urlencoded")


def _post(play: Play, path: str, body: str, kind: str) -> Outcome:
    stamp = str(int(time.time()))
    signature = SignatureVerifier(play.secret).generate_signature(timestamp=stamp, body=body)
    headers = {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature or "",
    }
    with requests.Session() as session:
        session.trust_env = False  # Baton is on this machine: no proxy
        try:
            answer = session.post(f"{play.baton_url}{path}", body, headers=headers, timeout=_PATIENCE_S)
        except requests.exceptions.RequestException:
            return Outcome(0)
    try:
        return Outcome(answer.status_code, answer.json() if answer.content else None)
    except ValueError:
        return Outcome(answer.status_code, {"text": answer.text})


def _frame(person: str) -> Body:
    known = user(person)
    who = {"id": person, "username": known["name"], "name": known["name"], "team_id": TEAM}
    team = {"id": TEAM, "domain": "play"}
    return {"user": who, "team": team, "api_app_id": APP, "token": "play", "enterprise": None, "is_enterprise_install": False}


def press(world: World, play: Play, channel: str, ts: str, action_id: str, person: str, value: str = "") -> Outcome:
    """Press a button (or choose ``value`` in a menu) of a message. Refused when there is nothing such to press."""
    message = world.message(channel, ts)
    place = world.channel(channel)
    action = _action(message, action_id, value) | {"action_ts": f"{time.time():.6f}"}
    payload = _frame(person) | {
        "type": "block_actions",
        "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
        "channel": {"id": channel, "name": place.get("name", "directmessage")},
        "message": shown(message),
        "state": {"values": {}},
        "trigger_id": world.trigger(person, channel),
        "response_url": f"{play.url('slack')}/hooks/actions/{world.hook(person, channel, ts)}",
        "actions": [action],
    }
    outcome = _send(play, "/slack/interactions", {"payload": json.dumps(payload)})
    return Outcome(outcome.status, outcome.body, payload)


def open_home(world: World, play: Play, person: str) -> Outcome:
    """Look at the Home tab: https://docs.slack.dev/reference/events/app_home_opened"""
    stamp = f"{time.time():.6f}"
    about = {"type": "app_home_opened", "user": person, "channel": direct(person), "tab": "home", "event_ts": stamp}
    event = about | ({"view": view} if (view := world.home_of(person)) else {})
    ids = {"token": "play", "team_id": TEAM, "api_app_id": APP, "event_id": f"Ev{world.state.new_id()}"}
    payload = ids | {"type": "event_callback", "event_time": int(time.time()), "event": event, "authorizations": []}
    outcome = _post(play, "/slack/events", json.dumps(payload), "application/json")
    return Outcome(outcome.status, outcome.body, payload)


def press_home(world: World, play: Play, person: str, block_id: str, action_id: str) -> Outcome:
    """Press a button of the Home tab. Refused when there is nothing such to press."""
    view = world.home_of(person)
    if view is None:
        raise Refused("not_found")
    action = _action(view, action_id, "", block_id) | {"action_ts": f"{time.time():.6f}"}
    payload = _frame(person) | {
        "type": "block_actions",
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "trigger_id": world.trigger(person, direct(person)),
        "actions": [action],
    }
    outcome = _send(play, "/slack/interactions", {"payload": json.dumps(payload)})
    return Outcome(outcome.status, outcome.body, payload)


def _action(shown: Body, action_id: str, value: str, block_id: str = "") -> Body:
    for block in shown.get("blocks", []):
        for element in (*block.get("elements", ()), block.get("accessory") or {}):
            if element.get("action_id") == action_id and block_id in ("", block["block_id"]):
                kept = {key: element[key] for key in ("type", "action_id", "text", "value", "style") if key in element}
                chosen = _chosen(element, value)
                if "options" in element and not chosen:
                    raise Refused("no_such_option")
                return kept | {"block_id": block["block_id"]} | chosen
    raise Refused("no_such_action")


def _chosen(element: Body, value: str) -> Body:
    for option in element.get("options", ()):
        if option["value"] == value:
            return {"selected_option": option}
    return {}


def submit(world: World, play: Play, view_id: str, person: str, values: Body) -> Outcome:
    """Send a form: ``values`` is what was entered, by block id. Empty required fields are refused here, as Slack does; what
    was entered stays in the form as long as it is open."""
    kept = world.state.get("slack", "view", view_id)
    if kept is None or not kept["open"] or kept["user"] != person:
        raise Refused("not_found")
    world.enter(view_id, values)
    entered, missing = _entered(kept["view"], values)
    if missing:
        world.change_form(view_id, {}, errors=missing)
        return Outcome(200, {"response_action": "errors", "errors": missing})
    view = kept["view"] | {"state": {"values": entered}}
    payload = _frame(person) | {"type": "view_submission", "view": view, "response_urls": []}
    payload["trigger_id"] = world.trigger(person, kept["channel"])
    outcome = _send(play, "/slack/interactions", {"payload": json.dumps(payload)})
    if outcome.ok:
        _follow(world, kept, outcome.body or {})
    return Outcome(outcome.status, outcome.body, payload)


def _entered(view: Body, values: Body) -> tuple[Body, dict[str, str]]:
    """The form's ``state.values`` and, by block id, what Slack itself would object to."""
    entered: Body = {}
    wrong: dict[str, str] = {}
    for block in (block for block in view["blocks"] if block["type"] == "input"):
        element, id, value = block["element"], block["block_id"], values.get(block["block_id"]) or ""
        if not value and not block.get("optional"):
            wrong[id] = "Please complete this required field."
        if len(value) > element.get("max_length", 3000):
            wrong[id] = f"Must be {element['max_length']} characters at most."
        told = _chosen(element, value) or {"selected_option": None} if "options" in element else {"value": value or None}
        entered[id] = {element["action_id"]: {"type": element["type"]} | told}
    return entered, wrong


def _follow(world: World, kept: Body, answer: Body) -> None:
    """Do with a form what Baton's answer says: https://docs.slack.dev/surfaces/modals#updating_response"""
    id, action, view = kept["view"]["id"], answer.get("response_action", ""), answer.get("view")
    if action == "errors":
        world.change_form(id, {}, errors=answer["errors"])
    elif action in ("update", "push") and isinstance(view, dict) and not view_problems(view):
        world.change_form(id, view)
    else:
        world.change_form(id, {}, open=False)


def command(world: World, play: Play, channel: str, person: str, text: str) -> Outcome:
    """Type ``/word rest``: Baton's answer is shown to the person alone."""
    word, _, rest = text.partition(" ")
    fields = {
        "token": "play", "team_id": TEAM, "team_domain": "play", "channel_id": channel, "user_id": person,
        "channel_name": world.channel(channel).get("name", "directmessage"), "user_name": user(person)["name"],
        "command": word, "text": rest.strip(), "api_app_id": APP, "is_enterprise_install": "false",
        "response_url": f"{play.url('slack')}/hooks/commands/{world.hook(person, channel, '')}",
        "trigger_id": world.trigger(person, channel),
    }  # fmt: skip
    outcome = _send(play, "/slack/commands", fields)
    told = outcome.body if isinstance(outcome.body, dict) else {}
    if outcome.ok and (told.get("text") or told.get("blocks")):
        world.whisper(channel, person, told.get("text") or "", told.get("blocks") or [])
    return outcome
