"""Intercom's answers that are none: rate limits, errors, redirects, silence; each becomes one of Baton's four words."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import responses

from connectors.intercom.api import Api, Moved, Remembered
from escalation.actions import Note, Write
from escalation.ports import GiveUp, TryLater
from tests.intercom_play import connector
from tests.support import connection

API = "https://api.intercom.io"
SECRET = "sandbox-only-token"


def call(method: str = "GET", **answer: Any) -> Any:
    """One call to an Intercom that answers so."""
    with responses.RequestsMock() as web:
        web.add(method, f"{API}/conversations/5", **answer)
        return Api(connection("intercom", API), 5.0).call(method, ("conversations", "5"), None if method == "GET" else {})


@pytest.mark.parametrize(
    "headers, least, most",
    [
        ({"Retry-After": "7"}, 7, 7), ({"Retry-After": "1.5"}, 1.5, 1.5), ({}, None, None),
        ({"X-RateLimit-Reset": "soon"}, None, None), ({"X-RateLimit-Reset": "1e400"}, None, None),
        ({"X-RateLimit-Reset": "in 8 s"}, None, None), ({"X-RateLimit-Reset": str(int(time.time()) + 8)}, 0, 8),
        ({"X-RateLimit-Reset": str(int(time.time()) - 100)}, 0, 0), ({"X-RateLimit-Reset": "99999999999"}, 300, 300),
    ],
)  # fmt: skip
def test_a_rate_limit_says_how_long_to_wait(headers: dict[str, str], least: float | None, most: float | None) -> None:
    with pytest.raises(TryLater) as late:
        call(status=429, headers=headers, json={})
    assert not late.value.unclear
    if least is None or most is None:
        assert late.value.wait is None
    else:
        assert late.value.wait is not None and timedelta(seconds=least) <= late.value.wait <= timedelta(seconds=most)


@pytest.mark.parametrize("method, unclear", [("GET", False), ("PUT", True)])
@pytest.mark.parametrize("answer", [{"status": 500, "json": {}}, {"status": 503, "body": ""}, {"body": "<html>"}, {"json": [1]},
                                    {"body": "[" * 50_000}, {"body": ""}])  # fmt: skip
def test_what_may_be_better_later(method: str, unclear: bool, answer: dict[str, Any]) -> None:
    with pytest.raises(TryLater) as late:
        call(method, **answer)
    assert late.value.unclear is unclear
    assert SECRET not in str(late.value)


@pytest.mark.parametrize("status, gone", [(400, False), (401, False), (403, False), (404, True), (410, True), (422, False)])
def test_what_needs_a_person(status: int, gone: bool) -> None:
    with pytest.raises(GiveUp, match="api_plan_restricted") as over:
        call(status=status, json={"type": "error.list", "errors": [{"code": "api_plan_restricted"}]})
    assert over.value.gone is gone
    assert SECRET not in str(over.value)


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(method: str, status: int) -> None:
    """A POST would arrive as a GET, look done, and the token would go to another host."""
    with pytest.raises(GiveUp, match="redirect"):
        call(method, status=status, headers={"Location": "https://elsewhere.example/"})


@pytest.mark.parametrize(
    "link, to",
    [
        ('<https://api.intercom.io/contacts/63a07ddf05a32042dffac965>; rel="canonical"', "63a07ddf05a32042dffac965"),
        ("<https://api.intercom.io/contacts/7/?x=1>", "7"),
        ("", ""), ("https://api.intercom.io/contacts/7", ""),
    ],
)  # fmt: skip
def test_a_merged_contact_names_the_other(link: str, to: str) -> None:
    with pytest.raises(GiveUp) as over:
        call(status=410, headers={"Link": link}, json={})
    assert (over.value.to if isinstance(over.value, Moved) else "") == to
    assert over.value.gone


@pytest.mark.parametrize("url", ["", "intercom", "ftp://x", "http://", "https://a b/"])
def test_an_address_that_is_none_is_given_up(url: str) -> None:
    with pytest.raises(GiveUp):
        Api(connection("intercom", url), 1.0).get("me")


def test_parts_of_a_path_cannot_leave_their_place() -> None:
    with responses.RequestsMock() as web:
        web.add("GET", f"{API}/conversations/..%2Fme%3Fx", json={})
        Api(connection("intercom", API), 1.0).get("conversations", "../me?x")


def test_an_address_with_port_and_prefix_is_kept() -> None:
    with responses.RequestsMock() as web:
        web.add("GET", "http://127.0.0.1:9003/some/prefix/me", json={"id": "1"})
        assert Api(connection("intercom", "http://127.0.0.1:9003/some/prefix/"), 1.0).get("me") == {"id": "1"}


# Silence, over a real socket


@contextmanager
def server(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Takes each request, keeps it, sends ``answer`` and closes; with an empty one it just stays silent."""
    heard: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                try:
                    guest, _ = door.accept()
                except TimeoutError:
                    continue
                with guest:
                    guest.settimeout(5)
                    heard.append(guest.recv(65536))
                    guest.sendall(answer)
                    if not answer:
                        over.wait(3)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}", heard
        finally:
            over.set()
            thread.join()


NOTE = Write("w", "5", note=Note("n-1", "Handoff"))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", b"rubbish\r\n\r\n"])
def test_a_write_is_sent_once_whatever_happens_to_its_answer(answer: bytes) -> None:
    with server(answer) as (url, heard):
        desk = connector(url, timeout_s=0.3)
        with pytest.raises(TryLater) as late:
            desk.write(desk.steps(NOTE)[0], look_first=False)
    assert late.value.unclear
    assert len(heard) == 1 and heard[0].startswith(b"POST /conversations/5/reply")


def test_a_silent_read_is_not_unclear() -> None:
    with server(b"") as (url, _), pytest.raises(TryLater) as late:
        connector(url, timeout_s=0.3).fetch("5")
    assert not late.value.unclear


# What is remembered


def test_values_are_remembered_for_a_while_and_not_without_end() -> None:
    looked: list[int] = []

    def look() -> int:
        looked.append(1)
        return len(looked)

    kept, stale = Remembered[int](60, most=2), Remembered[int](0)
    assert [kept.get("a", look), kept.get("a", look)] == [1, 1]
    assert [stale.get("a", look), stale.get("a", look)] == [2, 3]
    kept.forget()
    assert kept.get("a", look) == 4
    for key in "bcde":
        kept.get(key, look)
    assert len(kept._kept) <= 2


def test_a_failed_look_is_not_remembered() -> None:
    kept = Remembered[str](60)
    with pytest.raises(GiveUp):
        kept.get("me", lambda: _fail())
    assert kept.get("me", lambda: "900") == "900"


def _fail() -> str:
    raise GiveUp("no")


def test_me_without_an_id_is_given_up() -> None:
    with responses.RequestsMock() as web, pytest.raises(GiveUp, match="INTERCOM_ADMIN_ID"):
        web.add("GET", f"{API}/me", json={"type": "admin"})
        desk = connector(API, user="")
        desk.write(desk.steps(NOTE)[0], look_first=False)
