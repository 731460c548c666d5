"""A bot hands over to a whole Baton with real processes: both example clients, twenty at once, a helpdesk that drops answers,
and back again: what a person wrote reaches the bot, signed, also after it was away."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook

from connectors import kinds
from tests.browser import CHROMIUM
from tests.listener import SECRET, Listener, listening
from tests.support import ROOT
from tests.system import API_TOKEN, System, until
from web import shapes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "docs" / "examples"
EXAMPLE: dict[str, Any] = json.loads((EXAMPLES / "handover.json").read_text(encoding="utf-8"))
SLACK = {"ada": "U101", "bo": "U102", "chidi": "U103", "dana": "U104", "emil": "U105", "fatima": "U106"}
_people = itertools.count(os.getpid() * 1000)


@pytest.fixture(scope="module")
def bot() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def system(place: Path, bot: Listener) -> Iterator[System]:
    told = {"BOT_WEBHOOK_URLS": bot.url, "BOT_WEBHOOK_SECRET": SECRET}
    running = System(place / "bots", told).start()
    yield running
    assert running.stop() == 0, running.log()[-3000:]


def handover(connection: str = "zendesk", **changes: Any) -> dict[str, Any]:
    """The example, of a customer nobody has seen before."""
    email = f"lee{next(_people)}@example.org"
    return {**EXAMPLE, "connection": connection, "customer": {"email": email, "name": "Lee"}, **changes}


def post(system: System, body: dict[str, Any], key: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {API_TOKEN}", "Idempotency-Key": key}
    return requests.post(f"{system.url}/api/v1/handoffs", json=body, headers=headers, timeout=20)


def begun(system: System, id: str) -> dict[str, Any]:
    """The handoff, as soon as it is one."""
    until(lambda: "hop" in system.api(f"handoffs/{id}"), what=f"{id} begun")
    found: dict[str, Any] = system.api(f"handoffs/{id}")
    return found


def made(system: System, helpdesk: str, before: int = 0) -> list[dict[str, Any]]:
    """Calls that made a ticket, also those whose answer was lost."""
    ends = ("/tickets", "/tickets.json", "/conversations")
    return [c for c in system.calls(helpdesk)[before:] if c["method"] == "POST" and c["path"].endswith(ends)]


@pytest.mark.parametrize("helpdesk", kinds())
def test_twenty_at_once_are_one_handoff_and_one_ticket(system: System, helpdesk: str) -> None:
    body, answers, before = handover(helpdesk), list[requests.Response](), len(system.calls(helpdesk))
    threads = [threading.Thread(target=lambda: answers.append(post(system, body, f"twenty-{helpdesk}"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} == {201} and len({a.text for a in answers}) == 1
    id = answers[0].json()["id"]
    handoff = begun(system, id)
    assert handoff["id"] == id and handoff["connection"] == helpdesk and handoff["sender"] == "Shop assistant"
    assert post(system, body, f"twenty-{helpdesk}").text == answers[0].text
    assert len(made(system, helpdesk, before)) == 1
    assert [h["id"] for h in system.handoffs(handoff["ticket_id"])] == [id]
    card = until(lambda: system.cards(id), what="a card")
    assert len(card) == 1 and "AI" in json.dumps(card[0]["blocks"])
    package = system.api(f"escalations/{handoff['escalation_id']}")["package"]
    assert package["tried"][0]["who"] == "AI" and "failed because" in package["tried"][0]["result"]["text"]
    assert [turn["role"] for turn in package["transcript"]][:3] == ["customer", "bot", "customer"]


@pytest.mark.parametrize("helpdesk", ["freshdesk", "zendesk"])
def test_a_helpdesk_whose_answer_is_lost_gets_one_ticket(system: System, helpdesk: str) -> None:
    begun(system, post(system, handover(helpdesk), f"warm-{helpdesk}").json()["id"])
    before = len(system.calls(helpdesk))
    system.faults(helpdesk, rate_drop_after_write=1.0)
    try:
        id = post(system, handover(helpdesk), f"lost-{helpdesk}").json()["id"]
        until(lambda: made(system, helpdesk, before), what="the first try")
    finally:
        system.faults(helpdesk)
    handoff = begun(system, id)
    tried = [c for c in made(system, helpdesk, before) if c["status"] < 300]
    assert len(tried) == 1, tried
    entries = system.ticket(helpdesk, handoff["ticket_id"])["entries"]
    assert any(id in entry["html"] for entry in entries)


@pytest.mark.parametrize("helpdesk", kinds())
def test_the_helpdesks_own_webhook_of_the_new_ticket_makes_no_second_handoff(system: System, helpdesk: str) -> None:
    threat = [{"role": "customer", "text": "My lawyer is informed, I am going to sue you for fraud."}]
    with system.echoing(helpdesk):
        id = post(system, handover(helpdesk, conversation=threat, attempts=[]), f"echo-{helpdesk}").json()["id"]
        handoff = begun(system, id)
        heard = until(
            lambda: [d for d in system.api("deliveries", limit="200")["items"] if d["ticket_id"] == handoff["ticket_id"]],
            what="the echo",
        )
        until(lambda: all(system.api(f"deliveries/{d['id']}")["status"] != "accepted" for d in heard), what="the echo handled")
    assert [h["id"] for h in system.handoffs(handoff["ticket_id"])] == [handoff["id"]]
    escalation = system.api(f"escalations/{handoff['escalation_id']}")
    assert any("Shop assistant handed it over" in reason for reason in escalation["reasons"])
    ticket = system.api(f"tickets/{helpdesk}/{handoff['ticket_id']}")
    said = [(m["author"]["role"], m["text"]) for m in ticket["messages"] if m["public"]]
    assert said == [("customer", threat[0]["text"])], "the text it was opened with is not said twice"


def test_a_ticket_that_is_there_is_used(system: System) -> None:
    system.seed("zendesk", {"id": 771001, "subject": "Charged twice", "comments": [{"body": "You charged me twice"}]})
    before = len(system.calls("zendesk"))
    id = post(system, handover(ticket="771001"), "there").json()["id"]
    assert begun(system, id)["ticket_id"] == "771001" and made(system, "zendesk", before) == []


def test_a_ticket_that_is_not_there_is_told(system: System, bot: Listener) -> None:
    id = post(system, handover(ticket="999999998"), "gone").json()["id"]
    told = until(lambda: (h := system.api(f"handoffs/{id}"))["state"] == "failed" and h, what="failed")
    assert "there is no ticket 999999998" in told["why"]
    until(lambda: any("there is no ticket 999999998 in zendesk" in m["text"] for m in system.messages()), what="people told")
    heard = until(lambda: events(bot, id), what="the bot told")
    assert [event["type"] for event in heard] == ["handoff.failed"]


def events(bot: Listener, id: str) -> list[dict[str, Any]]:
    """What the bot heard of a handover, each verified by the standard's own library and held against the schema."""
    found = {}
    for headers, raw in list(bot.heard):
        event = Webhook(SECRET).verify(raw, headers)
        Draft202012Validator(shapes.schema("handoff-event-1.json")).validate(event)
        if event["data"]["id"] == id:
            found[headers["webhook-id"]] = event
    return list(found.values())


@pytest.mark.parametrize("helpdesk", kinds())
def test_what_a_person_wrote_reaches_the_bot(system: System, bot: Listener, helpdesk: str) -> None:
    handoff = begun(system, post(system, handover(helpdesk), f"back-{helpdesk}").json()["id"])
    id, ticket = handoff["id"], handoff["ticket_id"]
    agent = until(lambda: next((o["agent"] for o in system.api(f"handoffs/{id}")["offers"] if o["agent"]), ""), what="an offer")
    bot.status = 503  # away at first
    try:
        assert system.api_post(f"handoffs/{id}/accept", {"agent": agent}).status_code == 200
        until(lambda: [h for h, raw in bot.heard if id.encode() in raw], what="a first try")
    finally:
        bot.status = 204
    until(lambda: system.ticket(helpdesk, ticket)["assignee"], what="assigned")
    who = int(SLACK[agent].removeprefix("U"))
    system.act(helpdesk, ticket, act="reply", by=who, text="Which card did you use?")
    system.act(helpdesk, ticket, act="reply", by="customer", text="The one that ends in 42.")
    system.act(helpdesk, ticket, act="reply", by=who, text="I refunded the second charge, it is back in two days.")
    until(lambda: system.api(f"handoffs/{id}")["state"] == "answered", what="answered")
    system.act(helpdesk, ticket, act="solve", by=who)
    heard = until(lambda: (found := events(bot, id)) and found[-1]["type"] == "handoff.solved" and found, what="solved")
    assert [event["type"] for event in heard] == ["handoff.accepted", "handoff.solved"]
    tries = [headers["webhook-id"] for headers, raw in bot.heard if id.encode() in raw and b"handoff.accepted" in raw]
    assert len(tries) >= 2 and len(set(tries)) == 1, "tried again under the same id"
    data = heard[-1]["data"]
    assert "I refunded the second charge" in data["what_worked"][0]["text"]
    assert [(q["question"], q["answer"]) for q in data["questions"]] == [("Which card did you use?", "The one that ends in 42.")]
    assert data["ticket"] == ticket and data["key"] == f"back-{helpdesk}"


# --- the example clients ---


def test_the_python_example(system: System) -> None:
    words = [sys.executable, str(EXAMPLES / "hand_over.py"), system.url]
    _runs(system, words)


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine; Chromium runs the same file")
def test_the_javascript_example_in_node(system: System) -> None:
    _runs(system, ["node", str(EXAMPLES / "hand_over.mjs"), system.url])


def _runs(system: System, command: list[str]) -> None:
    """The client sends the same handover twice and gets the same answer, a wrong one and is told why."""
    environment = {"PATH": os.environ["PATH"], "BATON_TOKEN": API_TOKEN}
    body = handover(key=f"client-{command[0]}")

    def run(told: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, input=json.dumps(told), env=environment, capture_output=True, text=True, timeout=60)

    first, second = run(body), run(body)
    assert first.returncode == 0 and first.stdout == second.stdout, first.stderr
    assert begun(system, json.loads(first.stdout)["id"])["connection"] == "zendesk"
    wrong = run({**body, "connection": "zen", "key": "other"})
    assert wrong.returncode != 0 and "is no connection of this Baton" in wrong.stderr


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine; apt-get install chromium")
def test_the_javascript_example_in_a_browser(system: System, bot: Listener, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{system.url}/healthz")
    source = (EXAMPLES / "hand_over.mjs").read_text(encoding="utf-8")
    loaded = "async (source) => { window.baton = await import('data:text/javascript,' + encodeURIComponent(source)) }"
    page.evaluate(loaded, source)
    send = "([url, token, key, body]) => window.baton.handOver(url, token, key, body)"
    first, second = (page.evaluate(send, [system.url, API_TOKEN, "browser", SAME]) for _ in range(2))
    assert first == second and begun(system, first["id"])["connection"] == "zendesk"
    headers, raw = something(system, bot)
    check = "([secret, headers, body]) => window.baton.verify(secret, headers, body).then((e) => e.type, (e) => String(e))"
    told = page.evaluate(check, [SECRET, headers, raw.decode()])
    assert str(told).startswith("handoff.")
    assert "signature is wrong" in page.evaluate(check, [SECRET, headers, raw.decode() + " "])
    page.close()


SAME = handover()


def something(system: System, bot: Listener) -> tuple[dict[str, str], bytes]:
    """Something the bot heard just now."""
    id = post(system, handover(ticket="999999997"), f"heard-{next(_people)}").json()["id"]
    return until(lambda: [told for told in bot.heard if id.encode() in told[1]], what="something heard")[-1]


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine; Chromium runs the same file")
def test_the_javascript_example_verifies_in_node(tmp_path: Path, bot: Listener, system: System) -> None:
    headers, raw = something(system, bot)
    (tmp_path / "told.json").write_text(json.dumps([SECRET, headers, raw.decode()]), encoding="utf-8")
    script = f"""
import {{ verify }} from {json.dumps((EXAMPLES / "hand_over.mjs").as_uri())};
import {{ readFileSync }} from "node:fs";
const [secret, headers, body] = JSON.parse(readFileSync(process.argv[2]));
console.log((await verify(secret, headers, body)).type);
await verify(secret, headers, body.replace("handoff", "Handoff")).catch((e) => console.log(e.message));
"""
    (tmp_path / "check.mjs").write_text(script, encoding="utf-8")
    command = ["node", str(tmp_path / "check.mjs"), str(tmp_path / "told.json")]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split("\n")
    assert told[0].startswith("handoff.") and told[1] == "the signature is wrong"
