"""What people do in Slack: buttons, forms, the /baton command; by HTTP or, without a public address, by Socket Mode.

Slack does not send an interaction twice, so the answer is committed before it is acknowledged; Bolt is told to finish a
listener before it answers (``process_before_response``). Calls to Slack come after that, from a thread.
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request
from slack_bolt import Ack, App, BoltContext, Respond
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from config.connections import ChatAccount
from connectors.signatures import reveal
from connectors.slack import SlackChat
from connectors.slack_blocks import MORE, text_blocks
from connectors.slack_forms import Form, form, has_form, needs_words, notice
from connectors.slack_wire import quiet, verify
from escalation.actions import Press
from escalation.ports import BadSignature, Outside
from web.slack_handoff import HandoffForm
from web.slack_home import HomeTab
from web.slack_kit import TOLD, Body, Desk, People, acknowledge, action_key, entered, place, pressed, verdict_of
from web.slack_shift import ShiftButtons

LARGEST = 1024 * 1024  # bytes of a request's body
_HELP = "Ask who handles something: {0} billing"
_WHO = "/who"  # beside /baton who

_log = logging.getLogger("baton.slack")
_bolt_log = logging.getLogger("baton.slack.bolt")  # Bolt's warnings quote whole requests
_bolt_log.setLevel(logging.ERROR)

Directory = Callable[[str], str]  # an issue in words → who handles it, in words


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


def run_socket_mode(connection: SocketModeHandler, until: Callable[[], object]) -> None:
    """Take what Slack sends until ``until`` returns; the connection is renewed by itself."""
    connect: Callable[[], None] = connection.connect
    close: Callable[[], None] = connection.close
    connect()
    until()
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
        self._people = People(chat)
        self._home = HomeTab(desk, chat, self._people)
        self._shift = ShiftButtons(desk, self._people, self._home)
        self._by_hand = HandoffForm(desk, chat, self._people, self._shift)

    def register(self, app: App) -> None:
        """Tell Bolt which listener is for what; whatever is left over is acknowledged and means nothing."""
        verdict = re.compile(f"^{Press.VERDICT.value}:")
        for one in (Press.ACCEPT.value, verdict, MORE, *(press.value for press in Press if has_form(press))):
            app.action(one)(ack=self.press, lazy=[self.follow])
        for press in filter(has_form, Press):
            app.view(press.value)(ack=self.submit, lazy=[self.whisper])
        self._home.register(app)
        self._by_hand.register(app)
        self._shift.register(app)
        app.command(re.compile("/.*"))(self.command)
        anything = re.compile(".*")
        for kind in (app.action, app.view, app.view_closed, app.shortcut, app.event):
            kind(anything)(acknowledge)

    def press(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """What needs no form counts at once; what is told (somebody was quicker, a confirmation) follows the acknowledgement."""
        if (about := pressed(body)) is None:
            context[TOLD] = "This button is no longer valid. Open the ticket in Baton instead."
        elif not has_form(press := Press(about.press)):
            who, key = self._people.presser(body), action_key(body)
            reason = verdict_of(body) if press is Press.VERDICT else ""
            reply = self._desk.answer(press, about.handoff, about.offer, who, reason=reason, dedupe_key=key)
            context[TOLD] = reply.text
        ack()

    def follow(self, body: Body, context: BoltContext, respond: Respond) -> None:
        """After the acknowledgement: the form a press needs, or what became of it."""
        about = pressed(body)
        if about is not None and has_form(Press(about.press)):
            self._open_form(about, body, respond)
        else:
            self.whisper(body, context, respond)

    def _open_form(self, about: Form, body: Body, respond: Respond) -> None:
        """Open a form within the three seconds its trigger lives; say so when that fails."""
        press = Press(about.press)
        options = self._desk.options(press, about.handoff, self._people.presser(body))
        if options.refused:
            self._tell(body, options.refused, respond)
            return
        try:
            self._chat.open_form(body["trigger_id"], form(press, about, options.choices))
        except Outside as failed:
            _log.warning("no form for a press: %s", failed)
            text = f"Nothing has changed: the form could not be opened. Please press again. ({failed})"
            self._tell(body, text, respond)

    def submit(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """Take a form's answer; a refusal is shown in the form's place."""
        view = body["view"]
        about, press = Form(**json.loads(view["private_metadata"])), Press(view["callback_id"])
        note, reason = entered(view, "note"), entered(view, "reason")
        if needs_words(press) and not note.strip():
            ack(response_action="errors", errors={"note": "Please write a few words."})
            return
        key = f"{view['id']}:{press}:{body['user']['id']}"
        who = self._people.presser(body)
        reply = self._desk.answer(press, about.handoff, about.offer, who, reason=reason, note=note, dedupe_key=key)
        if reply.ok:
            context[TOLD] = reply.text
            ack()
        elif reply.field:
            ack(response_action="errors", errors={reply.field: reply.text})
        else:
            ack(response_action="update", view=notice(reply.text or "This handoff is settled already."))

    def whisper(self, body: Body, context: BoltContext, respond: Respond) -> None:
        """Tell the presser, and nobody else, what became of it."""
        self._tell(body, context.get(TOLD) or "", respond)

    def _tell(self, body: Body, text: str, respond: Respond) -> None:
        """Beside the card; on the Home tab, which has none, above everything, with the tab as it is now."""
        if not place(body)[0]:
            self._home.publish(body, text)
        elif text:
            self._people.tell(body, text, respond)

    def command(self, ack: Ack, command: Body) -> None:
        """``/who billing``, ``/baton who billing``: who handles something, from the same rules as the routing."""
        asked = re.sub(r"^\s*(who\b)?\s*(handles\b)?\s*|\?\s*$", "", command.get("text") or "", flags=re.I).strip()
        text = self._who(asked) if self._who and asked and asked != "help" else self._help(command)
        ack(response_type="ephemeral", text="Baton", blocks=text_blocks(text))

    @staticmethod
    def _help(command: Body) -> str:
        return _HELP.format(_WHO if command.get("command") == _WHO else "/baton who")


def _error(status: int, words: str) -> Response:
    answer = jsonify({"error": words})
    answer.status_code = status
    return answer
