"""The bounce breaker (domain.md §3): what goes round in circles goes to somebody who decides, with the whole chain.

Two things break it: a second return to a team that already had the ticket, and more hand-overs than the hop limit.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.actions import Entry
from escalation.hop import Desk, Handoff, Step
from escalation.ladder import begin, tell_lead
from escalation.rotations import on_watch

MOST_RETURNS = 1  # to one team; with the next one somebody decides
_TIMES = {2: "a second time", 3: "a third time"}


def came_to(handoff: Handoff, team_id: str) -> Handoff:
    """The handoff after somebody gave it back to a team, or on to it by name."""
    return replace(handoff, trail=(*(handoff.trail or (handoff.team,)), team_id))


def goes_in_circles(handoff: Handoff, team_id: str, desk: Desk) -> str:
    """Why somebody has to decide who has it, now that it is with this team; "" while it may go on by itself."""
    back = handoff.trail.count(team_id) - 1
    if handoff.trail[-1:] == (team_id,) and back > MOST_RETURNS:
        return f"It came back to {_name(team_id, desk)} {_TIMES.get(back, f'{back} times')}"
    if handoff.hop > handoff.hop_limit:
        return f"It was handed over {handoff.hop_limit} time{'s' * (handoff.hop_limit > 1)}, which is the limit"
    return ""


def decided(handoff: Handoff, team_id: str, why: str, now: datetime, desk: Desk) -> Step:
    """Ask the team's lead, then whoever is on watch, then on with the last level; whoever said no before is not asked again."""
    team = desk.roster.team(team_id)
    people = [p for p in dict.fromkeys((team.lead, on_watch(desk.roster, team, now)[0])) if p] if team else []
    left = tuple(p for p in people if p not in handoff.tried or p in handoff.ask_again)
    tried = {agent: said for agent, said in handoff.tried.items() if agent not in left}
    asking = replace(handoff, level=len(handoff.path.levels) - 1, tried=tried)
    asking = replace(asking, ask_again=tuple(a for a in handoff.ask_again if a not in left))
    step = begin(asking, now, desk, by_name=left, because=why)
    who = next((offer.agent for offer in step.handoff.asked_now), "")
    words = f"{why}: " + (f"{desk.name(who)} is asked to decide who has it" if who else "nobody who decides can be asked now")
    entry = Entry("bounced", words, data={"team": team_id, "hop": handoff.hop, "trail": list(handoff.trail), "asked": who})
    told = replace(step, entries=(entry, *step.entries))
    if set(left) & {who}:
        return told
    text = f"{why}. Please decide who has it."
    return told.then(tell_lead(told.handoff, now, desk, "bounced", team_id, text))


def _name(team_id: str, desk: Desk) -> str:
    team = desk.roster.team(team_id)
    return (team.name or team.id) if team else team_id or "its team"
