"""The ``flask --app app …`` commands (contract.md, Commands). Each says what it did, or what to mend, in plain words."""

from __future__ import annotations

import contextlib
import difflib
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, current_app
from flask.cli import ScriptInfo

import commands_check
import commands_roster
import commands_rules
import commands_shift
import commands_who
import sending
from commands_check import document_problems
from config import settings
from running import plain_errors, prepare, run_everything
from store import accounts, live, queue
from store.documents import files, path_of, text_of
from web import server
from web import slack as web_slack
from worker import aside, tasks
from worker.stop import Stop

if TYPE_CHECKING:
    from app import Baton


def register(app: Flask) -> None:
    """Add every command to the app."""
    processes = (up, serve, worker_command, clock_command, judge_backtests, socket_mode)
    elsewhere = (commands_rules.rules, *commands_who.COMMANDS, commands_roster.roster, commands_shift.shift_handover)
    for command in (*processes, db, commands_check.check, documents, *elsewhere, replay, send, demo, users, tokens):
        app.cli.add_command(command)


def _baton() -> Baton:
    baton: Baton = current_app.extensions["baton"]
    return baton


# --- processes ---


@click.command()
def up() -> None:
    """Run everything: database, web, worker, clock."""
    run_everything(_baton().settings)


@click.command()
@click.pass_context
def serve(context: click.Context) -> None:
    """Run the web process (gunicorn)."""
    baton = _baton()
    server.run(context.ensure_object(ScriptInfo).load_app(), baton.settings, baton.reader.prepare)


@click.command("worker")
def worker_command() -> None:
    """Run one worker; any number may run, on any number of machines."""
    from app import assemble

    baton = assemble(_baton().settings, ping=False)
    stalled_after_s = baton.settings.stalled_after_s
    jobs = queue.app(baton.database_url, worker=True)
    command = (sys.executable, "-m", "flask", "--app", "app", "judge-backtests")
    beside = aside.Aside(command, settings.environment() | {"DATABASE_URL": baton.database_url}, baton.backtests)
    every = baton.settings.reconcile_every_s
    tasks.register(jobs, baton.pipeline, beside, stalled_after_s=stalled_after_s, reconcile_every_s=every)
    baton.reader.prepare()  # before the first job: the threads of a first burst would each load it for themselves
    if baton.writer:
        baton.writer.prepare()
    with contextlib.closing(beside):
        tasks.run(jobs, concurrency=baton.settings.worker_concurrency, stalled_after_s=stalled_after_s)


@click.command("judge-backtests", hidden=True)
def judge_backtests() -> None:
    """What a worker starts to judge the slices of back-tests: numbers on standard input."""
    aside.judge(_baton().backtests)


@click.command("clock")
def clock_command() -> None:
    """Run the clock; several are harmless."""
    from worker import clock  # APScheduler takes a tenth of a second to import, and only the clock needs it

    baton = _baton()
    told = baton.settings
    jobs = queue.app(baton.database_url)
    clock.run(jobs, baton.journal.beat, stalled_after_s=told.stalled_after_s, reconcile_every_s=told.reconcile_every_s)


@click.command("socket-mode")
def socket_mode() -> None:
    """Receive Slack's buttons without a public address (SLACK_APP_TOKEN); part of `up` when the token is set."""
    baton = _baton()
    connection = web_slack.socket_mode(baton.accounts[1], baton.desk, baton.whom.in_words)
    if connection is None:
        raise click.ClickException("SLACK_APP_TOKEN is not set: Slack reaches Baton over HTTP, nothing to run here.")
    stop = Stop()
    web_slack.run_socket_mode(connection, stop.wait)


# --- database, settings, documents ---


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Apply every missing migration, take changed documents, make the first admin."""
    with plain_errors():
        for line in prepare(_baton()):
            click.echo(line)
    click.echo("The database is up to date.")


@click.group()
def documents() -> None:
    """The YAML documents: mappings, escalation, roster."""


@documents.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def validate(paths: tuple[Path, ...]) -> None:
    """Every problem of the files, with line, path and remedy. Without PATHS: all documents of the checkout."""
    settings = _baton().settings
    with plain_errors():
        named = {_document_name(path): text_of(path) for path in paths}
        found = named or files(settings.config_dir, settings.mappings_dir)
        problems = document_problems(found)
    for line in problems:
        click.echo(line)
    if problems:
        raise click.ClickException(f"{len(problems)} to mend in {len(found)} documents")
    click.echo(f"{len(found)} documents are fine: {', '.join(found)}")


@documents.command()
def diff() -> None:
    """What differs between the files of this checkout and the active versions in the store."""
    baton = _baton()
    with plain_errors():
        found = files(baton.settings.config_dir, baton.settings.mappings_dir)
    for name, text in found.items():
        stored = baton.documents.active(name)
        old, new = stored.text.splitlines(), text.splitlines()
        lines = difflib.unified_diff(old, new, f"{name} version {stored.version}", "file", lineterm="")
        for line in lines:
            click.echo(line)


@documents.command()
def pull() -> None:
    """Write the active versions into the files of this checkout."""
    baton = _baton()
    for name in baton.documents.names():
        path = path_of(name, baton.settings.config_dir, baton.settings.mappings_dir)
        active = baton.documents.active(name)
        path.write_text(active.text, encoding="utf-8")
        click.echo(f"{path}: version {active.version} by {active.author}")


@documents.command()
@click.option("--reason", default="pushed from a checkout", show_default=True)
def push(reason: str) -> None:
    """Make the files of this checkout the active versions, also where somebody edited the store since (nothing is lost)."""
    baton = _baton()
    with plain_errors():
        found = files(baton.settings.config_dir, baton.settings.mappings_dir)
        if failures := _failures(baton, live.load_all(found)):
            raise click.ClickException(f"nothing was pushed: {len(failures)} tests of rules failed: {failures[0]}")
        for name, text in found.items():
            if baton.documents.active(name).text != text:
                number = baton.documents.add(name, text, getpass.getuser(), reason, origin="file")
                click.echo(f"{name} is at version {number}")


def _failures(baton: Baton, meant: dict[str, Any]) -> list[str]:
    """What the tests of rules say to these rules, where all three documents are there."""
    if not meant.keys() >= {"escalation", "roster", "rule_tests"}:
        return []
    failures = baton.trial(meant["escalation"], meant["roster"], meant["rule_tests"])
    return [f"{failure.case}: {failure.words}" for failure in failures]


def _document_name(path: Path) -> str:
    return path.stem if path.stem in live.LOADERS else f"mappings/{path.stem}"


# --- deliveries ---


@click.command()
@click.argument("deliveries", nargs=-1, required=True, type=int)
def replay(deliveries: tuple[int, ...]) -> None:
    """Handle kept deliveries once more, by their numbers."""
    with plain_errors():
        for number in deliveries:
            _baton().journal.replay(number)
            click.echo(f"Delivery {number} is queued again.")


@click.command()
@click.argument("fixture")
@click.option("--again", is_flag=True, help="Exactly as recorded: same ticket, same event (a duplicate when sent twice).")
@click.option("--ticket", default="", help="Send it about this ticket id.")
@click.option("--to", default="", help="Address of the running server, e.g. http://localhost:8311; default this machine's PORT.")
def send(fixture: str, again: bool, ticket: str, to: str) -> None:
    """Sign and post a recorded webhook to a running server, e.g. zendesk/ticket_created_urgent."""
    baton = _baton()
    with plain_errors():
        sent = sending.send(baton, fixture, again=again, ticket=ticket, to=(to or baton.settings.local_address).rstrip("/"))
    click.echo(sent)


@click.command()
@click.option("--to", default="", help="Address of the running server; default this machine's.")
def demo(to: str) -> None:
    """Send every recorded webhook once to a running server, as a day in a support team."""
    baton = _baton()
    with plain_errors():
        for line in sending.demo(baton, to or baton.settings.local_address):
            click.echo(line)


# --- people and tokens ---


@click.group()
def users() -> None:
    """People who sign in."""


@users.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice([r.value for r in accounts.Role]), default="viewer", show_default=True)
@click.option("--name", default="")
def add_user(email: str, role: str, name: str) -> None:
    """Add somebody; the password is asked for, or read from standard input."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with plain_errors():
        added = accounts.add_user(_baton().engine, email, password, accounts.Role(role), name)
    click.echo(f"{added.email} may sign in as {added.role}.")


@users.command("list")
def list_users() -> None:
    """Everybody with role and state."""
    for user in accounts.list_users(_baton().engine):
        click.echo(f"{user.email}\t{user.role}\t{'disabled' if user.disabled else 'active'}\t{user.name}")


@users.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """End somebody's account and sessions."""
    with plain_errors():
        accounts.disable_user(_baton().engine, email)
    click.echo(f"{email} can no longer sign in.")


@click.group()
def tokens() -> None:
    """API tokens."""


@tokens.command()
@click.argument("name")
@click.option("--role", type=click.Choice([r.value for r in accounts.Role]), default="viewer", show_default=True)
def create(name: str, role: str) -> None:
    """A new token, shown this once."""
    with plain_errors():
        click.echo(accounts.create_token(_baton().engine, name, accounts.Role(role)))


@tokens.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End a token at once."""
    with plain_errors():
        accounts.revoke_token(_baton().engine, name)
    click.echo(f"Token {name} is revoked.")
