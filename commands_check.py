"""``flask --app app check``: what is to be mended in settings, documents, connections and Slack."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from flask import current_app

from config.yamldoc import Problems
from escalation import presence, user_groups
from running import answers, open_store, plain_errors
from signals import semantic
from store import live
from store.documents import files

if TYPE_CHECKING:
    from app import Baton


@click.command()
def check() -> None:
    """Look over settings, documents, connections and Slack; say what to mend."""
    baton: Baton = current_app.extensions["baton"]
    logging.getLogger("baton.slack.sdk").setLevel(logging.CRITICAL)  # what Slack does not answer is a line of this command
    asleep = bool(baton.played) and not answers(baton.settings)
    if asleep:
        why = f"Baton does not run at {baton.settings.local_address}, and its play-vendors answer only while it does"
        click.echo(f"{why}: they are not looked at. Start it with `make run`, or say where it runs: PORT=… flask --app app check")
    with plain_errors():
        problems = document_problems(files(baton.settings.config_dir, baton.settings.mappings_dir))
        open_store(baton)
        problems += [*_helpdesks(baton, asleep), *_chat(baton, asleep), *_others(baton, asleep)]
        if not asleep:
            unread = presence.look(baton.pipeline, datetime.now(UTC))
            problems += [f"{source}: who is available cannot be read: {why}" for source, why in unread.items()]
    for line in (*semantic.degraded(), *problems):
        click.echo(line)
    if problems or asleep:
        told = f"{len(problems)} to mend" if problems else "Nothing else to mend"
        raise click.ClickException(f"{told}; the play-vendors were not looked at" if asleep else told)
    click.echo("All is well.")


def _helpdesks(baton: Baton, asleep: bool) -> Iterator[str]:
    played = {one.id for one in baton.accounts[0] if one.sandbox}
    for connection, helpdesk in baton.helpdesks().items():
        if not (asleep and connection in played):
            yield from (f"{connection}: {line.removeprefix(f'{connection}: ')}" for line in helpdesk.check())
        for ability, why in helpdesk.cannot.items():
            click.echo(f"{connection} cannot: {ability.replace('_', ' ')}: {why}")


def _chat(baton: Baton, asleep: bool) -> Iterator[str]:
    if asleep and baton.accounts[1].sandbox:
        return
    groups = [one.group for one in user_groups.wanted(baton.live.roster(), datetime.now(UTC))]
    yield from (f"slack: {line}" for line in baton.chat.check(groups))


def _others(baton: Baton, asleep: bool) -> Iterator[str]:
    """Account sources, trackers and the model."""
    for source, problem in baton.account_sources.check().items():
        click.echo(f"account source {source}: {problem or 'answers'}")
        if problem:
            yield f"account source {source}: {problem}"
    played = {one.name for one in baton.tracker_accounts if one.sandbox}
    for name, tracker in baton.trackers.items():
        if not (asleep and name in played):
            yield from tracker.check()
    if baton.writer and baton.writer_account and not (asleep and baton.writer_account.sandbox):
        told = baton.writer.check()
        click.echo(f"model {baton.writer.model}: {told or 'answers'}")
        if told:
            yield f"model {baton.writer.model}: {told}"


def document_problems(found: dict[str, str]) -> list[str]:
    """Every problem of documents, by themselves and together."""
    problems: list[str] = []
    meant: dict[str, object] = {}
    for name, text in found.items():
        try:
            meant[name] = live.load(name, text)
        except Problems as wrong:
            problems += [f"{name}:{p}" if not str(p).startswith(name) else str(p) for p in wrong.problems]
    if not problems:
        try:
            live.hold_together(meant, found)
        except Problems as wrong:
            problems += map(str, wrong.problems)
    return problems
