"""``flask --app app who`` and ``simulate``: who handles an issue, and who would get it at a given moment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from config.tickets import Wrong
from escalation.who import not_recognised
from running import open_store, plain_errors
from store.documents import text_of

if TYPE_CHECKING:
    from app import Baton


def _baton() -> Baton:
    baton: Baton = current_app.extensions["baton"]
    return baton


@click.command("who")
@click.argument("issue", nargs=-1, required=True)
def who_command(issue: tuple[str, ...]) -> None:
    """Who handles ISSUE now: an issue type, or a few words as a customer would write them."""
    with plain_errors():
        open_store(_baton())
        click.echo(_baton().whom.in_words(" ".join(issue)))


@click.command()
@click.option("--issue", default="", help="What it is about: an issue type, or a few words.")
@click.option(
    "--ticket", default="", help="A stored one (zendesk:4711), or a file with one in canonical words (- for standard input)."
)
@click.option("--at", default="", help='ISO time, or "Sun 03:00 Europe/Berlin" for the next one; now if left out.')
@click.option("--zone", default="", help="Time zone of a time that names none; UTC if left out.")
@click.option("--connection", default="", help="Where the ticket is, e.g. zendesk.")
@click.option("--language", default="", help="The customer's, e.g. de.")
@click.option("--tier", default="", help="The customer's, e.g. enterprise.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer, as the API gives it.")
def simulate(ticket: str, as_json: bool, **asked: str) -> None:
    """Who would get an issue or a ticket at a given moment, level by level, if nobody answered. Nobody is asked."""
    body: dict[str, Any] = {name: value for name, value in asked.items() if value}
    with plain_errors():
        open_store(_baton())
        try:
            body |= {"ticket": told_ticket(ticket)} if ticket else {}
            told = _baton().whom.simulate(body)
        except Wrong as wrong:
            raise click.ClickException("\n".join(f"{path}: {problem}. {how}" for path, problem, how in wrong.problems)) from None
        except LookupError as missing:
            raise click.ClickException(str(missing)) from None
    unknown = "" if told["recognised"] else f"{not_recognised(asked['issue'])}\n"
    click.echo(json.dumps(told, indent=2, ensure_ascii=False) if as_json else unknown + _in_words(told))


def told_ticket(told: str) -> object:
    """The ticket of a file or of standard input; else the id of a stored one."""
    if told != "-" and not Path(told).is_file():
        return told
    try:
        return json.loads(sys.stdin.read() if told == "-" else text_of(Path(told)))
    except json.JSONDecodeError as bad:
        raise click.ClickException(f"{told}: the ticket is not JSON: {bad}. Write one as docs/api.md shows.") from None


def _in_words(told: dict[str, Any]) -> str:
    """The answer as a person reads it: a line for each level, for everybody who is asked, and for the end."""
    head = f"{told['issue_type'] or 'no issue type'} → {told['team_name'] or 'the whole roster'}"
    lines = [f"{head}, path {told['path']}, from {_short(told['at'])} UTC"]
    if told["decision"] and not told["decision"]["escalate"]:
        lines += ["No rule escalates it; if it were handed over all the same:"]
    for level in told["levels"]:
        lines += [f"Level {level['name']} ({level['offering']})"]
        lines += [
            f"  {_short(o['at'])} to {_short(o['until'])}: {o['name'] or o['channel']}: {o['why']}" for o in level["offers"]
        ]
        lines += [f"  {level['words']}"] if not level["offers"] else []
    lines += [f"{_short(one['at'])} {one['name'] or one['channel']} is told: {one['text']}" for one in told["told"]]
    return "\n".join([*lines, f"{_short(told['ends']['at'])} {told['ends']['state']}"])


def _short(at: str) -> str:
    return at[:16].replace("T", " ")


COMMANDS = (who_command, simulate)
