"""The JSON API: every answer fits the published description, who may call what, and errors as problem details."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_description
from sqlalchemy import Engine, create_engine, text

from escalation.journal import DeliveryStatus
from store import accounts, queries
from store.accounts import Role
from tests import databases
from tests.support import ROOT
from tests.web_data import NOW, ROSTER, Web, people, web
from tests.web_rows import HOSTILE, fill
from web import openapi
from web.api_routes import ROUTES, Route

API = "/api/v1"


@pytest.fixture(scope="module")
def filled(postgres: str) -> Iterator[tuple[Engine, dict[str, int]]]:
    with databases.migrated(postgres) as engine:
        people(engine)
        yield engine, fill(engine, ROSTER, NOW)


@pytest.fixture
def here(filled: tuple[Engine, dict[str, int]], tmp_path: Path) -> Web:
    return web(filled[0], tmp_path)


@pytest.fixture
def ids(filled: tuple[Engine, dict[str, int]]) -> dict[str, int]:
    return filled[1]


@pytest.fixture
def nowhere(tmp_path: Path) -> Web:
    """An app whose database does not answer."""
    return web(create_engine("postgresql+psycopg://127.0.0.1:1/none"), tmp_path)


def described(here: Web) -> dict[str, Any]:
    return dict(here.client("").get(f"{API}/openapi.json").json or {})


def told_by(response: Any) -> Any:
    """The JSON of an answer."""
    return response.json


def read(here: Web, address: str) -> Any:
    """The JSON of a GET with the bootstrap token."""
    return told_by(here.client().get(API + address))


def check(here: Web, route: Route, response: Any) -> None:
    """The answer has the status, content type and shape its route describes."""
    document = described(here)
    told = document["paths"][openapi.written(route.path)][route.method.lower()]["responses"][str(response.status_code)]
    (kind, content), *_ = told["content"].items()
    assert response.content_type == kind
    schema = {**content["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(response.json)


# --- the description ------------------------------------------------------------------------------------------------------


def test_the_description_is_valid_openapi(nowhere: Web) -> None:
    validate_description(described(nowhere))


def test_every_route_is_described_and_nothing_else(nowhere: Web) -> None:
    rules = [rule for rule in nowhere.app.url_map.iter_rules() if rule.rule.startswith(API) and "openapi" not in rule.rule]
    mounted = {
        (openapi.written(rule.rule.removeprefix(API)), method)
        for rule in rules
        for method in rule.methods or ()
        if method in ("GET", "POST", "PUT", "DELETE")
    }
    paths = described(nowhere)["paths"]
    assert mounted == {(path, method.upper()) for path, methods in paths.items() for method in methods}


def test_the_words_of_states_are_the_cores() -> None:
    assert tuple(DeliveryStatus) == queries.DELIVERY_STATUSES


def test_descriptions_name_only_schemas_and_parameters_that_exist() -> None:
    for route in ROUTES:
        assert {route.answer, *([route.body] if route.body else [])} <= openapi.SCHEMAS.keys()
        assert set(route.query) <= openapi.PARAMETERS.keys()


def test_the_documentation_names_every_route_with_its_role() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for route in ROUTES:
        assert f"| `{route.method} {openapi.written(route.path)}` | {route.role or 'anybody'} |" in page


# --- answers --------------------------------------------------------------------------------------------------------------

PATHS = {  # one address for every route; {name} are ids of the filled database
    "deliveries": "/deliveries",
    "delivery": "/deliveries/{handled}",
    "replay": "/deliveries/{failed}/replay",
    "ticket": "/tickets/zendesk/4711",
    "evaluations": "/evaluations/zendesk/4711",
    "escalations": "/escalations",
    "escalation": "/escalations/esc_hf_1",
    "handoffs": "/handoffs",
    "hand_over": "/handoffs",
    "schema": "/schemas/handoff-1.json",
    "handoff": "/handoffs/hf_1",
    "accept": "/handoffs/hf_1/accept",
    "decline": "/handoffs/hf_1/decline",
    "give_back": "/handoffs/hf_1/return",
    "next_level": "/handoffs/hf_1/next-level",
    "reassign": "/handoffs/hf_1/reassign",
    "snooze": "/handoffs/hf_1/snooze",
    "judge": "/handoffs/hf_1/feedback",
    "refresh": "/handoffs/hf_1/refresh",
    "bug": "/handoffs/hf_1/bug",
    "report_bug": "/handoffs/hf_1/bug",
    "bugs": "/bugs",
    "actions": "/actions",
    "retry": "/actions/{set_aside}/retry",
    "preview": "/mappings/zendesk/preview",
    "dry_run": "/rules/dry-run",
    "who": "/who?issue=billing",
    "shift_handovers": "/shift-handovers?agent=ada&state=waiting",
    "hand_over_shift": "/shift-handovers",
    "shift_handover": "/shift-handovers/sh_1",
    "note_shift": "/shift-handovers/sh_1/notes",
    "acknowledge_shift_item": "/shift-handovers/sh_1/items/hf_1/acknowledge",
    "decline_shift_item": "/shift-handovers/sh_1/items/hf_1/decline",
    "go_away": "/agents/ada/away",
    "come_back": "/agents/ada/away",
    "simulate": "/simulate",
    "backtest": "/rules/backtest",
    "backtest_result": "/rules/backtests/1",
    "documents": "/documents",
    "document": "/documents/mappings/zendesk",
}


DRAFT = "paths: {default: {levels: [{name: One, offering: one}]}}\nrules: []\n"
BODIES: dict[str, dict[str, Any]] = {
    "hand_over": {"connection": "zendesk", "ticket": "35", "conversation": [{"role": "customer", "text": "Help"}]},
    "go_away": {"until": (datetime.now(UTC) + timedelta(hours=1)).isoformat(), "reason": "lunch"},
    "backtest": {"draft": DRAFT, "days": 7},
    "next_level": {"agent": "ada", "steps": 0},
    "reassign": {"agent": "ada", "to": "bob", "reason": "knows them"},
    "snooze": {"agent": "ada", "minutes": 10},
    "judge": {"agent": "ada", "verdict": "wrong_team"},
    "report_bug": {"impact": "all of them", "anyway": True},
    "simulate": {"issue": "billing", "at": "Sun 03:00 Europe/Berlin"},
    "hand_over_shift": {"agent": "ada"},
    "note_shift": {"text": "Kim is kind.", "handoff": "hf_1"},
    "acknowledge_shift_item": {"agent": "ada"},
    "decline_shift_item": {"agent": "ada", "reason": "busy"},
}


def call(here: Web, route: Route, ids: dict[str, int], token: str | None = None) -> Any:
    client = here.client() if token is None else here.client(token)
    body: dict[str, Any] = {"json": BODIES.get(route.view, {"agent": "ada"})} if route.body else {}
    return client.open(API + PATHS[route.view].format(**ids), method=route.method, **body)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.view)
def test_every_route_answers_as_described(here: Web, ids: dict[str, int], route: Route) -> None:
    response = call(here, route, ids)
    assert response.status_code == route.status, response.text
    check(here, route, response)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.view)
@pytest.mark.parametrize("role", list(Role))
def test_roles(here: Web, ids: dict[str, int], route: Route, role: Role) -> None:
    token = _token(here.engine, role)
    response = call(here, route, ids, token)
    assert response.status_code == (route.status if route.role is None or role.covers(route.role) else 403)
    check(here, route, response)


_tokens: dict[tuple[int, Role], str] = {}


def _token(engine: Engine, role: Role) -> str:
    key = (id(engine), role)
    if key not in _tokens:
        _tokens[key] = accounts.create_token(engine, f"test {role}", role)
    return _tokens[key]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.role], ids=lambda route: route.view)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_token_nothing(here: Web, ids: dict[str, int], route: Route, token: str) -> None:
    response = call(here, route, ids, token)
    assert response.status_code == 401 and response.headers["WWW-Authenticate"] == "Bearer"
    check(here, route, response)
    assert not here.pipeline.calls


def test_a_revoked_token_is_worthless(here: Web) -> None:
    token = accounts.create_token(here.engine, "short-lived", Role.ADMIN)
    assert here.client(token).get(f"{API}/deliveries").status_code == 200
    accounts.revoke_token(here.engine, "short-lived")
    assert here.client(token).get(f"{API}/deliveries").status_code == 401


def test_a_delivery_tells_body_and_what_it_became_but_no_secret(here: Web, ids: dict[str, int]) -> None:
    told = read(here, f"/deliveries/{ids['handled']}")
    assert told["encoding"] == "text" and '"id": 4711' in told["body"]
    assert told["headers"]["x-webhook-token"] == "(hidden)" and told["headers"]["user-agent"] == "Zendesk Webhook"
    assert told["became"]["kind"] == "priority_changed"
    assert [(e["escalate"], e["escalation_id"]) for e in told["evaluations"]] == [(True, "esc_hf_1"), (True, "esc_hf_2")][:1]
    assert {a["state"] for a in told["actions"]} == {"done", "planned", "set_aside"}


def test_a_delivery_tells_what_was_not_read_of_it(here: Web, ids: dict[str, int]) -> None:
    told = read(here, f"/deliveries/{ids['handled']}")
    assert list(told["unknown_words"]) == ["status"] and [one["path"] for one in told["left_out"]] == ["detail.assignee_id"]
    other = read(here, f"/deliveries/{ids['ignored']}")
    assert (other["unknown_words"], other["left_out"], other["not_read"]) == ({}, [], 0)
    listed = read(here, "/deliveries")["items"]
    assert {item["id"]: item["not_read"] for item in listed if item["not_read"]} == {ids["handled"]: 2}


def test_a_body_that_is_no_text_comes_as_base64(here: Web, ids: dict[str, int]) -> None:
    told = read(here, f"/deliveries/{ids['unreadable']}")
    assert told["encoding"] == "base64" and base64.b64decode(told["body"]) == b"\xff\xfe not text"


@pytest.mark.parametrize("status", queries.DELIVERY_STATUSES)
def test_deliveries_by_status(here: Web, ids: dict[str, int], status: str) -> None:
    told = read(here, f"/deliveries?status={status}")
    assert [item["id"] for item in told["items"]] == [ids[status]] and told["next"] is None


def test_lists_go_on_by_cursor_newest_first(here: Web, ids: dict[str, int]) -> None:
    seen, cursor = [], ""
    for _ in range(10):
        told = read(here, f"/deliveries?limit=2&cursor={cursor}")
        seen += [item["id"] for item in told["items"]]
        cursor = told["next"]
        if not cursor:
            break
    wanted = sorted((ids[status] for status in queries.DELIVERY_STATUSES), reverse=True)
    assert seen == wanted


def test_text_ids_go_on_by_cursor_too(here: Web) -> None:
    first = read(here, "/handoffs?limit=1")
    assert [h["id"] for h in first["items"]] == ["hf_2"] and first["next"] == "hf_2"
    assert [h["id"] for h in read(here, "/handoffs?limit=1&cursor=hf_2")["items"]] == ["hf_1"]


def test_what_waits_comes_in_the_order_of_the_queue(here: Web) -> None:
    moved = text("UPDATE handoffs SET state = :state WHERE id = 'hf_1'")
    with here.engine.begin() as db:
        db.execute(moved, {"state": "waiting"})
    response = here.client().get(f"{API}/handoffs?state=waiting")
    with here.engine.begin() as db:
        db.execute(moved, {"state": "offered"})
    check(here, next(r for r in ROUTES if r.path == "/handoffs"), response)
    (item,) = told_by(response)["items"]
    assert (item["id"], item["place"]["number"]) == ("hf_1", 1)
    assert item["place"]["words"].startswith(f"{item['place']['points']:g} points (severity high 26.7")


def test_a_handoff_in_a_list_says_who_is_asked_and_who_has_it(here: Web) -> None:
    asked = read(here, "/handoffs?state=offered")["items"]
    assert [(h["id"], [o["agent"] for o in h["offered_to"]], h["accepted_by"]) for h in asked] == [("hf_1", ["ada"], "")]
    had = read(here, "/handoffs?state=accepted")["items"]
    assert [(h["id"], h["offered_to"], h["accepted_by"], h["subject"]) for h in had] == [("hf_2", [], "bob", HOSTILE)]
    assert asked[0]["customer"] == {
        "name": "Priya Raman",
        "email": "priya@northwind.example",
        "organization": "Northwind Traders",
        "tier": "enterprise",
    }


def test_a_ticket_comes_with_its_messages_oldest_first(here: Web) -> None:
    told = read(here, "/tickets/zendesk/4711")
    assert [m["id"] for m in told["messages"]] == ["m1", "m2", "m3", "m4"]
    assert (told["priority"], told["customer"]["contract_value"]["amount"]) == ("urgent", "48000")


def test_an_escalation_explains_itself(here: Web) -> None:
    told = read(here, "/escalations/esc_hf_1")
    fired = [v["rule"] for v in told["decision"]["verdicts"] if v["fired"]]
    assert fired == ["urgent", "wants_person", "at_risk"]
    assert told["decision"]["verdicts"][1]["seen"][0]["parts"][0]["value"] is True
    assert [h["id"] for h in told["handoffs"]] == ["hf_1"]
    assert [e["kind"] for e in told["timeline"]] == ["escalated", "offered", "declined"]
    assert told["package"]["ticket_id"] == "4711"


def test_a_handoff_names_every_candidate_with_score_or_exclusion(here: Web) -> None:
    route = read(here, "/handoffs/hf_1")["route"]
    assert {c["agent"] for c in route["candidates"]} == {"ada", "bob", "cleo"}
    assert all(c["excluded"] or c["words"] for c in route["candidates"])


def test_only_set_aside_actions(here: Web, ids: dict[str, int]) -> None:
    assert [a["id"] for a in read(here, "/actions?state=set_aside")["items"]] == [ids["set_aside"]]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/deliveries/99999", 404),
        ("/deliveries/99999999999999999999999", 400),
        ("/deliveries/abc", 404),
        ("/deliveries?status=odd", 400),
        ("/deliveries?limit=0", 400),
        ("/deliveries?limit=201", 400),
        ("/deliveries?limit=ten", 400),
        ("/deliveries?cursor=abc", 400),
        ("/handoffs?cursor=zzz", 400),
        ("/handoffs?cursor=abc", 400),
        ("/escalations?cursor=zzz", 400),
        ("/bugs?cursor=abc", 400),
        ("/bugs?cursor=%00", 400),
        ("/shift-handovers?cursor=zzz", 400),
        ("/handoffs?state=odd", 400),
        ("/handoffs?cursor=%00", 400),
        ("/handoffs?state=waiting&cursor=hf_1", 400),
        ("/handoffs/nope", 404),
        ("/handoffs/%00", 400),
        ("/escalations/nope", 404),
        ("/tickets/zendesk/1", 404),
        ("/tickets/zendesk/%00", 400),
        ("/documents/nope", 404),
        ("/nothing/here", 404),
    ],
)
def test_wrong_addresses_are_problems(here: Web, address: str, status: int) -> None:
    response = here.client().get(API + address)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert told_by(response)["status"] == status and told_by(response)["detail"]


def test_wrong_methods_are_problems_that_tell_the_right_ones(here: Web) -> None:
    response = here.client().delete(f"{API}/deliveries")
    assert (response.status_code, response.content_type) == (405, "application/problem+json")
    assert "GET" in response.headers["Allow"]


def test_a_defect_is_a_problem_without_its_inside(here: Web) -> None:
    here.pipeline.trouble = ZeroDivisionError("a secret detail")
    response = here.client().post(f"{API}/deliveries/1/replay")
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert "secret" not in response.text


def test_who_handles_it_names_people_best_first(here: Web) -> None:
    told = read(here, "/who?issue=invoice")
    assert (told["issue_type"], told["team"], told["channel"], told["lead"]["agent"]) == (
        "billing",
        "billing",
        "#billing",
        "cleo",
    )
    assert [one["agent"] for one in told["people"]] == ["ada", "bob", "cleo"] and not any(p["excluded"] for p in told["people"])
    away = read(here, "/who?issue=invoice&connection=intercom")
    assert all("no account in intercom" in one["excluded"] for one in away["people"])


def test_a_connection_that_there_is_not_is_a_problem_that_names_those_there_are(here: Web) -> None:
    response = here.client().get(f"{API}/who?issue=billing&connection=nope")
    (wrong,) = told_by(response)["problems"]
    assert (response.status_code, wrong["path"]) == (400, "connection") and "intercom, zendesk" in wrong["remedy"]


@pytest.mark.parametrize("query", ["", "?issue=", "?issue=%20", "?issue=billing&language=" + "x" * 2001])
def test_a_question_about_nothing_is_a_problem(here: Web, query: str) -> None:
    response = here.client().get(f"{API}/who{query}")
    assert (response.status_code, response.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "status", "paths"),
    [
        ({}, 422, ["issue"]),
        ({"issue": "billing", "connection": "nope"}, 422, ["connection"]),
        ({"issue": "billing", "at": "soon", "tier": 3}, 422, ["tier", "at"]),
        ({"ticket": "zendesk:none"}, 404, []),
        ([], 400, []),
    ],
)
def test_a_simulation_that_cannot_be_is_a_problem(here: Web, body: Any, status: int, paths: list[str]) -> None:
    response = here.client().post(f"{API}/simulate", json=body)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert [one["path"] for one in told_by(response).get("problems", [])] == paths


def test_too_large_a_body_is_a_problem(here: Web) -> None:
    response = here.client().post(f"{API}/mappings/zendesk/preview", data=b"1" * (2 * 1024 * 1024 + 1))
    assert (response.status_code, response.content_type) == (413, "application/problem+json")
    assert "2,097,152 bytes" in told_by(response)["detail"] and "Send less" in told_by(response)["detail"]


HALF = b"\\ud800"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"ticket": {"subject": "%s", "tags": ["%s"], "%s": 1, "messages": [{"id": "%s", "text": "refund %s"}]}}', 200),
        (b'{"ticket": {"issue_type": "%s", "messages": [{"role": "agent", "public": false, "text": "#escalate %s"}]}}', 200),
        (b'{"issue": "%s", "tier": "%s", "language": "%s"}', 200),
        (b'{"issue": "%s", "connection": "%s"}', 422),
        (b'{"ticket": "%s", "connection": "%s"}', 404),
        (b'{"ticket": "zendesk:7", "zone": "%s"}', 422),
    ],
)
def test_half_a_character_is_no_defect(here: Web, body: bytes, status: int) -> None:
    data = body.replace(b"%s", HALF)
    response = here.client().post(f"{API}/simulate", data=data, content_type="application/json")
    assert response.status_code == status, response.text


def test_a_database_that_is_away_is_a_problem_to_come_back_from(nowhere: Web) -> None:
    response = nowhere.client().get(f"{API}/deliveries")
    assert (response.status_code, response.content_type) == (503, "application/problem+json")
    assert int(response.headers["Retry-After"]) > 0
