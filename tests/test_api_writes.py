"""The JSON API's writes: answering handoffs, repeating, previews; documents; and what a page's session may do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from config.yamldoc import Problem, Problems
from escalation.actions import DeclineReason
from escalation.events import Accept, Decline, NextLevel, Reassign, Refresh, Return, Snooze
from escalation.ports import Unreadable
from escalation.verdicts import Judge, Verdict
from tests import databases
from tests.web_data import RULES, Said, Web, csrf, people, sign_in, web

API = "/api/v1"


@pytest.fixture(scope="module")
def engine(postgres: str) -> Iterator[Engine]:
    with databases.migrated(postgres) as made:
        people(made)
        yield made


@pytest.fixture
def here(engine: Engine, tmp_path: Path) -> Web:
    return web(engine, tmp_path)


def told_by(response: Any) -> Any:
    """The JSON of an answer."""
    return response.json


# --- answering handoffs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("press", "body", "event"),
    [
        ("accept", {"agent": "ada"}, Accept("ada", via="API")),
        ("accept", {"agent": "BOB@example.com"}, Accept("bob", via="API")),
        ("decline", {"agent": "ada"}, Decline("ada", DeclineReason.BUSY, via="API")),
        (
            "decline",
            {"agent": "ada", "reason": "wrong_skill", "text": "no SQL"},
            Decline("ada", DeclineReason.WRONG_SKILL, "no SQL", "API"),
        ),
        ("return", {"agent": "ada", "reason": "steps to reproduce"}, Return("ada", "steps to reproduce", via="API")),
        ("return", {"agent": "ada"}, Return("ada", "it was not said what is missing", via="API")),
        ("next-level", {"steps": 3, "agent": "ada"}, NextLevel("ada", 3, lead=True, via="API")),
        ("next-level", {"steps": 0}, NextLevel("API_TOKEN", 0, lead=True, via="API")),
        ("refresh", {}, Refresh("API_TOKEN", via="API")),
        ("reassign", {"agent": "ada", "to": "bob", "reason": "x"}, Reassign("ada", "bob", "x", lead=True, via="API")),
        ("reassign", {"to": "BOB@example.com", "reason": "x"}, Reassign("API_TOKEN", "bob", "x", lead=True, via="API")),
        ("reassign", {"to": "bob cole", "reason": "x"}, Reassign("API_TOKEN", "bob", "x", lead=True, via="API")),
        ("reassign", {"to": "team:billing", "reason": "x"}, Reassign("API_TOKEN", "billing", "x", True, True, "API")),
        ("snooze", {"agent": "ada", "minutes": 10}, Snooze("ada", timedelta(minutes=10), via="API")),
        (
            "snooze",
            {"agent": "ada", "until": "2025-06-02T16:30:00+02:00"},
            Snooze("ada", until=datetime(2025, 6, 2, 14, 30, tzinfo=UTC), via="API"),
        ),
        ("feedback", {"agent": "ada", "verdict": "ai"}, Judge("ada", Verdict.AI, lead=True, via="API")),
        ("feedback", {"verdict": "correct"}, Judge("API_TOKEN", Verdict.CORRECT, lead=True, via="API")),
    ],
)
def test_answers_reach_the_pipeline(here: Web, press: str, body: dict[str, str], event: object) -> None:
    response = here.client().post(f"{API}/handoffs/hf_1/{press}", json=body)
    assert response.status_code == 200
    assert here.pipeline.calls == [("answer", "hf_1", event)]
    assert response.json == {
        "handoff": "hf_1",
        "text": "Ada Lovelace accepted (API)",
        "holder": "ada",
        "holder_name": "Ada Lovelace",
    }


def test_who_comes_too_late_is_told_who_has_it(here: Web) -> None:
    here.pipeline.says = Said(ok=False, text="Bob Cole accepted this at 14:02 UTC.", holder="bob")
    response = here.client().post(f"{API}/handoffs/hf_1/accept", json={"agent": "ada"})
    assert response.status_code == 409
    assert (told_by(response)["holder"], told_by(response)["holder_name"]) == ("bob", "Bob Cole")
    assert told_by(response)["detail"] == "Bob Cole accepted this at 14:02 UTC."


def test_a_token_that_is_nobody_has_to_name_an_agent(here: Web) -> None:
    response = here.client().post(f"{API}/handoffs/hf_1/accept", json={})
    assert told_by(response)["detail"] == "agent is missing; give an id or e-mail address from the roster."


@pytest.mark.parametrize(
    ("press", "body", "status"),
    [
        ("accept", {"agent": "zoe"}, 422),
        ("accept", {}, 422),
        ("accept", {"agent": 7}, 422),
        ("accept", [], 400),
        ("decline", {"agent": "ada", "reason": "tired"}, 422),
        ("decline", {"agent": "ada", "reason": ["busy"]}, 422),
        ("return", {"agent": "ada", "reason": "x" * 2001}, 422),
        ("accept", {"agent": "a\x00"}, 422),
        ("next-level", {}, 422),
        ("next-level", {"steps": "3"}, 422),
        ("next-level", {"steps": True}, 422),
        ("next-level", {"steps": -1}, 422),
        ("next-level", {"steps": 3, "agent": "zoe"}, 422),
        ("reassign", {"to": "bob"}, 422),
        ("reassign", {"to": "nobody", "reason": "x"}, 422),
        ("reassign", {"to": ["bob"], "reason": "x"}, 422),
        ("reassign", {"reason": "x"}, 422),
        ("snooze", {"agent": "ada"}, 422),
        ("snooze", {"agent": "ada", "minutes": 0}, 422),
        ("snooze", {"agent": "ada", "minutes": True}, 422),
        ("snooze", {"agent": "ada", "minutes": 10**9}, 422),
        ("snooze", {"agent": "ada", "minutes": 5, "until": "2025-06-02T16:30:00Z"}, 422),
        ("snooze", {"agent": "ada", "until": "soon"}, 422),
        ("snooze", {"agent": "ada", "until": "0001-01-01T00:00:00+23:00"}, 422),
        ("snooze", {"minutes": 5}, 422),
        ("feedback", {"agent": "ada", "verdict": "fine"}, 422),
        ("feedback", {"agent": "ada", "verdict": ["ai"]}, 422),
        ("feedback", {}, 422),
    ],
)
def test_answers_that_make_no_sense(here: Web, press: str, body: object, status: int) -> None:
    response = here.client().post(f"{API}/handoffs/hf_1/{press}", json=body)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert not here.pipeline.calls


def test_a_body_that_is_no_json(here: Web) -> None:
    assert here.client().post(f"{API}/handoffs/hf_1/accept", data=b"{").status_code == 400
    assert here.client().post(f"{API}/mappings/zendesk/preview", data=b"[" * 100_000).status_code == 400


@pytest.mark.parametrize("address", ["/handoffs/hf_9/accept", "/deliveries/9/replay", "/actions/9/retry"])
def test_what_is_not_there_cannot_be_changed(here: Web, address: str) -> None:
    here.pipeline.trouble = LookupError("no")
    assert here.client().post(API + address, json={"agent": "ada"}).status_code == 404


# --- mappings and documents ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "payload", "draft"),
    [
        ({"a": 1}, {"a": 1}, None),
        ([1, 2], [1, 2], None),
        ({"payload": {"a": 1}, "draft": "b: c"}, {"a": 1}, "b: c"),
        ({"payload": {"a": 1}}, {"payload": {"a": 1}}, None),
        ({"payload": 1, "draft": "x", "more": 2}, {"payload": 1, "draft": "x", "more": 2}, None),
    ],
)
def test_previews(here: Web, body: object, payload: object, draft: str | None) -> None:
    told = here.client().post(f"{API}/mappings/zendesk/preview", json=body).json
    assert told == {"helpdesk": "zendesk", "payload": payload, "draft": draft}


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        (
            Problems("zendesk", (Problem(3, "shapes.event", "unknown key", "Remove it."),)),
            {"line": 3, "path": "shapes.event", "problem": "unknown key", "remedy": "Remove it."},
        ),
        (
            Unreadable("no ticket id", path="detail.id", remedy="Add it."),
            {"path": "detail.id", "problem": "no ticket id", "remedy": "Add it."},
        ),
    ],
)
def test_previews_tell_every_problem_with_its_path(
    here: Web, monkeypatch: pytest.MonkeyPatch, trouble: Exception, problem: object
) -> None:
    def fails(*_: object) -> dict[str, Any]:
        raise trouble

    preview: Any = here.app.view_functions["api.preview"]
    monkeypatch.setattr(preview.__self__, "_preview", fails)
    response = here.client().post(f"{API}/mappings/zendesk/preview", json={})
    assert response.status_code == 422 and told_by(response)["problems"] == [problem]


def test_a_preview_of_an_unknown_helpdesk(here: Web) -> None:
    assert here.client().post(f"{API}/mappings/nobody/preview", json={}).status_code == 404


def test_a_documents_version_is_its_etag(here: Web) -> None:
    response = here.client().get(f"{API}/documents/escalation")
    assert response.headers["ETag"] == '"3"' and told_by(response)["version"] == 3 and told_by(response)["text"] == RULES
    again = here.client().get(f"{API}/documents/escalation", headers={"If-None-Match": '"3"'})
    assert again.status_code == 304


def test_a_newest_version_that_is_not_in_force_says_why(here: Web) -> None:
    listed = told_by(here.client().get(f"{API}/documents"))["items"]
    assert {item["name"]: item["refused"] for item in listed} == {"escalation": "", "mappings/zendesk": "it fails its tests"}
    assert told_by(here.client().get(f"{API}/documents/mappings/zendesk"))["refused"] == "it fails its tests"


# --- from a page ------------------------------------------------------------------------------------------------------------


def test_a_session_may_read_and_with_its_csrf_token_write(here: Web) -> None:
    client = here.client("")
    sign_in(client, "ada@example.com")
    assert client.get(f"{API}/handoffs").status_code == 200
    assert client.post(f"{API}/handoffs/hf_1/accept").status_code == 400
    token = csrf(client.get("/handoffs").text)
    response = client.post(f"{API}/handoffs/hf_1/accept", headers={"X-CSRFToken": token})
    assert response.status_code == 200
    assert here.pipeline.calls == [("answer", "hf_1", Accept("ada", via="API"))]


def test_agents_answer_for_themselves_leads_for_all(here: Web) -> None:
    for email, status in (("ada@example.com", 403), ("cleo@example.com", 200)):
        client = here.client("")
        sign_in(client, email)
        token = csrf(client.get("/handoffs").text)
        response = client.post(f"{API}/handoffs/hf_1/accept", json={"agent": "bob"}, headers={"X-CSRFToken": token})
        assert response.status_code == status


def test_an_agent_calls_the_next_level_in_their_own_name_only(here: Web) -> None:
    client = here.client("")
    sign_in(client, "ada@example.com")
    told = {"headers": {"X-CSRFToken": csrf(client.get("/handoffs").text)}}
    assert client.post(f"{API}/handoffs/hf_1/next-level", json={"steps": 1, "agent": "bob"}, **told).status_code == 403
    assert client.post(f"{API}/handoffs/hf_1/next-level", json={"steps": 1}, **told).status_code == 200
    assert client.post(f"{API}/handoffs/hf_1/refresh", **told).status_code == 403
    assert here.pipeline.calls == [("answer", "hf_1", NextLevel("ada", 1, lead=False, via="API"))]


def test_a_wrong_token_does_not_fall_back_to_the_session(here: Web) -> None:
    client = here.client("")
    sign_in(client, "boss@example.com")
    assert client.get(f"{API}/handoffs", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_database_that_goes_away_is_no_defect(here: Web) -> None:
    here.pipeline.trouble = psycopg.OperationalError("gone")
    assert here.client().post(f"{API}/deliveries/1/replay").status_code == 503
