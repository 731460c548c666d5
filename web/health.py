"""``/healthz`` (the process is alive), ``/readyz`` (everything it needs is), ``/metrics`` (Prometheus text).

Metrics come from the database, so every web process tells the same. They need a bearer token, except for callers on this machine
while PUBLIC_URL is not set: behind a reverse proxy everybody looks local.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from config.settings import Settings
from escalation.hop import State
from store import migrate, not_read, queries, vitals
from web import auth
from web.problems import DATABASE_AWAY, answer, problem
from web.refusals import Refusals

WORKER_WITHIN, CLOCK_WITHIN = 30.0, 15.0  # seconds
_STATES: dict[str, tuple[str, tuple[str, ...]]] = {  # table → label and the states that are shown even when there is none
    "deliveries": ("status", queries.DELIVERY_STATUSES),
    "actions": ("state", queries.ACTION_STATES),
    "handoffs": ("state", tuple(State)),
    "jobs": ("status", ("todo", "doing", "succeeded", "failed")),
}
_WORDS = "Words of handled deliveries that no table of the mapping has, each time one is handled"
_VALUES = "Values of handled deliveries that were left out because they are of another type than the mapping says"


def blueprint(engine: Engine, settings: Settings, refusals: Refusals) -> Blueprint:
    """The routes for machines that watch."""
    web = Blueprint("health", __name__)
    readiness = Readiness(engine)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counts(engine, refusals))

    def healthz() -> Response:
        return answer(200, {"alive": True})

    def readyz() -> Response:
        parts = readiness.parts()
        ready = all(not trouble for trouble in parts.values())
        told = {name: {"ok": not trouble, "detail": trouble or "ok"} for name, trouble in parts.items()}
        return answer(200 if ready else 503, {"ready": ready, "parts": told})

    def metrics() -> Response:
        try:
            if not (_is_local(settings) or auth.bearer(settings, engine)):
                return _token_needed()
            return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
        except DATABASE_AWAY:
            return problem(503, "The database cannot be reached.")

    for view in (healthz, readyz, metrics):
        web.add_url_rule(f"/{view.__name__}", view.__name__, view)
    return web


def _is_local(settings: Settings) -> bool:
    forwarded = request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded")
    local = ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - compared, not listened on
    return local and not forwarded and not settings.public_url


def _token_needed() -> Response:
    response = problem(401, "Metrics need a bearer token here: Authorization: Bearer <token>.")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@dataclass
class Readiness:
    """What a web process needs to be of use, each part with what is wrong with it ("" when nothing)."""

    engine: Engine
    _current: bool = field(default=False, init=False)  # the newest schema stays the newest while this code runs

    def parts(self) -> dict[str, str]:
        """database, migrations, worker, clock → trouble in words with what to do."""
        checks: dict[str, Callable[[], str]] = {
            "database": self._database,
            "migrations": self._migrations,
            "worker": lambda: _stale(vitals.ages(self.engine).worker, WORKER_WITHIN, "worker"),
            "clock": lambda: _stale(vitals.ages(self.engine).clock, CLOCK_WITHIN, "clock"),
        }
        found: dict[str, str] = {}
        for name, check in checks.items():
            blocked = next((before for before, trouble in found.items() if trouble and before in ("database", "migrations")), "")
            found[name] = f"not known without {blocked}" if blocked else _tried(check)
        return found

    def _database(self) -> str:
        with self.engine.connect():
            return ""

    def _migrations(self) -> str:
        self._current = self._current or migrate.is_current(self.engine)
        return "" if self._current else "the schema is not the newest; run flask db upgrade"


def _tried(check: Callable[[], str]) -> str:
    try:
        return check()
    except DATABASE_AWAY as away:
        return f"the database cannot be reached ({type(away).__name__}); check DATABASE_URL and the server"


def _stale(age: float | None, limit: float, name: str) -> str:
    if age is None:
        return f"no {name} has run yet; start one with flask {name}"
    return "" if age <= limit else f"the last sign of life of a {name} is {age:.0f} s old; start one with flask {name}"


@dataclass(frozen=True)
class _Counts(Collector):
    engine: Engine
    refusals: Refusals

    def collect(self) -> Iterator[Metric]:
        counts = vitals.counts(self.engine)
        for name, (label, states) in _STATES.items():
            yield _gauge(f"baton_{name}", f"Rows in {name} by {label}", label, states, counts[name])
        overdue = vitals.timers_overdue(self.engine)
        yield GaugeMetricFamily("baton_timers_overdue", "Timers that are due and have not fired", value=overdue)
        yield from self._ages()
        yield from self._not_read()
        yield self._refused()

    def _ages(self) -> Iterator[Metric]:
        ages = vitals.ages(self.engine)
        for name, age in (("worker", ages.worker), ("clock", ages.clock)):
            text = f"Seconds since the last sign of life of a {name}, +Inf before the first"
            yield GaugeMetricFamily(f"baton_{name}_seen_seconds_ago", text, value=float("inf") if age is None else age)

    def _not_read(self) -> Iterator[Metric]:
        words = CounterMetricFamily("baton_unknown_words", _WORDS, labels=("connection", "field"))
        values = CounterMetricFamily("baton_values_left_out", _VALUES, labels=("connection", "field"))
        for (connection, kind, field_), count in not_read.totals(self.engine).items():
            (words if kind == not_read.WORD else values).add_metric((connection, field_), count)
        yield from (words, values)

    def _refused(self) -> Metric:
        text = "Webhooks refused on this machine, with nothing kept unless the reason is unreadable"
        family = CounterMetricFamily("baton_webhooks_refused", text, labels=("connection", "reason"))
        for connection, reason, count in self.refusals.totals():
            family.add_metric((connection, reason), count)
        return family


def _gauge(name: str, text: str, label: str, states: Iterable[str], counts: Mapping[str, int]) -> Metric:
    told = dict.fromkeys(map(str, states), 0) | dict(counts)
    family = GaugeMetricFamily(name, text, labels=(label,))
    for state, count in told.items():
        family.add_metric((state,), count)
    return family
