"""A back-test over 50,000 stored tickets, and a dry run. ``python -m bench.backtest [tickets]`` prints both.

Tickets are copies of the held-back ones under other ids, kept as the worker keeps them, with what was read in them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from sqlalchemy import Engine, text

from bench.kit import machine, percentile
from bench.signals import HELD_BACK, ticket_of
from config.playbook import load_playbook
from config.roster import load_roster
from escalation.decide import decide
from escalation.history import Background
from signals.reader import TextReader
from store import embedded, engine, migrate
from store.backtests import Backtests
from store.codec import plain
from tests.support import ROOT
from web.rehearsals import Rehearsals, Trials

NOW = datetime.now(UTC)
_COPY = """
INSERT INTO tickets (connection, ticket_id, body, changed_at)
SELECT 'bench', n::text, t.body || jsonb_build_object('id', n::text), :now
FROM generate_series(1, CAST(:count AS int)) AS n JOIN samples t ON t.number = n % :samples;
"""
_COPY_MESSAGES = """
INSERT INTO messages (connection, ticket_id, message_id, at, body)
SELECT 'bench', n::text, m->>'id', :now, m
FROM generate_series(1, CAST(:count AS int)) AS n JOIN samples t ON t.number = n % :samples, jsonb_array_elements(t.messages) AS m
"""
_COPY_EVALUATIONS = """
INSERT INTO evaluations (connection, ticket_id, at, deliveries, decision)
SELECT 'bench', n::text, :now, '{}', t.decision
FROM generate_series(1, CAST(:count AS int)) AS n JOIN samples t ON t.number = n % :samples
"""


def fill(made: Engine, count: int) -> None:
    """``count`` tickets with their threads and evaluations."""
    reader = TextReader.standard()
    playbook = load_playbook((ROOT / "config" / "escalation.yaml").read_text("utf-8"))
    told = [t for f in sorted(HELD_BACK.glob("*.yaml")) for t in yaml.safe_load(f.read_text("utf-8"))["tickets"]]
    rows = []
    for number, one in enumerate(told):
        ticket = ticket_of(one)
        signals = reader.read(ticket.messages, NOW, subject=ticket.subject)
        decision = decide(playbook, ticket, None, (), signals, NOW, Background())
        body: dict[str, Any] = plain(ticket)
        messages = body.pop("messages")
        body |= {"connection": "bench", "messages": [], "created_at": (NOW - timedelta(hours=3)).isoformat()}
        cells = (body, messages, plain(decision))
        rows.append({"number": number, **dict(zip(("body", "messages", "decision"), map(json.dumps, cells), strict=True))})
    with made.begin() as db:
        db.execute(text("CREATE TABLE samples (number int, body jsonb, messages jsonb, decision jsonb)"))
        db.execute(text("INSERT INTO samples VALUES (:number, :body, :messages, :decision)"), rows)
        for copy in (_COPY, _COPY_MESSAGES, _COPY_EVALUATIONS):
            db.execute(text(copy), {"count": count, "samples": len(rows), "now": NOW})
    with made.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("ANALYZE"))


def main() -> str:
    """Run it; the report as Markdown."""
    count = next((int(word) for word in sys.argv[1:] if word.isdigit()), 50_000)
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    active = (ROOT / "config" / "escalation.yaml").read_text("utf-8")
    roster = load_roster((ROOT / "config" / "roster.yaml").read_text("utf-8"))
    try:
        made = engine.connect(embedded.start(place))
        migrate.upgrade(made)
        fill(made, count)
        playbook = load_playbook(active)
        trials = Trials(Backtests(made), lambda: playbook, lambda: roster)
        begun = time.perf_counter()
        number = trials.start(active.replace("refund: 500", "refund: 100"), "bench", 30)
        while (told := trials.told(number)) is not None and told["state"] == "running":
            trials.carry_on(number)
        took = time.perf_counter() - begun
        assert told is not None and told["result"]["tickets"] == count, told
        made.dispose()
    finally:
        embedded.stop(place)
    result = told["result"]
    counts = f"active {result['active']['escalated']['times']:,}, draft {result['draft']['escalated']['times']:,} escalations"
    lines = ["## Back-test and dry run", "", f"{machine()}.", ""]
    lines += [f"{count:,} stored tickets: **{took:.0f} s** (wanted: at most 60); {counts}."]
    return "\n".join([*lines, "", _dry_runs(active)])


def _dry_runs(active: str) -> str:
    roster = load_roster((ROOT / "config" / "roster.yaml").read_text("utf-8"))
    playbook = load_playbook(active)
    rehearsals = Rehearsals(TextReader.standard(), lambda: playbook, lambda: roster, lambda *_: None, lambda _: {})
    took = []
    for one in yaml.safe_load((HELD_BACK / "a.yaml").read_text("utf-8"))["tickets"]:
        body = {"ticket": {"subject": one["subject"], "messages": one["messages"]}}
        begun = time.perf_counter()
        rehearsals.run(body)
        took.append((time.perf_counter() - begun) * 1000)
    return f"Dry run: p50 {median(took):.1f} ms, p99 {percentile(took, 0.99):.1f} ms (wanted: at most 100)."


if __name__ == "__main__":
    print(main())
