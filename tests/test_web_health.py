"""Health, readiness and metrics."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine, text

from escalation.ports import BadSignature
from store import not_read
from tests.web_data import NOW, ROSTER, Web, web
from tests.web_rows import fill


@pytest.fixture
def engine(db: Engine) -> Engine:
    return db


@pytest.fixture
def nowhere(tmp_path: Path) -> Web:
    return web(create_engine("postgresql+psycopg://127.0.0.1:1/none"), tmp_path)


def beat(engine: Engine, worker: int | None, clock: int | None) -> None:
    """Signs of life this many seconds ago."""
    with engine.begin() as db:
        if worker is not None:
            db.execute(
                text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => :s))"),
                {"s": worker},
            )
        if clock is not None:
            db.execute(text("INSERT INTO beats (name, at) VALUES ('clock', now() - make_interval(secs => :s))"), {"s": clock})


def parts(here: Web) -> tuple[int, dict[str, bool]]:
    response = here.client("").get("/readyz")
    told = response.json or {}
    assert told["ready"] is (response.status_code == 200)
    return response.status_code, {name: part["ok"] for name, part in told["parts"].items()}


def test_alive_without_anything_else(nowhere: Web) -> None:
    response = nowhere.client("").get("/healthz")
    assert (response.status_code, response.json) == (200, {"alive": True})


@pytest.mark.parametrize(
    ("worker", "clock", "status"),
    [(1, 1, 200), (20, 8, 200), (None, None, 503), (1, None, 503), (None, 1, 503), (31, 1, 503), (1, 17, 503)],
)
def test_ready_only_with_a_live_worker_and_clock(
    engine: Engine, tmp_path: Path, worker: int | None, clock: int | None, status: int
) -> None:
    beat(engine, worker, clock)
    alive = {"worker": worker is not None and worker < 30, "clock": clock is not None and clock < 15}
    assert parts(web(engine, tmp_path)) == (status, {"database": True, "migrations": True, **alive})


def test_one_live_worker_is_enough(engine: Engine, tmp_path: Path) -> None:
    beat(engine, 500, 1)
    beat(engine, 2, None)
    assert parts(web(engine, tmp_path))[0] == 200


def test_an_older_schema_is_not_ready(engine: Engine, tmp_path: Path) -> None:
    def become(version: str) -> str:
        with engine.begin() as db:
            before = str(db.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
            db.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        return before

    newest = become("0000")
    try:
        assert parts(web(engine, tmp_path)) == (503, {"database": True, "migrations": False, "worker": False, "clock": False})
    finally:
        become(newest)  # the database is lent to other tests


def test_no_database_is_not_ready_and_says_what_to_do(nowhere: Web) -> None:
    assert parts(nowhere) == (503, dict.fromkeys(("database", "migrations", "worker", "clock"), False))
    assert "DATABASE_URL" in nowhere.client("").get("/readyz").json["parts"]["database"]["detail"]  # type: ignore[index]


def metrics(here: Web) -> dict[tuple[str, ...], float]:
    response = here.client().get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_metrics_count_what_there_is(engine: Engine, tmp_path: Path) -> None:
    fill(engine, ROSTER, NOW)
    beat(engine, 5, None)
    with engine.begin() as db:
        insert = (
            "INSERT INTO timers (key, kind, handoff_id, due_at) VALUES ('t1', 'offer_expires', 'hf_1', now() - interval '1 s')"
        )
        db.execute(text(insert))
    here = web(engine, tmp_path)
    told = metrics(here)
    for status in ("accepted", "handled", "ignored", "unreadable", "failed"):
        assert told["baton_deliveries", status] == 1
    assert (told["baton_actions", "set_aside"], told["baton_actions", "moot"]) == (1, 0)
    assert (told["baton_handoffs", "offered"], told["baton_handoffs", "accepted"], told["baton_handoffs", "closed"]) == (1, 1, 0)
    assert told["baton_timers_overdue",] == 1
    assert told["baton_jobs", "todo"] == 0
    assert 4 < told["baton_worker_seen_seconds_ago",] < 60


def test_refused_webhooks_are_counted_by_reason(engine: Engine, tmp_path: Path) -> None:
    here = web(engine, tmp_path)
    here.pipeline.trouble = BadSignature("signature is missing or wrong")
    for _ in range(2):
        here.client("").post("/webhooks/zendesk", data=b"{}")
    assert metrics(here)["baton_webhooks_refused_total", "zendesk", "bad_signature"] == 2


def test_what_mappings_could_not_read_is_counted_by_field(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as db:
        not_read.add(db, Counter({("zendesk", not_read.WORD, "status"): 2, ("zendesk", not_read.VALUE, "subject"): 1}))
        not_read.add(db, Counter({("zendesk", not_read.WORD, "status"): 1}))
    told = metrics(web(engine, tmp_path))
    assert told["baton_unknown_words_total", "zendesk", "status"] == 3
    assert told["baton_values_left_out_total", "zendesk", "subject"] == 1


@pytest.mark.parametrize(
    ("address", "forwarded", "public_url", "status"),
    [
        ("127.0.0.1", "", "", 200),
        ("::1", "", "", 200),
        ("192.0.2.7", "", "", 401),
        ("127.0.0.1", "192.0.2.7", "", 401),
        ("127.0.0.1", "", "https://baton.example.com", 401),
    ],
)
def test_metrics_are_open_to_this_machine_only(
    engine: Engine, tmp_path: Path, address: str, forwarded: str, public_url: str, status: int
) -> None:
    client = web(engine, tmp_path, public_url=public_url).client("")
    client.environ_base["REMOTE_ADDR"] = address
    assert client.get("/metrics", headers={"X-Forwarded-For": forwarded} if forwarded else {}).status_code == status


def test_metrics_without_a_database(nowhere: Web) -> None:
    assert nowhere.client().get("/metrics").status_code == 503
