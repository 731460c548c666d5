"""``flask who`` and ``flask simulate`` as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app import create_app
from config.settings import load

DESK = """
INSERT INTO handoffs (id, escalation_id, connection, ticket_id, state, accepted_by, body, opened_at, changed_at)
SELECT 'h' || n, 'e', 'zendesk', '1', 'accepted', 'ada', '{}', now(), now() FROM generate_series(1, 5) AS n
"""


@pytest.fixture
def app(tmp_path: Path, migrated_database: str) -> Iterator[Flask]:
    made = create_app(load(_env_file=None, database_url=migrated_database, data_dir=tmp_path))
    yield made
    made.extensions["baton"].journal.close()
    made.extensions["baton"].engine.dispose()


def run(app: Flask, *words: str, typed: str = "") -> Result:
    with app.app_context():  # as the flask command does
        return app.test_cli_runner().invoke(args=list(words), input=typed)


def test_who_tells_people_with_their_desks_as_they_are(app: Flask) -> None:
    said = run(app, "who", "billing", "dispute")
    assert said.exit_code == 0, said.output
    assert said.output.splitlines()[:2] == [
        "billing → Billing (path default, level One person)",
        "1. Ada Lindqvist: skill billing 5/5, 0 of 5 open, least recently asked",
    ]
    with app.extensions["baton"].engine.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))  # no need for the rows above it
        db.execute(text(DESK))
    assert "Not now: Ada Lindqvist, full: 5 of 5 open" in run(app, "who", "billing").output


def test_simulate_tells_the_ladder_and_leaves_no_trace(app: Flask) -> None:
    asked = ("simulate", "--issue", "billing", "--at", "Sun 03:00", "--zone", "Europe/Berlin")
    said = run(app, *asked)
    assert said.exit_code == 0, said.output
    assert said.output.startswith("billing → Billing, path default") and "Level Team channel and lead (channel)" in said.output
    assert said.output.splitlines()[-1].endswith("waiting")
    assert "is told: Nobody has accepted this handoff yet." in said.output, "it has no ticket that could be named"
    told = json.loads(run(app, *asked, "--json").output)
    assert [level["offering"] for level in told["levels"]] == ["one", "channel"]
    with app.extensions["baton"].engine.connect() as db:
        for table in ("handoffs", "offers", "actions", "timers", "escalations"):
            assert db.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0  # noqa: S608 - our own names


@pytest.mark.parametrize("command", [("who",), ("simulate", "--issue")], ids=["who", "simulate"])
def test_it_is_said_when_nothing_was_recognised(app: Flask, command: tuple[str, ...]) -> None:
    said = run(app, *command, "blorp").output.splitlines()
    assert said[0] == "Nothing was recognised in “blorp”: no issue type has that name or word. As everything else:"
    assert said[1].startswith("other → Customer care")


def test_a_ticket_of_ones_own(app: Flask, tmp_path: Path) -> None:
    ticket = {"priority": "low", "messages": [{"role": "customer", "text": "How do I change the colour?"}]}
    path = tmp_path / "ticket.json"
    path.write_text(json.dumps(ticket))
    for said in (run(app, "simulate", "--ticket", str(path)), run(app, "simulate", "--ticket", "-", typed=json.dumps(ticket))):
        assert said.exit_code == 0 and "No rule escalates it" in said.output


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("simulate",), "issue: one of issue and ticket is needed"),
        (("simulate", "--issue", "billing", "--at", "soon"), "at: 'soon' is not a time. Write an ISO time"),
        (("simulate", "--ticket", "zendesk:99"), "no ticket 99 of zendesk"),
        (("simulate", "--ticket", "-"), "the ticket is not JSON"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(app: Flask, words: tuple[str, ...], text: str) -> None:
    said = run(app, *words)
    assert said.exit_code == 1 and text in said.output and "Traceback" not in said.output
