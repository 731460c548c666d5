"""``who handles X?`` answered from the same documents as the routing (domain.md §3). First version: words to team."""

from __future__ import annotations

from datetime import datetime

from escalation.hours import is_on
from escalation.playbook import Playbook
from escalation.roster import Roster
from escalation.ticket import Ticket
from escalation.words import issue_type_of


def handles(issue: str, playbook: Playbook, roster: Roster, now: datetime) -> str:
    """The team, its people with skill and shift at ``now``, lead and channel, in two lines of words."""
    as_type = issue.strip().lower().replace(" ", "_")
    known = {name for team in roster.teams for name in team.issue_types}
    issue_type = as_type if as_type in known else issue_type_of(Ticket("", "", subject=issue), playbook.issue_words)[0]
    team = roster.team_for(issue_type, playbook.default_team)
    if team is None:
        return "The roster has no team yet."
    people = [a for a in roster.agents if team.id in a.teams]
    people.sort(key=lambda a: (-a.skills.get(issue_type, 0), a.id))
    words = [f"{a.name}{'' if (on := is_on(a, now))[0] else f' ({on[1]})'}" for a in people]
    lead = roster.agent(team.lead)
    tail = [f"Lead: {lead.name}." if lead else "", f"Channel: {team.channel}." if team.channel else ""]
    return f"{issue_type.replace('_', ' ')} → {team.name}: {', '.join(words) or 'nobody yet'}.\n{' '.join(filter(None, tail))}"
