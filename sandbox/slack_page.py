"""The page of the play workspace, and its controls for tests and scripts.

Controls (no token; a form post is answered with the page, anything else with JSON):
``GET /_messages`` all messages with metadata, ``edits`` and ``history`` · ``GET /_views`` all forms · ``GET /_whispers`` what
single people were told · ``POST /_press`` {channel, ts, action_id, user, value?} · ``POST /_submit`` {view_id, user, values} ·
``POST /_close`` {view_id} · ``POST /_say`` {channel, user, text} (a text that begins with / is a command) · ``POST /_reset`` ·
``POST /_home`` {user}: look at the Home tab · ``GET /_home/<user>`` what it shows · ``POST /_press`` {home: true, block_id,
action_id, user} · ``PUT /_errors`` {"chat.postMessage": "internal_error"}: a method answers this until told otherwise ·
``PUT /_scopes`` {scopes}.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox import Play, slack_render
from sandbox.slack_press import Outcome, command, open_home, press, press_home, submit
from sandbox.slack_world import BOT, CHANNELS, PEOPLE, ROOMS, VENDOR, Refused, World, direct, user
from sandbox.state import Body

# For newcomers to try.
COMMANDS = ("/who billing", "/away 2h lunch", "/away until tomorrow", "/away back", "/handoff", "/handoff shift")
_WAIT_S = 1.5  # a page without scripts shows what a press has caused, if that comes this soon


@dataclass(frozen=True, slots=True)
class Page:
    world: World
    play: Play

    def register(self, made: Blueprint) -> None:
        """Add the page and the controls."""
        made.add_url_rule("", "page", self.page, strict_slashes=False)
        for name, view in {"messages": self.messages, "views": self.views, "whispers": self.whispers}.items():
            made.add_url_rule(f"/_{name}", name, view)
        acts = {"press": self.press, "submit": self.submit, "close": self.close, "say": self.say, "home": self.home}
        for name, act in acts.items():
            made.add_url_rule(f"/_{name}", name, self._acting(act), methods=["POST"])
        made.add_url_rule("/_home/<person>", "shown_home", self.shown_home)
        made.add_url_rule("/_reset", "reset", self.reset, methods=["POST"])
        for name in ("errors", "scopes", "dnd"):
            made.add_url_rule(f"/_{name}", name, self._setting(name), methods=["PUT"])

    def page(self) -> str | Response:
        """The workspace as one person sees it: ``c`` is the channel, ``as`` the person (a direct message is its owner's)."""
        if "c" not in request.args and (newest := self._newest()):
            return redirect(url_for("sandbox_slack.page", c=newest))
        try:
            channel = self.world.channel(request.args.get("c") or direct("U101"))
        except Refused:
            channel = self.world.channel(direct("U101"))
        asked = request.args.get("as", "")
        person = channel["user"] if channel["is_im"] else asked if asked in PEOPLE else "U101"
        self.world.look(channel["id"], person)
        at_home = channel["is_im"] and request.args.get("tab") == "home"
        if at_home and self._is_opened():
            given = {"user": person}
            before = self._news(given)
            self.home(given)
            self._wait_for_news(given, before)
        told = {"flash": request.args.get("flash", ""), "home": (self.world.home_of(person) or {}) if at_home else None}
        return render_template("sandbox/slack.html", **self._shown(channel, person), **told)

    def _is_opened(self) -> bool:
        """True when somebody opens the Home tab: neither a look whether there is news, nor the way back from a press."""
        return "X-Requested-With" not in request.headers and "stay" not in request.args

    def _newest(self) -> str:
        """Where the newest message stands, which is what somebody who opens the workspace came for; "" while there is none."""
        told = [(str(messages[-1]["ts"]), room) for room in ROOMS if (messages := self.world.messages(room))]
        return max(told, default=("", ""))[1]

    def _shown(self, channel: Body, person: str) -> Body:
        world, id = self.world, channel["id"]
        entries = world.messages(id)[-100:] + world.whispers(id, person)[-20:]
        rooms = [{"id": c, "name": name, "unread": world.unread(c, person)} for c, name in CHANNELS.items()]
        directs = [{"id": direct(p), "name": name, "unread": world.unread(direct(p), p)} for p, (name, _) in PEOPLE.items()]
        return {
            "commands": COMMANDS,
            "channel": channel, "person": person, "people": PEOPLE, "bot": BOT, "rooms": rooms, "directs": directs,
            "entries": sorted(entries, key=lambda entry: str(entry["ts"])), "form": world.form_of(person),
            "text": slack_render.text, "moment": slack_render.moment, "initials": slack_render.initials,
        }  # fmt: skip

    def messages(self) -> Response:
        every = [message for room in ROOMS for message in self.world.messages(room)]
        told = [message | {"edits": len(message["history"])} for message in every]
        return jsonify(sorted(told, key=lambda message: str(message["ts"])))

    def views(self) -> Response:
        return jsonify(self.world.state.all(VENDOR, "view"))

    def whispers(self) -> Response:
        return jsonify([told for room in ROOMS for told in self.world.state.all(VENDOR, f"ephemeral:{room}")])

    def home(self, given: Body) -> Outcome:
        return open_home(self.world, self.play, user(given["user"])["id"])

    def shown_home(self, person: str) -> Response:
        return jsonify(self.world.home_of(person) or {})

    def press(self, given: Body) -> Outcome:
        if given.get("home"):
            return press_home(self.world, self.play, given["user"], given.get("block_id", ""), given["action_id"])
        where = given["channel"], given["ts"], given["action_id"], given["user"]
        return press(self.world, self.play, *where, value=given.get("value", ""))

    def submit(self, given: Body) -> Outcome:
        entered = {name.removeprefix("value_"): value for name, value in given.items() if name.startswith("value_")}
        return submit(self.world, self.play, given["view_id"], given["user"], given.get("values") or entered)

    def close(self, given: Body) -> Outcome:
        self.world.change_form(given["view_id"], {}, open=False)
        return Outcome(200)

    def say(self, given: Body) -> Outcome:
        channel, person, text = self.world.channel(given["channel"])["id"], given["user"], given["text"].strip()
        if text.startswith("/"):
            return command(self.world, self.play, channel, person, text)
        if text:
            self.world.add(channel, {"user": user(person)["id"], "text": slack_render.escaped(text), "blocks": []})
        return Outcome(200)

    def reset(self) -> Response:
        self.world.state.forget(VENDOR)
        self.world.seed()
        return jsonify({"ok": True})

    def _setting(self, name: str) -> Callable[[], Response]:
        def change() -> Response:
            self.world.state.put(VENDOR, "setting", name, request.get_json())
            return jsonify({"ok": True})

        return change

    def _acting(self, act: Callable[[Body], Outcome]) -> Callable[[], Response]:
        """A view around something a person does."""

        def view() -> Response:
            given = request.get_json() if request.is_json else request.form.to_dict()
            before = self._news(given)
            try:
                outcome = act(given)
            except KeyError as missing:
                return _refusal(400, f"missing {missing}")
            except Refused as refused:
                return _refusal(409, refused.code)
            if request.is_json:
                return jsonify({"status": outcome.status, "body": outcome.body, "sent": outcome.sent})
            self._wait_for_news(given, before)
            return _back(given, outcome.words())

        return view

    def _news(self, given: Body) -> tuple[object, ...]:
        """What changes when something has happened where a person looks."""
        channel, person = given.get("channel", ""), given.get("user", "")
        messages = self.world.messages(channel)
        form = self.world.form_of(person) or {"view": {"id": ""}, "errors": {}}
        edits = sum(len(message["history"]) for message in messages)
        tab = (self.world.home_of(person) or {}).get("hash")
        return len(messages), edits, len(self.world.whispers(channel, person)), form["view"]["id"], form["errors"], tab

    def _wait_for_news(self, given: Body, before: tuple[object, ...]) -> None:
        end = time.monotonic() + _WAIT_S
        while time.monotonic() < end and self._news(given) == before:
            time.sleep(0.05)


def _refusal(status: int, code: str) -> Response:
    if not request.is_json:
        return _back(request.form.to_dict(), f"Slack says: {code.replace('_', ' ')}.")
    answer = jsonify({"error": code})
    answer.status_code = status
    return answer


def _back(given: Body, flash: str) -> Response:
    where = {"c": given.get("channel", ""), "as": given.get("user", "")} | ({"flash": flash} if flash else {})
    where |= {"tab": "home", "stay": "1"} if given.get("home") else {}
    pressed = f"m{given['ts']}" if given.get("ts") else None  # stay with the card that was pressed
    return redirect(url_for("sandbox_slack.page", **where, _anchor=pressed), 303)
