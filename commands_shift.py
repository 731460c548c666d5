"""``flask --app app shift-handover``: hand over what somebody, or everybody of a team, has open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from flask import current_app

from escalation.roster import Agent, Roster
from running import open_store, plain_errors

if TYPE_CHECKING:
    from app import Baton


@click.command("shift-handover")
@click.argument("who")
@click.option("--team", is_flag=True, help="WHO is a team: a packet for everybody of it who has something open.")
def shift_handover(who: str, team: bool) -> None:
    """Hand over now what WHO (an agent's id or e-mail address) has open, to whoever is on shift next."""
    baton: Baton = current_app.extensions["baton"]
    with plain_errors():
        open_store(baton)
        people = _people(baton.live.roster(), who, team=team)
        for agent in people:
            handed = baton.shifts.by_hand(agent, "a command", datetime.now(UTC))
            click.echo(handed.text)
            if handed.packet:
                click.echo(f"  {baton.settings.address}/shifts/{handed.packet}")


def _people(roster: Roster, who: str, *, team: bool) -> tuple[Agent, ...]:
    """The person, or the people of the team, that is meant."""
    if team and roster.team(who) is None:
        raise click.ClickException(f"there is no team {who}; there are {', '.join(one.id for one in roster.teams)}")
    if team:
        return tuple(agent for agent in roster.agents if who in agent.teams)
    agent = roster.agent(who) or roster.by_chat("", who)
    if agent is None:
        raise click.ClickException(f"{who} is not on the roster; give an id or e-mail address from it")
    return (agent,)
