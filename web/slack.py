"""What people do in Slack: buttons, forms, the /baton command; by HTTP or, without a public address, by Socket Mode.

Slack does not send an interaction twice, so the answer is committed before it is acknowledged; Bolt is told to finish a
listener before it answers (``process_before_response``). Calls to Slack come after that, from a thread.
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request
from slack_bolt import Ack, App, BoltContext, Respond
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from config.connections import ChatAccount
from connectors.signatures import reveal
from connectors.slack import SlackChat
from connectors.slack_blocks import Form, form, notice, text_blocks
from connectors.slack_wire import quiet, verify
from escalation.actions import DeclineReason, Press
from escalation.ports import BadSignature, GiveUp, Outside

LARGEST = 1024 * 1024  # bytes of a request's body
_ASK_SLACK_S = 0.5  # who pressed is looked up while Slack waits for our answer, so not for long
_TOLD = "baton_told"  # what to tell the presser once their press is acknowledged
_HELP = "Ask who handles something: /baton who billing"

_log = logging.getLogger("baton.slack")
_bolt_log = logging.getLogger("baton.slack.bolt")  # Bolt's warnings quote whole requests
_bolt_log.setLevel(logging.ERROR)

Body = dict[str, Any]  # a request's JSON as Slack sends it
Directory = Callable[[str], str]  # an issue in words → who handles it, in words


@dataclass(frozen=True, slots=True)
class Presser:
    """Who pressed; ``email`` is "" when Slack did not tell in time."""

    slack_id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a press; ``text`` is told to the presser alone ("" = the edited card says enough)."""

    ok: bool
    text: str = ""


class Desk(Protocol):
    """Where presses are answered (the pipeline)."""

    def answer(
        self, press: Press, handoff_id: str, offer_id: str, who: Presser, *, reason: str = "", note: str = "", dedupe_key: str
    ) -> Reply:
        """Record what somebody pressed and everything it causes, committed when this returns; the same key counts once."""


def blueprint(account: ChatAccount, desk: Desk, who: Directory | None = None) -> Blueprint:
    """Routes /slack/interactions, /slack/commands and /slack/events: 401 unless signed with one of the account's secrets."""
    handler = SlackRequestHandler(bolt_app(account, desk, who))
    secrets = reveal(account.signing_secrets)
    made = Blueprint("slack", __name__)

    def receive() -> Response:
        request.max_content_length = LARGEST
        try:
            verify({name.lower(): value for name, value in request.headers}, request.get_data(), secrets, datetime.now(UTC))
        except BadSignature as refused:
            _log.warning("request to %s refused: %s", request.path, refused)
            return _error(401, "not signed by Slack")
        try:
            return handler.handle(request)
        except (ValueError, TypeError, AttributeError, RecursionError):  # Bolt reads the body before it guards itself
            return _error(400, "not a request of Slack")

    for name in ("interactions", "commands", "events"):
        made.add_url_rule(f"/slack/{name}", name, receive, methods=["POST"])
    return made


def socket_mode(account: ChatAccount, desk: Desk, who: Directory | None = None) -> SocketModeHandler | None:
    """A Socket Mode connection for ``run_socket_mode``; None without an app token."""
    token = account.app_token.get_secret_value()
    if not token:
        return None
    app = bolt_app(account, desk, who)
    return SocketModeHandler(app, token, logger=_bolt_log, web_client=app.client)


def run_socket_mode(connection: SocketModeHandler, over: threading.Event) -> None:
    """Take what Slack sends until ``over`` is set; the connection is renewed by itself."""
    connect: Callable[[], None] = connection.connect
    close: Callable[[], None] = connection.close
    connect()
    over.wait()
    close()


def bolt_app(account: ChatAccount, desk: Desk, who: Directory | None = None) -> App:
    """The Bolt app with all listeners. It makes no call to Slack by itself, not even to check its token."""

    def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=account.token.get_secret_value())

    app = App(
        name="baton",
        logger=_bolt_log,
        client=WebClient(base_url=account.url, logger=quiet),
        authorize=authorize,
        request_verification_enabled=False,  # done before, for two secrets and without logging the body
        process_before_response=True,
    )
    Buttons(desk, SlackChat(account, timeout_s=5.0), who).register(app)
    return app


class Buttons:
    """The listeners. What a method takes, Bolt gives it by the argument's name."""

    def __init__(self, desk: Desk, chat: SlackChat, who: Directory | None) -> None:
        self._desk, self._chat, self._who = desk, chat, who
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="slack-people")

    def register(self, app: App) -> None:
        """Tell Bolt which listener is for what; whatever is left over is acknowledged and means nothing."""
        app.action(Press.ACCEPT.value)(ack=self.accept, lazy=[self.whisper])
        for press in (Press.DECLINE, Press.ASK, Press.RETURN):
            app.action(press.value)(ack=acknowledge, lazy=[self.open_form])
            app.view(press.value)(ack=self.submit, lazy=[self.whisper])
        app.command(re.compile("/.*"))(self.command)
        anything = re.compile(".*")
        for kind in (app.action, app.view, app.view_closed, app.shortcut, app.event):
            kind(anything)(acknowledge)

    def accept(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """Accept at once; what is told (somebody was quicker, or a confirmation) follows the acknowledgement."""
        if (about := pressed(body)) is None:
            context[_TOLD] = "This button is no longer valid. Open the ticket in Baton instead."
        else:
            reply = self._desk.answer(Press.ACCEPT, about.handoff, about.offer, self.presser(body), dedupe_key=action_key(body))
            context[_TOLD] = reply.text
        ack()

    def open_form(self, body: Body, respond: Respond) -> None:
        """Open the form a press needs within the three seconds its trigger lives; say so when that fails."""
        about = pressed(body)
        try:
            if about is None:
                raise GiveUp("this button is no longer valid")
            self._chat.open_form(body["trigger_id"], form(Press(about.press), about))
        except Outside as failed:
            _log.warning("no form for a press: %s", failed)
            text = f"Nothing has changed: the form could not be opened. Please press again. ({failed})"
            self._tell(body, text, respond)

    def submit(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """Take a form's answer; a refusal is shown in the form's place."""
        view = body["view"]
        about, press = Form(**json.loads(view["private_metadata"])), Press(view["callback_id"])
        note, reason = entered(view, "note"), entered(view, "reason")
        if press is not Press.DECLINE and not note.strip():
            ack(response_action="errors", errors={"note": "Please write a few words."})
            return
        reason = DeclineReason(reason).value if reason else ""
        key = f"{view['id']}:{press}:{body['user']['id']}"
        who = self.presser(body)
        reply = self._desk.answer(press, about.handoff, about.offer, who, reason=reason, note=note, dedupe_key=key)
        if reply.ok:
            context[_TOLD] = reply.text
            ack()
        else:
            ack(response_action="update", view=notice(reply.text or "This handoff is settled already."))

    def whisper(self, body: Body, context: BoltContext, respond: Respond) -> None:
        """Tell the presser, and nobody else, what became of it."""
        if text := context.get(_TOLD):
            self._tell(body, text, respond)

    def command(self, ack: Ack, command: Body) -> None:
        """``/baton who billing``: who handles something, from the same rules as the routing."""
        asked = re.sub(r"^\s*who(\s+handles)?\s+|\?\s*$", "", command.get("text") or "", flags=re.I).strip()
        text = self._who(asked) if self._who and asked and asked != "help" else _HELP
        ack(response_type="ephemeral", text="Baton", blocks=text_blocks(text))

    def presser(self, body: Body) -> Presser:
        """Who pressed. Slack sends an id and a handle; the e-mail address is asked for, briefly."""
        user = body["user"]
        try:
            name, email = self._threads.submit(self._chat.profile, user["id"]).result(_ASK_SLACK_S)
        except (Outside, TimeoutError):
            name, email = "", ""
        return Presser(user["id"], name or user.get("name") or user.get("username") or user["id"], email)

    def _tell(self, body: Body, text: str, respond: Respond) -> None:
        channel, _ = place(body)
        try:
            self._chat.whisper(channel, body["user"]["id"], text)
        except Outside:  # Baton may post in channels it is not in, but not whisper there; the response_url can
            if respond.response_url:
                respond(text="Baton", blocks=text_blocks(text), response_type="ephemeral", replace_original=False)


def acknowledge(ack: Ack) -> None:
    """Nothing to do (a link was followed, or a form was opened and no more)."""
    ack()


def pressed(body: Body) -> Form | None:
    """What a pressed button is about, None when its value is not ours."""
    action = body["actions"][0]
    try:
        value = json.loads(action.get("value") or "")
        channel, ts = place(body)
        return Form(action["action_id"], str(value["handoff"]), str(value["offer"]), channel, ts)
    except (ValueError, KeyError, TypeError):
        return None


def place(body: Body) -> tuple[str, str]:
    """Channel and time stamp of the card behind a press or a form."""
    if "view" in body and body["view"].get("private_metadata"):
        about = json.loads(body["view"]["private_metadata"])
        return about["channel"], about["ts"]
    container = body.get("container") or {}
    channel = container.get("channel_id") or (body.get("channel") or {}).get("id", "")
    return channel, container.get("message_ts") or (body.get("message") or {}).get("ts", "")


def action_key(body: Body) -> str:
    """The key of one press: two deliveries of the same press have the same (providers.md §4)."""
    action = body["actions"][0]
    return ":".join((place(body)[1], action["action_id"], body["user"]["id"], action.get("action_ts", "")))


def entered(view: Body, field: str) -> str:
    """What was entered in a form's field, "" when nothing was."""
    state = view.get("state", {}).get("values", {}).get(field, {}).get(field, {})
    return str(state.get("value") or (state.get("selected_option") or {}).get("value") or "")


def _error(status: int, words: str) -> Response:
    answer = jsonify({"error": words})
    answer.status_code = status
    return answer
