"""Shift handovers from outside: Slack's message and buttons, /handoff shift, the pages, the API, the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from connectors.slack_shift import DECLINE, TAKE, packet_blocks, packet_text
from escalation import by_hand
from escalation.actions import Line
from escalation.events import Accept
from escalation.shift_card import ShiftCard, ShiftRow
from escalation.ticket import Message
from sandbox.slack_check import problems
from store import accounts
from tests.shift_world import ADA as ADA_AGENT
from tests.shift_world import World
from tests.slack_play import Play, playing
from tests.test_slack_blocks import HOSTILE
from tests.test_slack_web import eventually, whispers
from tests.web_data import PASSWORD, ROSTER, Web, csrf, people, sign_in, web
from web.desk import PipelineDesk
from web.slack_kit import Presser, Reply

LONG = ["x" * 10_000, "\U0001f600" * 5_000, "<!channel> & <@U101> " * 500]
ADA, BO, STRANGER = Presser("U101", "Ada"), Presser("U102", "Bo"), Presser("U999", "Zed")


def card(said: str = "Charged twice", count: int = 2, **more: Any) -> ShiftCard:
    lines = (Line("Promised to the customer", said, "m1"), Line("Note of Ada", said))
    rows = tuple(ShiftRow(f"h{n}", said, said, (said,) * 4, lines, True, True, "https://acme.example/1") for n in range(count))
    return ShiftCard("s1", said, said, rows, **({"note": said, "page_url": "https://baton.example/shifts/s1"} | more))


# --- Slack ---


@pytest.mark.parametrize("said", [*HOSTILE, *LONG])
@pytest.mark.parametrize("count", [0, 1, 10, 40])
def test_every_packet_is_what_slack_takes(said: str, count: int) -> None:
    made = packet_blocks(card(said, count))
    assert problems(made) == [] and len(packet_text(card(said, count))) <= 700
    takes = [e["action_id"] for block in made for e in block.get("elements", ()) if e.get("action_id", "").startswith(TAKE)]
    assert takes == [f"{TAKE}:{n}" for n in range(min(count, 10))]
    shown = json.dumps(made)
    assert "<!channel>" not in shown and "<@U101>" not in shown
    assert ("30 more" in shown) == (count == 40)


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as running:
        yield running


def test_a_packet_is_posted_pressed_and_edited_in_the_play_slack(play: Play) -> None:
    where = play.chat.post("U102", card(), "shift:s1:bo", look_first=False)
    assert play.chat.post("U102", card(), "shift:s1:bo", look_first=True) == where, "found again"
    pressed = {"channel": where.channel, "ts": where.ts, "user": "U102"}
    play.control("POST", "press", pressed | {"action_id": f"{TAKE}:1"})
    play.control("POST", "press", pressed | {"action_id": f"{DECLINE}:0"})
    told = [(a["packet"], a["handoff"], a["take"], a["who"].slack_id) for a in play.desk.answers]
    assert told == [("s1", "h1", True, "U102"), ("s1", "h0", False, "U102")]
    play.chat.update(where, ShiftCard("s1", "Settled", "Nothing waits", ()))
    assert "Nothing waits" in json.dumps(play.messages())


def test_a_press_that_is_refused_is_told_to_the_presser_alone(play: Play) -> None:
    play.desk.reply = Reply(False, "Bo took it over at 16:03 UTC.")
    where = play.chat.post("#billing", card(), "shift:s1:", look_first=False)
    play.control("POST", "press", {"channel": where.channel, "ts": where.ts, "user": "U103", "action_id": f"{TAKE}:0"})
    eventually(lambda: "Bo took it over" in json.dumps(whispers(play)))


def test_handoff_shift_hands_over_and_opens_no_form(play: Play) -> None:
    play.desk.reply = Reply(True, "2 open handoffs of Ada handed over.")
    play.control("POST", "say", {"channel": "C1", "user": "U101", "text": "/handoff shift"})
    assert play.desk.answers[-1]["shift"] and "2 open handoffs" in json.dumps(whispers(play))
    assert play.control("GET", "views") == []


def test_the_home_tab_hands_over(play: Play) -> None:
    play.desk.reply = Reply(True, "1 open handoff of Ada handed over.")
    play.control("POST", "home", {"user": "U101"})
    eventually(lambda: play.control("GET", "home/U101"))
    blocks = play.control("GET", "home/U101")["blocks"]
    block = next(b for b in blocks if any(e.get("action_id") == "baton_shift_end" for e in b.get("elements", ())))
    pressed = {"home": True, "block_id": block["block_id"], "action_id": "baton_shift_end", "user": "U101"}
    play.control("POST", "press", pressed)
    eventually(lambda: "1 open handoff of Ada" in json.dumps(play.control("GET", "home/U101")))


# --- the desk behind it, over the real store ---


@pytest.fixture
def world(db: Engine) -> World:
    made = World(db, datetime.now(UTC))
    made.tick()
    return made


@pytest.fixture
def desk(world: World) -> PipelineDesk:
    begin = lambda asked, agent, now: by_hand.begin(world.pipeline, asked, agent, now)  # noqa: E731
    return PipelineDesk(world.pipeline, world.db, begin, world.pipeline.helpdesks, world.shifts)


def held(world: World, number: str = "1") -> str:
    """A handoff that Ada has, whoever is on shift now."""
    handoff = world.ticket(number)
    assert world.press(handoff, Accept("ada")).ok
    return handoff


def test_the_desk_hands_over_takes_over_and_refuses(world: World, desk: PipelineDesk) -> None:
    handoff = held(world)
    assert desk.hand_over_shift(STRANGER).text.startswith("Zed is not on Baton's roster")
    assert desk.hand_over_shift(ADA).text.startswith("1 open handoff of Ada handed over")
    assert not desk.hand_over_shift(ADA).ok
    [packet] = world.packets()
    assert not desk.shift_press(STRANGER, packet.id, handoff, take=True).ok
    assert desk.shift_press(BO, "s_gone", handoff, take=True).text == "Baton does not know this packet any more."
    assert desk.shift_press(BO, packet.id, "h_gone", take=True).text == "Baton does not know this packet any more."
    assert desk.shift_press(BO, packet.id, handoff, take=True).ok and world.holder(handoff) == "bo"
    assert desk.shift_press(BO, packet.id, handoff, take=True).text == "You have taken this one over already."
    assert "Bo took it over" in desk.shift_press(ADA, packet.id, handoff, take=False).text


# --- pages and API ---


@pytest.fixture
def site(db: Engine, tmp_path: Path) -> tuple[World, Web]:
    """The web layer over a real store: Ada has two handoffs, Bob would be next, Cleo leads."""
    world = World(db, datetime.now(UTC), roster=ROSTER)
    people(db)
    accounts.add_user(db, "bob@example.com", PASSWORD, accounts.Role.AGENT, "Bob")
    hostile = Message("p1", ADA_AGENT, "I will send <script>alert(1)</script> tomorrow.", at=world.now)
    world.taken("1", "ada", hostile)
    world.taken("2")
    return world, web(db, tmp_path, shifts=world.shifts)


def signed(site: Web, email: str) -> FlaskClient:
    client = site.client("")
    assert sign_in(client, email).status_code == 303
    return client


def send(client: FlaskClient, path: str, page: str, **form: str) -> Any:
    return client.post(path, data={"csrf_token": csrf(client.get(page).text), **form}, follow_redirects=True)


def test_a_shift_is_handed_over_and_taken_over_on_the_pages(site: tuple[World, Web]) -> None:
    world, pages = site
    ada, bob, vic = (signed(pages, f"{name}@example.com") for name in ("ada", "bob", "vic"))
    assert "Nothing waits to be taken over" in ada.get("/shifts").text
    told = send(ada, "/shifts", "/shifts").text
    assert "2 open handoffs of Ada Lovelace handed over; asked to acknowledge: Bob Cole." in told
    [packet] = world.packets()
    here, first = f"/shifts/{packet.id}", packet.lines[0].item.handoff
    assert "<script>alert" not in told and "I will send &lt;script&gt;" in told and "message p1" in told
    assert "With Ada Lovelace until Bob Cole takes it over." in told and "I take it over" not in told, "not her own"
    noted = send(ada, f"{here}/note", here, text="Kim is kind <b>", item=first)
    assert "Kim is kind &lt;b&gt;" in noted.text
    assert "A quiet day" in send(ada, f"{here}/note", here, text="A quiet day").text
    long = send(ada, f"{here}/note", here, text="x" * 1001, item=first)
    assert long.status_code == 422 and "A note has 1 to 1000 characters" in long.text and f"{'x' * 1001}</textarea>" in long.text
    assert f'<option value="{first}" selected>' in long.text and f'<link rel="canonical" href="{here}">' in long.text
    shown = bob.get(here).text
    assert shown.count("I take it over") == 2 and shown.count("I cannot") == 2 and "Add a note" not in shown
    assert "I take it over" not in vic.get(here).text
    taken = send(bob, f"{here}/items/{first}/acknowledge", here)
    assert "Taken over at shift change from Ada Lovelace by Bob Cole (page)" in taken.text and world.holder(first) == "bob"
    again = send(bob, f"{here}/items/{first}/acknowledge", here).text
    assert "You have taken this one over already." in again
    second = packet.lines[1].item.handoff
    assert "Bob Cole cannot take it over: busy" in send(bob, f"{here}/items/{second}/decline", here, reason="busy").text
    assert "1 of 2 waits" in ada.get(here).text
    listed = ada.get("/shifts").text
    assert "Ada Lovelace" in listed and here in listed


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("vic", "items/{h}/acknowledge", 403),  # may look only
        ("boss", "items/{h}/acknowledge", 403),  # an admin who is nobody in the roster
        ("bob", "items/h_none/acknowledge", 404),
        ("bob", "items/{h}/steal", 404),
        ("vic", "note", 403),
    ],
)
def test_bad_presses_on_the_page(site: tuple[World, Web], who: str, path: str, status: int) -> None:
    world, pages = site
    agent = ROSTER.agents[0]
    packet = world.shifts.by_hand(agent, "ada", world.now).packet
    handoff = world.packets()[0].lines[0].item.handoff
    client = signed(pages, f"{who}@example.com")
    answer = send(client, f"/shifts/{packet}/{path.format(h=handoff)}", f"/shifts/{packet}", text="x")
    assert answer.status_code == status and world.holder(handoff) == "ada"
    assert client.get("/shifts/s_none").status_code == 404
    assert client.post(f"/shifts/{packet}/note", data={"text": "x"}).status_code == 400, "without the form's token"
    assert pages.client("").get(f"/shifts/{packet}").status_code == 302, "sign-in first"


def test_the_api(site: tuple[World, Web]) -> None:
    world, pages = site
    api, base = pages.client(), "/api/v1/shift-handovers"
    assert api.get(base).get_json() == {"items": [], "next": None}
    made = api.post(base, json={"agent": "ada@example.com"})
    assert made.status_code == 201 and made.get_json()["items"] == 2
    assert api.post(base, json={"agent": "ada"}).status_code == 409
    assert api.post(base, json={"agent": "nobody"}).status_code == 422
    assert api.post(base, json={}).status_code == 422, "a token is nobody"
    here = f"{base}/{made.get_json()['id']}"
    told = api.get(here).get_json()
    assert (told["outgoing"], told["waiting"], len(told["items"])) == ("ada", 2, 2)
    item = told["items"][0]
    assert (item["state"], item["owner"], item["asked"], item["subject"]) == ("open", "ada", "bob", "Invoice 1")
    assert item["due"]["what"] == "first reply" and item["promises"][0]["message"] == "p1"
    first = f"{here}/items/{item['handoff']}"
    assert api.post(f"{here}/notes", json={"text": "Call Kim", "handoff": item["handoff"]}).status_code == 200
    assert api.post(f"{here}/notes", json={"text": "All calm"}).status_code == 200
    assert api.post(f"{here}/notes", json={"text": ""}).status_code == 422
    assert api.post(f"{base}/s_none/notes", json={"text": "x"}).status_code == 404
    assert api.get(f"{base}/s_none").status_code == 404
    assert api.post(f"{first}/decline", json={"agent": "cleo"}).status_code == 409, "she is not asked"
    assert api.post(f"{first}/acknowledge", json={"agent": "ada"}).status_code == 409
    taken = api.post(f"{first}/acknowledge", json={"agent": "bob"})
    assert taken.get_json()["holder"] == "bob" and world.holder(item["handoff"]) == "bob"
    late = api.post(f"{first}/acknowledge", json={"agent": "cleo"})
    assert late.status_code == 409 and (late.get_json()["holder"], late.get_json()["holder_name"]) == ("bob", "Bob Cole")
    assert api.post(f"{here}/items/h_none/acknowledge", json={"agent": "bob"}).status_code == 404
    assert api.post(f"{here}/items/{told['items'][1]['handoff']}/decline", json={"agent": "bob"}).status_code == 200
    assert [one["waiting"] for one in api.get(f"{base}?agent=ada@example.com&state=waiting").get_json()["items"]] == [1]
    assert api.get(f"{base}?state=lost").status_code == 400


def test_an_agent_answers_for_nobody_else_by_the_api(site: tuple[World, Web]) -> None:
    _, pages = site
    bob = signed(pages, "bob@example.com")
    token = {"X-CSRFToken": csrf(bob.get("/shifts").text)}
    assert bob.post("/api/v1/shift-handovers", json={"agent": "ada"}, headers=token).status_code == 403
    assert bob.post("/api/v1/shift-handovers", json={}, headers=token).status_code == 409, "he has nothing"
