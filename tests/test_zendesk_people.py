"""Who we are, who the agents are, and what `flask check` says about an account."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from config.connections import PLAY_EMAIL, PLAY_TOKEN, Connection
from connectors.notes import mark
from connectors.zendesk import CANNOT, Connector
from connectors.zendesk.people import People
from escalation.actions import Note, Write
from escalation.ports import GiveUp, HelpdeskAgent, TryLater
from escalation.ticket import ChangeKind, Message, Person, TicketChange
from tests.support import fixture
from tests.zendesk_play import Desk, mapping, world_on

ECHO = TicketChange("zendesk", "35001", ChangeKind.ASSIGNED, "x", actor=Person("900"))


@pytest.fixture(scope="module")
def world(postgres: str) -> Iterator[Desk]:
    with world_on(postgres) as desk:
        yield desk


@pytest.fixture
def desk(world: Desk) -> Desk:
    world.empty()
    world.seed(fixture("zendesk", "ticket_created_urgent")["ticket"])
    return world


def test_agents_with_groups_and_availability_cached_for_a_minute(desk: Desk) -> None:
    connector, clock = desk.connector(), [0.0]
    connector._people._clock = lambda: clock[0]
    agents = {agent.id: agent for agent in connector.agents()}
    assert agents["101"] == HelpdeskAgent("101", "Ada Lindqvist", "ada@example.com", ("201", "204"), True)
    assert agents["106"] == HelpdeskAgent("106", "Fatima Haddad", "fatima@example.com", ("204",), False)
    assert agents["900"].available is None
    asked = [("GET", "group_memberships.json"), ("GET", "agent_availabilities"), ("GET", "users.json")]
    assert desk.calls() == asked
    clock[0] = 59.9
    connector.agents()
    assert desk.calls() == asked
    clock[0] = 60.0
    connector.agents()
    assert desk.calls() == asked * 2


@pytest.mark.parametrize("failure", [GiveUp("403"), GiveUp("404", gone=True), TryLater("429")])
def test_without_omnichannel_routing_availability_is_unknown(desk: Desk, failure: Exception) -> None:
    connector = desk.connector()

    def refuse(*_: Any, **__: Any) -> Any:
        raise failure

    connector.api.get = refuse  # type: ignore[method-assign]
    assert {agent.available for agent in connector.agents()} == {None}
    assert "agent_availability" in CANNOT


@pytest.mark.parametrize(
    ("record", "listed"),
    [
        ({"role_type": 0}, True),
        ({"role_type": None}, True),
        ({"role_type": 4, "role": "admin"}, True),
        ({"role_type": 1}, False),
        ({"role_type": 3}, False),
        ({"suspended": True}, False),
        ({"active": False}, False),
        ({"id": None}, False),
    ],
)
def test_only_those_who_can_be_assigned_are_agents(record: dict[str, Any], listed: bool) -> None:
    connector = Connector(Connection("zendesk", "zendesk", "http://127.0.0.1:1", "a@example.com", SecretStr("t")), mapping())
    api = connector.api
    api.memberships = lambda: []  # type: ignore[method-assign]
    api.get = lambda *_, **__: {}  # type: ignore[method-assign]
    api.staff = lambda: [{"id": 5, "name": "Eve", "email": None, **record}]  # type: ignore[method-assign]
    assert [agent.name for agent in connector.agents()] == (["Eve"] if listed else [])


# our own writes


def test_our_own_change_is_known_by_its_actor_looked_up_once(desk: Desk) -> None:
    connector = desk.connector()
    assert connector.is_own(ECHO)
    assert connector.is_own(ECHO)
    assert not connector.is_own(replace(ECHO, actor=Person("101")))
    assert desk.calls() == [("GET", "users/me.json")]


def test_nothing_is_asked_for_a_change_without_an_actor(desk: Desk) -> None:
    connector = desk.connector()
    assert not connector.is_own(replace(ECHO, actor=Person()))
    assert not desk.calls()


@pytest.mark.parametrize("how", ["fetch", "write"])
def test_other_answers_tell_who_we_are_for_free(desk: Desk, how: str) -> None:
    connector = desk.connector()
    connector.write(Write("w", "35001", note=Note("k", "t")), look_first=False)
    if how == "fetch":
        connector = desk.connector()
        connector.fetch("35001")
    assert connector.is_own(ECHO)
    assert ("GET", "users/me.json") not in desk.calls()


def test_the_mark_of_a_note_tells_where_no_actor_is_told(desk: Desk) -> None:
    connector = desk.connector()
    note = Message("1", text=f"Handoff\n{mark('h-1')}", public=False)
    quoted = Message("1", text=f"as {mark('h-1')} says", public=False)
    told = replace(ECHO, actor=Person(), message=note)
    assert connector.is_own(told)
    assert not connector.is_own(replace(told, message=replace(note, public=True)))
    assert not connector.is_own(replace(told, message=quoted))
    assert not connector.is_own(replace(told, actor=Person("106"))), "a person who copies our note is still that person"


def test_an_outage_stops_no_evaluation_and_is_not_asked_about_again_at_once() -> None:
    asked, clock = [], [0.0]

    class Away:
        def me(self) -> dict[str, Any]:
            asked.append(1)
            raise TryLater("away")

    people = People(Away(), Connection("z", "zendesk", ""), lambda: clock[0])  # type: ignore[arg-type]
    assert people.our_id() == ""
    assert people.our_id() == ""
    assert len(asked) == 1
    clock[0] = 60.0
    people.our_id()
    assert len(asked) == 2


def test_many_threads_ask_once(desk: Desk) -> None:
    connector = desk.connector()
    threads = [threading.Thread(target=connector.is_own, args=(ECHO,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.calls() == [("GET", "users/me.json")]


# check


def test_a_good_account_has_no_problems(desk: Desk) -> None:
    assert desk.connector().check() == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "acme"}, "its URL is not like https://acme.zendesk.com"),
        ({"user": ""}, "e-mail is not set"),
        ({"token": SecretStr("")}, "the API token is not set"),
        ({"token": SecretStr("wrong")}, "Check the Zendesk URL, e-mail and API token"),
        ({"url": "http://127.0.0.1:1"}, "cannot be reached now"),
    ],
)
def test_each_problem_is_told_with_its_remedy(desk: Desk, changed: dict[str, Any], words: str) -> None:
    problems = desk.connector(**changed).check()
    assert len(problems) == 1
    assert words in problems[0]
    assert "wrong" not in problems[0]


def test_no_webhook_secret_is_a_problem(desk: Desk) -> None:
    told = Connection("zendesk", "zendesk", desk.url, PLAY_EMAIL, SecretStr(PLAY_TOKEN))
    assert any("signing secret" in problem for problem in Connector(told, mapping()).check())


@pytest.mark.parametrize(
    ("me", "words"),
    [
        ({"id": None, "role": "end-user", "name": "Anonymous user"}, "does not accept the e-mail and API token"),
        ({"id": 5, "role": "end-user"}, "does not accept the e-mail and API token"),
        ({"id": 5, "role": "agent", "ticket_restriction": "groups"}, "does not see all tickets"),
        ({"id": 5, "role": "agent", "role_type": 1}, "light agent"),
        ({"id": 5, "role": "admin", "suspended": True}, "suspended"),
    ],
)
def test_what_the_integration_user_may_not_do(desk: Desk, me: dict[str, Any], words: str) -> None:
    connector = desk.connector()
    connector.api.me = lambda: me  # type: ignore[method-assign]
    assert [words in problem for problem in connector.check()] == [True]
