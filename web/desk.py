"""From Slack to the pipeline: who pressed is matched to the roster, a press becomes an event, a word of absence a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from connectors.slack_handoff import Choices
from connectors.slack_home import Home
from escalation import away
from escalation.actions import DeclineReason, Press
from escalation.away import Away, NotUnderstood
from escalation.by_hand import Begun, ByHand
from escalation.hop import Accept, Ask, Decline, Return
from escalation.hours import duration
from escalation.masking import To
from escalation.roster import Agent
from store import away as stored_away
from web import homes
from web.ports import Pipeline
from web.slack_kit import Presser, Reply

_EVENTS: dict[Press, Callable[[str, str, str], Accept | Decline | Return | Ask]] = {
    Press.ACCEPT: lambda agent, reason, note: Accept(agent),
    Press.DECLINE: lambda agent, reason, note: Decline(agent, DeclineReason(reason or DeclineReason.BUSY), note),
    Press.RETURN: lambda agent, reason, note: Return(agent, note),
    Press.ASK: lambda agent, reason, note: Ask(agent, note),
}


@dataclass(frozen=True, slots=True)
class PipelineDesk:
    """``web.slack_kit.Desk`` over the pipeline. Pressing twice is harmless: the second press finds the handoff settled."""

    pipeline: Pipeline
    engine: Engine
    begin: Callable[[ByHand, Agent, datetime], Begun]  # escalation.by_hand.begin
    connections: Callable[[], Mapping[str, object]]  # connection id → whatever it is
    page_url: str = ""

    def answer(
        self, press: Press, handoff_id: str, offer_id: str, who: Presser, *, reason: str = "", note: str = "", dedupe_key: str
    ) -> Reply:
        if (agent := self._agent(who)) is None:
            return Reply(False, _stranger(who))
        try:
            answer = self.pipeline.answer(handoff_id, _EVENTS[press](agent.id, reason, note), datetime.now(UTC))
        except LookupError:
            return Reply(False, "Baton does not know this handoff any more.")
        return Reply(answer.ok, answer.text if not answer.ok else "")

    def away(self, who: Presser, text: str) -> Reply:
        now = datetime.now(UTC)
        if (agent := self._agent(who)) is None:
            return Reply(False, _stranger(who))
        if not text.strip():
            return Reply(True, f"{self._state(agent, now)}\n{away.HOW}")
        try:
            asked = away.understood(text, agent, now)
        except NotUnderstood as wrong:
            return Reply(False, f"Not understood: “{text.strip()[:100]}”. {wrong} Nothing has changed. {self._state(agent, now)}")
        if asked.until is None:
            was_away = stored_away.end(self.engine, agent, agent.id, now)
            return Reply(True, "Welcome back. You get offers again." if was_away else "You were not away.")
        said = Away(agent.id, asked.until, asked.reason, agent.id)
        stored_away.begin(self.engine, agent, said, now)
        words = f"You are {away.in_words(said, agent, now)}."
        grace = duration(self.pipeline.playbook().queue.stuck_after)
        stays = f"what you have not answered is offered to others after {grace}"
        return Reply(True, f"{words} You get no new offers, and {stays}. /away back ends it.")

    def home(self, who: Presser, note: str = "") -> Home:
        agent = self._agent(who)
        if agent is None:
            return Home(stranger=_stranger(who))
        made = homes.home(self.engine, agent, self.pipeline.playbook(), datetime.now(UTC), self.page_url, note)
        return self.pipeline.playbook().masking.whole(made, To.CHAT)

    def choices(self) -> Choices:
        return Choices(tuple(self.connections()), [(team.id, team.name or team.id) for team in self.pipeline.roster().teams])

    def hand_over(self, who: Presser, asked: ByHand) -> Reply:
        if (agent := self._agent(who)) is None:
            return Reply(False, _stranger(who))
        begun = self.begin(asked, agent, datetime.now(UTC))
        return Reply(begun.ok, begun.text, begun.field)

    def _agent(self, who: Presser) -> Agent | None:
        return self.pipeline.roster().by_chat(who.slack_id, who.email)

    def _state(self, agent: Agent, now: datetime) -> str:
        mine = [one for one in stored_away.everybody(self.engine, now) if one.agent == agent.id]
        said = [away.in_words(one, agent, now) for one in mine]
        return f"You are {' and '.join(said)}." if said else "You are not away."


def _stranger(who: Presser) -> str:
    return f"{who.name} is not on Baton's roster. Ask an admin to add {who.slack_id} to config/roster.yaml."
