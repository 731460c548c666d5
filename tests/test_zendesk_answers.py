"""Answers that are not what Zendesk's documentation says: told in words, never a crash, never a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

from config.connections import Connection
from connectors.zendesk import Connector
from escalation.ports import GiveUp, Outside, TryLater
from tests.zendesk_wire import MAPPING, STEP, always, serving

ODD = [
    b"<html>sign in</html>",
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"7",
    b'{"a":' * 4000,
    b'{"ticket": 7}',
    b'{"ticket": {}}',
    b'{"audit": 1}',
]
ODD += [b'{"ticket": {"id": 7, "tags": 1, "custom_fields": 2, "via": 3, "slas": 4}, "users": 5, "audit": {"events": 6}}']
ODD += [b'{"ticket": {"id": 7}, "users": [null, {"id": null}], "comments": [null, 1, {}], "meta": [], "audit": {"events": [1]}}']


@pytest.mark.parametrize("content", ODD)
@pytest.mark.parametrize("job", ["fetch", "write", "look", "past", "agents", "check", "own"])
def test_odd_answers_never_raise_anything_else(content: bytes, job: str) -> None:
    with serving(always(200, content)) as server:
        connector = server.connector()
        step = replace(STEP, add_tags=("x",), fields={"refund_amount": 1})
        jobs: dict[str, Callable[[], object]] = {
            "fetch": lambda: connector.fetch("7"),
            "write": lambda: connector.write(step, look_first=False),
            "look": lambda: connector.write(step, look_first=True),
            "past": lambda: connector.past_tickets(MAPPING.ticket("ticket", {"ticket": {"id": 7, "requester_id": 5}}, "acme")),
            "agents": connector.agents,
            "check": connector.check,
            "own": connector._people.our_id,
        }
        try:
            jobs[job]()
        except Outside as told:
            assert "a-secret-token" not in str(told)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 423])
def test_refusals_are_told_without_secrets(status: int) -> None:
    with serving(always(status, b'{"error":"RecordInvalid","description":"why"}')) as server:
        with pytest.raises(Outside) as told:
            server.connector().write(STEP, look_first=False)
        assert isinstance(told.value, TryLater if status in (409, 423) else GiveUp)
        assert "a-secret-token" not in str(told.value)
        assert len(server.got) == 1


@pytest.mark.parametrize(
    "url", ["", "acme.zendesk.com", "ftp://acme.zendesk.com", "https://", "http://[::1", "https://a b.example"]
)
def test_an_address_that_is_none_is_told(url: str) -> None:
    connector = Connector(Connection("acme", "zendesk", url, "us@example.com", SecretStr("a-secret-token")), MAPPING)
    with pytest.raises(Outside) as told:
        connector.fetch("7")
    assert "a-secret-token" not in str(told.value)
