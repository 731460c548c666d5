"""Bugs over HTTP: the API's answers, the form with candidates and what is lacking, the trackers' webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from escalation.bug import Candidate, Evidence
from escalation.bugs import Asked, Reported
from escalation.ports import BadSignature, Unreadable
from store import accounts
from store.bugs import StoredBugs
from tests import databases
from tests.web_data import BUG, NOW, PASSWORD, ROSTER, Web, csrf, people, sign_in, web
from tests.web_rows import fill

REPORT = "/api/v1/handoffs/hf_1/bug"


@pytest.fixture(scope="module")
def engine(postgres: str) -> Iterator[Engine]:
    with databases.migrated(postgres) as made:
        people(made)
        fill(made, ROSTER, NOW)
        yield made


@pytest.fixture
def here(engine: Engine, tmp_path: Path) -> Web:
    return web(engine, tmp_path)


def told(response: Any) -> Any:
    return response.json


# --- the API ----------------------------------------------------------------------------------------------------------------


def test_a_report_says_what_a_person_added(here: Web) -> None:
    body = {"environment": " Chrome 126 ", "steps": "1. Open", "anyway": True, "new": True}
    answer = told(here.client().post(REPORT, json=body))
    ((handoff, asked),) = here.bugs.asked
    assert handoff == "hf_1"
    assert asked == Asked(asked.by, "", new=True, anyway=True, added=Evidence("Chrome 126", "1. Open"))
    assert asked.by and answer["bug"]["key"] == "#7" and answer["text"] == "Linked to #7"
    here.client().post(REPORT, json={"bug": "b_1"})
    assert here.bugs.asked[-1][1].bug == "b_1"


def test_what_is_lacking_or_to_choose_is_told(here: Web) -> None:
    here.bugs.says = Reported(False, "lacking", lacking=("Impact: who",))
    answer = here.client().post(REPORT, json={})
    assert (answer.status_code, told(answer)["lacking"]) == (422, ["Impact: who"])
    here.bugs.says = Reported(False, "choose", candidates=(Candidate(BUG, 0.7, "same error"),))
    answer = here.client().post(REPORT, json={})
    assert answer.status_code == 409
    (one,) = told(answer)["candidates"]
    assert (one["similarity"], one["why"], one["bug"]["id"]) == (0.7, "same error", "b_1")


BAD = [
    ([], 400),
    ("x", 400),
    ({"anyway": "yes"}, 422),
    ({"new": 1}, 422),
    ({"bug": 7}, 422),
    ({"steps": "x" * 2001}, 422),
    ({"impact": "a\x00b"}, 422),
]


@pytest.mark.parametrize(("body", "status"), BAD)
def test_a_wrong_body_is_refused_and_nothing_is_reported(here: Web, body: object, status: int) -> None:
    assert here.client().post(REPORT, json=body).status_code == status
    assert not here.bugs.asked


def test_no_such_handoff(here: Web) -> None:
    for verb in ("get", "post"):
        assert getattr(here.client(), verb)("/api/v1/handoffs/h_no/bug", json={}).status_code == 404


@pytest.mark.parametrize("query", ["state=odd", "limit=0", "limit=201", "limit=x", "limit=²"])
def test_a_wrong_question_for_the_list(here: Web, query: str) -> None:
    assert here.client().get(f"/api/v1/bugs?{query}").status_code == 400


def test_the_list_goes_on_where_it_ended(here: Web, engine: Engine) -> None:
    keep(engine, *(f"b_{n}" for n in range(5)))
    first = told(here.client().get("/api/v1/bugs?limit=3"))
    rest = told(here.client().get(f"/api/v1/bugs?limit=3&cursor={first['next']}"))
    found = [item["id"] for item in (*first["items"], *rest["items"])]
    assert [b for b in found if b != "b_9"] == ["b_4", "b_3", "b_2", "b_1", "b_0"] and rest["next"] is None
    assert told(here.client().get("/api/v1/bugs?state=closed"))["items"] == []


def keep(engine: Engine, *ids: str) -> None:
    """Bugs of the ticket that every test has."""
    from dataclasses import replace

    from escalation.bug import BugLink, BugState
    from store import bugs

    with engine.begin() as db:
        for id in ids:
            known = db.exec_driver_sql("SELECT 1 FROM bugs WHERE id = %s", (id,)).first()
            if not known:
                bug = replace(BUG, id=id, fingerprint=f"print {id}", state=BugState.FILING, filed=None)
                bugs.report(db, bug, BugLink("zendesk", "4711", "hf_1"), NOW)


# --- the pages ---------------------------------------------------------------------------------------------------------------


def test_the_form_shows_candidates_and_what_is_lacking(here: Web) -> None:
    client = here.client("")
    sign_in(client, "ada@example.com")
    page = client.get("/handoffs/hf_1/bug").text
    for words in (
        "#7: ERR-5021 in export",
        "75% alike (same error err-5021)",
        "Impact: who",
        "Chrome &lt;126&gt;",
        'href="https://x.test/7"',
    ):
        assert words in page, words
    assert "Chrome <126>" not in page
    sent = {"csrf_token": csrf(page), "choice": "b_1", "impact": "everybody"}
    answer = client.post("/handoffs/hf_1/bug", data=sent)
    assert (answer.status_code, answer.location) == (303, "/handoffs/hf_1")
    assert here.bugs.asked[-1][1] == Asked("Ada", "b_1", added=Evidence(impact="everybody"))
    client.post("/handoffs/hf_1/bug", data={**sent, "choice": "new", "anyway": "on"})
    assert here.bugs.asked[-1][1] == Asked("Ada", new=True, anyway=True, added=Evidence(impact="everybody"))


def test_a_refused_report_keeps_what_was_written(here: Web) -> None:
    here.bugs.says = Reported(False, "May be a bug", lacking=("Impact: who",))
    client = here.client("")
    sign_in(client, "ada@example.com")
    page = client.get("/handoffs/hf_1/bug").text
    answer = client.post(
        "/handoffs/hf_1/bug", data={"csrf_token": csrf(page), "choice": "new", "steps": "1. <b>Open", "anyway": "on"}
    )
    assert answer.status_code == 409 and "1. &lt;b&gt;Open</textarea>" in answer.text and "May be a bug" in answer.text
    assert 'value="new" checked' in answer.text and 'name="anyway" checked' in answer.text, "and what was chosen"
    assert 'value="b_1" checked' not in answer.text


@pytest.mark.parametrize(
    ("who", "handoff", "moves"),
    [
        ("vic", "hf_1", set()),
        ("ada", "hf_1", {"report"}),  # she is only asked
        ("boss", "hf_1", {"report"}),
        ("bob", "hf_2", {"report", "return"}),  # he has it
        ("boss", "hf_2", {"report"}),
        ("vic", "hf_2", set()),
    ],
)
def test_the_page_has_only_what_one_can_do(here: Web, who: str, handoff: str, moves: set[str]) -> None:
    with suppress(accounts.Refused):  # the tests of this file share their database
        accounts.add_user(here.engine, "bob@example.com", PASSWORD, accounts.Role.AGENT)
    client = here.client("")
    sign_in(client, f"{who}@example.com")
    page = client.get(f"/handoffs/{handoff}/bug").text
    forms = {"report": f'action="/handoffs/{handoff}/bug"', "return": f'action="/handoffs/{handoff}/return"'}
    assert {name for name, form in forms.items() if form in page} == moves
    assert ("An agent, a lead or an admin can report one here." in page) == (not moves)
    assert ("Report a bug</a>" in client.get(f"/handoffs/{handoff}").text) == bool(moves)


def test_who_may_only_look_reports_nothing(here: Web) -> None:
    client = here.client("")
    sign_in(client, "vic@example.com")
    page = client.get("/handoffs/hf_1/bug").text
    assert client.post("/handoffs/hf_1/bug", data={"csrf_token": csrf(page), "choice": "new"}).status_code == 403
    assert client.post("/handoffs/hf_1/bug", data={"choice": "new"}).status_code == 400, "without the form's token"
    assert not here.bugs.asked


def test_the_handoff_and_the_list_show_what_was_not_filed(here: Web, engine: Engine) -> None:
    keep(engine, "b_9")
    StoredBugs(engine).not_filed("b_9", "github: 401 Bad credentials")
    client = here.client("")
    sign_in(client, "vic@example.com")
    assert "not filed yet, filing, 1 ticket" in client.get("/handoffs/hf_1").text
    assert "401 Bad credentials" in client.get("/bugs").text
    assert client.get("/handoffs/h_no/bug").status_code == 404


# --- the trackers' webhooks -----------------------------------------------------------------------------------------------------


def test_a_trackers_webhook_is_answered_as_a_helpdesks(here: Web) -> None:
    client = here.client("")
    answer = client.post("/webhooks/trackers/github", data=b'{"a": 1}', headers={"X-GitHub-Delivery": "d1"})
    assert (answer.status_code, told(answer)) == (202, {"delivery": 7, "duplicate": False})
    ((name, inbound),) = here.bugs.heard
    assert (name, inbound.body, inbound.headers["x-github-delivery"]) == ("github", b'{"a": 1}', "d1")
    assert client.get("/webhooks/trackers/github").status_code == 200
    assert client.get("/webhooks/trackers/linear").status_code == 404
    assert client.post("/webhooks/trackers/linear", data=b"{}").status_code == 404
    assert client.post("/webhooks/trackers/github", data=b"x" * (1024 * 1024 + 1)).status_code == 413
    here.bugs.trouble = BadSignature("x-hub-signature-256 is missing or wrong")
    assert client.post("/webhooks/trackers/github", data=b"{}").status_code == 401
    here.bugs.trouble = Unreadable("nothing is there", path="issue.number")
    answer = client.post("/webhooks/trackers/github", data=b"{}")
    assert (answer.status_code, json.loads(answer.data)["path"]) == (400, "issue.number")
