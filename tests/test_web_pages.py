"""The pages: what they show, what each role can press, and that customers' words stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine

from escalation import context
from escalation.actions import DeclineReason
from escalation.events import Accept, Decline, NextLevel, Reassign, Refresh, Return, Snooze
from escalation.hop import State
from escalation.verdicts import Judge, Verdict
from store import accounts
from store.accounts import Role
from store.codec import plain
from tests import databases
from tests.web_data import NOW, PASSWORD, ROSTER, Said, Web, csrf, people, sign_in, web
from tests.web_rows import HOSTILE, a_decision, a_ticket, fill
from web.pages_show import Shown, in_words, nearest_clock, unwrapped

PAGES = ("/handoffs", "/handoffs?state=all", "/handoffs/hf_1", "/handoffs/hf_2", "/deliveries", "/deliveries/{handled}")


@pytest.fixture(scope="module")
def filled(postgres: str) -> Iterator[tuple[Engine, dict[str, int]]]:
    with databases.migrated(postgres) as engine:
        people(engine)
        yield engine, fill(engine, ROSTER, NOW)


@pytest.fixture(scope="module")
def empty(postgres: str) -> Iterator[Engine]:
    with databases.migrated(postgres) as engine:
        people(engine)
        yield engine


@pytest.fixture
def here(filled: tuple[Engine, dict[str, int]], tmp_path: Path) -> Web:
    return web(filled[0], tmp_path)


@pytest.fixture
def ids(filled: tuple[Engine, dict[str, int]]) -> dict[str, int]:
    return filled[1]


def as_(here: Web, who: str) -> FlaskClient:
    client = here.client("")
    assert sign_in(client, f"{who}@example.com").status_code == 303
    return client


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["boss", "vic"])
def test_every_page_opens(here: Web, ids: dict[str, int], page: str, who: str) -> None:
    response = as_(here, who).get(page.format(**ids))
    assert response.status_code == 200 and response.content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("page", PAGES)
def test_customers_words_stay_words(here: Web, ids: dict[str, int], page: str) -> None:
    assert "<script>alert" not in as_(here, "boss").get(page.format(**ids)).text


@pytest.mark.parametrize(
    ("clocks", "name", "state"),
    [
        ([], None, None),
        (None, None, None),
        ([("a", "met", 5), ("b", "paused", 5)], None, None),
        ([("a", "green", 90), ("b", "amber", 30)], "b", "amber"),
        ([("a", "unknown", -1), ("b", "amber", 30)], "a", "breached"),
    ],
)
def test_the_clock_that_runs_out_first(clocks: list[tuple[str, str, int]] | None, name: str | None, state: str | None) -> None:
    now = datetime.now(UTC)
    told = [{"name": n, "state": s, "due_at": (now + timedelta(minutes=m)).isoformat()} for n, s, m in clocks or ()]
    found = nearest_clock(told if clocks is not None else None) or {}
    assert (found.get("name"), found.get("state")) == (name, state)


def test_groups_of_one_are_not_shown() -> None:
    leaf = {"words": "x", "op": "is", "parts": []}
    pair = {"words": "both", "op": "all", "parts": [leaf, leaf]}
    never = {"words": "none may hold of 1", "op": "none", "parts": [leaf]}
    one = {"words": "all of 1", "op": "all", "parts": [{"words": "any of 1", "op": "any", "parts": [leaf]}]}
    assert unwrapped([one, pair, never]) == [leaf, pair, never]


def test_home_leads_to_the_handoffs(here: Web) -> None:
    assert as_(here, "vic").get("/").headers["Location"] == "/handoffs"


def test_the_list_tells_customer_team_and_who(here: Web) -> None:
    page = as_(here, "vic").get("/handoffs").text
    for words in (
        "Charged twice for March",
        "<bdi>Priya Raman</bdi>, <bdi>Northwind Traders</bdi>",
        "asking Ada Lovelace",
        "Bob Cole",
        "breached",
    ):
        assert words in page
    assert 'In progress <span class="count">2</span>' in page and 'Accepted <span class="count">1</span>' in page


@pytest.mark.parametrize(("state", "shown", "hidden"), [("offered", "hf_1", "hf_2"), ("accepted", "hf_2", "hf_1")])
def test_tabs_filter(here: Web, state: str, shown: str, hidden: str) -> None:
    page = as_(here, "vic").get(f"/handoffs?state={state}").text
    assert f'href="/handoffs/{shown}"' in page and f'href="/handoffs/{hidden}"' not in page


def test_one_handoff_explains_itself(here: Web) -> None:
    page = as_(here, "vic").get("/handoffs/hf_1").text
    for words in (
        "Ada Lovelace is asked until",
        "priority changed to urgent (was normal)",  # a condition in words …
        "changed_to",  # … and as it stands in the rule
        "Not asked: ",
        "Northwind Traders",
        "Bob Cole</strong>: declined, busy",
        "may not assign to group 201",
        "would have fired (shadow)",
        "message m",  # every statement names its message
    ):
        assert words in page
    assert 'href="https://acme.zendesk.com/agent/tickets/4711"' in page


@pytest.mark.parametrize("state", State)
def test_clocks_run_only_while_the_handoff_does(state: State) -> None:
    package = context.build(a_ticket(NOW), (), a_decision(), None, NOW)
    shown = Shown({"state": state.value}, {"package": plain(package)}, ROSTER, NOW)
    assert shown.package is not None and shown.note is not None
    clock = next(line.text for line in shown.note.lines if line.label == "Clock")
    told = (shown.package.sla(NOW), shown.package.waiting(NOW), "next reply due" in clock)
    ended = ("no running clock", "not waiting", False)
    assert told == (("next reply due in 35 min (14:35 UTC, amber)", "3 h 20 min", True) if state.is_live else ended)


@pytest.mark.parametrize(
    ("who", "handoff", "presses"),
    [
        ("ada", "hf_1", {"accept", "decline"}),  # she is asked
        ("cleo", "hf_1", {"accept"}),  # on the roster, not asked
        ("boss", "hf_1", set()),  # not on the roster
        ("vic", "hf_1", set()),
        ("ada", "hf_2", set()),  # Bob has it
    ],
)
def test_only_what_can_be_pressed_is_offered(here: Web, who: str, handoff: str, presses: set[str]) -> None:
    page = as_(here, who).get(f"/handoffs/{handoff}").text
    assert {press for press in ("accept", "decline", "return") if f'/handoffs/{handoff}/{press}"' in page} == presses


@pytest.mark.parametrize(
    ("who", "moves"),
    [("ada", set()), ("vic", set()), ("cleo", {"next-level"}), ("boss", {"next-level", "refresh"})],
)
def test_leads_call_the_next_level_and_admins_refresh(here: Web, who: str, moves: set[str]) -> None:
    page = as_(here, who).get("/handoffs/hf_1").text
    assert {move for move in ("next-level", "refresh") if f'/handoffs/hf_1/{move}"' in page} == moves
    assert ("Next level now: channel" in page) == ("next-level" in moves)


@pytest.mark.parametrize(
    ("who", "handoff", "moves"),
    [
        ("ada", "hf_1", {"reassign", "snooze"}),
        ("ada", "hf_2", set()),
        ("bob", "hf_2", {"reassign", "feedback"}),
        ("cleo", "hf_1", {"reassign"}),
        ("cleo", "hf_2", {"reassign", "feedback"}),
        ("vic", "hf_2", set()),
    ],
)
def test_who_sees_handing_on_putting_off_and_the_verdict(here: Web, who: str, handoff: str, moves: set[str]) -> None:
    with suppress(accounts.Refused):  # the tests of this file share their database
        accounts.add_user(here.engine, "bob@example.com", PASSWORD, Role.AGENT)
    page = as_(here, who).get(f"/handoffs/{handoff}").text
    assert {move for move in ("reassign", "snooze", "feedback") if f'/handoffs/{handoff}/{move}"' in page} == moves


@pytest.mark.parametrize(
    ("who", "move", "data", "event"),
    [
        ("cleo", "next-level", {"steps": "4"}, NextLevel("cleo", 4, lead=True)),
        ("boss", "next-level", {"steps": "0"}, NextLevel("Boss", 0, lead=True)),
        ("boss", "refresh", {}, Refresh("Boss")),
        ("ada", "reassign", {"to": "bob", "reason": "knows"}, Reassign("ada", "bob", "knows", via="page")),
        ("boss", "reassign", {"to": "bob", "reason": "knows"}, Reassign("Boss", "bob", "knows", lead=True, via="page")),
        ("cleo", "reassign", {"to": "team:billing", "reason": "x"}, Reassign("cleo", "billing", "x", True, True, "page")),
        ("ada", "snooze", {"reason": "10"}, Snooze("ada", timedelta(minutes=10), via="page")),
        ("cleo", "feedback", {"verdict": "ai"}, Judge("cleo", Verdict.AI, lead=True, via="page")),
        ("ada", "feedback", {"verdict": "wrong_team"}, Judge("ada", Verdict.WRONG_TEAM, via="page")),
    ],
)
def test_moves_reach_the_pipeline(here: Web, who: str, move: str, data: dict[str, str], event: object) -> None:
    client = as_(here, who)
    token = csrf(client.get("/handoffs/hf_1").text)
    response = client.post(f"/handoffs/hf_1/{move}", data={"csrf_token": token, **data})
    assert (response.status_code, response.headers["Location"]) == (303, "/handoffs/hf_1")
    assert here.pipeline.calls == [("answer", "hf_1", event)]


@pytest.mark.parametrize(
    ("press", "reason", "event"),
    [
        ("accept", "", Accept("ada", via="page")),
        ("decline", "off_shift", Decline("ada", DeclineReason.OFF_SHIFT, via="page")),
        ("return", "the invoice", Return("ada", "the invoice", via="page")),
    ],
)
def test_a_press_reaches_the_pipeline_and_its_answer_the_page(here: Web, press: str, reason: str, event: object) -> None:
    client = as_(here, "ada")
    token = csrf(client.get("/handoffs/hf_1").text)
    response = client.post(f"/handoffs/hf_1/{press}", data={"csrf_token": token, "reason": reason})
    assert (response.status_code, response.headers["Location"]) == (303, "/handoffs/hf_1")
    assert here.pipeline.calls == [("answer", "hf_1", event)]
    assert "Ada Lovelace accepted (API)" in client.get("/handoffs/hf_1").text


def test_who_comes_too_late_is_told_who_has_it(here: Web) -> None:
    here.pipeline.says = Said(ok=False, text="Bob Cole accepted this at 14:02 UTC.", holder="bob")
    client = as_(here, "ada")
    client.post("/handoffs/hf_1/accept", data={"csrf_token": csrf(client.get("/handoffs/hf_1").text)})
    assert '<p class="told refused" role="status">Bob Cole accepted this at 14:02 UTC.</p>' in client.get("/handoffs/hf_1").text


@pytest.mark.parametrize(
    ("who", "address", "data", "status"),
    [
        ("ada", "/handoffs/hf_1/decline", {"reason": "tired"}, 422),
        ("ada", "/handoffs/hf_1/return", {"reason": "  "}, 422),
        ("ada", "/handoffs/hf_1/explode", {}, 404),
        ("ada", "/handoffs/hf_0/return", {}, 404),
        ("boss", "/handoffs/hf_1/accept", {}, 403),  # nobody in the roster
        ("vic", "/handoffs/hf_1/accept", {}, 403),
        ("ada", "/handoffs/hf_1/next-level", {"steps": "1"}, 403),
        ("cleo", "/handoffs/hf_1/next-level", {}, 422),
        ("cleo", "/handoffs/hf_1/next-level", {"steps": "-1"}, 422),
        ("cleo", "/handoffs/hf_1/refresh", {}, 403),
        ("ada", "/handoffs/hf_1/reassign", {"to": "bob"}, 422),
        ("ada", "/handoffs/hf_1/reassign", {"to": "nobody", "reason": "x"}, 422),
        ("vic", "/handoffs/hf_1/reassign", {"to": "bob", "reason": "x"}, 403),
        ("ada", "/handoffs/hf_1/snooze", {"reason": "7"}, 422),
        ("ada", "/handoffs/hf_1/feedback", {"verdict": "fine"}, 422),
        ("vic", "/handoffs/hf_1/feedback", {"verdict": "ai"}, 403),
        ("ada", "/actions/1/retry", {}, 403),
        ("ada", "/deliveries/1/replay", {}, 403),
    ],
)
def test_presses_that_are_refused(here: Web, who: str, address: str, data: dict[str, str], status: int) -> None:
    client = as_(here, who)
    token = csrf(client.get("/handoffs").text)
    assert client.post(address, data={"csrf_token": token, **data}).status_code == status
    assert not here.pipeline.calls


@pytest.mark.parametrize(
    ("address", "start"),
    [
        ("/handoffs?after=abc", "/handoffs"),
        ("/handoffs?after=zzz&state=all", "/handoffs?state=all"),
        ("/handoffs?after=%00", "/handoffs"),
        ("/bugs?after=zzz", "/bugs"),
        ("/shifts?after=abc", "/shifts"),
    ],
)
def test_a_list_after_a_row_that_there_is_not_is_the_list_from_the_start(here: Web, address: str, start: str) -> None:
    response = as_(here, "vic").get(address)
    assert (response.status_code, response.headers["Location"]) == (302, start)


@pytest.mark.parametrize(
    ("who", "form", "data", "told"),
    [
        ("ada", "decline", {"reason": "tired"}, "Choose a reason for declining."),
        ("ada", "snooze", {"reason": "7"}, "Choose how much longer."),
        ("bob", "return", {"reason": " \r\n "}, "Write what is missing; the sender reads it."),
        ("ada", "reassign", {"reason": "knows <it>"}, "Choose who is to have it."),
        ("ada", "reassign", {"to": "bob", "reason": " "}, "Say in a few words why; whoever is asked reads it."),
        ("cleo", "feedback", {"verdict": "fine"}, "Choose one of the verdicts."),
        ("cleo", "next-level", {}, "The page had lost what it showed. Look at it again, then press."),
    ],
)
def test_wrong_input_shows_the_handoff_again_with_one_sentence_and_what_was_written(
    here: Web, who: str, form: str, data: dict[str, str], told: str
) -> None:
    with suppress(accounts.Refused):  # the tests of this file share their database
        accounts.add_user(here.engine, "bob@example.com", PASSWORD, Role.AGENT)
    client, handoff = as_(here, who), "hf_2" if who == "bob" else "hf_1"
    page = client.post(f"/handoffs/{handoff}/{form}", data={"csrf_token": csrf(client.get("/handoffs").text), **data}).text
    assert f'<p class="told refused" role="status">{told}</p>' in page and page.count("told refused") == 1
    assert f'<link rel="canonical" href="/handoffs/{handoff}">' in page, "where it is read from, and where the script goes on"
    if form in ("decline", "snooze", "return", "reassign"):
        assert re.search(rf'<details class="press" open>(?:(?!</details>).)*/{form}"', page, re.DOTALL), "the form is open"
    if form == "reassign":
        assert ("knows &lt;it&gt;</textarea>" in page) == ("to" not in data)
        assert ('<option value="bob" selected>' in page) == ("to" in data)


@pytest.mark.parametrize(
    ("who", "kept"),
    [("bob", 'rows="3">the <b>invoice</textarea>'), ("ada", 'You wrote: <span class="said">the <b>invoice</span>')],
)
def test_a_refused_return_keeps_what_was_written_even_where_its_form_is_gone(here: Web, who: str, kept: str) -> None:
    with suppress(accounts.Refused):
        accounts.add_user(here.engine, "bob@example.com", PASSWORD, Role.AGENT)
    here.pipeline.says = Said(ok=False, text="Cleo has it now.", holder="cleo")
    client = as_(here, who)
    sent = {"csrf_token": csrf(client.get("/handoffs").text), "reason": "the <b>invoice"}
    page = client.post("/handoffs/hf_2/return", data=sent)
    assert page.status_code == 409 and "Cleo has it now." in page.text
    assert kept.replace("<b>", "&lt;b&gt;") in page.text


def test_a_form_is_good_for_as_long_as_the_session(here: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_(here, "ada")
    token = csrf(client.get("/handoffs/hf_1").text)
    for hours, status in ((11, 303), (13, 400)):
        later = int(datetime.now(UTC).timestamp()) + hours * 3600
        monkeypatch.setattr("itsdangerous.TimestampSigner.get_timestamp", lambda _, later=later: later)
        assert client.post("/handoffs/hf_1/accept", data={"csrf_token": token}).status_code == status


def test_what_cannot_be_repeated_leads_back_with_a_sentence(here: Web) -> None:
    here.pipeline.trouble = LookupError("none")
    client = as_(here, "cleo")
    sent = {"csrf_token": csrf(client.get("/handoffs").text), "next": "/handoffs/hf_1"}
    for address in ("/actions/999/retry", "/deliveries/999/replay"):
        response = client.post(address, data=sent)
        assert (response.status_code, response.headers["Location"]) == (303, "/handoffs/hf_1")
        assert "There is nothing to repeat any more" in client.get("/deliveries").text


@pytest.mark.parametrize("address", ["/handoffs/hf_1/accept", "/actions/1/retry", "/deliveries/1/replay", "/sign-out"])
def test_nothing_changes_without_the_csrf_token(here: Web, address: str) -> None:
    client = as_(here, "cleo")
    for data in ({}, {"csrf_token": "made up"}):
        assert client.post(address, data=data).status_code == 400
    assert not here.pipeline.calls
    assert client.get("/handoffs").status_code == 200


@pytest.mark.parametrize(
    ("address", "call", "back"),
    [
        ("/actions/{set_aside}/retry", "retry", "/handoffs/hf_1"),
        ("/deliveries/{failed}/replay", "replay", "/deliveries?status=failed"),
    ],
)
def test_leads_repeat_what_went_wrong(here: Web, ids: dict[str, int], address: str, call: str, back: str) -> None:
    client = as_(here, "cleo")
    page = client.get(back).text
    assert address.format(**ids) in page
    response = client.post(address.format(**ids), data={"csrf_token": csrf(page), "next": back})
    assert (response.status_code, response.headers["Location"]) == (303, back)
    assert [c[0] for c in here.pipeline.calls] == [call]


def test_the_retry_button_is_for_set_aside_actions_only(here: Web) -> None:
    page = as_(here, "cleo").get("/handoffs/hf_1").text
    assert page.count("Try again</button>") == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("handled", "priority changed"),
        ("handled", "No table of the mapping has the word “Frozen"),
        ("handled", "Left out: expected text, found a list, at <code>detail.assignee_id</code>, line 85 of the mapping."),
        ("handled", 'Not all of it could be read: <a href="#not-read">2 values</a>'),
        ("ignored", "about a user, not a ticket"),
        ("unreadable", "Add id to the trigger"),
        ("failed", "Handling was given up"),
        ("accepted", "waits for a worker"),
    ],
)
def test_one_delivery_says_what_became_of_it_and_what_to_do(here: Web, ids: dict[str, int], status: str, words: str) -> None:
    page = as_(here, "boss").get(f"/deliveries/{ids[status]}").text
    assert words in page and "very-secret" not in page


def test_the_list_says_what_was_not_read(here: Web, ids: dict[str, int]) -> None:
    page = as_(here, "boss").get("/deliveries").text
    assert re.findall(r'href="/deliveries/(\d+)#not-read">([^<]+)<', page) == [(str(ids["handled"]), "2 not read")]


def test_a_body_is_shown_indented_and_escaped(here: Web, ids: dict[str, int]) -> None:
    page = as_(here, "boss").get(f"/deliveries/{ids['handled']}").text
    assert "&#34;id&#34;: 4711" in page and HOSTILE not in page


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("open", "open"),
        (["billing", "vip"], "billing; vip"),
        ({"id": "204", "name": ""}, "id 204"),
        ({"id": "", "name": "", "role": "unknown"}, ""),
        ({"tier": "", "organization": {"id": "401"}}, "organization id 401"),
        ([{"name": "first_reply", "due_at": None}], "name first_reply"),
        (None, ""),
    ],
)
def test_values_are_shown_without_what_is_not_told(value: object, words: str) -> None:
    assert in_words(value) == words


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/handoffs", "priority to urgent in your helpdesk"),
        ("/handoffs?state=closed", "There is none"),
        ("/deliveries", "http://localhost:8000/webhooks/zendesk"),
        ("/deliveries?status=failed", "There is none"),
    ],
)
def test_empty_lists_say_what_to_do_next(empty: Engine, tmp_path: Path, page: str, words: str) -> None:
    assert words in as_(web(empty, tmp_path), "vic").get(page).text


@pytest.mark.parametrize(("sandbox", "shown"), [(True, True), (False, False)])
def test_the_sandbox_is_linked_only_where_there_is_one(empty: Engine, tmp_path: Path, sandbox: bool, shown: bool) -> None:
    page = as_(web(empty, tmp_path, sandbox=sandbox), "vic").get("/handoffs").text
    assert ("/sandbox/slack" in page) is shown
    assert ("flask --app app send zendesk/ticket_created_urgent" in page) is shown


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/handoffs/nope", 404),
        ("/handoffs/%00", 400),
        ("/deliveries/9999", 404),
        ("/deliveries/99999999999999999999", 400),
        ("/nope", 404),
    ],
)
def test_wrong_addresses_are_pages_too(here: Web, address: str, status: int) -> None:
    response = as_(here, "vic").get(address)
    assert response.status_code == status and "<h1>" in response.text


@pytest.mark.parametrize("page", ["/handoffs?state=odd", "/handoffs?after=zzz", "/deliveries?status=odd", "/deliveries?after=x"])
def test_odd_parameters_do_no_harm(here: Web, page: str) -> None:
    assert as_(here, "vic").get(page, follow_redirects=True).status_code == 200


def test_a_database_that_is_away_is_a_page(tmp_path: Path, here: Web) -> None:
    away = web(create_engine("postgresql+psycopg://127.0.0.1:1/none"), tmp_path)
    client = away.client("")
    with as_(here, "vic").session_transaction() as session, client.session_transaction() as copy:
        copy.update(session)
    response = client.get("/handoffs")
    assert response.status_code == 503 and "The database cannot be reached" in response.text


@pytest.mark.parametrize("page", ["/handoffs", "/sign-in", "/nope", "/api/v1/openapi.json", "/assets/baton.js"])
def test_browsers_are_told_to_be_careful(here: Web, page: str) -> None:
    with here.client("").get(page) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"


def test_pages_have_no_inline_script_or_style(here: Web, ids: dict[str, int]) -> None:
    client = as_(here, "cleo")
    for page in (*PAGES, "/sign-in"):
        text = client.get(page.format(**ids)).text
        assert "<style" not in text and "style=" not in text and "onclick" not in text
        assert text.count("<script") == text.count("<script src=")
