"""Where everything is put together, once: ``create_app()`` for the web, ``assemble()`` for all processes.

``flask --app app …`` has the commands (``commands.py``); ``python app.py`` runs everything on this machine.
"""

from __future__ import annotations

import garbage  # before all else: see there

# isort: split
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flask import Flask
from sqlalchemy import Engine

import commands
import connectors
import running
import sandbox
import trackers
import web
from accounts.asking import Sources
from config import connections, llm, logs
from config.connections import PLAY_SECRET, PLAY_TOKEN, ChatAccount, Connection
from config.settings import Settings, load, substitute
from config.trackers import TrackerAccount
from config.trackers import trackers as trackers_of
from connectors.bots import BotWebhooks
from connectors.slack import SlackChat
from escalation import by_hand, rule_tests
from escalation.bugs import BugDesk
from escalation.pipeline import Pipeline
from escalation.playbook import Playbook
from escalation.ports import Chat, Helpdesk, Tracker
from escalation.roster import Roster
from escalation.rule_tests import Case, Failure
from escalation.shift_work import Shifts
from llm.client import Client
from sandbox.state import State
from signals import semantic
from signals.reader import TextReader
from store import away, embedded, engine
from store.backtests import Backtests
from store.codec import plain
from store.documents import StoredDocuments
from store.journal import StoredJournal
from store.live import LiveDocuments
from store.live import load as load_document
from store.llm_budget import HourlyBudget
from web import slack as web_slack
from web.desk import PipelineDesk
from web.rehearsals import Rehearsals, Trials
from web.whom import Whom

garbage.collected_again()


@dataclass
class Baton:
    """One process's parts, each made when it is first asked for."""

    settings: Settings
    ping: bool = True  # see store.engine.connect

    @cached_property
    def database_url(self) -> str:
        """The database's address; without DATABASE_URL the embedded server is started or found."""
        return self.settings.database_url or embedded.start(self.settings.data_dir)

    @cached_property
    def engine(self) -> Engine:
        size = max(self.settings.web_threads, self.settings.worker_concurrency)
        return engine.connect(lambda: self.database_url, pool_size=size, ping=self.ping)

    @cached_property
    def documents(self) -> StoredDocuments:
        return StoredDocuments(self.engine)

    @cached_property
    def live(self) -> LiveDocuments:
        return LiveDocuments(self.documents, self.trial)

    def trial(self, playbook: Playbook, roster: Roster, cases: tuple[Case, ...]) -> tuple[Failure, ...]:
        """Run tests of rules."""
        return rule_tests.run(playbook, roster, self.reader, cases, datetime.now(UTC))

    @cached_property
    def reader(self) -> TextReader:
        return TextReader.standard()

    @cached_property
    def journal(self) -> StoredJournal:
        return StoredJournal(self.engine)

    @cached_property
    def accounts(self) -> tuple[tuple[Connection, ...], ChatAccount]:
        return connections.from_settings(self.settings)

    @cached_property
    def chat(self) -> Chat:
        return SlackChat(self.accounts[1], timeout_s=self.settings.vendor_timeout_s)

    @property
    def played(self) -> tuple[str, ...]:
        """The vendors that are sandbox play-vendors here."""
        accounts, chat = self.accounts
        bugs = (t.name for t in self.tracker_accounts if t.sandbox)
        model = ("llm",) if self.writer_account and self.writer_account.sandbox else ()
        return (*(c.helpdesk for c in accounts if c.sandbox), *(("slack",) if chat.sandbox else ()), *bugs, *model)

    @cached_property
    def tracker_accounts(self) -> tuple[TrackerAccount, ...]:
        return trackers_of(self.settings)

    @cached_property
    def trackers(self) -> Mapping[str, Tracker]:
        """Name → tracker, those that are set up."""
        timeout = self.settings.vendor_timeout_s
        return {account.name: trackers.connect(account, timeout_s=timeout) for account in self.tracker_accounts}

    @cached_property
    def writer_account(self) -> llm.LlmAccount | None:
        return llm.account(self.settings)

    @cached_property
    def writer(self) -> Client | None:
        """The model that words handoffs, None when none is set up."""
        return Client(self.writer_account) if self.writer_account else None

    def helpdesks(self) -> Mapping[str, Helpdesk]:
        """Connection id → connector, made anew when a document changed."""
        self.live.look()
        generation, made = self._connectors
        if generation != self.live.generation:
            generation = self.live.generation
            made = {c.id: self._connector(c) for c in self.accounts[0]}
            self._connectors = (generation, made)  # one assignment: threads see the old set or the new one
        return made

    def _connector(self, account: Connection) -> Helpdesk:
        return connectors.connect(account, self.live.mapping(account.helpdesk), timeout_s=self.settings.vendor_timeout_s)

    _connectors: tuple[int, Mapping[str, Helpdesk]] = (-1, MappingProxyType({}))

    @cached_property
    def pipeline(self) -> Pipeline:
        return Pipeline(
            journal=self.journal,
            helpdesks=self.helpdesks,
            chat=self.chat,
            reader=self.reader,
            playbook=self.live.playbook,
            roster=self.live.roster,
            clock=lambda: datetime.now(UTC),
            pause=time.sleep,
            settle=timedelta(milliseconds=self.settings.read_settle_ms),
            page_url=self.settings.address,
            accounts=self.account_sources,
            channel=self.accounts[1].channel,
            bots=BotWebhooks(self.settings.bots, timeout_s=self.settings.vendor_timeout_s),
            trackers=lambda: self.trackers,
            writer=self.writer,
            budget=HourlyBudget(self.engine, self.settings.llm_requests_per_hour),
        )

    @cached_property
    def account_sources(self) -> Sources:
        """The systems beside the helpdesk that know the customers."""
        folder, clock = self.settings.config_dir, lambda: datetime.now(UTC)
        return Sources(self.live.accounts, folder, substitute, clock=clock, now=time.monotonic)

    def preview(self, helpdesk: str, payload: object, draft: str | None) -> dict[str, Any]:
        """What a payload would become under the active mapping, or under a draft of it."""
        name = f"mappings/{helpdesk}"
        mapping = load_document(name, draft) if draft is not None else self.live.mapping(helpdesk)
        return plain(connectors.preview(mapping, payload))

    @cached_property
    def backtests(self) -> Trials:
        return Trials(Backtests(self.engine), self.live.playbook, self.live.roster)

    @cached_property
    def rehearsals(self) -> Rehearsals:
        live = self.live
        reader, stored = self.pipeline.reader, self.journal.remembered
        gone = partial(away.everybody, self.engine)
        return Rehearsals(reader, live.playbook, live.roster, stored, self.journal.loads, gone, semantic.degraded)

    @cached_property
    def desk(self) -> PipelineDesk:
        """Where people in Slack are answered."""
        begin = partial(by_hand.begin, self.pipeline)
        return PipelineDesk(self.pipeline, self.engine, begin, self.helpdesks, self.shifts, self.settings.address)

    @cached_property
    def shifts(self) -> Shifts:
        return Shifts(self.pipeline)

    @cached_property
    def whom(self) -> Whom:
        return Whom(self.rehearsals, self.helpdesks)

    @cached_property
    def play_state(self) -> State:
        return State(lambda: self.database_url)


def assemble(settings: Settings | None = None, *, ping: bool = True) -> Baton:
    """The parts of this process, from the environment unless settings are given."""
    settings = settings or load()
    logs.configure(settings.log_format)
    return Baton(settings, ping)


def create_app(settings: Settings | None = None) -> Flask:
    """The web application; nothing is called outside and the database is not needed until the first request."""
    with running.plain_errors():  # a wrong setting is told in words by every command
        baton = assemble(settings)
        chat = baton.accounts[1]
    app = Flask(__name__, template_folder=None, static_folder=None)
    app.config["SECRET_KEY"] = secret_key(baton.settings)
    app.extensions["baton"] = baton
    parts = web.Parts(
        settings=baton.settings,
        engine=baton.engine,
        pipeline=baton.pipeline,
        documents=baton.documents,
        helpdesks=baton.helpdesks,
        playbook=baton.live.playbook,
        mapping_preview=baton.preview,
        dry_run=baton.rehearsals.run,
        backtests=baton.backtests,
        whom=baton.whom,
        bugs=BugDesk(baton.pipeline),
        shifts=baton.shifts,
        sandbox=bool(baton.played),
    )
    web.register(app, parts)
    app.register_blueprint(web_slack.blueprint(chat, baton.desk, baton.whom.in_words))
    if baton.played:
        base = baton.settings.local_address
        play = sandbox.Play(f"{base}/sandbox", base, PLAY_SECRET, PLAY_TOKEN)
        sandbox.register(app, baton.play_state, play, baton.played)
    commands.register(app)
    return app


def secret_key(settings: Settings) -> str:
    """SECRET_KEY, or one made once and kept under DATA_DIR; several processes starting together agree on one."""
    if given := settings.secret_key.get_secret_value():
        return given
    path = Path(settings.data_dir) / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    while not (key := path.read_text()):  # another process is between creating and writing it
        time.sleep(0.01)
    return key


if __name__ == "__main__":
    running.main()
