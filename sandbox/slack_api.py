"""The methods of the play workspace's Web API, by name, with the scope each needs.

Shapes and errors: https://docs.slack.dev/reference/methods. Every method takes the request's parameters as plain data
(form or JSON) and returns the answer without ``ok``; what Slack refuses raises ``Refused`` with Slack's code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.slack_check import home_problems, problems, view_problems
from sandbox.slack_world import APP, BOT, CHANNELS, GROUPS, PEOPLE, TEAM, VENDOR, Refused, World, direct, user
from sandbox.state import Body

Params = Mapping[str, Any]


def _needed(params: Params, name: str, code: str = "invalid_arguments") -> str:
    value = params.get(name)
    if value in (None, ""):
        raise Refused(code, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
    return str(value)


def _data(params: Params, name: str) -> Any:
    """A parameter that holds JSON, which form-encoded requests send as text."""
    value = params.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refused(f"invalid_{name}_format" if name != "blocks" else "invalid_blocks_format") from None


def _is_on(params: Params, name: str) -> bool:
    return params.get(name) in (True, "1", "true", "True")


def _content(params: Params) -> Body:
    """Text, blocks and metadata of a message, checked as Slack does."""
    text, blocks, metadata = params.get("text") or "", _data(params, "blocks") or [], _data(params, "metadata")
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    if wrong := problems(blocks):
        raise Refused("invalid_blocks", errors=wrong, response_metadata={"messages": wrong})
    if len(json.dumps(blocks)) > 40_000:
        raise Refused("msg_blocks_too_long")
    if metadata is not None and not (isinstance(metadata, dict) and {"event_type", "event_payload"} <= set(metadata)):
        raise Refused("invalid_metadata_format")
    return {"text": text, "blocks": _numbered(blocks)} | ({"metadata": metadata} if metadata else {})


def _numbered(blocks: list[Body]) -> list[Body]:
    """Blocks with the ids Slack gives to those that have none."""
    return [{"block_id": f"b{number}"} | block for number, block in enumerate(blocks)]


def shown(message: Body, *, metadata: bool = False) -> Body:
    """A message as Slack's API shows it; metadata only to those who ask."""
    hidden = {"history", "channel"} | (set() if metadata else {"metadata"})
    return {"type": "message", "team": TEAM} | {key: value for key, value in message.items() if key not in hidden}


def auth_test(world: World, params: Params) -> Body:
    names = {"team": "Play workspace", "user": "baton", "url": "https://play.slack.example/"}
    return names | {"team_id": TEAM, "user_id": BOT, "bot_id": "BBATON", "is_enterprise_install": False}


def chat_post(world: World, params: Params) -> Body:
    channel = world.find_channel(_needed(params, "channel", "channel_not_found"))
    if channel["is_archived"]:
        raise Refused("is_archived")
    message = {"user": BOT, "bot_id": "BBATON", "app_id": APP} | _content(params)
    if params.get("thread_ts"):
        message["thread_ts"] = world.message(channel["id"], str(params["thread_ts"]), "thread_not_found")["ts"]
    world.add(channel["id"], message)
    return {"channel": channel["id"], "ts": message["ts"], "message": shown(message, metadata=True)}


def chat_update(world: World, params: Params) -> Body:
    channel = world.channel(_needed(params, "channel", "channel_not_found"))["id"]
    message = world.edit(channel, _needed(params, "ts", "message_not_found"), _content(params))
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": shown(message)}


def chat_delete(world: World, params: Params) -> Body:
    channel, ts = world.channel(_needed(params, "channel", "channel_not_found"))["id"], _needed(params, "ts")
    world.remove(channel, ts)
    return {"channel": channel, "ts": ts}


def chat_whisper(world: World, params: Params) -> Body:
    channel = world.channel(_needed(params, "channel", "channel_not_found"))
    person = user(_needed(params, "user"))["id"]
    if channel["is_im"] and channel["user"] != person:
        raise Refused("user_not_in_channel")
    if not channel["is_im"] and not channel["is_member"]:
        raise Refused("not_in_channel")
    content = _content(params)
    return {"message_ts": world.whisper(channel["id"], person, content["text"], content["blocks"])}


def history(world: World, params: Params) -> Body:
    """The messages of a channel, newest first; answers in threads are not among them."""
    kept = [m for m in reversed(_readable(world, params)) if m.get("thread_ts", m["ts"]) == m["ts"]]
    return _page(kept, params)


def replies(world: World, params: Params) -> Body:
    """A message and its answers, oldest first."""
    first = _needed(params, "ts", "thread_not_found")
    kept = [m for m in _readable(world, params, first) if first in (m["ts"], m.get("thread_ts"))]
    if not kept:
        raise Refused("thread_not_found")
    return _page(kept, params)


def _readable(world: World, params: Params, always: str = "") -> list[Body]:
    channel = world.channel(_needed(params, "channel", "channel_not_found"))
    if not channel["is_im"] and not channel["is_member"]:
        raise Refused("not_in_channel")
    oldest = float(params.get("oldest") or 0)
    return [m for m in world.messages(channel["id"]) if float(m["ts"]) > oldest or m["ts"] == always]


def _page(kept: list[Body], params: Params) -> Body:
    start, limit = int(params.get("cursor") or 0), min(int(params.get("limit") or 100), 999)
    page, more = kept[start : start + limit], len(kept) > start + limit
    told = [shown(message, metadata=_is_on(params, "include_all_metadata")) for message in page]
    return {"messages": told, "has_more": more, "response_metadata": {"next_cursor": str(start + limit) if more else ""}}


def open_direct(world: World, params: Params) -> Body:
    people = _needed(params, "users").split(",")
    if people == [BOT]:
        raise Refused("cannot_dm_bot")
    for person in people:
        user(person)
    if len(people) > 1:
        raise Refused("method_not_supported_for_channel_type")
    return {"channel": {"id": direct(people[0])}}


def channels(world: World, params: Params) -> Body:
    every = [world.channel(id) for id in CHANNELS]
    kept = [channel for channel in every if not (_is_on(params, "exclude_archived") and channel["is_archived"])]
    limit, start = int(params.get("limit") or 100), int(params.get("cursor") or 0)
    after = str(start + limit) if len(kept) > start + limit else ""
    return {"channels": kept[start : start + limit], "response_metadata": {"next_cursor": after}}


def channel_info(world: World, params: Params) -> Body:
    return {"channel": world.channel(_needed(params, "channel", "channel_not_found"))}


def by_email(world: World, params: Params) -> Body:
    wanted = _needed(params, "email", "users_not_found").lower()
    found = [id for id, (_, email) in PEOPLE.items() if email == wanted]
    if not found:
        raise Refused("users_not_found")
    return {"user": user(found[0])}


def user_info(world: World, params: Params) -> Body:
    return {"user": user(_needed(params, "user", "user_not_found"))}


def users(world: World, params: Params) -> Body:
    return {"members": [user(id) for id in (*PEOPLE, BOT)], "response_metadata": {"next_cursor": ""}}


def presence(world: World, params: Params) -> Body:
    user(_needed(params, "user", "user_not_found"))
    return {"presence": "active", "online": True}


def do_not_disturb(world: World, params: Params) -> Body:
    return _undisturbed(world, user(_needed(params, "user", "user_not_found"))["id"])


def team_do_not_disturb(world: World, params: Params) -> Body:
    asked = [person for person in str(params.get("users") or "").split(",") if person in PEOPLE]
    return {"users": {person: _undisturbed(world, person) for person in asked[:50]}}


def _undisturbed(world: World, person: str) -> Body:
    """``PUT /_dnd {"U101": <seconds since 1970 when it ends>}`` switches it on."""
    until = (world.state.get(VENDOR, "setting", "dnd") or {}).get(person)
    return {"dnd_enabled": bool(until), "next_dnd_start_ts": 1, "next_dnd_end_ts": until or 1}


def open_view(world: World, params: Params) -> Body:
    view = _data(params, "view")
    if wrong := view_problems(view):
        raise Refused("invalid_arguments", response_metadata={"messages": wrong})
    trigger = world.use_trigger(_needed(params, "trigger_id"))
    return {"view": world.show_form(trigger["user"], trigger["channel"], view)}


def update_view(world: World, params: Params) -> Body:
    view = _data(params, "view")
    if wrong := view_problems(view):
        raise Refused("invalid_arguments", response_metadata={"messages": wrong})
    return {"view": world.change_form(_needed(params, "view_id", "not_found"), view)}


def publish_view(world: World, params: Params) -> Body:
    view, person = _data(params, "view"), user(_needed(params, "user_id"))["id"]
    if wrong := home_problems(view):
        raise Refused("invalid_arguments", response_metadata={"messages": wrong})
    return {"view": world.show_home(person, view | {"blocks": _numbered(view["blocks"])})}


def groups(world: World, params: Params) -> Body:
    every = [world.group(id) for id in GROUPS]
    hidden = set() if _is_on(params, "include_users") else {"users"}
    return {"usergroups": [{key: value for key, value in group.items() if key not in hidden} for group in every]}


def group_members(world: World, params: Params) -> Body:
    return {"users": world.group(_needed(params, "usergroup"))["users"]}


def fill_group(world: World, params: Params) -> Body:
    """A list in JSON, or one text with commas in a form."""
    told = params.get("users") or []
    people = told.split(",") if isinstance(told, str) else told
    group = world.fill_group(_needed(params, "usergroup"), [str(person).strip() for person in people])
    return {"usergroup": group | ({"user_count": str(len(people))} if _is_on(params, "include_count") else {})}


METHODS: dict[str, tuple[str, Callable[[World, Params], Body]]] = {
    "auth.test": ("", auth_test),
    "chat.postMessage": ("chat:write", chat_post),
    "chat.update": ("chat:write", chat_update),
    "chat.delete": ("chat:write", chat_delete),
    "chat.postEphemeral": ("chat:write", chat_whisper),
    "conversations.history": ("channels:history", history),
    "conversations.replies": ("channels:history", replies),
    "conversations.open": ("im:write", open_direct),
    "conversations.list": ("channels:read", channels),
    "conversations.info": ("channels:read", channel_info),
    "users.lookupByEmail": ("users:read.email", by_email),
    "users.info": ("users:read", user_info),
    "users.list": ("users:read", users),
    "users.getPresence": ("users:read", presence),
    "dnd.info": ("dnd:read", do_not_disturb),
    "dnd.teamInfo": ("dnd:read", team_do_not_disturb),
    "views.open": ("", open_view),
    "views.update": ("", update_view),
    "views.publish": ("", publish_view),
    "usergroups.list": ("usergroups:read", groups),
    "usergroups.users.list": ("usergroups:read", group_members),
    "usergroups.users.update": ("usergroups:write", fill_group),
}
