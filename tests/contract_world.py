"""For the contract suite: every play helpdesk there is, on one server, with a Baton beside it that only listens.

Nothing here knows a vendor: connectors, mappings, sandboxes and recorded deliveries are found by the name of their folder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import requests
from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler, make_server

import connectors
import sandbox
from config.connections import PLAY_SECRET, PLAY_TOKEN, Connection
from escalation.ports import Helpdesk, Inbound
from escalation.ticket import TicketChange
from mappings import Mapping, load_folder
from sandbox import samples
from sandbox.state import State
from tests import databases
from tests.support import FIXTURES, ROOT, connection

URGENT = "ticket_created_urgent"  # every helpdesk has it, with the ticket to seed its sandbox with; see stories
NOBODY_LISTENS = "http://127.0.0.1:1"


@cache
def mappings() -> dict[str, Mapping]:
    """The mappings as shipped."""
    return load_folder(ROOT / "mappings")


def connector(kind: str, url: str = NOBODY_LISTENS, timeout_s: float = 10.0, **changes: Any) -> Helpdesk:
    """A connector as the product makes it, for the sandbox's account; ``changes`` go into its connection."""
    account: Connection = replace(connection(kind, url), **changes)
    return connectors.connect(account, mappings()[kind], timeout_s=timeout_s)


def sign(kind: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that make a request authentic, as ``flask send`` gets them."""
    signed: dict[str, str] = import_module(f"connectors.{kind}.inbound").sign(body, secret, now)
    return signed


def asked(headers: dict[str, str], body: bytes, query: dict[str, str] | None = None) -> Inbound:
    """A request as the web layer hands it on."""
    return Inbound({name.lower(): value for name, value in headers.items()}, body, query or {})


def deliveries(kind: str) -> list[str]:
    """Names of all recorded deliveries of a helpdesk."""
    return sorted(path.stem for path in (FIXTURES / kind).glob("*.json") if not path.name.endswith(".expected.json"))


def stories(kind: str) -> list[str]:
    """The urgent deliveries: one for each kind of thing that is a ticket to the helpdesk (``ticket_created_urgent…``)."""
    return [name for name in deliveries(kind) if name.startswith(URGENT)]


def ticket_of(kind: str, delivery: samples.Delivery) -> str:
    """The id of the ticket that a recorded delivery is about."""
    return connector(kind).arrival(asked({}, samples.body_of(delivery), delivery.get("query"))).ticket_id


def digits(ticket: str) -> str:
    """The vendor's number in a ticket's id, which may have a word of ours before it."""
    return ticket.rsplit("-", 1)[-1]


@dataclass
class World:
    """One play helpdesk that is up: ``heard`` is what it posted to Baton, ``busy`` counts requests being answered."""

    kind: str
    url: str
    state: State
    story: str = URGENT
    heard: list[Inbound] = field(default_factory=list)
    busy: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)

    def connector(self, timeout_s: float = 10.0, **changes: Any) -> Helpdesk:
        return connector(self.kind, changes.pop("url", self.url), timeout_s, **changes)

    def clear(self, story: str = URGENT) -> World:
        """As if just started: no ticket, no fault, nothing heard; ``seed`` will tell this story."""
        self.story = story
        self.settle()
        self.state.forget(self.kind)
        self.heard.clear()
        return self

    def seed(self, new_ticket: str = "") -> str:
        """The story as a ticket of the play helpdesk, its last message a minute old; the ticket's id."""
        recorded = samples.load(FIXTURES, f"{self.kind}/{self.story}")
        at = datetime.now(UTC) - timedelta(minutes=1)
        old = ticket_of(self.kind, recorded)
        fresh = samples.fresh(recorded, digits(old), at, new_ticket=new_ticket)
        self.control("POST", "_tickets", fresh["ticket"])
        return ticket_of(self.kind, fresh)

    def seen(self, ticket: str) -> dict[str, Any]:
        """What a person sees in the helpdesk's pages."""
        return dict(self.control("GET", f"_seen/{ticket}"))

    def notes(self, ticket: str, key: str) -> list[dict[str, Any]]:
        """Entries of the thread that carry a note's key."""
        return [entry for entry in self.seen(ticket)["entries"] if key in entry["html"]]

    def public(self, ticket: str) -> list[str]:
        """What the customer sees of the thread."""
        return [entry["html"] for entry in self.seen(ticket)["entries"] if entry["public"]]

    def act(self, ticket: str, act: str, by: int | str, **what: Any) -> None:
        """A person does something in the helpdesk."""
        self.control("POST", f"_tickets/{ticket}/act", {"act": act, "by": by, **what})

    @contextmanager
    def failing(self, **rates: float) -> Iterator[None]:
        """The API fails in these ways meanwhile; afterwards all its answers are out."""
        self.control("PUT", "_faults", rates)
        try:
            yield
        finally:
            self.settle()
            self.control("PUT", "_faults", {})

    def changes(self) -> list[TicketChange]:
        """What the webhooks that came mean; each is verified first."""
        helpdesk = connector(self.kind)
        for heard in self.heard:
            helpdesk.verify(heard, datetime.now(UTC))
        return [change for heard in self.heard if isinstance(change := helpdesk.change(heard), TicketChange)]

    def calls(self) -> list[dict[str, Any]]:
        return self.state.calls(self.kind)

    def writes(self) -> list[dict[str, Any]]:
        """Recorded API calls that may change something; a search is a read that needs a body."""
        return [call for call in self.calls() if call["method"] != "GET" and not call["path"].endswith("/search")]

    def spent(self, call: Callable[[], object]) -> list[dict[str, Any]]:
        """The writes that ``call`` makes."""
        self.state.forget_calls(self.kind)
        call()
        return self.writes()

    def wait(self, is_so: Callable[[], bool]) -> None:
        """Until ``is_so``, asked again at every webhook and every finished request."""
        with self.news:
            assert self.news.wait_for(is_so, timeout=15), "it never came"

    def settle(self) -> None:
        """Until no request is being answered."""
        self.wait(lambda: self.busy == 0)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/{path}", json=body, timeout=15)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


class _Silent(WSGIRequestHandler):
    def log_request(self, *_: Any, **__: Any) -> None:
        """No access log in test output."""


@contextmanager
def worlds(postgres: str) -> Iterator[dict[str, World]]:
    """All play helpdesks by kind, on one server and one database."""
    with databases.empty(postgres) as url:
        state = State(url)
        try:
            with _served(state) as found:
                yield found
        finally:
            state.close()


@contextmanager
def _served(state: State) -> Iterator[dict[str, World]]:
    app = Flask("play")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    base = f"http://127.0.0.1:{server.server_port}"
    play = sandbox.Play(f"{base}/sandbox", base, PLAY_SECRET, PLAY_TOKEN)
    found = {kind: World(kind, play.url(kind), state) for kind in connectors.kinds() if find_spec(f"sandbox.{kind}")}
    _listen(app, found)
    sandbox.register(app, state, play, (*found, "slack"))  # its style sheet is that of all pages
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listen(app: Flask, found: dict[str, World]) -> None:
    """Baton's side, which only keeps what it hears; and the count of what each play helpdesk is still answering."""

    def counted(step: int) -> None:
        world = next((one for kind, one in found.items() if request.path.startswith(f"/sandbox/{kind}/")), None)
        if world:
            with world.news:
                world.busy += step
                world.news.notify_all()

    def hear(kind: str) -> tuple[str, int]:
        world = found[kind]
        with world.news:
            world.heard.append(asked(dict(request.headers), request.get_data(), request.args.to_dict()))
            world.news.notify_all()
        return "", 202

    app.before_request(lambda: counted(1))
    app.teardown_request(lambda _: counted(-1))
    app.add_url_rule("/webhooks/<kind>", "hear", hear, methods=["POST"])
