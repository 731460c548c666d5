"""Durable accepts per second and p99, beside a bare Flask handler with one durable insert, turn by turn in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.kit import Measured, Request, load, machine
from config.connections import PLAY_SECRET
from connectors.zendesk.inbound import sign
from sandbox import samples
from store import embedded
from tests.support import FIXTURES, ROOT
from tests.system import System, free_port, until
from tests.test_recovery import FLASK, answers

ROUNDS, EACH, CLIENTS = 9, 1500, 16


def webhooks(count: int) -> list[Request]:
    """Signed Zendesk events, each about a ticket of its own."""
    recorded = samples.load(FIXTURES, "zendesk/ticket_created_calm")["body"]
    made = []
    for _ in range(count):
        body = json.dumps({**recorded, "id": str(uuid.uuid4()), "detail": {**recorded["detail"], "id": samples.a_ticket_id()}})
        headers = {"Content-Type": "application/json", **sign(body.encode(), PLAY_SECRET, datetime.now(UTC))}
        made.append(("/webhooks/zendesk", body.encode(), headers))
    return made


def main() -> str:
    """Run it; the report as Markdown."""
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    system = System(place / "intake")
    system.folder.mkdir(parents=True)
    assert system.spawn(*FLASK, "db", "upgrade").wait(60) == 0, system.log()
    url = embedded.start(system.folder / "var")
    with psycopg.connect(url) as db:
        db.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, body bytea NOT NULL, at timestamptz DEFAULT now())")
    bare_port = free_port()
    web, bare = system.spawn(*FLASK, "serve"), _bare(url, bare_port)
    try:
        until(lambda: answers(system), 30, "web")
        return _report(_rounds(system.port, bare_port, url))
    finally:
        for process in (web, bare):
            process.terminate()
            process.wait(30)
        embedded.stop(system.folder / "var")


def _bare(url: str, port: int) -> subprocess.Popen[bytes]:
    arguments = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    arguments += ["--keep-alive", "75", "--no-control-socket", "bench.bare:create_app()"]
    return subprocess.Popen([sys.executable, "-m", "gunicorn", *arguments], cwd=ROOT, env={"DATABASE_URL": url})


def _rounds(port: int, bare_port: int, url: str) -> list[tuple[Measured, Measured]]:
    plain: list[Request] = [("/bare", body, {}) for _, body, _ in webhooks(200)]
    load(bare_port, plain, CLIENTS)
    load(port, webhooks(3000), CLIENTS)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("ANALYZE")  # as autovacuum does in the first minute; until then plans are made for empty tables
    found = []
    for _ in range(ROUNDS):
        hooks = webhooks(EACH)
        bare = load(bare_port, [("/bare", body, {}) for _, body, _ in hooks], CLIENTS)
        found.append((load(port, hooks, CLIENTS), bare))
    return found


def _report(rounds: list[tuple[Measured, Measured]]) -> str:
    ratios = sorted(ours.rate / bare.rate for ours, bare in rounds)
    lines = [
        "## Intake: durable accepts",
        "",
        f"{machine()}; {CLIENTS} connections, {EACH} webhooks a round, verified, kept and queued; no worker running.",
        "",
        "| round | Baton /s | p50 ms | p99 ms | bare insert /s | p50 ms | p99 ms | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for number, (ours, bare) in enumerate(rounds, 1):
        cells = [ours.rate, ours.at(0.5), ours.at(0.99), bare.rate, bare.at(0.5), bare.at(0.99)]
        lines.append(f"| {number} | {' | '.join(f'{c:.0f}' for c in cells)} | {ours.rate / bare.rate:.2f} |")
    return "\n".join([*lines, "", f"Ratio: median **{ratios[len(ratios) // 2]:.2f}** (wanted: at least 0.70)."])


if __name__ == "__main__":
    print(main())
