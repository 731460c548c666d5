"""Shift handovers in Slack: the buttons of a packet, "Hand over my shift" on the Home tab, ``/handoff shift``."""

from __future__ import annotations

import json
import re

from slack_bolt import Ack, App, BoltContext, Respond

from connectors import slack_shift
from connectors.slack_blocks import text_blocks
from web.slack_home import HomeTab
from web.slack_kit import TOLD, Body, Desk, People, Reply


class ShiftButtons:
    """The listeners. What a method takes, Bolt gives it by the argument's name."""

    def __init__(self, desk: Desk, people: People, home: HomeTab) -> None:
        self._desk, self._people, self._home = desk, people, home

    def register(self, app: App) -> None:
        """Tell Bolt which listener is for what."""
        for action in (slack_shift.TAKE, slack_shift.DECLINE):
            app.action(re.compile(f"^{action}:"))(ack=self.press, lazy=[self.tell])
        app.action(slack_shift.HAND_OVER)(ack=self.hand_over, lazy=[self._home.show])

    def press(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """Somebody takes an item over, or cannot; committed before it is acknowledged. The edited message says the rest."""
        take = body["actions"][0]["action_id"].startswith(slack_shift.TAKE)
        if (about := _about(body)) is None:
            reply = Reply(False, "This button is no longer valid. Open the packet in Baton instead.")
        else:
            reply = self._desk.shift_press(self._people.presser(body), *about, take=take)
        context[TOLD] = "" if reply.ok else reply.text
        ack()

    def tell(self, body: Body, context: BoltContext, respond: Respond) -> None:
        """Tell the presser, alone, why nothing has changed."""
        if text := context.get(TOLD):
            self._people.tell(body, text, respond)

    def hand_over(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """Make a packet of what somebody has; what became of it stands on the tab."""
        context[TOLD] = self._desk.hand_over_shift(self._people.presser(body)).text
        ack()

    def command(self, ack: Ack, command: Body) -> None:
        """``/handoff shift``."""
        reply = self._desk.hand_over_shift(self._people.presser(command))
        ack(response_type="ephemeral", text="Baton", blocks=text_blocks(reply.text))


def is_asked(command: Body) -> bool:
    """Whether ``/handoff`` asks for the shift rather than for a ticket."""
    return (command.get("text") or "").strip().lower() == "shift"


def _about(body: Body) -> tuple[str, str] | None:
    """Packet and handoff of a pressed button, None when its value is not ours."""
    try:
        value = json.loads(body["actions"][0].get("value") or "")
        return str(value["packet"]), str(value["handoff"])
    except (ValueError, KeyError, TypeError):
        return None
