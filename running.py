"""Everything on one machine (``python app.py``, ``flask up``): made ready, started, watched, stopped."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
import requests

from config.settings import Settings, SettingsProblem, load
from config.settings import environment as settings_environment
from config.yamldoc import Problems
from escalation.ports import Outside
from store import accounts, embedded, live, migrate
from store.documents import files
from worker import supervisor

if TYPE_CHECKING:
    from app import Baton


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Expected problems end a command with their text and status 1, without a traceback."""
    try:
        yield
    except (Problems, Outside, LookupError, accounts.Refused, SettingsProblem) as problem:
        raise click.ClickException(str(problem)) from None


def open_store(baton: Baton) -> None:
    """Bring the schema up to date, for a command that only looks: files are taken where there are no documents at all yet."""
    migrate.upgrade(baton.engine)
    if not baton.documents.versions():
        prepare(baton)


def prepare(baton: Baton) -> tuple[str, ...]:
    """Bring schema and documents up to date and make the first admin; lines worth telling.

    Raises Problems for files that cannot be used; rules that fail their tests are not in force, and that is a line.
    """
    migrate.upgrade(baton.engine)
    found = files(baton.settings.config_dir, baton.settings.mappings_dir)
    live.load_all(found)  # refuse to start on documents that cannot be used
    known = baton.documents.versions()
    lines = [f"{n} was edited in the store; the file differs and was left alone" for n in baton.documents.sync(found)]
    versions = baton.documents.versions()
    if known and versions != known:
        baton.live.follow(known, versions)  # new rules meet the tests of rules here, before any process takes them
    refused = baton.documents.refused()
    lines += [f"{n} version {v} is not in force: {why}" for (n, v), why in refused.items() if versions.get(n) == v]
    password = accounts.bootstrap(baton.engine, baton.settings)
    lines.append(_how_to_sign_in(baton, password))
    return tuple(lines)


def _how_to_sign_in(baton: Baton, password: str | None) -> str:
    if password:
        email = baton.settings.admin_email or "admin@localhost"
        return f"Sign in as {email} with password {password} (shown this once)"
    admins = [one.email for one in accounts.list_users(baton.engine) if one.role is accounts.Role.ADMIN and not one.disabled]
    another = ".venv/bin/flask --app app users add you@example.com --role admin"
    if not admins:
        return f"Nobody can sign in as admin: {another}"
    first = baton.settings.admin_email.lower()
    return f"Sign in as {first if first in admins else admins[0]}. The password is lost? Add another admin: {another}"


def main() -> None:
    """``python app.py``: run everything; a problem ends it with its text alone."""
    try:
        with plain_errors():
            settings = load()
        run_everything(settings)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)


def run_everything(settings: Settings) -> None:
    """Database, web, worker and clock until Ctrl-C or SIGTERM; all of it stopped cleanly, also when it cannot begin."""
    from app import Baton, secret_key

    _require_free_port(settings)
    baton = Baton(settings)
    try:
        with plain_errors():
            secret_key(settings)
            notes = prepare(baton)
            addresses = [f"{settings.address}/webhooks/{connection}" for connection in baton.helpdesks()]
        _supervise(baton, (*notes, f"Webhooks are taken at {', '.join(addresses)}"))
    finally:
        baton.engine.dispose()
        if not settings.database_url:
            embedded.stop(settings.data_dir)


def _supervise(baton: Baton, notes: tuple[str, ...]) -> None:
    settings = baton.settings
    environment = {**settings_environment(), "DATABASE_URL": baton.database_url}
    run = [sys.executable, "-m", "flask", "--app", "app"]
    optional = ("socket-mode",) if settings.slack_app_token.get_secret_value() else ()
    workers = ["worker"] * settings.worker_processes
    children = [supervisor.Child(name, [*run, name], environment) for name in ("serve", *workers, "clock", *optional)]

    def check() -> None:
        if not settings.database_url:
            embedded.revive(settings.data_dir)

    supervisor.Supervisor(children, check).run(lambda: _say_when_ready(baton, notes))


def _require_free_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as taken:
            why = f"Port {settings.port} cannot be used ({taken.strerror}). Choose another: PORT=8001 make run"
            raise click.ClickException(why) from None


def answers(settings: Settings) -> bool:
    """Whether a Baton runs at this machine's PORT."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{settings.local_address}/healthz", timeout=5).ok
    return False


def _is_ready(baton: Baton, tries: int) -> bool:
    for _ in range(tries):
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{baton.settings.local_address}/readyz", timeout=2).status_code == 200:
                return True
        time.sleep(0.1)
    return False


def _say_when_ready(baton: Baton, notes: tuple[str, ...]) -> None:
    address = baton.settings.address
    if not _is_ready(baton, tries=600):
        click.echo(f"Not ready after a minute; {address}/readyz says what is missing.", err=True)
        return
    lines = [f"Baton is ready at {address}", *notes]
    if baton.played:
        lines.append(f"Sandbox: play Slack at {address}/sandbox/slack, tickets at {address}/sandbox/zendesk")
        to = f" --to {address}" if baton.settings.port != Settings.model_fields["port"].default else ""
        lines.append(f"Try it: .venv/bin/flask --app app send zendesk/ticket_created_urgent{to}")
    click.echo("\n" + "\n".join(f"  {line}" for line in lines) + "\n")
