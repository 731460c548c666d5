"""Intercom's notifications at the door: proof, keys, shapes, and that nothing hostile breaks out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.connections import PLAY_SECRET
from connectors.intercom import restamp, sign
from connectors.intercom.inbound import shape_of, verify
from escalation.ports import BadSignature, Inbound, Unreadable
from escalation.ticket import ChangeKind, TicketChange
from tests.intercom_play import connector, words
from tests.support import fixture, inbound, plain, shared

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def as_sent(payload: object, query: dict[str, str] | None = None) -> Inbound:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Inbound({}, body, query or {})


def notification(topic: str, item: object, **more: object) -> dict[str, Any]:
    return {"type": "notification_event", "id": "notif_1", "topic": topic, "data": {"item": item}, "app_id": "abc", **more}


def told(topic: str, item: object) -> TicketChange:
    change = connector().change(as_sent(notification(topic, item)))
    assert isinstance(change, TicketChange)
    return change


# Authenticity


def test_signature_vectors() -> None:
    for vector in json.loads(shared("fixtures/signature_vectors.json").read_text())["intercom"]:
        body = vector["body"].encode()
        assert sign(body, vector["secret"], NOW)["X-Hub-Signature"] == vector["expected"]
        at = json.loads(body).get("created_at")
        now = datetime.fromtimestamp(at, UTC) if at else NOW
        verify(Inbound({"x-hub-signature": vector["expected"]}, body, {}), (vector["secret"],), now)


def signed(body: bytes, secret: str = PLAY_SECRET) -> Inbound:
    return Inbound({name.lower(): value for name, value in sign(body, secret, NOW).items()}, body, {})


def made_at(at: object) -> bytes:
    return json.dumps({"topic": "ping", "created_at": at}).encode()


GOOD = made_at(int(NOW.timestamp()))


@pytest.mark.parametrize(
    "header",
    ["", "sha1=", "sha1=0000", "sha256=" + "0" * 64, sign(GOOD, "another", NOW)["X-Hub-Signature"],
     sign(GOOD + b" ", PLAY_SECRET, NOW)["X-Hub-Signature"], sign(GOOD, PLAY_SECRET, NOW)["X-Hub-Signature"][5:], "sha1=\xe9"],
)  # fmt: skip
def test_a_wrong_signature_is_refused(header: str) -> None:
    with pytest.raises(BadSignature, match="X-Hub-Signature") as refused:
        verify(Inbound({"x-hub-signature": header}, GOOD, {}), (PLAY_SECRET,), NOW)
    assert PLAY_SECRET not in str(refused.value)


def test_no_header_and_no_secret_are_refused() -> None:
    with pytest.raises(BadSignature):
        verify(Inbound({}, GOOD, {}), (PLAY_SECRET,), NOW)
    with pytest.raises(BadSignature):
        verify(signed(GOOD), (), NOW)
    with pytest.raises(BadSignature):
        connector(secrets=()).verify(signed(GOOD), NOW)


def test_both_secrets_hold_during_a_rotation() -> None:
    for secret in ("new", "old"):
        verify(signed(GOOD, secret), ("new", "old"), NOW)


@pytest.mark.parametrize("age, fresh", [(timedelta(0), True), (timedelta(hours=23), True), (timedelta(hours=25), False),
                                        (timedelta(hours=-25), False), (timedelta(days=900), False)])  # fmt: skip
def test_a_notification_older_than_a_day_is_refused(age: timedelta, fresh: bool) -> None:
    inbound = signed(made_at(int((NOW - age).timestamp())))
    if fresh:
        verify(inbound, (PLAY_SECRET,), NOW)
    else:
        with pytest.raises(BadSignature, match="age"):
            verify(inbound, (PLAY_SECRET,), NOW)


@pytest.mark.parametrize("at", [None, "yesterday", [1], 10**30, -(10**30), {}])
def test_a_time_that_is_none_is_judged_later(at: object) -> None:
    verify(signed(made_at(at)), (PLAY_SECRET,), NOW)


def test_what_is_no_json_is_still_authentic() -> None:
    for body in (b"", b"not json", b"[" * 100_000, b"\xff\xfe"):
        verify(signed(body), (PLAY_SECRET,), NOW)


def test_a_recorded_notification_can_be_sent_again() -> None:
    old = fixture("intercom", "v1_assigned")["body"]
    with pytest.raises(BadSignature):
        verify(signed(json.dumps(old).encode()), (PLAY_SECRET,), NOW)
    fresh = restamp(old, NOW)
    verify(signed(json.dumps(fresh).encode()), (PLAY_SECRET,), NOW)
    assert fresh["data"] == old["data"] and old["created_at"] < fresh["created_at"]


# Keys


def test_the_key_is_the_notification_id() -> None:
    delivery = fixture("intercom", "solved")
    found = connector().arrival(inbound(delivery))
    assert (found.key, found.ticket_id, found.event) == (delivery["body"]["id"], "215473840121", "conversation.admin.closed")
    assert not found.derived


@pytest.mark.parametrize("id", [None, "", 7, ["x"], "a b", "x" * 500, "nul\x00"])
def test_a_notification_without_usable_id_gets_a_key_of_its_bytes(id: object) -> None:
    first, again = (connector().arrival(as_sent({"topic": "ping", "id": id, "created_at": 1})) for _ in range(2))
    other = connector().arrival(as_sent({"topic": "ping", "id": id, "created_at": 2}))
    assert first.key == again.key != other.key
    assert first.key.startswith("sha256:") and first.derived


def test_a_thin_call_is_known_by_its_query() -> None:
    call = as_sent(b"escalate", {"ticket_id": "55", "event": "escalation_requested"})
    found = connector().arrival(call)
    assert (found.ticket_id, found.event, found.derived) == ("55", "escalation_requested", True)
    assert found.key != connector().arrival(as_sent(b"escalate", {"ticket_id": "56", "event": "escalation_requested"})).key
    change = connector().change(as_sent(b"\xff", {"ticket_id": "ticket-55"}))
    assert isinstance(change, TicketChange)
    assert (change.kind, change.ticket_id, change.event) == (ChangeKind.UPDATED, "ticket-55", "thin")


@pytest.mark.parametrize("query", [{}, {"ticket_id": ""}, {"ticket_id": "../me"}, {"ticket_id": "5\x00"}])
@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"1", b"null", b"\xff\xfe\xfa", b"[" * 100_000, b'{"a":NaN}', b"9" * 10_000]
)
def test_what_is_no_object_is_unreadable(body: bytes, query: dict[str, str]) -> None:
    for call in (connector().arrival, connector().change):
        with pytest.raises(Unreadable) as bad:
            call(as_sent(body, query))
        assert bad.value.remedy


# Shapes


@pytest.mark.parametrize(
    "topic, item, shape",
    [
        ("conversation.admin.noted", {"type": "conversation", "id": "1", "ticket": {"id": "2"}, "source": {}}, "conversation"),
        ("conversation.admin.noted", {"type": "conversation", "id": "1", "user": {"id": "2"}}, "conversation_v1"),
        ("conversation.user.created", {"type": "conversation", "id": "1", "conversation_message": {}}, "conversation_v1"),
        ("conversation.deleted", {"type": "conversation", "conversation_id": "1"}, "deleted"),
        ("conversation.whatever", {"conversation_id": "1"}, "deleted"),
        ("ticket.deleted", {"type": "ticket", "id": "1"}, "deleted"),
        ("ticket.created", {"type": "ticket", "id": "1"}, "ticket"),
        ("ticket.note.created", {"type": "ticket_ticket_part", "ticket": {"id": "1"}, "ticket_part": {}}, "ticket_part"),
        ("conversation_part.tag.created", {"conversation": {"id": "1"}, "tag": {}}, "tagged"),
        ("user.tag.created", {"type": "user_tag", "user": {}}, "other"),
        ("contact.created", {"type": "contact", "id": "1"}, "other"),
        ("conversation.admin.noted", None, "conversation"),
        ("ticket.note.created", [], "ticket"),
        (None, None, "other"),
    ],
)  # fmt: skip
def test_shapes(topic: object, item: object, shape: str) -> None:
    assert shape_of({"topic": topic, "data": {"item": item}}) == shape


def test_every_shape_of_the_code_is_in_the_mapping() -> None:
    from connectors.intercom.inbound import _SHAPES

    assert {shape for shape, _ in _SHAPES} | {"other", "conversation_read", "ticket_read"} == set(words().shapes)


# Robustness

KEYS = "id type source conversation_parts author body tags state ticket conversation ticket_part contacts ticket_attributes"
PLAIN = st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    PLAIN | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    topic=st.sampled_from(["conversation.user.replied", "ticket.created", "ticket.note.created", "x", None, 5, []]),
    item=JSON,
    id=JSON,
)
def test_no_payload_breaks_out(topic: object, item: object, id: object) -> None:
    payload = {"topic": topic, "id": id, "data": {"item": item}}
    for call in (connector().arrival, connector().change):
        try:
            found = call(as_sent(payload))
        except Unreadable:
            continue
        assert "\x00" not in json.dumps(plain(found), ensure_ascii=False)


@pytest.mark.parametrize("id", ["../../me", "5/parts", "a" * 300, [1], {"a": 1}, True, "", 0, "\uff15"])
def test_an_id_that_is_none_is_unreadable_with_its_path(id: object) -> None:
    for topic, kind in (("conversation.admin.noted", "conversation"), ("ticket.created", "ticket")):
        payload = as_sent(notification(topic, {"type": kind, "id": id}))
        with pytest.raises(Unreadable) as bad:
            connector().change(payload)
        assert "id" in bad.value.path and bad.value.remedy
        assert connector().arrival(payload).ticket_id == ""


def test_deep_nesting_is_no_crash() -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    payload = as_sent(notification("conversation.user.replied", {"type": "conversation", "id": "5", "title": deep, "tags": deep}))
    assert isinstance(connector().change(payload), TicketChange)
