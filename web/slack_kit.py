"""What the listeners for Slack share: who pressed, what their press is about, and the desk that answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt import Ack, Respond

from connectors.slack import SlackChat
from connectors.slack_blocks import text_blocks
from connectors.slack_forms import Form
from connectors.slack_handoff import Choices
from connectors.slack_home import Home
from escalation.actions import Press
from escalation.by_hand import ByHand
from escalation.ports import Outside

TOLD = "baton_told"  # in Bolt's context: what to tell the presser once their press is acknowledged
_ASK_SLACK_S = 1.2  # who pressed is looked up while Slack waits for our answer, so not for long

Body = dict[str, Any]  # a request's JSON as Slack sends it


@dataclass(frozen=True, slots=True)
class Presser:
    """Who pressed; ``email`` is "" when Slack did not tell in time."""

    slack_id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a press; ``text`` is told to the presser alone ("" = the edited card says enough).

    ``field``: the field of the form that has to be mended.
    """

    ok: bool
    text: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What a form offers to choose from, as (value, words); or why it need not even be opened."""

    choices: Sequence[tuple[str, str]] = ()
    refused: str = ""


class Desk(Protocol):
    """Where presses are answered (the pipeline)."""

    def answer(
        self, press: Press, handoff_id: str, offer_id: str, who: Presser, *, reason: str = "", note: str = "", dedupe_key: str
    ) -> Reply:
        """Record what somebody pressed and everything it causes, committed when this returns; the same key counts once."""

    def options(self, press: Press, handoff_id: str, who: Presser) -> Options:
        """What the form of a press offers this person to choose from."""

    def away(self, who: Presser, text: str) -> Reply:
        """Keep that somebody is away or back, as "2h lunch", "until Monday" or "back" says; "" asks how it stands."""

    def home(self, who: Presser, note: str = "") -> Home:
        """What somebody's Home tab shows, with a note on top."""

    def choices(self) -> Choices:
        """What the form of a handoff by hand may be filled with."""

    def hand_over(self, who: Presser, asked: ByHand) -> Reply:
        """Begin a handoff by hand, committed when this returns."""

    def hand_over_shift(self, who: Presser) -> Reply:
        """Make a packet of what somebody has, committed when this returns."""

    def shift_press(self, who: Presser, packet: str, handoff: str, *, take: bool) -> Reply:
        """Somebody takes an item of a packet over, or says that they cannot; committed when this returns."""


class People:
    """Who is behind a request, and how they are told something alone."""

    def __init__(self, chat: SlackChat) -> None:
        self._chat = chat
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="slack-people")

    def presser(self, body: Body) -> Presser:
        """Who pressed. Slack sends an id and a handle; the e-mail address is asked for, briefly."""
        user = user_of(body)
        try:
            name, email = self._threads.submit(self._chat.profile, user["id"]).result(_ASK_SLACK_S)
        except (Outside, TimeoutError):
            name, email = "", ""
        return Presser(user["id"], name or user.get("name") or user.get("username") or user["id"], email)

    def tell(self, body: Body, text: str, respond: Respond) -> None:
        """Tell the presser, and nobody else."""
        channel, _ = place(body)
        try:
            self._chat.whisper(channel, user_of(body)["id"], text)
        except Outside:  # Baton may post in channels it is not in, but not whisper there; the response_url can
            if respond.response_url:
                respond(text="Baton", blocks=text_blocks(text), response_type="ephemeral", replace_original=False)


def acknowledge(ack: Ack) -> None:
    """Nothing to do (a link was followed, or a form was opened and no more)."""
    ack()


def user_of(body: Body) -> Body:
    """Who it was: a press and a form have ``user``, an event names them in itself, a command beside its text."""
    if isinstance(body.get("user"), dict):
        return dict(body["user"])
    if "event" in body:
        return {"id": body["event"]["user"]}
    return {"id": body["user_id"], "name": body.get("user_name", "")}


def pressed(body: Body) -> Form | None:
    """What a pressed button, or what was chosen in a menu, is about; None when its value is not ours."""
    action = body["actions"][0]
    try:
        value = json.loads(action.get("value") or action["selected_option"]["value"])
        channel, ts = place(body)
        press = Press(value.get("press") or action["action_id"].partition(":")[0])
        return Form(press.value, str(value["handoff"]), str(value["offer"]), channel, ts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def verdict_of(body: Body) -> str:
    """The verdict that was pressed."""
    return str(body["actions"][0]["action_id"].partition(":")[2])


def place(body: Body) -> tuple[str, str]:
    """Channel and time stamp of the card behind a press or a form; both "" for one on the Home tab."""
    if "view" in body and body["view"].get("private_metadata"):
        about = json.loads(body["view"]["private_metadata"])
        return about["channel"], about["ts"]
    container = body.get("container") or {}
    channel = container.get("channel_id") or (body.get("channel") or {}).get("id") or body.get("channel_id", "")
    return channel, container.get("message_ts") or (body.get("message") or {}).get("ts", "")


def action_key(body: Body) -> str:
    """The key of one press: two deliveries of the same press have the same (providers.md §4)."""
    action = body["actions"][0]
    return ":".join((place(body)[1], action["action_id"], body["user"]["id"], action.get("action_ts", "")))


def entered(view: Body, field: str) -> str:
    """What was entered in a form's field, "" when nothing was."""
    state = view.get("state", {}).get("values", {}).get(field, {}).get(field, {})
    return str(state.get("value") or (state.get("selected_option") or {}).get("value") or "")
