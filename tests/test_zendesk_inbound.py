"""Zendesk's deliveries: proofs, keys, every documented event, odd habits. Goldens stand in test_contract.py."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.signatures import base64_sha256
from connectors.zendesk import Connector
from connectors.zendesk import inbound as read
from escalation.ports import BadSignature, Inbound
from escalation.ticket import ChangeKind, Ignored, Role, Status, TicketChange
from tests.support import connection, shared
from tests.zendesk_play import mapping

MAPPING = mapping()
NOW = datetime(2025, 1, 8, 12, 0, tzinfo=UTC)
SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
BODY = b'{"ticket_id":"1"}\n'


def signed(body: bytes = BODY, secret: str = SECRET, at: datetime = NOW, other: dict[str, str] | None = None) -> Inbound:
    told = {**read.sign(body, secret, at), **(other or {})}
    return Inbound({name.lower(): value for name, value in told.items()}, body, {})


def asked(body: bytes, query: dict[str, str] | None = None, **headers: str) -> Inbound:
    return Inbound({name.lower().replace("_", "-"): value for name, value in headers.items()}, body, query or {})


def changed(body: object, query: dict[str, str] | None = None) -> TicketChange | Ignored:
    return read.change(asked(json.dumps(body).encode(), query), MAPPING, "zendesk")


def event(name: str, content: dict[str, Any] | None = None, **detail: Any) -> dict[str, Any]:
    told = {"id": "7", "status": "OPEN", "updated_at": "2025-01-08T10:12:07Z", **detail}
    kind = name if name.lower().startswith("zen:") else f"zen:event-type:ticket.{name}"
    return {"type": kind, "id": "e-1", "subject": "zen:ticket:7", "detail": told, "event": content or {}}


# proof


@pytest.mark.parametrize("vector", range(3))
def test_vectors_of_the_reference_material(vector: int) -> None:
    told = json.loads(shared("fixtures/signature_vectors.json").read_text())["zendesk"][vector]
    at = datetime.fromisoformat(told["timestamp"])
    body = told["body"].encode()
    assert read.sign(body, told["secret"], at)[read.SIGNATURE] == told["expected"]
    read.verify(signed(body, told["secret"], at), (told["secret"],), at)


@pytest.mark.parametrize(("which", "secrets"), [("new", ("new", "old")), ("old", ("new", "old")), ("old", ("old",))])
def test_either_secret_of_a_rotation_is_accepted(which: str, secrets: tuple[str, ...]) -> None:
    read.verify(signed(secret=which), secrets, NOW)


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=5), timedelta(minutes=-5)])
def test_five_minutes_either_way_are_accepted(age: timedelta) -> None:
    read.verify(signed(at=NOW - age), (SECRET,), NOW)


REFUSED = {
    "another secret": signed(secret="other"),
    "no header at all": Inbound({}, BODY, {}),
    "an empty signature": signed(other={read.SIGNATURE: ""}),
    "no letters we know": signed(other={read.SIGNATURE: "ß\ud800\x00"}),
    "an altered body": Inbound(signed().headers, BODY + b" ", {}),
    "another stamp than signed": signed(other={read.STAMP: "2025-01-08T12:00:01Z"}),
    "too old": signed(at=NOW - timedelta(minutes=5, seconds=1)),
    "from the future": signed(at=NOW + timedelta(minutes=5, seconds=1)),
    "the secret decoded from base64": signed(secret=base64.b64decode(SECRET).decode()),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    with pytest.raises(BadSignature) as refused:
        read.verify(REFUSED[case], (SECRET,), NOW)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("stamp", ["", "soon", "1736337600", "\ud800"])
def test_a_stamp_that_is_no_time_is_refused_even_when_signed(stamp: str) -> None:
    signature = base64_sha256(SECRET, stamp.encode("utf-8", "replace") + BODY)
    with pytest.raises(BadSignature):
        read.verify(signed(other={read.STAMP: stamp, read.SIGNATURE: signature}), (SECRET,), NOW)


def test_a_connection_without_secret_accepts_nothing() -> None:
    with pytest.raises(BadSignature):
        read.verify(signed(secret=""), (), NOW)


def test_the_connector_checks_with_its_connections_secrets() -> None:
    desk = Connector(connection("zendesk"), MAPPING)
    desk.verify(signed(secret="sandbox-only-secret"), NOW)
    with pytest.raises(BadSignature):
        desk.verify(signed(), NOW)


# keys


INVOCATION = {"x_zendesk_webhook_invocation_id": "inv"}


@pytest.mark.parametrize(
    ("case", "told", "headers", "key"),
    [
        ("events by their id", event("created"), INVOCATION, "event:e-1"),
        ("events without id", {**event("created"), "id": None}, INVOCATION, "invocation:inv"),
        (
            "events with a strange id",
            {**event("created"), "id": [1]},
            INVOCATION,
            "invocation:inv",
        ),
        (
            "triggers by their invocation",
            {"ticket_id": 1, "id": "1"},
            INVOCATION,
            "invocation:inv",
        ),
    ],
)
def test_key(case: str, told: object, headers: dict[str, str], key: str) -> None:
    assert read.arrival(asked(json.dumps(told).encode(), None, **headers), MAPPING).key == key, case


def test_a_body_without_any_id_is_known_by_body_and_stamp() -> None:
    keys = [
        read.arrival(asked(body, None, x_zendesk_webhook_signature_timestamp=stamp), MAPPING).key
        for body, stamp in [(BODY, "a"), (BODY, "a"), (BODY, "b"), (b'{"ticket_id":"2"}', "a")]
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert all(key.startswith("hash:") and len(key) == 69 for key in keys)


@pytest.mark.parametrize("headers, derived", [({}, True), ({"x_zendesk_webhook_invocation_id": "i"}, False)])
def test_a_key_that_zendesk_gave_is_not_derived(headers: dict[str, str], derived: bool) -> None:
    assert read.arrival(asked(b'{"ticket_id":"2"}', None, **headers), MAPPING).derived is derived


def test_a_key_is_never_long() -> None:
    told = {**event("created"), "id": "x" * 100_000}
    assert len(read.arrival(asked(json.dumps(told).encode()), MAPPING).key) == 200


# what it means


KINDS = {
    "created": ChangeKind.CREATED,
    "comment_added": ChangeKind.MESSAGE_ADDED,
    "agent_assignment_changed group_assignment_changed": ChangeKind.ASSIGNED,
    "status_changed": ChangeKind.STATUS_CHANGED,
    "priority_changed": ChangeKind.PRIORITY_CHANGED,
    "tags_changed": ChangeKind.TAGS_CHANGED,
    "sla_policy_changed next_sla_breach_changed ola_policy_changed schedule_changed": ChangeKind.SLA_CHANGED,
    "csat_received": ChangeKind.RATED,
    "merged": ChangeKind.MERGED,
    "soft_deleted permanently_deleted marked_as_spam": ChangeKind.DELETED,
    "custom_field_changed custom_status_changed subject_changed description_changed type_changed form_changed brand_changed"
    " organization_changed requester_changed problem_link_changed task_due_at_changed": ChangeKind.FIELD_CHANGED,
    "attachment_linked_to_comment attachment_redacted_from_comment comment_made_private comment_redacted"
    " undeleted": ChangeKind.UPDATED,
    "csat_requested email_ccs_changed followers_changed external_id_changed submitter_changed": ChangeKind.OTHER,
}


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for names, kind in KINDS.items() for name in names.split()])
@pytest.mark.parametrize("spell", [str, str.upper])
def test_every_documented_ticket_event_has_its_kind(name: str, kind: ChangeKind, spell: Any) -> None:
    told = changed(event(spell(f"zen:event-type:ticket.{name}")))
    assert isinstance(told, TicketChange)
    assert told.kind is kind


def test_the_table_above_is_the_documented_list() -> None:
    assert sum(len(names.split()) for names in KINDS) == 37


def test_previous_values_are_told_by_their_own_event_only() -> None:
    told = changed(event("priority_changed", {"previous": "NORMAL", "current": "URGENT"}, priority="URGENT"))
    assert isinstance(told, TicketChange)
    assert told.previous == {"priority": "normal"}


def test_a_key_that_is_absent_is_not_nobody() -> None:
    absent, null = changed(event("status_changed")), changed(event("status_changed", assignee_id=None, tags=None))
    assert isinstance(absent, TicketChange)
    assert isinstance(null, TicketChange)
    assert not {"assignee", "tags"} & set(absent.fields)
    assert null.fields["assignee"].id == ""  # type: ignore[attr-defined]
    assert null.fields["tags"] == ()


@pytest.mark.parametrize(
    ("author", "role"),
    [({"is_staff": True}, Role.AGENT), ({"is_staff": False}, Role.CUSTOMER), ({}, Role.UNKNOWN), ({"id": "-1"}, Role.SYSTEM)],
)
def test_the_role_of_a_comments_author(author: dict[str, Any], role: Role) -> None:
    told = changed(event("comment_added", {"comment": {"id": "9", "body": "x", "author": {"id": "5", **author}}}))
    assert isinstance(told, TicketChange)
    assert told.message is not None
    assert told.message.author.role is role
    assert told.message.public


@pytest.mark.parametrize("word", ["Pending", "wartend", "EN ATTENTE", "Pendiente", "Pendente", "保留中"])
def test_triggers_write_display_words_of_the_accounts_language(word: str) -> None:
    told = changed({"ticket_id": 1, "event": "updated", "status": word})
    assert isinstance(told, TicketChange)
    assert told.fields["status"] is Status.PENDING
