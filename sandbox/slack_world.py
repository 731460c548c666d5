"""The play workspace: its people and channels, and the messages, forms and hooks it remembers in ``State``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sandbox.state import Body, State

VENDOR = "slack"
TEAM, BOT, APP = "T1", "UBATON", "ABATON"
PEOPLE = {
    "U101": ("Ada Lindqvist", "ada@example.com"),
    "U102": ("Bo Tanaka", "bo@example.com"),
    "U103": ("Chidi Okafor", "chidi@example.com"),
    "U104": ("Dana Reyes", "dana@example.com"),
    "U105": ("Emil Novak", "emil@example.com"),
    "U106": ("Fatima Haddad", "fatima@example.com"),
}
CHANNELS = {
    "C1": "support-handoffs",
    "C2": "billing",
    "C3": "technical",
    "C4": "security",
    "C5": "care",
    "C6": "archived",
}
ARCHIVED = "C6"
GROUPS = {"S1": ("Billing", "billing", ["U101", "U102"]), "S2": ("Technical", "technical", ["U103", "U104"])}
SCOPES = (
    "chat:write,chat:write.public,commands,im:write,im:history,im:read,channels:read,channels:history,"
    "groups:read,groups:history,users:read,users:read.email,usergroups:read,usergroups:write,dnd:read"
)
TRIGGER_S, HOOK_S, HOOK_USES = 3, 1800, 5


class Refused(Exception):
    """Slack's ``ok: false``; ``more`` goes into the answer beside the code."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code, self.more = code, more


def user(id: str) -> Body:
    """A person as ``users.info`` shows them; Refused when there is none."""
    if id == BOT:
        name, email = "Baton", ""
    elif id in PEOPLE:
        name, email = PEOPLE[id]
    else:
        raise Refused("user_not_found")
    profile = {"real_name": name, "display_name": name.split()[0], "email": email, "title": ""}
    handle = name.split()[0].lower()
    return {
        "id": id, "team_id": TEAM, "name": handle, "deleted": False, "real_name": name, "is_bot": id == BOT,
        "tz": "Europe/Stockholm", "tz_offset": 3600, "profile": profile, "is_app_user": False, "updated": 1700000000,
    }  # fmt: skip


def direct(person: str) -> str:
    """The direct message channel of Baton and a person."""
    return "D" + person[1:]


ROOMS = (*CHANNELS, *(direct(person) for person in PEOPLE))


@dataclass(frozen=True, slots=True)
class World:
    state: State

    def seed(self) -> None:
        """Start counting the messages of every channel; those counted already are left alone."""
        for channel in ROOMS:
            if self.state.get(VENDOR, "count", channel) is None:
                self.state.put(VENDOR, "count", channel, {"n": 0})

    def channel(self, id: str) -> Body:
        """A channel object; direct messages exist for every person. Refused("channel_not_found") for anything else."""
        if id in CHANNELS:
            shown = {"name": CHANNELS[id], "is_channel": True, "is_private": False, "is_archived": id == ARCHIVED}
            return {"id": id, "is_im": False, "is_member": id != ARCHIVED, "num_members": len(PEOPLE) + 1, **shown}
        person = "U" + id[1:]
        if id.startswith("D") and person in PEOPLE:
            return {"id": id, "is_im": True, "is_channel": False, "user": person, "is_user_deleted": False, "is_archived": False}
        raise Refused("channel_not_found")

    def find_channel(self, name_or_id: str) -> Body:
        """The channel for an id, a person's id or a "#name", as chat.postMessage understands them."""
        by_name = {name: id for id, name in CHANNELS.items()}
        given = str(name_or_id)
        if given in PEOPLE:
            return self.channel(direct(given))
        return self.channel(by_name.get(given.removeprefix("#"), given))

    def stamp(self) -> str:
        """A new time stamp id, never given before."""
        return f"{int(time.time())}.{self.state.new_id() % 1_000_000:06d}"

    def add(self, channel: str, message: Body) -> Body:
        """Keep a message with a new ``ts`` and count it as unread for others than its author."""
        message["ts"] = self.stamp()
        self.state.put(VENDOR, f"message:{channel}", message["ts"], message | {"channel": channel, "history": []})
        with self.state.change(VENDOR, "count", channel) as count:
            if count is not None:
                count["n"] += 1
        return message

    def messages(self, channel: str) -> list[Body]:
        """Messages of a channel, oldest first, with ``history`` (earlier texts and blocks) and ``channel``."""
        kept = [message for message in self.state.all(VENDOR, f"message:{channel}") if not message.get("deleted")]
        return sorted(kept, key=lambda message: str(message["ts"]))

    def message(self, channel: str, ts: str, code: str = "message_not_found") -> Body:
        found = self.state.get(VENDOR, f"message:{channel}", ts)
        if found is None or found.get("deleted"):
            raise Refused(code)
        return found

    def edit(self, channel: str, ts: str, new: Body) -> Body:
        """Change a message of Baton's and keep what it showed before."""
        with self.state.change(VENDOR, f"message:{channel}", ts) as message:
            if message is None or message.get("deleted"):
                raise Refused("message_not_found")
            if message.get("user") != BOT:
                raise Refused("cant_update_message")
            before = {key: message.get(key) for key in ("text", "blocks")}
            message["history"].append(before | {"until": time.time()})
            message |= new
            message["edited"] = {"user": BOT, "ts": f"{time.time():.6f}"}
            return dict(message)

    def remove(self, channel: str, ts: str) -> None:
        """Forget a message; Refused when there is none."""
        self.message(channel, ts)
        self.state.put(VENDOR, f"message:{channel}", ts, {"ts": ts, "channel": channel, "deleted": True, "history": []})

    def whisper(self, channel: str, person: str, text: str, blocks: list[Body]) -> str:
        """Show one person something in a channel."""
        ts = self.stamp()
        body = {"ts": ts, "user": BOT, "to": person, "text": text, "blocks": blocks, "channel": channel}
        self.state.put(VENDOR, f"ephemeral:{channel}", ts, body)
        return ts

    def whispers(self, channel: str, person: str) -> list[Body]:
        return [body for body in self.state.all(VENDOR, f"ephemeral:{channel}") if body["to"] == person]

    def trigger(self, person: str, channel: str) -> str:
        """A new trigger id, good for one form within three seconds."""
        id = f"{self.state.new_id()}.{int(time.time())}.play"
        self.state.put(VENDOR, "trigger", id, {"user": person, "channel": channel, "at": time.time(), "used": False})
        return id

    def use_trigger(self, id: str) -> Body:
        """Whose trigger it is; Refused when unknown, too old or used."""
        with self.state.change(VENDOR, "trigger", id) as trigger:
            if trigger is None:
                raise Refused("invalid_trigger_id")
            if trigger["used"]:
                raise Refused("exchanged_trigger_id")
            if time.time() - trigger["at"] > TRIGGER_S:
                raise Refused("expired_trigger_id")
            trigger["used"] = True
            return dict(trigger)

    def hook(self, person: str, channel: str, ts: str) -> str:
        """A new response_url's last part."""
        id = f"{self.state.new_id()}"
        self.state.put(VENDOR, "hook", id, {"user": person, "channel": channel, "ts": ts, "at": time.time(), "uses": 0})
        return id

    def use_hook(self, id: str) -> Body | None:
        """Whose response_url it is; None once it is used up or old."""
        with self.state.change(VENDOR, "hook", id) as hook:
            if hook is None or hook["uses"] >= HOOK_USES or time.time() - hook["at"] > HOOK_S:
                return None
            hook["uses"] += 1
            return dict(hook)

    def show_form(self, person: str, channel: str, view: Body) -> Body:
        """Open a form for a person and return it as Slack shows it."""
        id = f"V{self.state.new_id()}"
        kept = view | {"id": id, "team_id": TEAM, "app_id": APP, "bot_id": "BBATON", "root_view_id": id, "state": {"values": {}}}
        kept |= {"hash": f"{time.time():.6f}", "private_metadata": view.get("private_metadata", "")}
        about = {"user": person, "channel": channel, "open": True, "errors": {}, "entered": {}}
        self.state.put(VENDOR, "view", id, {"view": kept, **about})
        return kept

    def enter(self, id: str, entered: Body) -> None:
        """Keep what stands in a form's fields, by block id: whatever becomes of sending it, Slack forgets none of that."""
        with self.state.change(VENDOR, "view", id) as kept:
            if kept is not None:
                kept["entered"] = entered

    def change_form(self, id: str, view: Body, *, open: bool = True, errors: Body | None = None) -> Body:
        """Replace what a form shows, close it, or show errors beside its fields."""
        with self.state.change(VENDOR, "view", id) as kept:
            if kept is None or not kept["open"]:
                raise Refused("not_found")
            kept["view"] = kept["view"] | view
            if "submit" not in view and "blocks" in view:
                kept["view"].pop("submit", None)
            kept["open"], kept["errors"] = open, errors or {}
            return dict(kept["view"])

    def form_of(self, person: str) -> Body | None:
        """The form a person has open, newest first: {"view", "user", "channel", "errors", "entered"}."""
        mine = [kept for kept in self.state.all(VENDOR, "view") if kept["open"] and kept["user"] == person]
        return mine[-1] if mine else None

    def show_home(self, person: str, view: Body) -> Body:
        """Show a person's Home tab and return it as Slack shows it."""
        before = self.home_of(person) or {"id": f"V{self.state.new_id()}"}
        own = {"id": before["id"], "team_id": TEAM, "app_id": APP, "bot_id": "BBATON", "state": {"values": {}}}
        kept = view | own | {"hash": f"{time.time():.6f}", "private_metadata": view.get("private_metadata", "")}
        self.state.put(VENDOR, "home", person, kept)
        return kept

    def home_of(self, person: str) -> Body | None:
        """A person's Home tab as it was last shown; None before that."""
        return self.state.get(VENDOR, "home", person)

    def group(self, id: str) -> Body:
        """A user group with its members; Refused when there is none."""
        if id not in GROUPS:
            raise Refused("no_such_subteam")
        name, handle, people = GROUPS[id]
        changed = self.state.get(VENDOR, "group", id) or {"users": people, "date_update": 1700000000}
        return {
            "id": id, "team_id": TEAM, "is_usergroup": True, "name": name, "description": "", "handle": handle,
            "is_external": False, "date_create": 1700000000, "date_delete": 0, "auto_type": None, "created_by": "U101",
            "updated_by": BOT, "deleted_by": None, "prefs": {"channels": [], "groups": []}, **changed,
        }  # fmt: skip

    def fill_group(self, id: str, people: list[str]) -> Body:
        """Replace the members of a user group; Refused as Slack does, which takes no empty list, no bots and no strangers."""
        self.group(id)
        if not people or any(person not in (*PEOPLE, BOT) for person in people):
            raise Refused("invalid_users")
        if BOT in people:
            raise Refused("invalid_user")
        self.state.put(VENDOR, "group", id, {"users": people, "date_update": int(time.time())})
        return self.group(id)

    def unread(self, channel: str, person: str) -> int:
        """Messages of a channel a person has not looked at."""
        count = (self.state.get(VENDOR, "count", channel) or {"n": 0})["n"]
        return int(count - (self.state.get(VENDOR, "seen", f"{channel}:{person}") or {"n": 0})["n"])

    def look(self, channel: str, person: str) -> None:
        """A person has looked at a channel."""
        if self.unread(channel, person):
            count = self.state.get(VENDOR, "count", channel) or {"n": 0}
            self.state.put(VENDOR, "seen", f"{channel}:{person}", {"n": count["n"]})
