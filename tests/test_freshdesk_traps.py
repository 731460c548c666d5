"""Every trap of python-freshdesk and of Freshdesk's API that is known (providers.md 2.8): each closed, each with its test."""

from __future__ import annotations

import ast
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import responses
from freshdesk.v2.api import API
from pydantic import SecretStr

from connectors.freshdesk import Connector
from connectors.freshdesk.api import Api
from connectors.freshdesk.people import Directory, Kept
from connectors.http import GuardedSession
from connectors.notes import mark
from escalation.actions import Line, Note, Write
from escalation.ports import GiveUp, TryLater, Unreadable
from escalation.ticket import Channel, Priority, Ticket
from tests.freshdesk_play import words
from tests.support import ROOT, connection, shared

URL = "http://desk.example:8081/behind/a/proxy"
API_URL = f"{URL}/api/v2"
TICKET: dict[str, Any] = {
    "id": 7, "subject": "Help", "status": 2, "priority": 1, "source": 2, "description": "<p>Help</p>", "requester_id": None,
    "responder_id": None, "group_id": None, "tags": [], "conversations": [], "company": {}, "custom_fields": {},
    "created_at": "2026-03-02T08:00:00Z", "updated_at": "2026-03-02T08:00:00Z",
}  # fmt: skip
NOTE = Note("h7:note", "Handoff", (Line("Customer", "Mia"),))


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def desk() -> Iterator[Connector]:
    made = Connector(replace(connection("freshdesk"), url=URL), words())
    yield made
    made.close()


def step(**what: Any) -> Write:
    return Write("h7:set", "7", **what)


# The library


def test_the_librarys_own_constructor_refuses_other_domains_and_ports() -> None:
    with pytest.raises(AttributeError):
        API("desk.example:8081", "key")


def test_any_base_url_with_port_and_prefix(vendor: responses.RequestsMock, desk: Connector) -> None:
    vendor.get(f"{API_URL}/tickets/7", json=TICKET)
    assert desk.fetch("7").url == f"{URL}/a/tickets/7"
    assert [call.request.url for call in vendor.calls] == [
        f"{API_URL}/tickets/7?include=conversations%2Crequester%2Ccompany%2Cstats"
    ]


def test_an_answer_without_a_thread_is_no_empty_thread(vendor: responses.RequestsMock, desk: Connector) -> None:
    vendor.get(f"{API_URL}/tickets/7", json={name: value for name, value in TICKET.items() if name != "conversations"})
    assert "messages" in desk.fetch("7").missing


def test_the_key_is_the_basic_auth_user(vendor: responses.RequestsMock) -> None:
    vendor.get(f"{API_URL}/agents/me", json={"id": 1})
    api = Api(replace(connection("freshdesk"), url=f"{URL}/", token=SecretStr("clé🔑:x")), 1.0)
    api.one("agents/me")
    assert "Basic Y2zDqfCflJE6eDpY" in str(vendor.calls[0].request.headers["Authorization"])
    api.close()


def test_everything_goes_through_one_guarded_session(desk: Connector) -> None:
    library = desk._desk.api._library
    assert isinstance(library._session, GuardedSession)
    assert library._session is desk._desk.api._session
    assert library._session.timeout_s == (3.05, 10.0)


def test_the_connector_uses_no_model_and_no_dangerous_call_of_the_library() -> None:
    """Models raise for source 9 and 10 and without created_at; list_tickets filters; _delete prints; replies are public."""
    forbidden = {"Ticket", "Comment", "tickets", "comments", "list_tickets", "filter_tickets", "create_reply", "_delete", "reply"}
    for path in (ROOT / "connectors" / "freshdesk").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and "librar" in ast.unparse(node)}
        assert not used & forbidden, path
        literals = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        assert not [text for text in literals if text.endswith(("/reply", "/forward", "outbound_email"))], path


@pytest.mark.parametrize(
    ("source", "channel"),
    [(9, Channel.WEB), (10, Channel.EMAIL), (13, Channel.MESSAGING), (77, Channel.UNKNOWN), (None, Channel.UNKNOWN)],
)
def test_a_source_the_library_has_no_word_for(
    vendor: responses.RequestsMock, desk: Connector, source: Any, channel: Channel
) -> None:
    vendor.get(f"{API_URL}/tickets/7", json=TICKET | {"source": source})
    assert desk.fetch("7").channel is channel


def test_a_priority_and_times_the_library_would_raise_for(vendor: responses.RequestsMock, desk: Connector) -> None:
    told = {name: value for name, value in TICKET.items() if name not in ("created_at", "updated_at")} | {"priority": 9}
    vendor.get(f"{API_URL}/tickets/7", json=told)
    vendor.put(f"{API_URL}/tickets/7", json={"id": 7, "priority": 4})
    ticket = desk.fetch("7")
    assert (ticket.priority, ticket.created_at) == (Priority.UNKNOWN, None)
    receipt = desk.write(step(priority=Priority.URGENT), look_first=False)
    assert receipt.mismatch == () and receipt.ticket is not None


# Failures in the words of ports


@pytest.mark.parametrize(
    ("status", "headers", "body", "error", "wait"),
    [
        (429, {"Retry-After": "17"}, "{}", TryLater, 17.0),
        (429, {"Retry-After": "1.5"}, "", TryLater, 1.5),
        (429, {}, '{"message": "slow down"}', TryLater, None),
        (500, {}, "{}", TryLater, None),
        (502, {}, "<html>Bad gateway</html>", TryLater, None),
        (503, {"Retry-After": "30"}, "", TryLater, 30.0),
        (409, {}, "{}", TryLater, None),
        (400, {}, '{"description":"Validation failed","errors":[]}', GiveUp, None),
        (401, {}, '{"code":"invalid_credentials","message":"You have to be logged in"}', GiveUp, None),
        (403, {}, '{"code":"access_denied","message":"no"}', GiveUp, None),
        (404, {}, "", GiveUp, None),
        (405, {}, "", GiveUp, None),
        (200, {}, "<html>maintenance</html>", TryLater, None),
        (200, {}, "[]", TryLater, None),
        (200, {}, "null", TryLater, None),
        (200, {}, "7", TryLater, None),
        (200, {}, '"errors"', TryLater, None),
        (200, {}, "{}", TryLater, None),
        (200, {}, "", TryLater, None),
        (200, {}, '{"errors": []}', TryLater, None),
        (200, {}, "[" * 100_000, TryLater, None),
    ],
)
@pytest.mark.parametrize("writing", [False, True])
def test_every_answer_becomes_one_of_two_errors(
    vendor: responses.RequestsMock, desk: Connector, status: int, headers: dict[str, str], body: str,
    error: type[TryLater | GiveUp], wait: float | None, writing: bool,
) -> None:  # fmt: skip
    vendor.add("PUT" if writing else "GET", f"{API_URL}/tickets/7", body=body, status=status, headers=headers)
    with pytest.raises(error) as raised:
        desk.write(step(agent_id="101"), look_first=False) if writing else desk.fetch("7")
    found = raised.value
    if isinstance(found, TryLater):
        assert found.wait == (timedelta(seconds=wait) if wait is not None else None)
        assert found.unclear is (writing and status in (200, 500, 502, 503))
    if isinstance(found, GiveUp):
        assert found.gone is (status == 404)
    assert "sandbox-only-token" not in str(found) and len(vendor.calls) == 1


@pytest.mark.parametrize("url", ["acme.freshdesk.com", "ftp://acme.freshdesk.com", "http://", "http://[bad", ""])
def test_a_wrong_address_is_told_to_the_admin(url: str) -> None:
    desk = Connector(replace(connection("freshdesk"), url=url), words())
    with pytest.raises((GiveUp, TryLater)):
        desk.fetch("7")
    assert desk.check()
    desk.close()


def test_a_refusal_of_the_threads_pages_does_not_fail_the_whole_read(vendor: responses.RequestsMock, desk: Connector) -> None:
    said = [{"id": n, "body": "x", "user_id": None, "private": False, "created_at": "2026-03-02T08:00:00Z"} for n in range(10)]
    vendor.get(
        f"{API_URL}/tickets/7", json=TICKET | {"conversations": said, "company": {"id": 5, "name": "Acme"}, "responder_id": 3}
    )
    for path in ("tickets/7/conversations", "companies/5", "agents", "groups"):
        vendor.get(f"{API_URL}/{path}", status=403, json={"code": "access_denied"})
    ticket = desk.fetch("7")
    assert len(ticket.messages) == 11
    assert "first 10" in ticket.missing["messages"] and "403" in ticket.missing["messages"]
    assert "403" in ticket.missing["customer"] and ticket.customer.organization.name == "Acme"
    assert (ticket.assignee.id, ticket.assignee.name) == ("3", "")


def test_a_list_that_cannot_be_had_is_not_asked_for_with_every_ticket(vendor: responses.RequestsMock, desk: Connector) -> None:
    vendor.get(f"{API_URL}/tickets/7", json=TICKET | {"responder_id": 3})
    vendor.get(f"{API_URL}/agents", status=403, json={})
    for _ in range(3):
        desk.fetch("7")
    assert [call.request.url for call in vendor.calls if "/agents" in str(call.request.url)] == [
        f"{API_URL}/agents?per_page=100&page=1"
    ]


def test_an_endless_thread_is_cut_and_said_so(vendor: responses.RequestsMock, desk: Connector) -> None:
    def page(request: Any) -> tuple[int, dict[str, str], str]:
        number = int(request.params["page"])
        entries = [
            {"id": number * 100 + n, "body": "x", "user_id": None, "private": False, "created_at": None} for n in range(100)
        ]
        return 200, {}, json.dumps(entries)

    vendor.get(f"{API_URL}/tickets/7", json=TICKET | {"conversations": [{"id": n} for n in range(10)]})
    vendor.add_callback("GET", f"{API_URL}/tickets/7/conversations", callback=page)
    ticket = desk.fetch("7")
    assert len(ticket.messages) == 3_001 and "3000" in ticket.missing["messages"]


WRONG: tuple[dict[str, Any], ...] = (
    {"conversations": None},
    {"conversations": "x"},
    {"conversations": [None, 7, "x", {}]},
    {"requester": "Mia", "company": [], "stats": 5, "custom_fields": None, "tags": None},
    {"requester": {"id": [], "name": 5}, "company": {"id": None}},
    {"status": None, "priority": "x", "type": 5, "created_at": "yesterday", "description": 5, "attachments": 7},
    {"responder_id": "x", "group_id": {}, "requester_id": []},
    {"subject": "a\x00b", "description": "\ud800"},
)


@pytest.mark.parametrize("wrong", WRONG)
def test_odd_answers_never_raise_anything_else(vendor: responses.RequestsMock, desk: Connector, wrong: dict[str, Any]) -> None:
    vendor.get(f"{API_URL}/tickets/7", body=json.dumps(TICKET | wrong))
    vendor.get(f"{API_URL}/agents", body="[]")
    vendor.get(f"{API_URL}/groups", body='[{"id": 1}]')
    with suppress(Unreadable, GiveUp, TryLater):
        assert desk.fetch("7").id == "7"


def test_odd_people_never_raise_anything_else(vendor: responses.RequestsMock, desk: Connector) -> None:
    agents = [{"id": 1}, {"id": 2, "contact": None, "group_ids": None, "available": "yes"}, {"id": 3, "contact": {"name": None}}]
    vendor.get(f"{API_URL}/agents", json=agents)
    vendor.get(f"{API_URL}/groups", json=[{"id": 9, "agent_ids": [1, 2]}, {"id": 8, "agent_ids": None}])
    found = desk.agents()
    assert [agent.id for agent in found] == ["1", "2", "3"]
    assert found[0].group_ids == ("9",) and found[1].available is None


# What was really written


@pytest.mark.parametrize(
    ("answer", "words_of_it"),
    [
        ({"responder_id": 101, "group_id": 201, "priority": 4}, ()),
        ({"responder_id": 101, "priority": 4}, ("group_id was to be 201, but Freshdesk shows nothing",)),
        ({"responder_id": 102, "group_id": 201, "priority": "4"}, ("responder_id was to be 101, but Freshdesk shows 102",)),
    ],
)
def test_the_answer_is_held_against_what_was_asked(
    vendor: responses.RequestsMock, desk: Connector, answer: dict[str, Any], words_of_it: tuple[str, ...]
) -> None:
    vendor.put(f"{API_URL}/tickets/7", json={"id": 7} | answer)
    receipt = desk.write(step(agent_id="101", group_id="201", priority=Priority.URGENT), look_first=False)
    assert receipt.mismatch == words_of_it


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ({"private": True, "body": f"<p>{mark('h7:note')}</p>"}, 0),
        ({"private": False, "body": f"<p>{mark('h7:note')}</p>"}, 1),
        ({"body": f"<p>{mark('h7:note')}</p>"}, 1),
        ({"private": True, "body": "<p>stripped</p>"}, 1),
        ({}, 2),
    ],
)
def test_a_note_that_came_out_wrong_is_said(
    vendor: responses.RequestsMock, desk: Connector, answer: dict[str, Any], wrong: int
) -> None:
    vendor.post(f"{API_URL}/tickets/7/notes", status=201, json={"id": 55, "user_id": 9} | answer)
    receipt = desk.write(Write("h7:note", "7", note=NOTE), look_first=False)
    assert len(receipt.mismatch) == wrong and (receipt.note_id, receipt.actor_id) == ("55", "9")
    sent = json.loads(vendor.calls[0].request.body or "")
    assert sent["private"] is True


def test_a_redirected_note_is_not_taken_for_written(vendor: responses.RequestsMock, desk: Connector) -> None:
    """A POST that is redirected becomes a GET: what comes back is a page or a list, not a note."""
    vendor.post(f"{API_URL}/tickets/7/notes", status=302, headers={"Location": f"{URL}/login"})
    vendor.get(f"{URL}/login", body="<html>Sign in</html>")
    with pytest.raises(TryLater) as later:
        desk.write(Write("h7:note", "7", note=NOTE), look_first=False)
    assert later.value.unclear


# Time-outs and broken connections, on a real socket


class _Slow(BaseHTTPRequestHandler):
    """Counts requests and never answers while the test runs."""

    server: Any

    def _hang(self) -> None:
        self.server.seen.append(f"{self.command} {self.path}")
        if self.server.cut:
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": 7')
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.server.over.wait(20)

    do_GET = do_PUT = do_POST = _hang

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def slow_vendor(*, cut: bool = False) -> Iterator[tuple[str, list[str]]]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    server.seen, server.over, server.cut = [], threading.Event(), cut
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.seen
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


TRIES: tuple[tuple[Callable[[Connector], object], str, bool], ...] = (
    (lambda desk: desk.fetch("7"), "GET", False),
    (lambda desk: desk.agents(), "GET", False),
    (lambda desk: desk.write(step(agent_id="101"), look_first=False), "PUT", True),
    (lambda desk: desk.write(Write("h7:note", "7", note=NOTE), look_first=False), "POST", True),
)


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize(("call", "method", "unclear"), TRIES)
def test_a_call_without_a_whole_answer_is_made_once(
    call: Callable[[Connector], object], method: str, unclear: bool, cut: bool
) -> None:
    with slow_vendor(cut=cut) as (url, seen):
        desk = Connector(replace(connection("freshdesk"), url=url), words(), timeout_s=0.2)
        with pytest.raises(TryLater) as later:
            call(desk)
        assert later.value.unclear is unclear
        assert [line.split()[0] for line in seen] == [method]
        assert "sandbox-only-token" not in str(later.value)
        desk.close()


def test_nobody_listening_is_try_later() -> None:
    desk = Connector(connection("freshdesk"), words())
    with pytest.raises(TryLater):
        desk.fetch("7")
    assert any("FRESHDESK_URL" in problem for problem in desk.check())
    desk.close()


# Threads and caches


def test_many_threads_share_one_connector(vendor: responses.RequestsMock, desk: Connector) -> None:
    vendor.get(f"{API_URL}/agents", json=[{"id": 3, "contact": {"name": "Ada", "email": "ada@example.com"}}])
    vendor.get(f"{API_URL}/groups", json=[])
    for id in range(1, 41):
        vendor.get(f"{API_URL}/tickets/{id}", json=TICKET | {"id": id, "subject": f"number {id}", "responder_id": 3})
    found: dict[int, Ticket] = {}

    def read(ids: range) -> None:
        for id in ids:
            found[id] = desk.fetch(str(id))

    threads = [threading.Thread(target=read, args=(range(n, 41, 8),)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id: (ticket.id, ticket.subject) for id, ticket in found.items()} == {n: (str(n), f"number {n}") for n in range(1, 41)}
    assert all(ticket.assignee.name == "Ada" for ticket in found.values())
    assert len([call for call in vendor.calls if "/agents" in str(call.request.url)]) == 1


def test_what_is_kept_grows_old() -> None:
    now = [0.0]
    reads = iter(range(100))
    kept = Kept(lambda: next(reads), lambda: now[0])
    assert (kept.get(60), kept.get(60)) == (0, 0)
    now[0] = 61
    assert (kept.get(3600), kept.get(60)) == (0, 1)


def test_an_old_value_serves_while_no_new_one_can_be_had() -> None:
    now, fail = [0.0], [False]
    calls: list[float] = []

    def read() -> str:
        calls.append(now[0])
        if fail[0]:
            raise TryLater("away")
        return "value"

    kept = Kept(read, lambda: now[0])
    assert kept.get(60) == "value"
    now[0], fail[0] = 4_000, True
    assert [kept.get_if_possible(3600, "nothing") for _ in range(3)] == ["value"] * 3
    assert calls == [0.0, 4_000]
    with pytest.raises(TryLater):
        kept.get(60)
    assert Kept(read, lambda: now[0]).get_if_possible(60, "nothing") == "nothing"


def test_a_company_is_read_once_in_five_minutes(vendor: responses.RequestsMock) -> None:
    now = [0.0]
    vendor.get(f"{API_URL}/companies/5", json={"id": 5, "account_tier": "gold"})
    api = Api(replace(connection("freshdesk"), url=URL), 1.0)
    directory = Directory(api, lambda: now[0])
    for now[0] in (0.0, 200.0, 301.0):
        assert directory.company(5)["account_tier"] == "gold"
    assert len(vendor.calls) == 2
    api.close()


@pytest.mark.parametrize(
    ("agents", "groups", "member"),
    [
        ([{"id": 1, "group_ids": [5]}], [], True),
        ([{"id": 1, "group_ids": [6]}], [], False),
        ([{"id": 1}], [{"id": 5, "agent_ids": [1]}], True),
        ([], [{"id": 5, "agent_ids": [2]}], False),
        ([{"id": 1}], [{"id": 5}], None),
        ([], [], None),
    ],
)
def test_membership_is_told_by_either_side_or_unknown(
    vendor: responses.RequestsMock, agents: list[Any], groups: list[Any], member: bool | None
) -> None:
    vendor.get(f"{API_URL}/agents", json=agents)
    vendor.get(f"{API_URL}/groups", json=groups)
    api = Api(replace(connection("freshdesk"), url=URL), 1.0)
    assert Directory(api).is_member(1, 5) is member
    api.close()


def test_a_new_member_is_noticed_before_the_group_is_left_out(vendor: responses.RequestsMock) -> None:
    now = [0.0]
    vendor.get(f"{API_URL}/agents", json=[{"id": 1, "group_ids": []}])
    vendor.get(f"{API_URL}/agents", json=[{"id": 1, "group_ids": [5]}])
    api = Api(replace(connection("freshdesk"), url=URL), 1.0)
    directory = Directory(api, lambda: now[0])
    assert directory.is_member(1, 5) is False
    now[0] = 61
    assert directory.is_member(1, 5) is True
    api.close()


# Looking after the connection


@pytest.mark.parametrize(
    ("me", "status", "words_of_it"),
    [
        ({"id": 1, "ticket_scope": 1}, 200, ""),
        ({"id": 1, "ticket_scope": 3}, 200, "sees only some tickets"),
        ({"code": "invalid_credentials"}, 401, "FRESHDESK_API_KEY"),
        ({}, 503, "FRESHDESK_URL"),
    ],
)
def test_check_says_what_to_do(
    vendor: responses.RequestsMock, desk: Connector, me: dict[str, Any], status: int, words_of_it: str
) -> None:
    vendor.get(f"{API_URL}/agents/me", json=me, status=status)
    vendor.get(f"{API_URL}/agents", json=[])
    problems = desk.check()
    assert (problems == ()) is (not words_of_it) and words_of_it in " ".join(problems)


def test_check_misses_the_webhook_token(vendor: responses.RequestsMock) -> None:
    vendor.get(f"{API_URL}/agents/me", json={"id": 1})
    vendor.get(f"{API_URL}/agents", json=[])
    desk = Connector(replace(connection("freshdesk"), url=URL, secrets=()), words())
    assert ["FRESHDESK_WEBHOOK_TOKEN" in problem for problem in desk.check()] == [True]
    desk.close()


# Samples of API answers beside the project


def test_shared_api_samples(vendor: responses.RequestsMock, desk: Connector) -> None:
    folder = shared("fixtures/freshdesk/python_freshdesk_tests")

    def sample(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_text())

    vendor.get(f"{API_URL}/tickets/1", json=sample("ticket_1") | {"conversations": sample("conversations")})
    vendor.get(f"{API_URL}/agents", json=sample("agents"))
    vendor.get(f"{API_URL}/groups", json=sample("groups"))
    ticket = desk.fetch("1")
    assert (ticket.status.value, ticket.priority.value, ticket.type.value, ticket.channel.value) == (
        "open",
        "low",
        "question",
        "web",
    )
    assert ticket.tags == ("foo", "bar") and ticket.requester.email == "dummyname@example.com"
    assert [message.public for message in ticket.messages] == [True, False, True]
    assert [message.text for message in ticket.messages[1:]] == ["This is a private note", "This is a reply"]
    assert ticket.messages[1].author.name == "Support"
    assert {clock.name: clock.state.value for clock in ticket.sla}["first_reply"] == "met"
    assert {agent.id: agent.available for agent in desk.agents()} == {"1": True, "432": True}
    vendor.put(f"{API_URL}/tickets/1", json=sample("ticket_1_updated"))
    receipt = desk.write(Write("k", "1", priority=Priority.HIGH), look_first=False)
    assert receipt.mismatch == () and receipt.ticket is not None and receipt.ticket.status.value == "solved"
