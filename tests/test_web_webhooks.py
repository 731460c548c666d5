"""The webhook route: what is handed to the pipeline, and each answer of contract.md."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from app import create_app
from config.settings import load
from escalation.ports import BadSignature, Inbound, Unreadable
from tests.web_data import Said, Web, web

LIMIT = 1024 * 1024


@pytest.fixture
def here(tmp_path: Path) -> Web:
    """The routes touch no database, so an engine that is never connected will do."""
    return web(create_engine("postgresql+psycopg://nowhere/none"), tmp_path)


def handed(here: Web) -> Inbound:
    return here.pipeline.calls[0][2]  # type: ignore[no-any-return]


def refused(here: Web) -> list[tuple[str, str, int]]:
    return list(here.app.extensions["baton_refusals"].totals())


def test_the_pipeline_gets_every_byte_and_lower_case_headers(here: Web) -> None:
    body = b'{"a": "\xc3\xa9"} \r\n'
    response = here.client("").post(
        "/webhooks/zendesk?x=1&y=2", data=body, headers={"X-Some-Header": "V", "Content-Type": "text/odd"}
    )
    assert (response.status_code, response.json) == (202, {"delivery": 7, "duplicate": False})
    name, connection, inbound, now = here.pipeline.calls[0]
    assert (name, connection, inbound.body) == ("receive", "zendesk", body)
    assert inbound.headers["x-some-header"] == "V" and inbound.headers["content-type"] == "text/odd"
    assert inbound.query == {"x": "1", "y": "2"}
    assert datetime.fromisoformat(inbound.headers["x-baton-received"]) == now and now.utcoffset() is not None


def test_form_bodies_are_not_parsed_away(here: Web) -> None:
    here.client("").post("/webhooks/zendesk", data=b"a=1&b=2", content_type="application/x-www-form-urlencoded")
    assert handed(here).body == b"a=1&b=2"


def test_the_sender_cannot_choose_when_it_was_received(here: Web) -> None:
    here.client("").post("/webhooks/zendesk", data=b"{}", headers={"X-Baton-Received": "2001-01-01T00:00:00+00:00"})
    assert not handed(here).headers["x-baton-received"].startswith("2001")


def test_a_duplicate_is_told(here: Web) -> None:
    here.pipeline.says = Said(delivery=3, duplicate=True)
    assert here.client("").post("/webhooks/zendesk", data=b"{}").json == {"delivery": 3, "duplicate": True}


@pytest.mark.parametrize(
    ("connection", "trouble", "status", "reason"),
    [
        ("nobody", KeyError("nobody"), 404, "unknown_connection"),
        ("zendesk", BadSignature("signature is missing or wrong"), 401, "bad_signature"),
        ("zendesk", Unreadable("not JSON", path="$", remedy="Send JSON."), 400, "unreadable"),
        ("zendesk", OperationalError("x", {}, psycopg.OperationalError("gone")), 503, "database_away"),
        ("zendesk", psycopg.OperationalError("gone"), 503, "database_away"),
    ],
)
def test_refusals(here: Web, connection: str, trouble: Exception, status: int, reason: str) -> None:
    here.pipeline.trouble = trouble
    response = here.client("").post(f"/webhooks/{connection}", data=b"{}")
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.json and response.json["status"] == status
    known = connection == "zendesk" and reason != "database_away"  # the database tells which connections there are
    assert refused(here) == [("zendesk" if known else "unknown", reason, 1)]


def test_what_is_not_understood_says_where_and_what_to_do(here: Web) -> None:
    here.pipeline.trouble = Unreadable("not JSON", path="ticket.id", remedy="Send JSON.")
    told = here.client("").post("/webhooks/zendesk", data=b"x").json
    assert told and (told["detail"], told["path"], told["remedy"]) == ("not JSON", "ticket.id", "Send JSON.")


def test_the_vendor_is_told_when_to_come_back(here: Web) -> None:
    here.pipeline.trouble = psycopg.OperationalError("gone")
    after = here.client("").post("/webhooks/zendesk", data=b"{}").headers["Retry-After"]
    assert 0 < int(after) < 60  # Zendesk repeats only below a minute


def test_a_defect_of_ours_does_not_look_like_a_wrong_address(here: Web) -> None:
    here.pipeline.trouble = KeyError("a key the connector forgot")
    assert here.client("").post("/webhooks/zendesk", data=b"{}").status_code == 500


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 202), (LIMIT + 1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_one_mebibyte_is_the_limit(here: Web, size: int, status: int, chunked: bool) -> None:
    environ = EnvironBuilder("/webhooks/zendesk", method="POST", data=b"x" * size).get_environ()
    if chunked:  # what gunicorn tells of a chunked body: no length, and that the stream ends by itself
        del environ["CONTENT_LENGTH"]
        environ |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    response = here.client("").open(Request(environ))
    assert response.status_code == status
    assert len(here.pipeline.calls) == (1 if status == 202 else 0)
    if status == 202:
        assert len(handed(here).body) == size


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_vendors_may_look_whether_the_address_is_right(here: Web, method: str) -> None:
    assert here.client("").open("/webhooks/zendesk", method=method).status_code == 200
    assert here.client("").open("/webhooks/nobody", method=method).status_code == 404
    assert not here.pipeline.calls


def test_no_session_no_cookie_and_nothing_of_the_pages(here: Web) -> None:
    response = here.client("").post("/webhooks/zendesk", data=b"{}", headers={"Cookie": "baton=rubbish"})
    assert response.status_code == 202
    assert "Set-Cookie" not in response.headers
    assert not here.app.before_request_funcs.get(None)


def test_counts_of_several_processes_add_up(here: Web) -> None:
    here.pipeline.trouble = BadSignature("signature is missing or wrong")
    for _ in range(3):
        here.client("").post("/webhooks/zendesk", data=b"{}")
    assert refused(here) == [("zendesk", "bad_signature", 3)]


def test_a_database_that_is_away_answers_503_from_the_real_application(tmp_path: Path) -> None:
    """The list of connections is in the database too: asking for it again while answering must not end in a bare 500."""
    made = create_app(load(database_url="postgresql://baton@127.0.0.1:1/baton", data_dir=tmp_path))
    answer = made.test_client().post("/webhooks/freshdesk", data=b"{}")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
