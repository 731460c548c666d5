"""``flask --app app roster …``: when nobody is there, and who is on watch now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app

from config.roster import load_roster
from escalation.actions import DeclineReason
from escalation.coverage import coverage
from escalation.roster import Roster
from escalation.rotations import on_watch
from running import open_store, plain_errors
from store.declines import counted
from store.documents import text_of

if TYPE_CHECKING:
    from app import Baton

_DRAFT = click.option("--draft", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A roster to try, instead.")


@click.group()
def roster() -> None:
    """Who works here, and when."""


@roster.command("coverage")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 366), help="Look at the coming so many days.")
@click.option("--language", "languages", multiple=True, help="Also who speaks this one; may be given several times.")
@_DRAFT
def coverage_command(days: int, languages: tuple[str, ...], draft: Path | None) -> None:
    """When a team has nobody on shift with capacity, and which teams rest on one person."""
    found = coverage(_roster(draft), datetime.now(UTC), days, languages)
    for line in found.words:
        click.echo(line)
    if not found.gaps:
        click.echo(f"Every team has somebody on shift in the next {days} days.")


@roster.command()
@_DRAFT
def watch(draft: Path | None) -> None:
    """Who is on watch now, for every team, and why."""
    staff, now = _roster(draft), datetime.now(UTC)
    for team in staff.teams:
        agent_id, why = on_watch(staff, team, now)
        agent = staff.agent(agent_id)
        click.echo(f"{team.name}: {agent.name if agent else 'nobody'} ({why})")


@roster.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="Look at the last so many days.")
@click.option("--least", default=3, show_default=True, type=click.IntRange(1), help="From so many declined handoffs on.")
def skills(days: int, least: int) -> None:
    """Skills that the roster may have wrongly: who declines an issue type for wrong skill again and again."""
    staff, baton = _roster(None), current_app.extensions["baton"]
    found = counted(baton.engine, DeclineReason.WRONG_SKILL, datetime.now(UTC) - timedelta(days=days), least)
    for one in found:
        agent = staff.agent(one.agent)
        level = agent.skills.get(one.issue_type) if agent else None
        has = f"the roster gives them {one.issue_type}: {level}; lower it or take it out" if level else "not among their skills"
        click.echo(f"{agent.name if agent else one.agent} declined {one.issue_type} for wrong skill ({one.times}): {has}")
    if not found:
        click.echo(f"Nobody declined an issue type {least} times for wrong skill in the last {days} days.")


def _roster(draft: Path | None) -> Roster:
    """The roster of a file; without one the active version."""
    with plain_errors():
        if draft:
            return load_roster(text_of(draft), draft.stem)
        baton: Baton = current_app.extensions["baton"]
        open_store(baton)
        return baton.live.roster()
