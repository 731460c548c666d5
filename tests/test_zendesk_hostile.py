"""Bodies nobody should send to Zendesk's webhook: a change, Ignored or Unreadable, and never anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.zendesk import inbound as read
from escalation.ports import Unreadable
from escalation.ticket import ChangeKind, Ignored, TicketChange
from tests.support import plain
from tests.test_zendesk_inbound import MAPPING, asked, changed, event

DEEP = b'{"type":"zen:event-type:ticket.created","subject":"zen:ticket:7","detail":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}"
NOT_READABLE = {
    "no body": b"",
    "no JSON": b"ticket 7 is on fire",
    "broken JSON": b'{"ticket_id": "7", "subject": "a "quote""}',
    "not UTF-8": b'{"ticket_id": "\xff"}',
    "a list": b'[{"ticket_id": 7}]',
    "a text": b'"7"',
    "null": b"null",
    "NaN": b'{"ticket_id": NaN}',
    "a number without end": b'{"ticket_id": ' + b"9" * 5000 + b"}",
    "nested without end": DEEP,
    "lists without end": b"[" * 100_000,
}


@pytest.mark.parametrize("case", NOT_READABLE)
def test_what_is_no_object_is_unreadable_with_a_remedy(case: str) -> None:
    with pytest.raises(Unreadable) as bad:
        read.arrival(asked(NOT_READABLE[case]), MAPPING)
    assert "ticket_id" in bad.value.remedy


@pytest.mark.parametrize("case", NOT_READABLE)
@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"ticket_id": "7"}, ChangeKind.UPDATED),
        ({"ticket_id": " 7 ", "event": "escalation_requested"}, ChangeKind.ESCALATION_REQUESTED),
    ],
)
def test_the_address_can_name_the_ticket(case: str, query: dict[str, str], kind: ChangeKind) -> None:
    delivery = asked(NOT_READABLE[case], query)
    told = read.change(delivery, MAPPING, "zendesk")
    assert isinstance(told, TicketChange)
    assert (told.ticket_id, told.kind) == ("7", kind)
    assert read.arrival(delivery, MAPPING).ticket_id == "7"


def test_the_body_wins_over_the_address() -> None:
    told = changed({"ticket_id": "8", "event": "solved", "subject": None}, {"ticket_id": "7", "event": "created"})
    assert isinstance(told, TicketChange)
    assert (told.ticket_id, told.kind) == ("8", ChangeKind.STATUS_CHANGED)


@pytest.mark.parametrize("id", [None, "", "0", 0, [7], {"id": 7}, True, "x" * 300])
def test_a_ticket_event_without_usable_id_is_unreadable(id: object) -> None:
    with pytest.raises(Unreadable) as bad:
        changed(event("status_changed", id=id))
    assert "detail.id" in bad.value.path


@pytest.mark.parametrize("detail", [None, [], "7", 7])
def test_a_detail_that_is_no_object_is_unreadable(detail: object) -> None:
    with pytest.raises(Unreadable):
        changed({**event("created"), "detail": detail})


def test_nul_and_half_characters_are_taken_out() -> None:
    body = b'{"ticket_id":"7","event":"updated","subject":"nul \\u0000 half \\ud83d whole \\ud83d\\ude00"}'
    told = read.change(asked(body), MAPPING, "zendesk")
    assert isinstance(told, TicketChange)
    assert told.fields["subject"] == "nul  half ? whole 😀"
    assert "\0" not in json.dumps(plain(told), ensure_ascii=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
PLACES = st.sampled_from(["type", "id", "subject", "time", "detail", "event", "ticket_id", "ticket", "actor", "status"])
INNER = st.sampled_from(
    ["id", "status", "tags", "assignee_id", "updated_at", "via", "comment", "meta", "previous", "custom_field"]
)
OBJECTS = st.dictionaries(PLACES, JSON | st.dictionaries(INNER, JSON, max_size=6), max_size=8)


@given(told=OBJECTS, kind=st.sampled_from(["ticket.created", "ticket.comment_added", "ticket.status_changed", "user.x", ""]))
def test_whatever_is_sent_it_is_a_change_or_ignored_or_unreadable(told: dict[str, Any], kind: str) -> None:
    body = json.dumps({**told, **({"type": f"zen:event-type:{kind}"} if kind else {})}).encode()
    try:
        key = read.arrival(asked(body), MAPPING).key
        outcome = read.change(asked(body), MAPPING, "zendesk")
    except Unreadable as bad:
        assert bad.remedy
        return
    assert key
    assert isinstance(outcome, TicketChange | Ignored)


@given(body=st.binary(max_size=200), query=st.dictionaries(st.just("ticket_id"), st.text(max_size=10)))
def test_any_bytes(body: bytes, query: dict[str, str]) -> None:
    try:
        assert read.arrival(asked(body, query), MAPPING).key
    except Unreadable as bad:
        assert bad.remedy
