"""``/handoff``: a form that begins a handoff by hand."""

from __future__ import annotations

import json
import logging

from slack_bolt import Ack, App, BoltContext, Respond

from connectors import slack_handoff
from connectors.slack import SlackChat
from connectors.slack_forms import notice
from escalation.by_hand import ByHand
from escalation.ports import Outside
from web.slack_kit import TOLD, Body, Desk, People, entered
from web.slack_shift import ShiftButtons, is_asked

_log = logging.getLogger("baton.slack")


class HandoffForm:
    """The listeners. What a method takes, Bolt gives it by the argument's name."""

    def __init__(self, desk: Desk, chat: SlackChat, people: People, shift: ShiftButtons) -> None:
        self._desk, self._chat, self._people, self._shift = desk, chat, people, shift

    def register(self, app: App) -> None:
        """Tell Bolt which listener is for what."""
        app.command("/handoff")(ack=self.begin, lazy=[self.open])
        app.view(slack_handoff.FORM)(ack=self.submit, lazy=[self.tell])

    def begin(self, ack: Ack, command: Body) -> None:
        """``/handoff shift`` is another thing; a ticket is asked for in the form."""
        if is_asked(command):
            self._shift.command(ack, command)
        else:
            ack()

    def open(self, body: Body, respond: Respond) -> None:
        """Open the form within the three seconds its trigger lives; say so when that fails."""
        if is_asked(body):
            return
        about = json.dumps({"channel": body.get("channel_id", ""), "ts": ""})
        try:
            view = slack_handoff.form(self._desk.choices(), body.get("text") or "", about)
            self._chat.open_form(body["trigger_id"], view)
        except Outside as failed:
            _log.warning("no form for a handoff: %s", failed)
            self._people.tell(body, f"The form could not be opened. Please try /handoff again. ({failed})", respond)

    def submit(self, ack: Ack, body: Body, context: BoltContext) -> None:
        """Begin it; what is wrong is shown at its field, or in the form's place."""
        view = body["view"]
        asked = ByHand(**{name: entered(view, name).strip() for name in slack_handoff.FIELDS})
        reply = self._desk.hand_over(self._people.presser(body), asked)
        if reply.ok:
            context[TOLD] = reply.text
            ack()
        elif reply.field:
            ack(response_action="errors", errors={reply.field: reply.text})
        else:
            ack(response_action="update", view=notice(reply.text))

    def tell(self, body: Body, context: BoltContext, respond: Respond) -> None:
        """Tell the sender, alone, what has begun."""
        if text := context.get(TOLD):
            self._people.tell(body, text, respond)
