"""A press in Slack as an event of the handoff's life; what cannot be understood is told at its field of the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation import snooze
from escalation.actions import DeclineReason, Press
from escalation.away import NotUnderstood, at_words, understood
from escalation.events import Accept, Ask, Decline, NextLevel, Reassign, Return, Snooze
from escalation.hop import Offer
from escalation.journal import Shown
from escalation.passing_on import may_be_named
from escalation.roster import Agent, Roster
from escalation.verdicts import Judge, Verdict
from web.ports import Pressed

TEAM = "team:"  # before a team's id, where people and teams stand in one list
Choice = tuple[str, str]  # value, words


class Misread(ValueError):
    """What was entered makes no sense; ``field`` is where it was entered, "" for a press without a form."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody pressed and entered."""

    agent: Agent
    lead: bool
    offer: str
    reason: str
    note: str
    now: datetime


def event_of(press: Press, given: Given, roster: Roster) -> Pressed:
    """The event; Misread when what was entered makes none."""
    if press not in _EVENTS:
        raise Misread("This button is no longer valid.")
    return _EVENTS[press](given, roster)


def _reassign(given: Given, roster: Roster) -> Reassign:
    to, is_team = named(given.reason, roster)
    return Reassign(given.agent.id, to, given.note, is_team, given.lead)


def named(text: str, roster: Roster) -> tuple[str, bool]:
    """Whom "eli", "eli@example.com", "Eli Moss", "team:billing" or "Billing" names: an id, and whether a team's; Misread."""
    asked = text.strip()
    team = roster.team(asked.removeprefix(TEAM))
    if asked.startswith(TEAM):
        return asked.removeprefix(TEAM), True
    if agent := roster.agent(asked) or roster.by_chat("", asked):
        return agent.id, False
    if team:
        return team.id, True
    people = [(a.id, False) for a in roster.agents if a.name.lower() == asked.lower()]
    teams = [(t.id, True) for t in roster.teams if t.name and t.name.lower() == asked.lower()]
    if len(found := people + teams) == 1:
        return found[0]
    how_many = "more than one" if found else "nobody"
    raise Misread(f"{asked[:80] or 'That'} is {how_many} in the roster; give the short name.", "reason")


def _snooze(given: Given, roster: Roster) -> Snooze:
    if given.note.strip():
        try:
            until = understood(f"until {given.note.strip()}", given.agent, given.now).until
        except NotUnderstood:
            raise Misread("A time of the clock, such as 14:30.", "note") from None
        return Snooze(given.agent.id, until=until)
    if not (given.reason.isascii() and given.reason.isdecimal() and len(given.reason) < 5):
        raise Misread("Choose how much longer, or write until when.", "reason" if given.reason else "note")
    return Snooze(given.agent.id, timedelta(minutes=int(given.reason)))


def _judge(given: Given, roster: Roster) -> Judge:
    if given.reason not in tuple(Verdict):
        raise Misread("This button is no longer valid.")
    return Judge(given.agent.id, Verdict(given.reason), given.lead)


def _decline(given: Given, roster: Roster) -> Decline:
    if given.reason not in ("", *DeclineReason):
        raise Misread("Choose one of the reasons.", "reason")
    return Decline(given.agent.id, DeclineReason(given.reason or DeclineReason.BUSY), given.note)


_EVENTS: Mapping[Press, Callable[[Given, Roster], Pressed]] = {
    Press.ACCEPT: lambda given, _: Accept(given.agent.id),
    Press.DECLINE: _decline,
    Press.RETURN: lambda given, _: Return(given.agent.id, given.note),
    Press.ASK: lambda given, _: Ask(given.agent.id, given.note),
    Press.REASSIGN: _reassign,
    Press.SNOOZE: _snooze,
    # The card that was pressed says what was seen; the number of steps does not stand on it.
    Press.NEXT_LEVEL: lambda given, _: NextLevel(given.agent.id, -1, given.lead, "Slack", given.offer),
    Press.VERDICT: _judge,
}


# --- what the forms offer to choose from ---


def people_and_teams(shown: Shown, by: str, roster: Roster) -> list[Choice]:
    """Whom it can be handed to: people with an account in its helpdesk by name, then the other teams."""
    handoff = shown.handoff
    able = [a for a in roster.agents if handoff.connection in a.ids and may_be_named(handoff, a.id, by)]
    people = [(a.id, a.name) for a in sorted(able, key=lambda a: a.name.lower())]
    return people + [(f"{TEAM}{t.id}", f"Team: {t.name or t.id}") for t in roster.teams if t.id != handoff.team]


def spans(shown: Shown, agent: Agent, now: datetime) -> tuple[Sequence[Choice], str]:
    """How much longer one may take, with until when that is; or none, and why."""
    handoff = shown.handoff
    urgent, no_later = snooze.hurry(shown.escalation.severity, shown.ticket.sla, now)
    own = next((offer for offer in handoff.asked_now if offer.agent == agent.id), None)
    if (refusal := snooze.why_not(handoff, agent.id, None, now, urgent)) or own is None:
        return (), refusal
    able = [m for m in snooze.CHOICES if not snooze.why_not(handoff, agent.id, own.until + m, now, urgent, no_later)]
    words = "It cannot be put off any more: its time or its SLA is nearly over."
    return [(str(int(m.total_seconds()) // 60), _words(own, m, agent, now)) for m in able], "" if able else words


def _words(offer: Offer, more: timedelta, agent: Agent, now: datetime) -> str:
    return f"{int(more.total_seconds()) // 60} minutes more, until {at_words(offer.until + more, agent, now)}"
