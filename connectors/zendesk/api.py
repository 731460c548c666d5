"""Zendesk's API for one account: zenpy where it serves, the same guarded session directly where zenpy cannot.

zenpy (GPL-3.0, imported in this folder only) reads and updates tickets and lists people. It cannot serve: comments with
side-loaded users in descending order, previous tickets in an order, agent availability; and it drops side-loaded records
when its cache is off, so tickets are read from the raw answer it received.

What zenpy must not do (each has a test): repeat a PUT, sleep on 429, share state between threads, cache, mount its own
adapter, or decide the address. So every call makes its own zenpy client (0.4 ms) over the one GuardedSession.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import requests
from zenpy import Zenpy
from zenpy.lib.api_objects import Ticket as ZenpyTicket
from zenpy.lib.exception import APIException, ZenpyException

from config.connections import Connection
from connectors.http import GuardedSession
from escalation.ports import GiveUp, TryLater

Body = dict[str, Any]  # a JSON object as Zendesk sends it

SIDE_LOADS = ("users", "groups", "organizations", "slas", "metric_sets")
ANSWERED = "_answered"  # the Date of an answer, by Zendesk's own clock
LAST_AUDITS = "last_audits"  # a side-load: the last update of a ticket with what was said in it
PAGE = 100  # the most that cursor pages hold
_MADE_UP = ("baton", "invalid")  # where zenpy believes it speaks to; see _Wire
_API = "/api/v2/"
_BROKEN_OFF = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
# What zenpy raises of its own, and what it stumbles into when an answer has an unexpected form.
_ZENPY_TROUBLE = (ZenpyException, APIException, AttributeError, KeyError, TypeError, ValueError, RecursionError)


class Conflict(TryLater):
    """The ticket changed since it was read (409 UpdateConflict on a safe update); read it again and repeat."""


class _Wire:
    """What zenpy gets as its session: sends through the guarded session to our address and keeps the raw answer.

    zenpy builds ``https://<subdomain>.<domain>/api/v2/…``, which fits no port, path prefix or host without a dot. It talks to a
    made-up address that is replaced here: per client, without environment variables, and never by a link in an answer.
    """

    authorized = True  # the guarded session has the credentials, zenpy never sees them

    def __init__(self, session: GuardedSession, base: str) -> None:
        self._session, self._base = session, base
        self.headers: dict[str, str] = {}
        self.answer: requests.Response | None = None

    def get(self, url: str, **options: Any) -> requests.Response:
        return self._send("GET", url, options)

    def put(self, url: str, **options: Any) -> requests.Response:
        return self._send("PUT", url, options)

    def _send(self, verb: str, url: str, options: Mapping[str, Any]) -> requests.Response:
        path = url.partition(_API)[2]
        self.answer = send(self._session, verb, self._base + path, **options)
        self.answer.request.url = url  # zenpy knows its own answers by their address
        return self.answer


def send(session: GuardedSession, verb: str, url: str, **options: Any) -> requests.Response:
    """One call. A redirected write is refused: requests would follow it as a GET and a 200 would look like success."""
    try:
        answer = session.request(verb, url, allow_redirects=verb == "GET", **options)
    except _BROKEN_OFF as broken:  # the answer began and ended too early, so the server did get the request
        raise TryLater(f"{session.name}: the answer broke off ({type(broken).__name__})", unclear=verb != "GET") from None
    except requests.RequestException as wrong:
        raise GiveUp(f"{session.name}: the account's URL cannot be used ({type(wrong).__name__})") from None
    if answer.is_redirect:
        raise GiveUp(f"{session.name}: {verb} was redirected to another address; correct the account's URL")
    return answer


def as_object(answer: requests.Response | None, name: str) -> Body:
    """The answer's JSON object; GiveUp when it is something else, such as a sign-in page."""
    try:
        found = answer.json() if answer is not None else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise GiveUp(f"{name}: the answer is not a JSON object; is the account's URL that of a Zendesk?")
    return found


def _dated(answer: requests.Response | None, name: str) -> Body:
    """``as_object`` with ANSWERED beside it."""
    return {**as_object(answer, name), ANSWERED: answer.headers.get("Date") if answer is not None else None}


def objects(found: object) -> list[Body]:
    """The objects of a list of an answer; nulls and anything odd left out."""
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list | tuple) else []


def texts(found: object) -> tuple[str, ...]:
    """The words of a list of an answer, such as tags."""
    return tuple(str(item) for item in found) if isinstance(found, list | tuple) else ()


def inner(found: object) -> Body:
    """An object of an answer; empty when it is something else."""
    return found if isinstance(found, dict) else {}


class Api:
    """The calls Baton makes to one Zendesk account. Thread-safe. Raises TryLater and GiveUp, nothing else."""

    def __init__(self, connection: Connection, timeout_s: float) -> None:
        self.name = connection.id
        self.base = connection.url.rstrip("/") + _API
        self.session = GuardedSession(
            connection.id,
            auth=(f"{connection.user}/token", connection.token.get_secret_value()),
            headers={"Accept": "application/json", "User-Agent": "Baton"},
            timeout_s=(min(3.05, timeout_s), timeout_s),
        )
        self.session.hooks["response"].append(self._on_conflict)
        logging.getLogger("zenpy").setLevel(logging.WARNING)  # its debug lines hold customers' texts

    def _on_conflict(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        if answer.status_code == 409:
            answer.close()  # hooks run before the body is read; the connection must not be left open
            raise Conflict(f"{self.name}: the ticket changed while it was being updated (409)")

    @contextmanager
    def _zenpy(self) -> Iterator[tuple[Zenpy, _Wire]]:
        """A zenpy client for one call; its own troubles leave as GiveUp without their text, which may quote anything."""
        wire = _Wire(self.session, self.base)
        subdomain, domain = _MADE_UP
        try:
            yield Zenpy(subdomain=subdomain, domain=domain, session=wire, anonymous=True, disable_cache=True), wire
        except _ZENPY_TROUBLE as trouble:
            raise GiveUp(f"{self.name}: zenpy cannot read the answer ({type(trouble).__name__})") from None

    def ticket(self, number: int, *more: str) -> Body:
        """GET tickets/{id} with SIDE_LOADS and ``more`` beside it: the whole answer."""
        with self._zenpy() as (zenpy, wire):
            zenpy.tickets(id=number, include=[*SIDE_LOADS, *more])
        return _dated(wire.answer, self.name)

    def update(self, number: int, changes: Mapping[str, object]) -> Body:
        """PUT tickets/{id}, sent once: the whole answer, ``ticket`` and ``audit``. Raises Conflict for a stale safe update."""
        with self._zenpy() as (zenpy, wire):
            try:
                zenpy.tickets.update(ZenpyTicket(id=number, **changes))
            except _ZENPY_TROUBLE:
                if wire.answer is None:
                    raise
                # The write is done: what zenpy makes of the answer does not matter, as_object judges it.
        return _dated(wire.answer, self.name)

    def create(self, ticket: Mapping[str, object], key: str) -> Body:
        """POST tickets, sent once: the whole answer. zenpy cannot send the header that makes it one ticket per key."""
        told = {"json": {"ticket": ticket}, "headers": {"Idempotency-Key": key}}
        return as_object(send(self.session, "POST", f"{self.base}tickets.json", **told), self.name)

    def me(self) -> Body:
        """The integration user's record; ``id`` None when Zendesk took us for nobody (it answers 200 even then)."""
        with self._zenpy() as (zenpy, wire):
            zenpy.users.me()
        return inner(as_object(wire.answer, self.name).get("user"))

    def staff(self) -> list[Body]:
        """All agents and admins, following the cursor."""
        with self._zenpy() as (zenpy, _):
            return [user.to_dict() for user in zenpy.users(role=["agent", "admin"])]

    def memberships(self) -> list[tuple[str, str]]:
        """Pairs of user id and group id, following the cursor."""
        with self._zenpy() as (zenpy, _):
            return [(str(one.user_id), str(one.group_id)) for one in zenpy.group_memberships()]

    def get(self, path: str, **query: object) -> Body:
        """A GET that zenpy has nothing for."""
        return as_object(send(self.session, "GET", f"{self.base}{path}?{urlencode(query)}"), self.name)

    def pages(self, path: str, most: int, **query: object) -> Iterator[Body]:
        """The pages of a cursor list until it ends or ``most`` items were asked for."""
        after: object = None
        for _ in range(-(-most // PAGE)):
            cursor = {"page[after]": after} if after else {}
            page = self.get(path, **query, **{"page[size]": min(PAGE, most)}, **cursor)
            yield page
            meta = inner(page.get("meta"))
            after = meta.get("after_cursor") if meta.get("has_more") else None
            if not after:
                return
