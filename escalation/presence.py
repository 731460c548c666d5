"""What helpdesks and the chat show of people: not available there, do not disturb (domain.md §3, on shift ∩ not absent).

Read in the background, kept for a few minutes, and taken as "not away" when it cannot be read: silence of a vendor must not
keep anybody from work. Who is online in a chat is not looked at: that goes out by itself after some idle minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from escalation.away import CHAT, Away
from escalation.parts import Parts
from escalation.ports import Helpdesk, HelpdeskAgent, Outside
from escalation.roster import Roster

FRESH = timedelta(minutes=5)  # what was read longer ago counts no more
Problems = dict[str, str]  # source → why it could not be read


def look(parts: Parts, now: datetime) -> Problems:
    """Read what every respected source shows and keep it; what cannot be read is told and left to grow old."""
    problems: Problems = {}
    respect, roster = parts.playbook().respect, parts.roster()
    desks = parts.helpdesks() if respect.helpdesks else {}
    for name, desk in desks.items():
        try:
            shown = tuple(_not_available(desk, desk.agents(), roster, now))
        except Outside as wrong:
            problems[name] = str(wrong)
            continue
        parts.journal.show_away(name, shown)
    if respect.chat:
        people = {agent.slack_id: agent.id for agent in roster.agents if agent.slack_id}
        try:
            parts.journal.show_away(CHAT, tuple(_undisturbed(parts.chat.undisturbed(people), people, now)))
        except Outside as wrong:
            problems[CHAT] = str(wrong)
    parts.journal.forget_away([*desks, *([CHAT] if respect.chat else [])])
    return problems


def _not_available(desk: Helpdesk, agents: Iterable[HelpdeskAgent], roster: Roster, now: datetime) -> Iterator[Away]:
    for one in agents:
        agent = roster.by_vendor_id(desk.connection, one.id)
        if agent is not None and one.available is False:
            yield Away(agent.id, now + FRESH, f"not available in {desk.kind.capitalize()}", source=desk.connection)


def _undisturbed(until: Mapping[str, datetime], people: Mapping[str, str], now: datetime) -> Iterator[Away]:
    for person, at in until.items():
        if person in people and at > now:
            yield Away(people[person], min(at, now + FRESH), "do not disturb in the chat", source=CHAT)
