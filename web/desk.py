"""From Slack to the pipeline: who pressed is matched to the roster, a press becomes an event, a word of absence a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from connectors.slack_handoff import Choices
from connectors.slack_home import Home
from escalation import away
from escalation.actions import Press
from escalation.away import Away, NotUnderstood
from escalation.by_hand import Begun, ByHand, least
from escalation.hours import duration
from escalation.masking import To
from escalation.roster import Agent
from escalation.shift import Acknowledged, NotTaken
from escalation.shift_work import Shifts
from store import accounts, shown
from store import away as stored_away
from web import homes
from web.desk_events import Given, Misread, event_of, people_and_teams, spans
from web.ports import Pipeline
from web.slack_kit import Options, Presser, Reply

_TOLD = (Press.NEXT_LEVEL, Press.REASSIGN, Press.SNOOZE)  # the presser is told what came of them


@dataclass(frozen=True, slots=True)
class PipelineDesk:
    """``web.slack_kit.Desk`` over the pipeline. Pressing twice is harmless: the second press finds the handoff settled."""

    pipeline: Pipeline
    engine: Engine
    begin: Callable[[ByHand, Agent, datetime], Begun]  # escalation.by_hand.begin
    connections: Callable[[], Mapping[str, object]]  # connection id → whatever it is
    shifts: Shifts
    page_url: str = ""

    def answer(
        self, press: Press, handoff_id: str, offer_id: str, who: Presser, *, reason: str = "", note: str = "", dedupe_key: str
    ) -> Reply:
        if (agent := self._agent(who)) is None:
            return Reply(False, _stranger(who))
        now = datetime.now(UTC)
        given = Given(agent, accounts.is_lead(self.engine, agent.email), offer_id, reason, note, now)
        try:
            answer = self.pipeline.answer(handoff_id, event_of(press, given, self.pipeline.roster()), now)
        except Misread as wrong:
            return Reply(False, str(wrong), wrong.field)
        except LookupError:
            return Reply(False, _GONE)
        unseen = press is Press.VERDICT and not offer_id  # the message that asked for it is not edited
        return Reply(answer.ok, answer.text if not answer.ok or press in _TOLD or unseen else "")

    def options(self, press: Press, handoff_id: str, who: Presser) -> Options:
        if press not in (Press.REASSIGN, Press.SNOOZE):
            return Options()
        if (agent := self._agent(who)) is None:
            return Options(refused=_stranger(who))
        found = shown.look_up(self.engine, handoff_id)
        if found is None or not found.handoff.state.is_live:
            return Options(refused="The ticket is closed; there is nothing to press any more." if found else _GONE)
        roster = self.pipeline.roster()
        if press is Press.REASSIGN:
            return Options(people_and_teams(found, agent.id, roster))
        return Options(*spans(found, agent, datetime.now(UTC)))

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
        teams = [(team.id, team.name or team.id) for team in self.pipeline.roster().teams]
        return Choices(tuple(self.connections()), teams, least(self.pipeline.playbook()))

    def hand_over(self, who: Presser, asked: ByHand) -> Reply:
        if (agent := self._agent(who)) is None:
            return Reply(False, _stranger(who))
        begun = self.begin(asked, agent, datetime.now(UTC))
        return Reply(begun.ok, begun.text, begun.field)

    def hand_over_shift(self, who: Presser) -> Reply:
        if (agent := self._agent(who)) is None:
            return Reply(False, _stranger(who))
        handed = self.shifts.by_hand(agent, agent.id, datetime.now(UTC))
        return Reply(bool(handed.packet), handed.text)

    def shift_press(self, who: Presser, packet: str, handoff: str, *, take: bool) -> Reply:
        if (agent := self._agent(who)) is None:
            return Reply(False, _stranger(who))
        event = Acknowledged(agent.id) if take else NotTaken(agent.id)
        try:
            told = self.shifts.answer(packet, handoff, event, datetime.now(UTC))
        except LookupError:
            return Reply(False, "Baton does not know this packet any more.")
        return Reply(told.ok, told.text)

    def _agent(self, who: Presser) -> Agent | None:
        return self.pipeline.roster().by_chat(who.slack_id, who.email)

    def _state(self, agent: Agent, now: datetime) -> str:
        mine = [one for one in stored_away.everybody(self.engine, now) if one.agent == agent.id]
        said = [away.in_words(one, agent, now) for one in mine]
        return f"You are {' and '.join(said)}." if said else "You are not away."


_GONE = "Baton does not know this handoff any more."


def _stranger(who: Presser) -> str:
    return f"{who.name} is not on Baton's roster. Ask an admin to add {who.slack_id} to config/roster.yaml."
