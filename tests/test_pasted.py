"""What of a pasted ticket is refused, put in order, left out or not looked at, and how that is told."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from config.playbook import load_playbook
from config.roster import load_roster
from config.tickets import Wrong, ignored, pasted
from escalation.history import Background
from escalation.ticket import Ticket
from signals.reader import TextReader
from tests.support import ROOT
from web.rehearsals import Rehearsals

ALARM = "I want a refund of 900 EUR. We have been hacked!"
CALM = "It still does not work. "
HALF = "\ud800"


def stored(connection: str, ticket_id: str, since: datetime) -> tuple[Ticket, Background] | None:
    f"{connection}:{ticket_id}".encode()  # as the database's driver does
    return None


REHEARSALS = Rehearsals(
    TextReader.standard(),
    lambda: load_playbook((ROOT / "config" / "escalation.yaml").read_text("utf-8")),
    lambda: load_roster((ROOT / "config" / "roster.yaml").read_text("utf-8")),
    stored,
    lambda _: {},
)


def said(*texts: str) -> dict[str, Any]:
    return {"messages": [{"role": "customer", "text": text} for text in texts]}


def problems(body: dict[str, Any]) -> dict[str, tuple[str, str]]:
    with pytest.raises(Wrong) as wrong:
        REHEARSALS.run(body)
    return {path: (problem, remedy) for path, problem, remedy in wrong.value.problems}


@pytest.mark.parametrize(
    "ticket",
    [
        {"subject": HALF, "page": HALF, "issue_type": HALF, "tags": [HALF], "id": HALF, "connection": HALF},
        {"custom": {HALF: HALF, "b": [HALF]}, "customer": {"tier": HALF, HALF: 1}, HALF: HALF},
        {
            "messages": [
                {"id": HALF, "text": f"Refund me {HALF}"},
                {"role": "agent", "public": False, "text": f"#escalate {HALF}"},
            ]
        },
    ],
)
def test_half_a_character_can_be_written_into_the_answer(ticket: dict[str, Any]) -> None:
    told = REHEARSALS.run({"ticket": ticket, "connection": HALF})
    assert json.dumps(told, ensure_ascii=False, default=str).encode()


@pytest.mark.parametrize("ticket", [HALF, "x" * 1_000_000, "a\x00b", f"zendesk:{HALF}", f"{'z' * 1_000_000}:1"])
def test_an_id_that_cannot_be_is_a_ticket_that_is_not_there(ticket: str) -> None:
    with pytest.raises(LookupError, match="There is no ticket") as missing:
        REHEARSALS.run({"ticket": ticket})
    assert len(str(missing.value).encode()) < 600


@pytest.mark.parametrize(
    ("texts", "cut"),
    [
        ([CALM], []),
        ([CALM] * 61, ["Of 61 messages of the customer the newest 60 were read for signals, the 1 before were not."]),
        ([CALM] * 1500 + [ALARM] + [CALM] * 1499, ["Of 3,000 messages of the customer the newest 60 were read"]),
        (["x" * 500_000 + ALARM + "y" * 500_000], ["Of message m1 the first 200,000 of 1,000,048 characters were read"]),
        (
            [CALM * 20_000 + ALARM],
            ["Of message m1 the first 200,000 of 480,048 characters", "weighed the first 60 of 8,334 sentences"],
        ),
        (["word " * 121 + "."], ["Message m1 has 1 sentence(s) of more than 120 words"]),
        (["Automatic reply: I am away."], ["Message m1 was not read: it is an automatic reply."]),
    ],
)
def test_what_was_not_looked_at_is_told(texts: list[str], cut: list[str]) -> None:
    told = REHEARSALS.run({"ticket": said(*texts)})["cut"]
    assert len(told) == len(cut) and all(part in words for part, words in zip(cut, told, strict=True))


@pytest.mark.parametrize("ticket", [None, "", [1], True, False, 5, 0])
def test_a_body_about_no_ticket_is_refused(ticket: object) -> None:
    problem, remedy = problems({"ticket": ticket})["ticket"]
    missing = ticket in (None, "")
    assert problem.startswith("ticket is missing" if missing else "this is not an object or the id of a stored ticket")
    assert "zendesk:4711" in remedy
    assert problems({})["ticket"][0] == "ticket is missing"


@pytest.mark.parametrize("draft", [[], 3, 0, False, {}])
def test_a_draft_that_is_no_text_is_refused(draft: object) -> None:
    assert problems({"ticket": said("x"), "draft": draft})["draft"][0].startswith("this is not text: ")


def test_unknown_names_are_told_with_their_path() -> None:
    message = {"text": "x", "rol": 1, "att": 2, "author": {}}
    told = {
        "customer": {"teir": 1, "organization": {"nme": 2}, "past": [{"id": "1", "x": 1}]},
        "requester": {"foo": 1},
        "colour": 1,
    }
    assert ignored(pasted({**told, "messages": [{"text": "a"}, message]})[1]) == [
        "colour",
        "customer.organization.nme",
        "customer.past[0].x",
        "customer.teir",
        "messages[1].att",
        "messages[1].author",
        "messages[1].rol",
        "requester.foo",
    ]
    many = ignored(pasted({"n" * 1_000_000: 1, **{f"name{n}": 1 for n in range(200)}})[1])
    assert len(many) == 101 and many[-1] == "and 101 more" and max(map(len, many)) < 100


@pytest.mark.parametrize(
    ("ticket", "path", "problem", "remedy"),
    [
        ({"messages": [{"text": "x", "public": 0}]}, "messages[0].public", "neither true nor false: 0", "true or false"),
        ({"messages": [{"text": "x", "public": "no"}]}, "messages[0].public", 'neither true nor false: "no"', "true or false"),
        ({"messages": [{"text": "x", "role": "custmer"}]}, "messages[0].role", "no role 'custmer'", "Did you mean 'customer'?"),
        ({"messages": [{"text": "x", "at": 0}]}, "messages[0].at", "not a time: 0", "2026-03-31T"),
        ({"messages": [{"txt": "x"}]}, "messages[0]", 'no text: {"txt": "x"}', '"text"'),
        ({"messages": "x"}, "messages", 'not a list: "x"', "Write a list"),
        ({"messages": [{}] * 3001}, "messages", "there are 3,001, the most is 3,000", "oldest"),
        ({"created_at": 0}, "created_at", "not a time: 0", "2026-03-31T"),
        ({"updated_at": -1}, "updated_at", "not a time: -1", "2026-03-31T"),
        ({"solved_at": "0001-01-01T00:00+20:00"}, "solved_at", "not a time", "2026-03-31T"),
        ({"customer": {"renewal_on": "never"}}, "customer.renewal_on", 'not a day: "never"', "2026-03-31"),
        ({"customer": {"disputes": -5}}, "customer.disputes", "not a number of disputes: -5", "0 or more"),
        ({"customer": {"disputes": "x"}}, "customer.disputes", 'not a whole number: "x"', "without quotes"),
        ({"customer": {"contract_value": {"amount": "x"}}}, "customer.contract_value.amount", "not a number", "currency"),
        ({"customer": "x"}, "customer", 'no keys of its own: "x"', "some of: organization, tier"),
        ({"requester": "x"}, "requester", 'no keys of its own: "x"', "some of: id, name"),
        ({"requester": 0}, "requester", "no keys of its own: 0", "some of: id, name"),
        ({"sla": "x"}, "sla", 'not a list: "x"', "Write a list"),
        ({"sla": [3]}, "sla[0]", "no keys of its own: 3", "some of: name"),
        ({"requester": {"id": 5}}, "requester.id", "not text: 5", "in quotes"),
        ({"priority": "urgnt"}, "priority", "unknown word 'urgnt'", "Did you mean 'urgent'?"),
        ({"tags": "vip"}, "tags", 'not a list: "vip"', "Write a list"),
        ({"tags": ["vip", 3]}, "tags[1]", "not text: 3", "in quotes"),
        ({"sla": [{}]}, "sla[0].name", "missing", "Add it"),
        ({"custom": {"a": {"b": 1}}}, "custom.a", 'no custom field has such a value: {"b": 1}', "list of texts"),
        ({"custom": [1]}, "custom", "no keys of its own: [1]", "value"),
        ({"subject": ["y"] * 100_000}, "subject", "not text: [", "in quotes"),
    ],
)
def test_a_mistake_is_told_with_path_value_and_remedy(ticket: dict[str, Any], path: str, problem: str, remedy: str) -> None:
    told = problems({"ticket": ticket | {"type": "qestion"}})
    assert set(told) == {path, "type"}  # one mistake does not hide another
    assert problem in told[path][0] and remedy in told[path][1] and len(told[path][0]) < 150


def test_messages_are_put_in_the_order_of_their_times() -> None:
    times = ("2026-01-03", None, "2026-01-02T10:00:00+02:00", "2026-01-02T09:00:00Z")
    ticket, _ = pasted({"messages": [{"text": "x", "at": at} for at in times]})
    assert [m.id for m in ticket.messages] == ["m3", "m2", "m4", "m1"]
