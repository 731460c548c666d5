"""``flask --app app rules …``: test the rules, and try them on a ticket, before they are taken."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from commands_who import told_ticket
from config.playbook import load_draft
from config.roster import load_roster
from config.rule_tests import load_rule_tests
from config.tickets import Wrong
from escalation.backtest import Backtest, differences
from escalation.hygiene import findings
from running import open_store, plain_errors
from store import rule_queries
from store.codec import build
from store.documents import text_of

if TYPE_CHECKING:
    from app import Baton

_DRAFT = click.option("--draft", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Rules to try, instead.")


def _baton() -> Baton:
    baton: Baton = current_app.extensions["baton"]
    return baton


@click.group()
def rules() -> None:
    """When a ticket needs somebody else."""


@rules.command()
@_DRAFT
@click.option("--cases", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Cases; default rule_tests.yaml.")
def test(draft: Path | None, cases: Path | None) -> None:
    """Run the cases of rule_tests.yaml against the rules of this checkout, or against a draft."""
    baton = _baton()
    with plain_errors():
        told = load_rule_tests(text_of(cases or baton.settings.config_dir / "rule_tests.yaml"))
        roster = load_roster(text_of(baton.settings.config_dir / "roster.yaml"))
        path = draft or baton.settings.config_dir / "escalation.yaml"
        failures = baton.trial(load_draft(text_of(path), roster, path.stem), roster, told)
    for failure in failures:
        click.echo(f"{failure.case}: {failure.words}")
    if failures:
        raise click.ClickException(f"{len(failures)} of {len(told)} cases came out otherwise")
    click.echo(f"{len(told)} cases came out as expected.")


@rules.command("dry-run")
@click.argument("ticket")
@_DRAFT
@click.option("--json", "as_json", is_flag=True, help="The whole answer, as the API gives it.")
def dry_run(ticket: str, draft: Path | None, as_json: bool) -> None:
    """What would happen to TICKET: a stored one (zendesk:4711), or a file with one in canonical words (- for standard input)."""
    with plain_errors():
        open_store(_baton())
        body = {"ticket": told_ticket(ticket), **({"draft": text_of(draft)} if draft else {})}
        try:
            told = _baton().rehearsals.run(body)
        except (Wrong, LookupError) as wrong:
            raise click.ClickException(str(wrong)) from None
    click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str) if as_json else _in_words(told))


@rules.command()
@click.option("--draft", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Rules to try.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 365), help="Tickets of the last so many days.")
def backtest(draft: Path, days: int) -> None:
    """What a draft would have done with the stored tickets of the last days, beside the active rules."""
    baton = _baton()
    with plain_errors():
        open_store(baton)
        number = baton.backtests.start(text_of(draft), getpass.getuser(), days)
        while (told := baton.backtests.told(number)) and told["state"] == "running":
            click.echo(f"{told['result']['tickets']} of {told['total']} tickets", err=True)
            baton.backtests.carry_on(number)  # a running worker may be doing the same: one slice is judged once
    if told is None or told["state"] == "failed":
        raise click.ClickException(f"the back-test failed: {told['error'] if told else 'it is gone'}")
    found = build(Backtest, told["result"])
    click.echo(f"{found.tickets} tickets")
    counts = (("The active rules escalate", found.active.escalated), ("The draft escalates", found.draft.escalated))
    for words, count in (*counts, ("Only the draft", found.only_draft), ("Only the active rules", found.only_active)):
        click.echo(f"{words}: {count.times} {' '.join(count.tickets[:10])}")
    for rule, active, drafted in differences(found):
        click.echo(f"  {rule}: {active} -> {drafted}")


@rules.command()
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650), help="What fired in the last so many days.")
def hygiene(days: int) -> None:
    """Rules that deserve a second look: never fired, never decide, contradict, impossible, long in shadow, overdue for review."""
    baton = _baton()
    with plain_errors():
        open_store(baton)
        now = datetime.now(UTC)
        playbook = baton.live.playbook()
        found = findings(playbook, rule_queries.fired(baton.engine, playbook, now, days), now.date())
    for finding in found:
        click.echo(f"{finding.rule}: {finding.words}")
    click.echo("Every rule is in order." if not found else f"{len(found)} to look at.")


def _in_words(told: Mapping[str, Any]) -> str:
    """The answer as a person reads it: decision, rules, signals, who would be asked."""
    decision, route = told["decision"], told["route"]
    live = any(rule["fired"] and rule["mode"] == "live" for rule in told["rules"])
    otherwise = "Would not escalate: the ticket is solved or closed." if live else "Would not escalate."
    lines = ["Would escalate." if decision["escalate"] else otherwise]
    lines += [f"  {'x' if rule['fired'] else ' '} {rule['id']} ({rule['mode']}): {rule['words']}" for rule in told["rules"]]
    lines += [f"Tree: {decision['tree']['words']}"] if decision["tree"] else []
    lines += ["Signals:", *(f"  {s['name']}: {s['value']} ({s['confidence']})" for s in told["signals"])]
    if route:
        lines += [f"Route: {route['words']}"]
        lines += [f"  {c['name']}: {c['excluded'] or c['words']}" for c in route["candidates"]]
    lines += [f"Ignored: {name}, no ticket has that" for name in told["ignored"]]
    lines += told["cut"]
    lines += told["degraded"]
    return "\n".join(lines)
