"""The Home tab and ``/away``: what somebody has to do with, and that they are away."""

from __future__ import annotations

import logging
import re

from slack_bolt import Ack, App, BoltContext

from connectors import slack_home
from connectors.slack import SlackChat
from connectors.slack_blocks import text_blocks
from escalation.ports import Outside
from web.slack_kit import TOLD, Body, Desk, People, acknowledge

_log = logging.getLogger("baton.slack")


class HomeTab:
    """The listeners. What a method takes, Bolt gives it by the argument's name."""

    def __init__(self, desk: Desk, chat: SlackChat, people: People) -> None:
        self._desk, self._chat, self._people = desk, chat, people

    def register(self, app: App) -> None:
        """Tell Bolt which listener is for what."""
        app.event("app_home_opened")(ack=acknowledge, lazy=[self.opened])
        app.action(re.compile(f"^{slack_home.AWAY}:"))(ack=self.press, lazy=[self.show])
        app.command("/away")(self.command)

    def opened(self, event: Body, body: Body) -> None:
        """Somebody looks at the Home tab (the other tab is the conversation with Baton)."""
        if event.get("tab") == "home":
            self.publish(body)

    def press(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """A button that says "away" or "back"; that it counted shows in the tab itself."""
        reply = self._desk.away(self._people.presser(body), body["actions"][0].get("value") or "")
        context[TOLD] = "" if reply.ok else reply.text
        ack()

    def show(self, body: Body, context: BoltContext) -> None:
        """Show the tab as it is after a press, with what became of it."""
        self.publish(body, context.get(TOLD) or "")

    def command(self, ack: Ack, command: Body) -> None:
        """``/away 2h lunch``, ``/away until Monday``, ``/away back``; alone it says how it stands."""
        reply = self._desk.away(self._people.presser(command), command.get("text") or "")
        ack(response_type="ephemeral", text="Baton", blocks=text_blocks(reply.text))

    def publish(self, body: Body, note: str = "") -> None:
        """Show somebody their tab as it is now."""
        who = self._people.presser(body)
        try:
            self._chat.show_home(who.slack_id, slack_home.view(self._desk.home(who, note)))
        except Outside as failed:
            _log.warning("the Home tab of %s could not be shown: %s", who.slack_id, failed)
