"""Everything reached over HTTP: webhooks, pages, JSON API, health and metrics. ``register`` mounts it on an app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from config.settings import Settings
from escalation.playbook import Playbook
from escalation.ports import Helpdesk
from web import api, auth, errors, health, pages, tracker_hooks, webhooks
from web.api_shifts import ShiftViews
from web.handovers import Handovers
from web.pages_bugs import BugPages
from web.pages_rules import RulePages
from web.pages_shifts import ShiftPages
from web.ports import Backtests, BugDesk, Documents, Pipeline, Shifts, Whom
from web.refusals import Refusals


@dataclass(frozen=True)
class Parts:
    """What the web layer is given. ``mapping_preview(helpdesk, payload, draft YAML or None)`` answers JSON-ready data and
    raises config.yamldoc.Problems, Unreadable, or LookupError for an unknown helpdesk."""

    settings: Settings
    engine: Engine
    pipeline: Pipeline
    documents: Documents
    helpdesks: Callable[[], Mapping[str, Helpdesk]]  # connection id → connector
    playbook: Callable[[], Playbook]
    mapping_preview: Callable[[str, object, str | None], dict[str, Any]]
    dry_run: Callable[[Mapping[str, Any]], dict[str, Any]]  # see web.rehearsals.Rehearsals.run
    backtests: Backtests
    whom: Whom
    bugs: BugDesk
    shifts: Shifts
    sandbox: bool


def register(app: Flask, parts: Parts) -> None:
    """Mount webhooks, health, API and pages."""
    refusals = Refusals(parts.settings.data_dir / "refused")
    app.extensions["baton_refusals"] = refusals
    auth.install(app, parts.settings, parts.engine)
    app.register_blueprint(webhooks.blueprint(parts.pipeline, parts.helpdesks, refusals))
    app.register_blueprint(tracker_hooks.blueprint(parts.bugs, refusals))
    app.register_blueprint(health.blueprint(parts.engine, parts.settings, refusals))
    tried = (parts.mapping_preview, parts.dry_run, parts.backtests, parts.whom, parts.bugs)
    bots = Handovers(parts.engine, parts.helpdesks)
    views = ShiftViews(parts.shifts, parts.engine, parts.pipeline, parts.documents, *tried, bots)
    app.register_blueprint(api.blueprint(parts.settings, parts.engine, views))
    rules = RulePages(parts.engine, parts.playbook, parts.pipeline.roster, parts.documents, parts.backtests)
    bugs = BugPages(parts.engine, parts.pipeline.roster, parts.bugs)
    more = (bugs, ShiftPages(parts.engine, parts.pipeline, parts.shifts))
    shown = pages.blueprint(parts.settings, parts.engine, parts.pipeline, parts.helpdesks, rules, *more, sandbox=parts.sandbox)
    app.register_blueprint(shown)
    errors.install(app, https=parts.settings.public_url.startswith("https://"))
