"""What the API takes from bots: checked whole, kept once per key before it is acknowledged, told back in full when wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Engine, text

from store import accounts
from store.accounts import Role
from tests.support import ROOT
from tests.web_data import Web, web
from web import shapes
from web.handovers import MOST_BYTES, SCHEMA

PATH = "/api/v1/handoffs"
EXAMPLE: dict[str, Any] = json.loads((ROOT / "docs" / "examples" / "handover.json").read_text(encoding="utf-8"))
LEAST = {"connection": "zendesk", "ticket": "35", "conversation": [{"role": "customer", "text": "Help"}]}


@pytest.fixture
def here(db: Engine, tmp_path: Any) -> Iterator[Web]:
    yield web(db, tmp_path)


def rows(here: Web) -> list[Any]:
    with here.engine.connect() as db:
        return list(db.execute(text("SELECT * FROM handovers ORDER BY id")))


def jobs(here: Web) -> int:
    with here.engine.connect() as db:
        return int(db.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'handover'")).scalar_one())


def test_it_is_kept_and_queued_before_it_is_acknowledged(here: Web) -> None:
    answer = here.client().post(PATH, json=EXAMPLE, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 201 and answer.json is not None
    (row,) = rows(here)
    assert answer.json == {"id": row.id, "connection": "zendesk", "ticket": None, "state": "received", "ignored": []}
    assert (row.key, row.caller, row.state, jobs(here)) == ("k1", "API_TOKEN", "received", 1)
    assert [turn["author"]["role"] for turn in row.asked["turns"]] == ["customer", "bot", "customer"]
    assert row.asked["handed"]["attempts"][0]["why"] == "it was a second charge, not a reservation"
    told = here.client().get(answer.headers["Location"]).json
    assert told is not None and (told["id"], told["state"], told["handoff_id"]) == (row.id, "received", "")


def test_twenty_at_once_are_one(here: Web) -> None:
    answers: list[Any] = []

    def send() -> None:
        answers.append(here.client().post(PATH, json=EXAMPLE, headers={"Idempotency-Key": "k1"}))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201} and len({answer.data for answer in answers}) == 1
    assert len(rows(here)) == 1 and jobs(here) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 19


def test_the_key_may_stand_in_the_body_and_counts_per_caller(here: Web) -> None:
    client = here.client()
    first = client.post(PATH, json={**EXAMPLE, "key": "k1"}).json
    assert client.post(PATH, json=EXAMPLE, headers={"Idempotency-Key": "k1"}).json == first
    other = here.client(accounts.create_token(here.engine, "other bot", Role.AGENT))
    assert other.post(PATH, json={**EXAMPLE, "key": "k1"}).json != first
    assert len(rows(here)) == 2


def test_without_a_key_the_same_words_on_one_day_are_one(here: Web) -> None:
    client = here.client()
    one, two = client.post(PATH, json=EXAMPLE), client.post(PATH, json=dict(reversed(EXAMPLE.items())))
    other = client.post(PATH, json={**EXAMPLE, "intent": "bug"})
    assert one.json == two.json and other.json != one.json and len(rows(here)) == 2


def test_a_key_with_another_body_is_refused(here: Web) -> None:
    client = here.client()
    client.post(PATH, json={**EXAMPLE, "key": "k1"})
    again = client.post(PATH, json={**EXAMPLE, "key": "k1", "intent": "bug"})
    assert again.status_code == 422 and "used before with another body" in again.text and len(rows(here)) == 1


def test_the_least_that_is_enough_and_what_is_not_known_is_named(here: Web) -> None:
    odd = {**LEAST, "sentimant": "cross", "conversation": [{"role": "user", "text": "Help", "lang": "en"}], "confidence": None}
    answer = here.client().post(PATH, json=odd)
    assert answer.status_code == 201 and answer.json is not None
    assert sorted(answer.json["ignored"]) == ["conversation[0].lang", "sentimant"]
    assert here.client().post(PATH, json={**LEAST, "ticket": 36}).json["ticket"] == "36"  # type: ignore[index]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no connection", {"connection": None}, "connection"),
    ("an unknown connection", {"connection": "zen"}, "connection"),
    ("no conversation", {"conversation": []}, "conversation"),
    ("a conversation that is text", {"conversation": "Help"}, "conversation"),
    ("too many turns", {"conversation": [{"role": "bot", "text": "x"}] * 501}, "conversation"),
    ("a turn that is text", {"conversation": ["Help"]}, "conversation[0]"),
    ("a role nobody has", {"conversation": [{"role": "robot", "text": "x"}]}, "conversation[0].role"),
    ("a turn without words", {"conversation": [{"role": "bot", "text": " "}]}, "conversation[0].text"),
    ("a turn without text", {"conversation": [{"role": "bot"}]}, "conversation[0].text"),
    ("a turn too long", {"conversation": [{"role": "bot", "text": "x" * 20_001}]}, "conversation[0].text"),
    ("a NUL", {"conversation": [{"role": "bot", "text": "a\x00b"}]}, "conversation[0].text"),
    ("half a character", {"conversation": [{"role": "bot", "text": "a\ud800b"}]}, "conversation[0].text"),
    ("no time", {"conversation": [{"role": "bot", "text": "x", "at": "yesterday"}]}, "conversation[0].at"),
    (
        "a time without a zone",
        {"conversation": [{"role": "bot", "text": "x", "at": "2026-03-02T09:00:00"}]},
        "conversation[0].at",
    ),
    ("an attempt without a step", {"attempts": [{"result": "no"}]}, "attempts[0].step"),
    ("worked is a word", {"attempts": [{"step": "x", "worked": "no"}]}, "attempts[0].worked"),
    ("too sure", {"confidence": 34}, "confidence"),
    ("sure in words", {"confidence": "high"}, "confidence"),
    ("sure is a yes", {"confidence": True}, "confidence"),
    ("an intent too long", {"intent": "x" * 101}, "intent"),
    ("an e-mail that is none", {"customer": {"email": "lee at example"}}, "customer.email"),
    ("nobody's ticket", {"customer": None}, "customer.email"),
    ("an urgency nobody knows", {"urgency": "asap"}, "urgency"),
    ("another version", {"schema": "handoff-2"}, "schema"),
    ("an empty ticket", {"ticket": " "}, "ticket"),
    ("a ticket too long", {"ticket": 10**200}, "ticket"),
]


@pytest.mark.parametrize(("what", "change", "path"), WRONG, ids=[what for what, _, _ in WRONG])
def test_what_is_wrong_is_told_with_path_value_and_remedy(here: Web, what: str, change: dict[str, Any], path: str) -> None:
    answer = here.client().post(PATH, json={**EXAMPLE, **change})
    assert answer.status_code == 400 and answer.content_type == "application/problem+json" and answer.json is not None
    (told, *more) = answer.json["problems"]
    assert told["path"] == path and told["problem"] and told["remedy"] and "value" in told, more
    assert len(answer.data) < 4000 and rows(here) == []


def test_everything_wrong_is_told_at_once(here: Web) -> None:
    body = {"connection": "zen", "conversation": [{"role": "robot", "text": ""}], "confidence": 7, "urgency": "asap"}
    answer = here.client().post(PATH, json=body, headers={"Idempotency-Key": "x" * 201}).json
    assert answer is not None
    paths = {one["path"] for one in answer["problems"]}
    assert paths == {
        "connection", "conversation[0].role", "conversation[0].text", "confidence", "urgency", "customer.email",
        "Idempotency-Key",
    }  # fmt: skip
    assert next(one["value"] for one in answer["problems"] if one["path"] == "confidence") == 7


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"confidence": NaN}', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(here: Web, body: bytes) -> None:
    answer = here.client().post(PATH, data=body, content_type="application/json")
    assert answer.status_code == 400 and rows(here) == []


def test_a_body_may_be_as_large_as_a_webhook(here: Web) -> None:
    turns = [{"role": "bot", "text": "x" * 20_000}] * 60
    assert here.client().post(PATH, json={**EXAMPLE, "conversation": turns}).status_code == 413
    fits = json.dumps({**EXAMPLE, "conversation": turns[:50]})
    assert len(fits) < MOST_BYTES and here.client().post(PATH, data=fits).status_code == 201


def test_who_may_hand_over(here: Web) -> None:
    assert here.client("").post(PATH, json=EXAMPLE).status_code == 401
    for role, status in ((Role.VIEWER, 403), (Role.AGENT, 201)):
        token = accounts.create_token(here.engine, f"bot of {role}", role)
        assert here.client(token).post(PATH, json=EXAMPLE).status_code == status


def test_the_schemas_are_served_to_anybody_and_valid(here: Web) -> None:
    for name in ("handoff-1.json", "handoff-event-1.json"):
        answer = here.client("").get(f"/api/v1/schemas/{name}")
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        told = answer.json or {}
        Draft202012Validator.check_schema(told)
        assert told["$id"] == name
    assert here.client("").get("/api/v1/schemas/../secrets.json").status_code == 404
    assert here.client("").get("/api/v1/schemas/handoff-9.json").status_code == 404


@pytest.mark.parametrize("change", [{}, *(change for _, change, _ in WRONG)])
def test_the_published_schema_and_what_is_checked_agree(change: dict[str, Any]) -> None:
    body = {**EXAMPLE, **change}
    published = Draft202012Validator(shapes.schema(SCHEMA))
    ours = {flaw.path for flaw in shapes.flaws(shapes.schema(SCHEMA), body)}
    theirs = {error.json_path.removeprefix("$.") for error in published.iter_errors(body)}
    assert theirs <= ours | {path.rpartition(".")[0] for path in ours}
    # Ours is stricter where JSON Schema only annotates (formats) or cannot tell (words of blanks, halves of characters).
    beyond = {"conversation[0].at", "conversation[0].text", "customer.email"}
    assert (not ours) == (not theirs) or ours <= beyond
