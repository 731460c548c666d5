"""Read-only queries about how the installation itself is doing: signs of life and the counts behind ``/metrics``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, text

from store.engine import each_alone

_AGES = text(
    "SELECT (SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers) AS worker,"
    " (SELECT extract(epoch FROM now() - at) FROM beats WHERE name = 'clock') AS clock"
)
_COUNTS = {
    "deliveries": text("SELECT status, count(*) FROM deliveries GROUP BY status"),
    "actions": text("SELECT state, count(*) FROM actions GROUP BY state"),
    "handoffs": text("SELECT state, count(*) FROM handoffs GROUP BY state"),
    "jobs": text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"),
}
_OVERDUE = text("SELECT count(*) FROM timers WHERE fired_at IS NULL AND due_at < now()")


@dataclass(frozen=True, slots=True)
class Ages:
    """Seconds since the newest sign of life of any worker and of the clock; None where there never was one."""

    worker: float | None
    clock: float | None


def ages(engine: Engine) -> Ages:
    """How long ago a worker and the clock were last alive, by the database's own time."""
    with each_alone(engine) as db:
        row = db.execute(_AGES).one()
    return Ages(*(None if age is None else float(age) for age in row))


def counts(engine: Engine) -> Mapping[str, Mapping[str, int]]:
    """Rows by state: {"deliveries": {"accepted": 3}, "actions": …, "handoffs": …, "jobs": …}; absent states have none."""
    with each_alone(engine) as db:
        return {name: {state: int(n) for state, n in db.execute(query)} for name, query in _COUNTS.items()}


def timers_overdue(engine: Engine) -> int:
    """Timers that are due and have not fired."""
    with each_alone(engine) as db:
        return int(db.execute(_OVERDUE).scalar_one())
