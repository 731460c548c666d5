"""Writing to Intercom, over HTTP against the play Intercom; every request is held against Intercom's own specification."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import responses

from connectors.intercom import CANNOT, Connector
from connectors.intercom.api import VERSION
from escalation.actions import Line, Note, Write
from escalation.ports import GiveUp, TryLater
from escalation.ticket import Group, Money, Priority, Status, Ticket
from tests.intercom_play import Playground, connector, playing_on_new_database, problems
from tests.support import fixture

NOTE = Note(
    "h-1:note",
    "Handoff to Billing",
    (Line("Why", "charged twice <script>alert(1)</script> & {{admin.name}}"), Line("Customer", "Mia, Northwind")),
    (("Tried", (Line("Fin", "clear the cache: did not help"),)),),
    "https://baton.example/handoffs/h-1",
)
ALL = Write(
    "w-1",
    "5",
    agent_id="102",
    group_id="201",
    note=NOTE,
    priority=Priority.URGENT,
    status=Status.OPEN,
    add_tags=("handed-over", "vip"),
    remove_tags=("billing",),
    fields={"refund_amount": Money(Decimal("1240.00"), "EUR"), "ai_attempts": 2},
)


@pytest.fixture(scope="module")
def playground(postgres: str) -> Iterator[Playground]:
    with playing_on_new_database(postgres) as found:
        yield found


@pytest.fixture
def play(playground: Playground) -> Iterator[Playground]:
    yield playground.clear()
    for method, path, body in playground.writes():
        assert problems(method, path, body or {}) == []
        assert is_unseen_by_the_customer(path, body or {}), (path, body)


def is_unseen_by_the_customer(path: str, body: dict[str, Any]) -> bool:
    """A reply must be a note, everything else must carry no text at all."""
    return body.get("message_type") == "note" if path.endswith("/reply") else "body" not in body


def seeded(play: Playground, kind: str = "conversation") -> str:
    if kind == "ticket":
        return play.seed({"type": "ticket", "id": "5", "ticket_attributes": {"_default_title_": "Refund"}})
    ticket = copy.deepcopy(fixture("intercom", "ticket_created_urgent")["ticket"])
    return play.seed(ticket | {"id": "5"})


def do(desk: Connector, write: Write, look_first: bool = False) -> list[Any]:
    return [desk.write(step, look_first=look_first) for step in desk.steps(write)]


# Steps


@pytest.mark.parametrize(
    "write, keys",
    [
        (ALL, "team admin fields status note tag:handed-over tag:vip tag:priority-urgent untag:billing"),
        (replace(ALL, ticket_id="ticket-5"), "team update note tag:handed-over tag:vip tag:priority-urgent untag:billing"),
        (Write("w-1", "5", agent_id="102"), "admin"),
        (Write("w-1", "ticket-5", group_id="201"), "update"),
        (Write("w-1", "ticket-5", agent_id="102", status=Status.SOLVED), "update"),
        (Write("w-1", "5", add_tags=("a", "a"), priority=Priority.UNKNOWN), "tag:a"),
        (Write("w-1", "5"), ""),
    ],
)
def test_steps(write: Write, keys: str) -> None:
    """The team before the admin, because a team assignment takes the admin away."""
    steps = connector().steps(write)
    assert [step.key for step in steps] == [f"w-1:{key}" for key in keys.split()]
    assert {step.ticket_id for step in steps} <= {write.ticket_id}


@pytest.mark.parametrize(
    ("seen", "write", "keys"),
    [
        (Group("201"), ALL, "admin fields"),
        (Group("204"), ALL, "team admin"),
        (Group(), ALL, "team admin"),
        (Group("201"), replace(ALL, agent_id=""), "team fields"),  # whoever holds it lets go
        (Group("201"), replace(ALL, ticket_id="ticket-5"), "update note"),
    ],
)
def test_a_team_that_has_it_is_not_assigned_once_more(seen: Group, write: Write, keys: str) -> None:
    steps = connector().steps(write, Ticket("intercom", write.ticket_id, group=seen))
    assert [step.key for step in steps][:2] == [f"w-1:{key}" for key in keys.split()]
    assert any(step.agent_id for step in steps) == bool(write.agent_id)


@pytest.mark.parametrize("status", [Status.PENDING, Status.ON_HOLD, Status.NEW])
def test_states_that_cannot_be_written_are_refused_before_anything_is_done(status: Status) -> None:
    with pytest.raises(GiveUp, match=r"back\.status"):
        connector().steps(replace(ALL, status=status))
    assert "status" in CANNOT and "priority" in CANNOT


def test_an_unsplit_write_is_refused() -> None:
    several = (Write("w", "5", agent_id="101", group_id="201"), Write("w", "5", add_tags=("a", "b")), Write("w", "ticket-5"))
    for write in (ALL, Write("w", "5"), *several, replace(several[0], ticket_id="ticket-5")):
        with pytest.raises(GiveUp, match="one step"):
            connector().write(write, look_first=False)


# Conversations


def test_a_handoff_is_written_whole(play: Playground) -> None:
    key = seeded(play)
    receipts = do(play.connector(), replace(ALL, ticket_id=key))
    held = play.look(key)
    assert (held["admin_assignee_id"], held["team_assignee_id"], held["state"]) == (102, 201, "open")
    assert {tag["name"] for tag in held["tags"]["tags"]} == {"handed-over", "vip", "priority-urgent"}
    assert held["custom_attributes"]["AI attempts"] == 2
    assert held["custom_attributes"]["Product area"] == "payments"
    assert [receipt.mismatch for receipt in receipts] == [()] * len(receipts)
    assert {receipt.actor_id for receipt in receipts} == {"900"}
    note = next(one for one in held["comments"] if one["id"] == receipts[4].note_id)
    assert note["public"] is False and "Baton ref h-1:note" in note["body"]
    sent = next(body["body"] for _, path, body in play.writes() if path.endswith("/reply"))
    assert "<script" not in sent and "{{" not in sent
    assert not any(one["public"] for one in held["comments"] if one["author"].get("id") == "900")


def test_what_is_done_is_found_and_not_repeated(play: Playground) -> None:
    key = seeded(play)
    steps = play.connector().steps(replace(ALL, ticket_id=key))
    for step in steps:
        play.connector().write(step, look_first=False)
    play.state.forget_calls("intercom")
    again = [play.connector().write(step, look_first=True) for step in steps]
    assert all(receipt.found and not receipt.mismatch for receipt in again)
    assert play.writes() == []
    assert [receipt.calls for receipt in again] == [1] * len(steps)
    assert again[4].note_id == next(one["id"] for one in play.look(key)["comments"] if "Baton ref" in str(one["body"]))


def test_what_is_not_done_is_done_after_looking(play: Playground) -> None:
    key = seeded(play)
    receipts = do(play.connector(), replace(ALL, ticket_id=key), look_first=True)
    assert not any(receipt.mismatch for receipt in receipts)
    assert [receipt.found for receipt in receipts].count(True) == 1  # it was open already
    assert play.look(key)["admin_assignee_id"] == 102


def test_a_note_with_a_longer_key_is_another_note(play: Playground) -> None:
    key = seeded(play)
    do(play.connector(), Write("w-2", key, note=replace(NOTE, key="h-1:note:2")))
    receipt = do(play.connector(), Write("w-1", key, note=NOTE), look_first=True)[0]
    assert not receipt.found
    assert sum("Baton ref" in str(one["body"]) for one in play.look(key)["comments"]) == 2


def test_the_team_is_not_assigned_again_when_it_is_so(play: Playground) -> None:
    """Assigning it again would take the admin away."""
    key = seeded(play)
    desk = play.connector()
    team, admin = desk.steps(Write("w", key, agent_id="101", group_id="204"))
    desk.write(team, look_first=False), desk.write(admin, look_first=False)
    assert desk.write(team, look_first=True).found
    assert play.look(key)["admin_assignee_id"] == 101


@pytest.mark.parametrize("status, state", [(Status.SOLVED, "closed"), (Status.CLOSED, "closed"), (Status.OPEN, "open")])
@pytest.mark.parametrize("kind", ["conversation", "ticket"])
def test_states(play: Playground, kind: str, status: Status, state: str) -> None:
    key = seeded(play, kind)
    receipt = do(play.connector(), Write("w", key, status=status))[0]
    held = play.look(key)
    assert held["open"] is (state == "open") and receipt.mismatch == ()
    assert kind == "ticket" or held["state"] == state


def test_an_unknown_assignee_is_given_up_in_intercoms_words(play: Playground) -> None:
    key = seeded(play)
    with pytest.raises(GiveUp, match="assignee_not_found"):
        do(play.connector(), Write("w", key, agent_id="777"))


def test_an_unknown_ticket_is_gone(play: Playground) -> None:
    for key in ("404404", "ticket-404404"):
        with pytest.raises(GiveUp) as gone:
            do(play.connector(), Write("w", key, agent_id="101"))
        assert gone.value.gone


# Tags


def test_tags_are_made_when_new_and_their_ids_remembered(play: Playground) -> None:
    key, desk = seeded(play), play.connector()
    assert do(desk, Write("w", key, add_tags=("new one",)))[0].calls == 3  # the list, the new tag, the tagging
    assert do(desk, Write("w", key, add_tags=("new one",)))[0].calls == 1


def test_removing_a_tag_nobody_has_is_done_already(play: Playground) -> None:
    key, desk = seeded(play), play.connector()
    assert do(desk, Write("w", key, remove_tags=("never made",)))[0].found
    do(desk, Write("w", key, remove_tags=("billing",)))
    assert do(desk, Write("w", key, remove_tags=("billing",)))[0].found
    assert play.look(key)["tags"]["tags"] == []


# Tickets


def test_a_ticket_is_handed_over_with_one_assignee_per_call(play: Playground) -> None:
    key = seeded(play, "ticket")
    receipts = do(play.connector(), replace(ALL, ticket_id=key, status=None))
    held = play.look(key)
    assert (held["admin_assignee_id"], held["team_assignee_id"]) == (102, 201)
    assert held["ticket_attributes"]["AI attempts"] == 2 and held["ticket_attributes"]["_default_title_"] == "Refund"
    assert [receipt.mismatch for receipt in receipts] == [()] * len(receipts)
    puts = [body for method, _, body in play.writes() if method == "PUT"]
    assert [body["assignee_id"] for body in puts] == ["201", "102"]
    assert all(body["admin_id"] == 900 and body["skip_notifications"] is True for body in puts)
    note = next(one for one in held["comments"] if one["id"] == receipts[2].note_id)
    assert note["public"] is False
    play.state.forget_calls("intercom")
    again = do(play.connector(), replace(ALL, ticket_id=key, status=None), look_first=True)
    # The team's call would take the admin away again, so it must be found.
    assert all(receipt.found for receipt in again) and play.writes() == []


# Who writes


def test_the_admin_is_looked_up_once_where_the_settings_name_none(play: Playground) -> None:
    key, desk = seeded(play), play.connector(user="")
    do(desk, Write("w", key, agent_id="101", group_id="204"))
    asked = [call for call in play.state.calls("intercom") if call["path"].endswith("/me")]
    assert len(asked) == 1
    assert {body["admin_id"] for _, _, body in play.writes()} == {"900"}


def test_many_threads_write_their_own(play: Playground) -> None:
    desk = play.connector()
    keys = [play.seed({"type": "conversation", "id": str(70 + n)}) for n in range(8)]
    writes = [Write(f"w-{key}", key, agent_id="101", note=replace(NOTE, key=f"n-{key}")) for key in keys]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda write: do(desk, write), writes))
    assert all(receipt.calls == 1 and not receipt.mismatch for receipts in done for receipt in receipts)
    for key in keys:
        notes = [one for one in play.look(key)["comments"] if "Baton ref" in str(one["body"])]
        assert len(notes) == 1 and f"Baton ref n-{key}" in notes[0]["body"]


# Answers that do not show what was asked

API = "https://api.intercom.io"


def answered(path: str, body: Any, write: Write, method: str = "POST") -> Any:
    with responses.RequestsMock() as web:
        web.add(method, f"{API}/{path}", json=body)
        desk = connector(API)
        receipt = desk.write(desk.steps(write)[0], look_first=False)
        sent = web.calls[0].request
        assert sent.headers["Intercom-Version"] == VERSION == "2.14"
        assert sent.headers["Authorization"].startswith("Bearer ")
    return receipt


@pytest.mark.parametrize(
    "held, said",
    [
        ({"admin_assignee_id": 103}, "the admin should be 101, Intercom shows 103"),
        ({"admin_assignee_id": 0}, "the admin should be 101, Intercom shows nobody"),
        ({"admin_assignee_id": "0"}, "the admin should be 101, Intercom shows nobody"),
        ({}, "the admin should be 101, Intercom shows nobody"),
        ({"admin_assignee_id": "101"}, ""),
        ({"admin_assignee_id": 101}, ""),
    ],
)
def test_the_assignee_is_read_from_the_answer(held: dict[str, Any], said: str) -> None:
    receipt = answered("conversations/5/parts", {"type": "conversation", "id": "5", **held}, Write("w", "5", agent_id="101"))
    assert " ".join(receipt.mismatch) == said
    assert receipt.ticket is not None and receipt.ticket.id == "5"


def test_an_odd_answer_to_a_write_is_no_failure_of_it() -> None:
    receipt = answered("conversations/5/parts", {"ok": True}, Write("w", "5", agent_id="101"))
    assert receipt.ticket is None and receipt.mismatch


@pytest.mark.parametrize(
    "parts, said",
    [
        ([], "Intercom's answer does not show the note"),
        (
            [{"id": "1", "part_type": "comment", "body": "Baton ref h-1:note"}],
            "the note became a comment, which the customer may see",
        ),
        ([{"id": "1", "part_type": "note", "body": "<p>Baton ref h-1:note</p>"}], ""),
        ([{"id": "1", "part_type": "note_and_reopen", "body": "<p>Baton ref h-1:note</p>"}], ""),
    ],
)
def test_the_note_is_read_from_the_answer(parts: list[Any], said: str) -> None:
    body = {"type": "conversation", "id": "5", "conversation_parts": {"conversation_parts": parts}}
    assert " ".join(answered("conversations/5/reply", body, Write("w", "5", note=NOTE)).mismatch) == said


def test_an_answer_that_is_no_json_leaves_open_whether_it_worked() -> None:
    with responses.RequestsMock() as web:
        web.add("POST", f"{API}/conversations/5/reply", body="<html>gateway</html>")
        desk = connector(API)
        with pytest.raises(TryLater) as late:
            desk.write(desk.steps(Write("w", "5", note=NOTE))[0], look_first=False)
    assert late.value.unclear
