"""The brace notation of {{triggered_event}}: every form seen, anything at all without an error, and in linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.freshdesk.triggered import Happened, from_object, leading, parse


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("{ticket_action:created}", (Happened("ticket_action", "created"),)),
        ("{note_type:private}", (Happened("note_type", "private"),)),
        ("{priority:{from:3,to:1}}", (Happened("priority", "1", "3"),)),
        ("{status:{from:4,to:6}}", (Happened("status", "6", "4"),)),
        ("{ status : { from : 4 , to : 6 } }", (Happened("status", "6", "4"),)),
        ('{"status":{"from":4,"to":6}}', (Happened("status", "6", "4"),)),
        ("{responder_id:{from:null,to:102}}", (Happened("responder_id", "102", ""),)),
        ("{responder_id:{from:102,to:}}", (Happened("responder_id", "", "102"),)),
        ("{responder_id:{to:102}}", (Happened("responder_id", "102", ""),)),
        ("{status:{from:2,to:4},priority:{from:1,to:2}}", (Happened("status", "4", "2"), Happened("priority", "2", "1"))),
        ("{status:{from:2,to:4}}{priority:{from:1,to:2}}", (Happened("status", "4", "2"), Happened("priority", "2", "1"))),
        ("{reply_sent:sent,status:{from:4,to:2}}", (Happened("reply_sent", "sent"), Happened("status", "2", "4"))),
        ("{due_by:{from:2026-03-02 10:00:00,to:null}}", (Happened("due_by", "", "2026-03-02 10:00:00"),)),
        ("{customer_feedback:-103}", (Happened("customer_feedback", "-103"),)),
        ("", ()),
        ("nothing of the kind", ()),
        ("}}}{{{", ()),
        ("{{triggered_event}}", ()),
    ],
)
def test_every_known_form(text: str, events: tuple[Happened, ...]) -> None:
    assert parse(text) == events


@pytest.mark.parametrize(
    ("told", "event"),
    [
        ("{note_type:private}", "note_type:private"),
        ("{status:{from:4,to:6}}", "status"),
        ("{responder_id:{from:102,to:null}}", "responder_id"),
        ("{ticket_action:update,priority:{from:1,to:4}}", "priority"),
        ("{priority:{from:1,to:4},reply_sent:sent}", "reply_sent:sent"),
        ("{sprint:{from:1,to:4},status:{from:2,to:3}}", "status"),
        ("{group_id:{from:1,to:4},ticket_action:delete}", "ticket_action:delete"),
        ("", ""),
    ],
)
def test_the_leading_event_is_what_a_rule_waits_for(told: str, event: str) -> None:
    assert leading(parse(told)) == event


def test_real_json_says_the_same() -> None:
    told = {"status": {"from": 4, "to": 6}, "note_type": "private", "odd": [1], "x": {"to": None}, "y": True}
    assert from_object(told)[:2] == parse("{status:{from:4,to:6},note_type:private}")
    assert from_object(told)[2:] == (Happened("odd"), Happened("x", "", ""), Happened("y"))


NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda name: name not in ("from", "to"))
VALUES = st.from_regex(r"[0-9A-Za-z_-]{1,12}", fullmatch=True).filter(lambda value: value.lower() not in ("null", "nil", "none"))
EVENTS = st.one_of(st.builds(Happened, NAMES, VALUES), st.builds(Happened, NAMES, VALUES, VALUES))


def written(event: Happened) -> str:
    changed = f"{{from:{event.before},to:{event.value}}}"
    return f"{event.name}:{event.value if event.before is None else changed}"


@given(st.lists(EVENTS, max_size=8), st.booleans())
def test_what_is_written_is_read_again(events: list[Happened], apart: bool) -> None:
    parts = [written(event) for event in events]
    text = "".join(f"{{{part}}}" for part in parts) if apart else "{" + ",".join(parts) + "}"
    assert parse(text) == tuple(events)


@given(st.one_of(st.text(), st.text("{}:,fromt0 \"'", max_size=300)))
def test_anything_at_all_is_read_without_an_error(text: str) -> None:
    for event in parse(text):
        assert event.name
    leading(parse(text))


def test_only_the_beginning_of_an_endless_text_is_looked_at() -> None:
    assert len(parse("{a:1}" * 100_000)) == 800
    assert parse("{" * 1_000_000) == ()
