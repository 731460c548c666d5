"""Mapping documents: everything wrong is told at once, and no payload breaks a mapping that loaded."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.ports import Unreadable
from escalation.ticket import Ignored, Message, Ticket, TicketChange
from mappings import Mapping, Problems, load, load_folder
from tests.support import ROOT
from tests.test_mappings_acme import ACME

HEAD = "helpdesk: acme\nshapes:\n  event:\n    ticket_id: id\n"


def told(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        load(text, "m.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("    fields: {statuss: a}\n", "5: shapes.event.fields.statuss: unknown key 'statuss'. Did you mean 'status'?"),
        (
            "    fields: {assignee.mail: a}\n",
            "shapes.event.fields[\"assignee.mail\"]: unknown key 'assignee.mail'. Did you mean ",
        ),
        ("    fields: {subject: a..b}\n", "5: shapes.event.fields.subject: this is not JMESPath: "),
        ("    fields: {subject: {from: 'a-b c', type: html}}\n", "this is not JMESPath: "),
        ("    fields: {subject: 'lower(a)'}\n", "shapes.event.fields.subject: unknown function lower(). Use one of: abs, "),
        ("    fields: {subject: 'join(a)'}\n", "join() is given 1 arguments. Give it 2."),
        (
            "    fields: {subject: {from: a, type: htm}}\n",
            "shapes.event.fields.subject.type: unknown word 'htm'. Did you mean 'html'?",
        ),
        ("    fields: {subject: {type: html}}\n", "shapes.event.fields.subject: a field needs either 'from' or 'literal'."),
        (
            "    fields: {subject: {from: a, form: b}}\n",
            "shapes.event.fields.subject.form: unknown key 'form'. Did you mean 'from'?",
        ),
        (
            "    fields: {subject: {from: a, type: list}}\n",
            "subject.type: subject cannot be of type list. Use one of: text, html, ",
        ),
        ("    fields: {status: {from: a, type: text}}\n", "status.type: status cannot be of type text. Use one of: word."),
        ("    fields: {status: {from: a, table: stat}}\n", "status.table: there is no table 'stat'. Add it under tables."),
        ("    fields: {subject: {from: a, table: stat}}\n", "subject.table: a table needs type word, this is text."),
        ("    fields: {subject: {from: a, currency: EUR}}\n", "subject.currency: a currency needs type money, this is text."),
        ("    fields: {satisfaction: {from: a, type: word}}\n", "satisfaction of type word has no table."),
        (
            "    fields: {created_at: {from: a, default: soon}}\n",
            "created_at.default: expected a time, found a text that is none.",
        ),
        (
            "    fields: {status: {from: a, default: opened}}\n",
            "status.default: 'opened' is no Status of ours. Did you mean 'open'?",
        ),
        ("    fields: {sla: {each: 'a[', name: n}}\n", "shapes.event.fields.sla.each: this is not JMESPath: "),
        (
            "    fields: {sla: {first_reply: {due: a}}}\n",
            "shapes.event.fields.sla.first_reply.due: unknown key 'due'. Did you mean 'due_at'?",
        ),
        (
            "    kinds: {a: create}\n",
            "5: shapes.event.kinds.a: unknown word 'create'. Did you mean 'created'? Use one of: assigned, ",
        ),
        ("    kinds: {A: created}\n    ignore: {a: no}\n", "6: shapes.event.ignore.a: 'a' is already there."),
        ("    message: {text: a, when: [create]}\n", "shapes.event.message.when[0]: unknown word 'create'."),
        ("    message: {when: created, body: a}\n", "5: shapes.event.message.body: unknown key 'body'."),
        (
            "    message: {public: {from: a, type: text}}\n",
            "5: shapes.event.message.public.type: message.public cannot be of type text.",
        ),
        ("    messages: [{text: a}]\n", "shapes.event.messages[0].each: this key is missing. Add it."),
        ("    custom: {list: a}\n", "shapes.event.custom: custom fields need either list, key and value, or map."),
        ("    custom: {list: a, key: b, value: c, map: d}\n", "shapes.event.custom: custom fields need either"),
        ("    complete: yes please\n", "shapes.event.complete: this is neither true nor false."),
        ("  other: {event: type}\n", "5: shapes.other: this shape does not tell which ticket it is about. Add ticket_id: "),
        ("custom_fields: {a: {type: money, currency: Euro}}\n", "custom_fields.a.currency: 'Euro' is no currency."),
        ("custom_fields: {a: {type: word}}\n    \n", "custom_fields.a: custom.a of type word has no table."),
        ("back: {status: {opened: 1}}\n", "5: back.status.opened: 'opened' is no Status of ours. Did you mean 'open'?"),
        (
            "back: {fields: {refnd: 1}}\ncustom_fields: {refund: {}}\n",
            "back.fields.refnd: 'refnd' is no field of ours. Did you mean 'refund'?",
        ),
        ("back: {colour: {a: b}}\n", "back.colour: unknown key 'colour'."),
        ("tables: {status: {word: {a: open}}}\n", "5: tables.status.words: this key is missing."),
    ],
)
def test_every_mistake_is_told_with_its_place_and_remedy(more: str, problem: str) -> None:
    custom = "    custom: {map: c}\n" if more.startswith("custom_fields") else ""
    assert any(problem in line for line in told(HEAD + custom + more)), told(HEAD + custom + more)


def test_words_of_tables_are_checked_where_they_are_used() -> None:
    tables = "tables:\n  status:\n    words:\n      a: open\n      b: opne\n    default: unknwn\n"
    found = told(HEAD + "    fields: {status: s}\n    previous: {status: p}\n" + tables)
    assert [line.split("'")[0] for line in found] == ["m.yaml:11: tables.status.words.b: ", "m.yaml:12: tables.status.default: "]
    assert "Did you mean 'open'?" in found[0]


def test_all_problems_of_all_kinds_come_at_once() -> None:
    text = HEAD + (
        "    fieldz: {}\n"
        "    fields:\n"
        "      subject: a b\n"
        "      status: {from: s, table: nowhere}\n"
        "      colour: x\n"
        "      tags: {from: t, type: text}\n"
        "tables:\n  priority: {words: {a: low}}\n"
        "back: {priority: {lowest: 1}}\n"
    )
    lines = [int(line.split(":")[1]) for line in told(text)]
    assert lines == [5, 7, 8, 9, 10, 13]


@pytest.mark.parametrize(
    "text", ["", "helpdesk: a", "shapes: {}", "- a", "3", "helpdesk: ''\nshapes: {}", "a: [", "shapes: {a: 3}"]
)
def test_what_is_no_mapping_at_all(text: str) -> None:
    assert told(text)


def test_a_folder_is_loaded_whole(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(ACME)
    (tmp_path / "README.md").write_text("not a mapping")
    assert [mapping.helpdesk for mapping in load_folder(tmp_path).values()] == ["acme"]
    (tmp_path / "bcme.yaml").write_text(ACME)
    (tmp_path / "ccme.yaml").write_text("helpdesk: ccme\nshapes: {e: {fields: {a: b}}}\n")
    (tmp_path / "dcme.yaml").write_bytes(b"helpdesk: \xff\n")
    with pytest.raises(Problems) as caught:
        load_folder(tmp_path)
    found = str(caught.value)
    assert f"{tmp_path.name}/bcme.yaml:1: helpdesk: helpdesk is 'acme' in a file named bcme.yaml. Write helpdesk: bcme" in found
    assert f"{tmp_path.name}/ccme.yaml:2: " in found
    assert f"{tmp_path.name}/dcme.yaml:1: the text is not valid Unicode" in found


# Robustness: what a vendor, or somebody who knows the secret, may send

ACME_MAPPING = load(ACME, "mappings/acme.yaml")
VENDORS = load_folder(ROOT / "mappings")
SHAPES = [(m, shape) for m in (ACME_MAPPING, *VENDORS.values()) for shape in m.shapes]

words = st.sampled_from(
    ["id", "ticket", "type", "ticket.created", "comment", "html", "custom", "value", "data", "item", "detail", "event"]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | words
    | st.sampled_from(["\x00", "\ud800", "<b>x"])
)
json_like = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=5), inner, max_size=6),
    max_leaves=30,
)


def read_all(mapping: Mapping, shape: str, payload: object) -> None:
    for read, kinds in ((mapping.change, (TicketChange, Ignored)), (mapping.ticket, (Ticket,))):
        try:
            assert isinstance(read(shape, payload, "c"), kinds)
        except Unreadable as bad:
            assert bad.remedy
    try:
        assert isinstance(mapping.message(shape, payload), Message)
    except Unreadable as bad:
        assert bad.remedy
    assert isinstance(mapping.event(shape, payload), str)
    assert isinstance(mapping.ticket_id(shape, payload), str)
    assert mapping.preview(shape, payload, "c").kind in ("change", "ignored", "unreadable")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SHAPES), json_like)
def test_any_payload_is_read_or_unreadable(where: tuple[Mapping, str], payload: object) -> None:
    read_all(*where, payload)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SHAPES), st.data())
def test_any_value_at_any_place_a_mapping_looks_at(where: tuple[Mapping, str], data: st.DataObject) -> None:
    mapping, shape = where
    keys = st.sampled_from(sorted(TERMS[mapping.helpdesk]))
    payload = data.draw(st.dictionaries(keys, st.dictionaries(keys, json_like, max_size=8) | json_like, max_size=8))
    read_all(mapping, shape, payload)


def _terms(mapping: Mapping) -> set[str]:
    text = ACME if mapping is ACME_MAPPING else (ROOT / mapping.name).read_text()
    return {
        part for line in text.splitlines() for part in line.replace(".", " ").replace("{", " ").split() if part.isidentifier()
    }


TERMS = {m.helpdesk: _terms(m) for m in (ACME_MAPPING, *VENDORS.values())}


@pytest.mark.slow
@pytest.mark.parametrize(("mapping", "shape"), SHAPES, ids=[f"{m.helpdesk}-{s}" for m, s in SHAPES])
def test_deep_nesting_and_huge_values_are_survived(mapping: Mapping, shape: str) -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": [deep]}
    huge: Any = {name: dict.fromkeys(TERMS[mapping.helpdesk], 10**5000) for name in TERMS[mapping.helpdesk]}
    for hostile in (deep, dict.fromkeys(TERMS[mapping.helpdesk], deep), huge):
        read_all(mapping, shape, hostile)
    while deep:  # taken apart here: the garbage collector would do it recursively
        deep = deep["a"].pop()


def test_text_never_carries_what_postgresql_refuses() -> None:
    payload = {"type": "ticket.created", "ticket": {"id": "7\x00", "title": "a\x00b\ud800c", "description": "<p>\x00x\udfff</p>"}}
    change = ACME_MAPPING.change("event", payload, "c")
    assert isinstance(change, TicketChange)
    assert change.message is not None
    assert (change.ticket_id, change.fields["subject"], change.message.text) == ("7", "abc", "<p>x</p>")


def test_many_threads_read_as_one() -> None:
    def payload(n: int) -> dict[str, Any]:
        comment = {"id": n, "html": f"<div><p>text {n}</p><blockquote>quote {n}</blockquote></div>"}
        return {"type": "ticket.comment", "ticket": {"id": n, "title": f"t{n}", "state": f"odd{n}"}, "comment": comment}

    wrong: list[object] = []

    def work(n: int) -> None:
        for _ in range(150):
            change = ACME_MAPPING.change("event", payload(n), "c")
            assert isinstance(change, TicketChange)
            assert change.message is not None
            seen = (change.ticket_id, change.fields["subject"], change.message.text, change.unknown_words)
            if seen != (str(n), f"t{n}", f"text {n}\n\n> quote {n}", {"status": f"odd{n}"}):
                wrong.append(seen)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_typical_change_is_read_in_well_under_a_millisecond() -> None:
    comment = {
        "id": 1,
        "html": "<p>Hello</p><p>We were charged <b>twice</b> for order 1234.</p>",
        "by": {"id": 5, "staff": False},
    }
    ticket = {
        "id": 7,
        "title": "Charged twice",
        "state": "working",
        "urgency": 1,
        "labels": "a b",
        "owner": 5,
        "changed": 1736331127,
    }
    payload = {"type": "ticket.comment", "ticket": ticket, "comment": comment, "by": {"id": 5}, "time": "2025-01-08T10:12:07Z"}
    body = json.dumps(payload)
    reading, parsing = in_turns(lambda: ACME_MAPPING.change("event", payload, "c"), lambda: json.loads(body))
    assert reading / parsing < 100  # 50 times the 5 us of parsing the body, on a quiet machine


def in_turns(*acts: Callable[[], object]) -> list[float]:
    """Seconds of this thread's own processor time for each, the best of 40 rounds in turns: a busy machine slows all alike."""
    rounds: list[list[float]] = [[] for _ in acts]
    for number in range(40 * len(acts)):
        own = number % len(acts)
        start = time.thread_time()
        for _ in range(10):
            acts[own]()
        rounds[own].append((time.thread_time() - start) / 10)
    return [min(own) for own in rounds]
