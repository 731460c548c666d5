"""``flask roster …`` as somebody types it: on a draft, and on the active roster."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app import create_app
from config.settings import load
from tests.support import ROOT

DRAFT = """\
teams:
  billing: {name: Billing, lead: ada, watch: nights}
  care: {name: Care}
rotations:
  nights: {members: [ada, bo], turns: weekly, start: 2026-01-05 09:00, time_zone: Europe/Stockholm}
agents:
  ada: {name: Ada, teams: [billing], time_zone: Europe/Stockholm, shifts: [{days: mon-sun, start: 08:00, end: 20:00}]}
  bo: {name: Bo, teams: [billing, care], languages: [en]}
"""


# One handoff of a billing matter that Ada has declined.
DECLINED = (
    "INSERT INTO escalations"
    " (id, connection, ticket_id, state, severity, issue_type, team, path, rules, reasons, package, opened_at)"
    " VALUES ('e', 'z', '1', 'open', 'high', 'billing', 'billing', 'default', '{}', '{}', '{}', now())",
    "INSERT INTO handoffs (id, escalation_id, connection, ticket_id, state, body, opened_at, changed_at)"
    """ VALUES ('h', 'e', 'z', '1', 'offered', '{"issue_type": "billing"}', now(), now())""",
    "INSERT INTO timeline (at, kind, words, actor, handoff_id, data)"
    """ VALUES (now(), 'declined', '', 'ada', 'h', '{"reason": "wrong_skill"}')""",
)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = create_app(load(data_dir=tmp_path / "var"))
    yield made
    made.extensions["baton"].engine.dispose()


def run(app: Flask, *words: str) -> Result:
    with app.app_context():
        return app.test_cli_runner().invoke(args=["roster", *words])


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.yaml"
    path.write_text(DRAFT)
    return path


@time_machine.travel(datetime(2026, 1, 16, 21, tzinfo=UTC), tick=False)
def test_a_draft(app: Flask, draft: Path) -> None:
    assert run(app, "watch", "--draft", str(draft)).output.splitlines() == [
        "Billing: Bo (their turn in nights until Mon 09:00 Europe/Stockholm)",
        "Care: nobody (Care names nobody on watch)",
    ]
    assert run(app, "coverage", "--draft", str(draft)).output.splitlines() == [
        "Care rests on Bo alone: nobody else of it is ever on shift",
        "Every team has somebody on shift in the next 14 days.",
    ]
    draft.write_text(DRAFT.replace("languages: [en]", "capacity: 0"))
    assert run(app, "coverage", "--draft", str(draft), "--days", "1").output.splitlines() == [
        "Billing has nobody now and until Sat 08:00 Europe/Stockholm",
        "Billing has nobody from Sat 20:00 Europe/Stockholm on",
        "Care has nobody at all in the coming day",
        "Billing rests on Ada alone: nobody else of it is ever on shift",
    ]


def test_languages_and_problems_of_a_draft(app: Flask, draft: Path) -> None:
    said = run(app, "coverage", "--draft", str(draft), "--language", "de", "--language", "en")
    assert "Care has nobody who speaks de at all in the coming 14 days" in said.output and "speaks en" not in said.output
    draft.write_text(DRAFT.replace("members: [ada, bo]", "members: [ada, bob]"))
    said = run(app, "watch", "--draft", str(draft))
    assert said.exit_code == 1 and "draft:5: rotations.nights.members[1]: there is no agent 'bob'" in said.output
    assert run(app, "coverage", "--days", "0").exit_code == 2


def test_the_active_roster(tmp_path: Path, empty_database: str) -> None:
    where = {"config_dir": ROOT / "config", "mappings_dir": ROOT / "mappings", "data_dir": tmp_path / "var"}
    app = create_app(load(database_url=empty_database, **where))
    said = [run(app, word).output.splitlines() for word in ("watch", "coverage")]
    baton = app.extensions["baton"]
    skills = [run(app, "skills").output]
    with baton.engine.begin() as db:
        for query in DECLINED:
            db.execute(text(query))
    skills.append(run(app, "skills", "--least", "1").output)
    assert skills == [
        "Nobody declined an issue type 3 times for wrong skill in the last 30 days.\n",
        "Ada Lindqvist declined billing for wrong skill (1): the roster gives them billing: 5; lower it or take it out\n",
    ]
    app.extensions["baton"].journal.close()
    app.extensions["baton"].engine.dispose()
    assert [line.split(":")[0] for line in said[0]] == [
        "Billing",
        "Technical support",
        "Security",
        "Customer care",
        "Engineering",
    ]
    assert "Security rests on Emil Novak alone: nobody else of it is ever on shift" in said[1]
