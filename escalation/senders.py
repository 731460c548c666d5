"""What the sender of a handoff is asked: what the receiver wants to know, what is missing where it comes back (domain.md §4).

The sender owns it until somebody accepts. Where they are on the roster and the chat can reach them, a question goes to them, and
what is returned waits for them for a while, as before the first offer (``filling``). Bots are told elsewhere (``outcomes``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.actions import Action, Entry
from escalation.deadlines import offer_timers
from escalation.events import Ask, Return
from escalation.filling import wait
from escalation.hop import Desk, Handoff, State, Step, clock
from escalation.ladder import begin, tell
from escalation.thread import sentences


def ask(handoff: Handoff, event: Ask, now: datetime, desk: Desk) -> Step:
    """A question to the sender; in the team's channel where the sender cannot be reached."""
    if not handoff.state.is_live:
        return Step(handoff, refused="The ticket is closed.")
    words = f"{desk.name(event.by)} asks the sender: {event.question}"
    key = f"ask:{handoff.id}:{event.by}:{int(now.timestamp() * 1000)}"
    entry = Entry("asked", words, event.by)
    if to := _reached(handoff, event.by, desk):
        text = f"{_which(handoff)}, which you handed over: {words}\n{_where(desk)}"
        return Step(handoff, (tell(key, handoff, text, agent=to),), (), (entry,))
    team = desk.roster.team(handoff.team)
    return Step(handoff, (tell(key, handoff, words, channel=team.channel if team else ""),), (), (entry,))


def returned(event: Return, handoff: Handoff, now: datetime, desk: Desk) -> Step:
    """The sender is asked first for what is missing; where it is urgent or they cannot be reached, the path begins at once."""
    to = _reached(handoff, event.by, desk)
    if not to or desk.asking.urgent:
        return begin(handoff, now, desk)
    offer = wait(handoff, to, event.missing, desk.asking.within, now, desk)
    ends = f"At {clock(offer.until)} it is offered to the next person as it is, and says what is missing."
    words = f"{desk.name(to)} is asked for what is missing before anybody else is: {event.missing}"
    entry = Entry("asked_sender", words, data={"agent": to, "missing": list(sentences(event.missing)), "offer": offer.id})
    waits = replace(handoff, state=State.OFFERED, offers=(*handoff.offers, offer))
    return Step(waits, (_told(handoff, event, to, ends, desk),), offer_timers(offer, handoff, desk, now), (entry,))


def told(handoff: Handoff, event: Return, desk: Desk) -> tuple[Action, ...]:
    """What the sender is told of a return that does not wait for them; nothing where they cannot be reached."""
    to = _reached(handoff, event.by, desk)
    return (_told(handoff, event, to, "It goes on meanwhile, and says what is missing.", desk),) if to else ()


def _told(handoff: Handoff, event: Return, to: str, ends: str, desk: Desk) -> Action:
    checklist = "\n".join(f"- {item}" for item in sentences(event.missing))
    text = f"{_which(handoff)}, which you handed over, was returned by {desk.name(event.by)}. Missing:\n{checklist}\n"
    return tell(f"returned:{handoff.id}:{handoff.hop}", handoff, f"{text}{_where(desk)} {ends}", agent=to)


def _which(handoff: Handoff) -> str:
    return f"Ticket {handoff.ticket_id} ({handoff.connection})"


def _where(desk: Desk) -> str:
    return f"Please answer in an internal note on the ticket {desk.asking.url}".rstrip() + "."


def _reached(handoff: Handoff, by: str, desk: Desk) -> str:
    """The sender's agent id, "" where the chat has no way to them or it is they who ask."""
    sender = desk.roster.agent(handoff.sent_by) if handoff.sent_by != by else None
    return sender.id if sender and (sender.slack_id or sender.email) else ""
