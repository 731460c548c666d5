"""Writing to the play Zendesk: one PUT, notes internal, tags kept, nothing done twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from connectors.notes import mark
from connectors.zendesk import outbound, reading
from escalation.actions import Line, Note, Write
from escalation.ports import GiveUp, TryLater
from escalation.ticket import Message, Money, Priority, Role, Status
from tests.support import fixture, shared
from tests.zendesk_play import Desk, mapping, world_on

NOTE = Note("h-1:note", "Handoff to Billing", (Line("Issue", "charged <twice> & {{locked}}"),))
ASSIGN = Write("h-1:write", "35001", agent_id="101", group_id="201", note=NOTE)
SEED = fixture("zendesk", "ticket_created_urgent")["ticket"]


@pytest.fixture(scope="module")
def world(postgres: str) -> Iterator[Desk]:
    with world_on(postgres) as desk:
        yield desk


@pytest.fixture
def desk(world: Desk) -> Desk:
    """The same play Zendesk for every test of this file, emptied, with the ticket of the story."""
    world.empty()
    world.seed(SEED)
    return world


def sent(desk: Desk) -> list[dict[str, Any]]:
    """The bodies of all updates that reached the vendor."""
    return [call["body"]["ticket"] for call in desk.state.calls("zendesk") if call["method"] == "PUT"]


def test_a_handoff_is_one_put_with_everything_and_an_internal_note(desk: Desk) -> None:
    step = replace(
        ASSIGN, priority=Priority.HIGH, status=Status.ON_HOLD, fields={"refund_amount": Money(Decimal("540.50"), "USD")}
    )
    receipt = desk.connector().write(step, look_first=False)
    assert desk.calls() == [("PUT", "tickets/35001.json")]
    (body,) = sent(desk)
    assert (body["assignee_id"], body["group_id"], body["priority"], body["status"]) == (101, 201, "high", "hold")
    assert body["custom_fields"] == [{"id": 360001234567, "value": 540.5}]
    assert body["metadata"] == {"baton": "h-1:write"}
    assert body["comment"]["public"] is False
    assert "&lt;twice&gt; &amp; &#123;&#123;locked" in body["comment"]["html_body"]
    shown = desk.shown(35001)
    assert (shown["assignee_id"], shown["comments"][-1]["public"]) == (101, False)
    assert shown["comments"][-1]["plain_body"].endswith(mark("h-1:note"))
    assert shown["audits"][-1]["metadata"]["custom"] == {"baton": "h-1:write"}
    assert (receipt.mismatch, receipt.found, receipt.calls, receipt.actor_id) == ((), False, 1, "900")
    assert receipt.note_id == str(shown["comments"][-1]["id"])
    assert receipt.ticket is not None
    assert receipt.ticket.assignee.id == "101"


def test_reading_and_handing_over_costs_three_calls_also_with_tags(desk: Desk) -> None:
    connector = desk.connector()
    connector.fetch("35001")
    connector.write(replace(ASSIGN, add_tags=("baton",)), look_first=False)
    assert [verb for verb, _ in desk.calls()].count("PUT") == 1
    assert len(desk.calls()) == 3


COMMENTS = [{"note": NOTE}, {"note": NOTE, "status": Status.OPEN}, {"note": NOTE, "add_tags": ("x",)}]


@pytest.mark.parametrize("asked", COMMENTS)
@pytest.mark.parametrize("first_is_public", [True, False])
def test_no_comment_is_ever_public(desk: Desk, asked: dict[str, Any], first_is_public: bool) -> None:
    desk.seed({**SEED, "comments": [{"body": "hello", "public": first_is_public}]})
    desk.connector().write(Write("k", "35001", **asked), look_first=False)
    assert [body["comment"]["public"] for body in sent(desk)] == [False]
    assert [said["public"] for said in desk.shown(35001)["comments"]] == [first_is_public, False]


def test_every_update_is_what_the_vendors_specification_takes(desk: Desk) -> None:
    spec = OpenAPI.from_dict(json.loads(shared("specs/zendesk/support-oas.relevant.json").read_text()))
    step = replace(ASSIGN, priority=Priority.LOW, status=Status.OPEN, add_tags=("a",), remove_tags=("renewal",))
    desk.connector().write(step, look_first=False)
    (body,) = sent(desk)
    address = "https://acme.zendesk.com/api/v2/tickets/35001"
    asked = requests.Request("PUT", address, json={"ticket": body}, auth=("a@example.com/token", "x"))
    spec.validate_request(RequestsOpenAPIRequest(asked))


def test_tags_are_merged_never_lost(desk: Desk) -> None:
    receipt = desk.connector().write(Write("k", "35001", add_tags=("Baton Handoff",), remove_tags=("renewal",)), look_first=False)
    assert desk.shown(35001)["tags"] == ["baton_handoff", "billing"]
    assert (receipt.calls, receipt.mismatch) == (2, ())
    assert sent(desk)[0]["safe_update"] is True


def test_a_tag_put_on_meanwhile_survives(desk: Desk) -> None:
    connector = desk.connector()
    connector.fetch("35001")
    act = {"act": "tag", "by": 106, "value": "vip"}
    desk.control("POST", "_tickets/35001/act", act)
    receipt = connector.write(replace(ASSIGN, add_tags=("baton",)), look_first=False)
    shown = desk.shown(35001)
    assert shown["tags"] == ["baton", "billing", "renewal", "vip"]
    assert len([said for said in shown["comments"] if mark(NOTE.key) in said["body"]]) == 1
    assert (receipt.calls, receipt.mismatch) == (3, ())  # refused PUT, read, PUT


def test_a_ticket_that_keeps_changing_is_tried_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = desk.connector()
    read = connector.api.ticket
    monkeypatch.setattr(
        connector.api, "ticket", lambda id: {"ticket": {**read(id)["ticket"], "updated_at": "2020-01-01T00:00:00Z"}}
    )
    with pytest.raises(TryLater) as later:
        connector.write(replace(ASSIGN, add_tags=("baton",)), look_first=False)
    assert not later.value.unclear
    assert desk.shown(35001)["assignee_id"] is None


def test_what_was_done_is_found_and_not_repeated(desk: Desk) -> None:
    connector = desk.connector()
    first = connector.write(ASSIGN, look_first=False)
    again = desk.connector().write(ASSIGN, look_first=True)
    assert (again.found, again.note_id, again.mismatch, again.calls) == (True, first.note_id, (), 2)
    assert [verb for verb, _ in desk.calls()].count("PUT") == 1


@pytest.mark.parametrize("arrives", ["after the ticket was read", "after the comments were read"])
def test_an_earlier_try_that_arrives_while_it_is_looked_for_is_not_repeated(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arrives: str
) -> None:
    """Its worker was killed, but the request was on its way already."""
    earlier, connector = desk.connector(), desk.connector()
    api, late = connector.api, [lambda: earlier.write(ASSIGN, look_first=False)]
    name = "ticket" if arrives == "after the ticket was read" else "get"
    as_ever = getattr(api, name)

    def read(*asked: Any, **more: Any) -> Any:
        answer = as_ever(*asked, **more)
        while late:
            late.pop()()
        return answer

    monkeypatch.setattr(api, name, read)
    receipt = connector.write(ASSIGN, look_first=True)
    assert (receipt.found, receipt.mismatch) == (True, ())
    assert len([said for said in desk.shown(35001)["comments"] if mark(NOTE.key) in said["body"]]) == 1


def test_a_longer_key_that_begins_alike_is_another_note(desk: Desk) -> None:
    connector = desk.connector()
    connector.write(replace(ASSIGN, note=replace(NOTE, key="h-1:note2")), look_first=False)
    assert not connector.write(ASSIGN, look_first=True).found
    assert [verb for verb, _ in desk.calls()].count("PUT") == 2


def test_nothing_done_yet_is_done_after_looking(desk: Desk) -> None:
    receipt = desk.connector().write(replace(ASSIGN, add_tags=("baton",)), look_first=True)
    assert (receipt.found, receipt.calls, receipt.mismatch) == (False, 3, ())
    assert desk.shown(35001)["assignee_id"] == 101


def test_a_note_found_does_not_take_the_ticket_back_from_a_person(desk: Desk) -> None:
    desk.connector().write(ASSIGN, look_first=False)
    desk.control("POST", "_tickets/35001/act", {"act": "assign", "by": 102, "value": 102})
    again = desk.connector().write(ASSIGN, look_first=True)
    assert again.found
    assert again.mismatch == ("assignee_id: asked for 101, Zendesk shows 102",)
    assert desk.shown(35001)["assignee_id"] == 102


def test_without_a_note_the_values_tell_whether_it_was_done(desk: Desk) -> None:
    step = Write("k", "35001", priority=Priority.LOW, add_tags=("done",))
    assert not desk.connector().write(step, look_first=True).found
    assert desk.connector().write(step, look_first=True).found
    assert [verb for verb, _ in desk.calls()].count("PUT") == 1


def test_unreadable_comments_leave_an_unclear_note_to_a_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = desk.connector()

    def refuse(*_: Any, **__: Any) -> Any:
        raise GiveUp("403")

    monkeypatch.setattr(connector.api, "get", refuse)
    with pytest.raises(GiveUp, match="cannot tell whether the note is there"):
        connector.write(ASSIGN, look_first=True)
    assert not sent(desk)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agent_id": "555"}, "Assignee: is invalid"),
        ({"group_id": "203"}, "is not a member of the group"),
        ({"agent_id": "ada"}, "'ada' is not the id of a Zendesk agent"),
        ({"status": Status.DELETED}, "no word for status 'deleted'"),
        ({"fields": {"mood": "good"}}, "no word for fields 'mood'"),
        ({"ticket_id": "404404"}, "answered 404"),
    ],
)
def test_what_cannot_be_written_is_given_up_with_the_reason(desk: Desk, change: dict[str, Any], words: str) -> None:
    with pytest.raises(GiveUp, match=words):
        desk.connector().write(replace(ASSIGN, **change), look_first=False)
    assert desk.shown(35001)["comments"][-1]["id"] == 91006


def test_a_closed_ticket_is_given_up(desk: Desk) -> None:
    desk.seed({**SEED, "status": "closed"})
    with pytest.raises(GiveUp, match="closed prevents ticket update"):
        desk.connector().write(ASSIGN, look_first=False)


def test_what_the_vendor_did_otherwise_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = desk.connector()
    update = connector.api.update

    def tampered(number: int, changes: Any) -> Any:
        answer = update(number, changes)
        answer["ticket"] |= {"assignee_id": None, "group_id": 204, "custom_fields": []}
        answer["audit"]["events"] = [{**e, "public": True} for e in answer["audit"]["events"]]
        return answer

    monkeypatch.setattr(connector.api, "update", tampered)
    step = replace(ASSIGN, add_tags=("a",), fields={"refund_amount": Decimal("3")})
    assert connector.write(step, look_first=False).mismatch == (
        "assignee_id: asked for 101, Zendesk shows None",
        "group_id: asked for 201, Zendesk shows 204",
        "field 360001234567: asked for 3, Zendesk shows None",
        "the note is public",
    )


def test_steps_is_the_one_call_and_refuses_early(desk: Desk) -> None:
    connector = desk.connector()
    assert connector.steps(ASSIGN) == (ASSIGN,)
    assert connector.steps(Write("k", "35001")) == ()
    for wrong in (replace(ASSIGN, ticket_id="x"), replace(ASSIGN, status=Status.UNKNOWN)):
        with pytest.raises(GiveUp):
            connector.steps(wrong)
    assert not desk.calls()


def test_numbers_come_back_as_text_and_are_the_same() -> None:
    step = Write("k", "1", fields={"refund_amount": Decimal("500")})
    shown = {"custom_fields": [{"id": 360001234567, "value": "500.00"}]}
    assert outbound._differences(mapping(), step, shown) == ()


def test_our_own_notes_are_no_agents_work(desk: Desk) -> None:
    connector = desk.connector()
    connector.write(ASSIGN, look_first=False)
    last = connector.fetch("35001").messages[-1]
    assert (last.author.id, last.author.role, last.public) == ("900", Role.BOT, False)
    assert reading.is_our_note(last)
    assert not reading.is_our_note(Message("1", text=f"see {mark('h-1')}", public=False))
