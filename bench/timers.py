"""The work of a tick is that of what is due, however many tickets are open: 1 thousand, 100 thousand, 1 million.

``python -m bench.timers`` prints it. DUE tickets are due each time; all others later.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text

from bench.kit import machine
from store import embedded, engine, migrate
from store.journal import StoredJournal

SIZES, DUE, ROUNDS = (1_000, 100_000, 1_000_000), 50, 200
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_OPEN = """
INSERT INTO tickets (connection, ticket_id, body, look_at, look_version)
SELECT 'zendesk', n::text, '{"connection": "zendesk", "status": "open"}', :now + make_interval(mins => (n % 40000) + 5), 1
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""
_DUE = """
UPDATE tickets SET look_at = :now - interval '1 second'
WHERE ticket_id IN (SELECT n::text FROM generate_series(1, :due) AS n)
"""
_TIMERS = """
INSERT INTO timers (key, kind, handoff_id, due_at, fired_at)
SELECT 'k' || n, 'offer_expires', 'h', :now + make_interval(mins => (n % 40000) + 5), NULL
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""


def main() -> str:
    """Run it; the report as Markdown."""
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    try:
        made = engine.connect(embedded.start(place))
        migrate.upgrade(made)
        took = {size: _measured(made, size) for size in SIZES}
        made.dispose()
    finally:
        embedded.stop(place)
    first = took[SIZES[0]]
    rows = [f"| {size:,} | {value:.2f} | {value / first:.2f} |" for size, value in took.items()]
    head = ["## Timers: one tick", "", f"{machine()}; {DUE} tickets due, all others later, as many timers of handoffs open.", ""]
    return "\n".join([*head, "| open | ms a tick | ratio (wanted: at most 1.30) |", "|---|---|---|", *rows])


def _measured(made: Engine, size: int) -> float:
    """Median milliseconds of finding what is due, with ``size`` tickets and timers open."""
    with made.begin() as db:
        there = int(db.execute(text("SELECT count(*) FROM tickets")).scalar_one())
        span = {"now": NOW, "first": there + 1, "last": size}
        db.execute(text(_OPEN), span)
        db.execute(text(_TIMERS), span)
        db.execute(text(_DUE), {"now": NOW, "due": DUE})
    with made.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE tickets"))
        db.execute(text("VACUUM ANALYZE timers"))
    journal = StoredJournal(made)
    took = []
    for n in range(ROUNDS + 20):
        begun = time.perf_counter()
        looks, timers = journal.due_looks(NOW, 1, 200), journal.due_timers(NOW, 200)
        assert len(looks) == DUE and not timers, (len(looks), len(timers))
        if n >= 20:
            took.append((time.perf_counter() - begun) * 1000)
    assert journal.due_timers(NOW + timedelta(minutes=6), 10)
    return median(took)


if __name__ == "__main__":
    print(main())
