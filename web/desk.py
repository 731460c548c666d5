"""From a press in Slack to the pipeline: who pressed is matched to the roster, the press becomes an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from escalation.actions import DeclineReason, Press
from escalation.hop import Accept, Ask, Decline, Return
from web.ports import Pipeline
from web.slack import Presser, Reply

_EVENTS: dict[Press, Callable[[str, str, str], Accept | Decline | Return | Ask]] = {
    Press.ACCEPT: lambda agent, reason, note: Accept(agent),
    Press.DECLINE: lambda agent, reason, note: Decline(agent, DeclineReason(reason or DeclineReason.BUSY), note),
    Press.RETURN: lambda agent, reason, note: Return(agent, note),
    Press.ASK: lambda agent, reason, note: Ask(agent, note),
}


@dataclass(frozen=True, slots=True)
class PipelineDesk:
    """``web.slack.Desk`` over the pipeline. Pressing twice is harmless: the second press finds the handoff settled."""

    pipeline: Pipeline

    def answer(
        self, press: Press, handoff_id: str, offer_id: str, who: Presser, *, reason: str = "", note: str = "", dedupe_key: str
    ) -> Reply:
        agent = self.pipeline.roster().by_chat(who.slack_id, who.email)
        if agent is None:
            return Reply(False, f"{who.name} is not on Baton's roster. Ask an admin to add {who.slack_id} to config/roster.yaml.")
        try:
            answer = self.pipeline.answer(handoff_id, _EVENTS[press](agent.id, reason, note), datetime.now(UTC))
        except LookupError:
            return Reply(False, "Baton does not know this handoff any more.")
        return Reply(answer.ok, answer.text if not answer.ok else "")
