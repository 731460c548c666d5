"""``flask --app app roster …``: when nobody is there, and who is on watch now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app

from config.roster import load_roster
from escalation.coverage import coverage
from escalation.roster import Roster
from escalation.rotations import on_watch
from running import plain_errors, prepare

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


def _roster(draft: Path | None) -> Roster:
    """The roster of a file; without one the active version."""
    with plain_errors():
        if draft:
            return load_roster(draft.read_text("utf-8"), draft.stem)
        baton: Baton = current_app.extensions["baton"]
        prepare(baton)
        return baton.live.roster()
