"""For the Slack tests: a server with the play Slack and Baton's own Slack routes on it, and a desk that only takes notes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from flask import Flask
from pydantic import SecretStr
from werkzeug.serving import make_server

import sandbox
from config.connections import PLAY_SECRET, PLAY_TOKEN, ChatAccount
from connectors.slack import SlackChat
from connectors.slack_handoff import Choices
from connectors.slack_home import Home, Row
from escalation.actions import Card, Line, Press
from escalation.by_hand import ByHand
from sandbox.state import State
from web import slack as web_slack
from web.slack_kit import Options, Presser, Reply

FACTS = (Line("Customer", "Mia Customer, Northwind"), Line("Tier", "enterprise"), Line("Issue", "billing"))


def card(**changes: Any) -> Card:
    """An offer's card as the pipeline would make it."""
    told: dict[str, Any] = {
        "handoff_id": "h-1",
        "offer_id": "o-1",
        "title": "Charged twice for October",
        "state": "Waiting for you until 14:05",
        "facts": FACTS,
        "lines": (Line("Why you", "skill billing 4 of 5"), Line("Summary", "Mia was charged twice & wants 500 EUR back.")),
        "presses": (Press.ACCEPT, Press.DECLINE, Press.ASK, Press.REASSIGN, Press.SNOOZE),
        "ticket_url": "https://acme.example/tickets/12",
        "page_url": "https://baton.example/handoffs/h-1",
    }
    return Card(**(told | changes))


@dataclass
class Desk:
    """Takes notes of every answer; ``reply`` is what it says next."""

    reply: Reply = field(default_factory=lambda: Reply(True))
    answers: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None
    gone: str = ""  # what somebody said who is away
    choosing: dict[Press, Options] = field(default_factory=dict)  # what forms offer to choose from

    def answer(
        self, press: Press, handoff_id: str, offer_id: str, who: Presser, *, reason: str = "", note: str = "", dedupe_key: str
    ) -> Reply:
        if self.failure:
            raise self.failure
        told = {"press": press, "handoff": handoff_id, "offer": offer_id, "who": who, "reason": reason, "note": note}
        self.answers.append(told | {"key": dedupe_key})
        return self.reply

    def options(self, press: Press, handoff_id: str, who: Presser) -> Options:
        return self.choosing.get(press, Options())

    def away(self, who: Presser, text: str) -> Reply:
        self.answers.append({"away": text, "who": who})
        self.gone = text if self.reply.ok and text != "back" else ""
        return self.reply

    def home(self, who: Presser, note: str = "") -> Home:
        offer = Row("h-1", "Charged twice", "Waits until 14:05", offer="o-1", presses=(Press.ACCEPT, Press.DECLINE))
        held = Row("h-2", "Invoice is wrong", "First reply due by 15:00", presses=(Press.RETURN,))
        return Home(
            note=note,
            away=f"away ({self.gone})" if self.gone else "",
            offers=(offer,),
            handoffs=(held,),
            page_url="https://baton.example/handoffs",
        )

    def choices(self) -> Choices:
        return Choices(("zendesk",), (("billing", "Billing"), ("care", "Customer care")))

    def hand_over_shift(self, who: Presser) -> Reply:
        self.answers.append({"shift": True, "who": who})
        return self.reply

    def shift_press(self, who: Presser, packet: str, handoff: str, *, take: bool) -> Reply:
        self.answers.append({"packet": packet, "handoff": handoff, "take": take, "who": who})
        return self.reply

    def hand_over(self, who: Presser, asked: ByHand) -> Reply:
        self.answers.append({"by_hand": asked, "who": who})
        return self.reply


@dataclass
class Play:
    """A running play Slack with Baton beside it."""

    url: str
    account: ChatAccount
    desk: Desk
    state: State

    @property
    def chat(self) -> SlackChat:
        return SlackChat(self.account, timeout_s=5.0)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON a control answers; the test fails when it does not answer 200."""
        answer = requests.request(method, f"{self.url}/sandbox/slack/_{path}", json=body, timeout=15)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def messages(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "messages"))

    def calls(self, method: str) -> int:
        """How often a Web API method was called."""
        return sum(call["path"].endswith(f"/api/{method}") for call in self.control("GET", "calls"))

    def press(self, message: dict[str, Any], press: Press, user: str = "U101", **more: Any) -> dict[str, Any]:
        return dict(
            self.control(
                "POST", "press", {"channel": message["channel"], "ts": message["ts"], "user": user} | _on(message, press) | more
            )
        )


def _on(message: dict[str, Any], press: Press) -> dict[str, str]:
    """How to press it: a button by its action_id, a choice of the menu by its value."""
    elements = [element for block in message["blocks"] for element in block.get("elements", ())]
    options = [(e["action_id"], option["value"]) for e in elements for option in e.get("options", ())]
    chosen = next(({"action_id": id, "value": value} for id, value in options if json.loads(value)["press"] == press), None)
    return chosen or {"action_id": press.value}


def account(url: str, **changes: Any) -> ChatAccount:
    """The play workspace's account as the settings would make it."""
    told: dict[str, Any] = {
        "url": f"{url}/sandbox/slack/api",
        "token": SecretStr(PLAY_TOKEN),
        "signing_secrets": (SecretStr(PLAY_SECRET),),
        "channel": "#support-handoffs",
        "sandbox": True,
    }
    return ChatAccount(**(told | changes))


@contextmanager
def playing(database_url: str, **changes: Any) -> Iterator[Play]:
    """Serve both sides on a free port; ``changes`` go into the chat account."""
    app, state, desk = Flask("play"), State(database_url), Desk()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    made = account(url, **changes)
    state.prepare()
    sandbox.register(app, state, sandbox.Play(f"{url}/sandbox", url, PLAY_SECRET, PLAY_TOKEN), ("slack",))
    app.register_blueprint(web_slack.blueprint(made, desk, lambda issue: f"{issue}: Ada, then Bo"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Play(url, made, desk, state)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        state.close()
