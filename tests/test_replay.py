"""Every route on a timeline can be worked out again from what is kept, with the roster of its version, and comes out the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from bench.month import Silent
from config.playbook import load_playbook
from config.roster import load_roster
from escalation import conclude
from escalation.decision import Route, as_data
from escalation.desks import Matter, route_for
from escalation.hop import Handoff
from escalation.pipeline import Pipeline
from escalation.playbook import Level, Offering, Weights
from escalation.roster import Agent, Load, Quiet, Roster, Shift, Team
from escalation.routing import choose, replay
from escalation.ticket import ChangeKind, Customer, Message, Person, Priority, Role, Ticket, TicketChange
from store.codec import build, plain
from store.documents import StoredDocuments
from store.journal import StoredJournal
from store.tables import HandoffRow, TimelineRow

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
IDS = ("ada", "bo", "cy", "dee")
TEAM = Team("billing", "Billing", ("billing",), lead="ada", watch="bo")
AGENTS = st.lists(
    st.builds(
        Agent,
        st.sampled_from(IDS),
        st.just("A name"),
        ids=st.sampled_from([{"zendesk": "1"}, {}, {"intercom": "2"}]),
        skills=st.dictionaries(st.sampled_from(["billing", "bug"]), st.integers(0, 5)),
        languages=st.sampled_from([(), ("en",), ("de", "en-GB")]),
        tier=st.integers(1, 3),
        teams=st.sampled_from([(), ("billing",)]),
        capacity=st.integers(0, 4),
        shifts=st.sampled_from([(), (Shift((0,), time(8), time(17)),), (Shift((5,), time(8), time(17)),)]),
        deputy=st.sampled_from(["", "cy"]),
        quiet=st.sampled_from([None, Quiet(time(22), time(6))]),
    ),
    max_size=5,
    unique_by=lambda agent: agent.id,
)
WORDS = st.dictionaries(st.sampled_from(IDS), st.sampled_from(["declined: busy", "", "away"]))
LOADS = st.dictionaries(
    st.sampled_from(IDS),
    st.builds(
        Load, st.integers(0, 4), st.integers(0, 2), st.none() | st.integers(0, 99).map(lambda m: NOW - timedelta(minutes=m))
    ),
)
LEVELS = st.builds(
    Level, st.just("One"), offering=st.sampled_from(Offering), min_tier=st.integers(1, 3), to=st.sampled_from(IDS)
)  # fmt: skip
TICKETS = st.builds(
    Ticket, st.sampled_from(["zendesk", ""]), st.just("1"), language=st.sampled_from(["", "de"]),
    customer=st.builds(Customer, tier=st.sampled_from(["", "vip"]), language=st.sampled_from(["", "en"])),
)  # fmt: skip
MOMENTS = st.integers(0, 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))
WEIGHTS = st.builds(Weights, skill=st.floats(0, 1000), fair=st.floats(0, 1000), version=st.integers(0, 9))


@given(AGENTS, TICKETS, LEVELS, LOADS, WORDS, WORDS, st.frozensets(st.sampled_from(IDS)), WEIGHTS, MOMENTS, st.booleans())
def test_a_route_replayed_is_the_same(
    agents: list[Agent],
    ticket: Ticket,
    level: Level,
    loads: dict[str, Load],
    exclude: dict[str, str],
    away: dict[str, str],
    known: frozenset[str],
    weights: Weights,
    now: datetime,
    teams: bool,
) -> None:
    roster = Roster(tuple(agents), (TEAM,) if teams else (), version=7)
    more: dict[str, Any] = {"weights": weights, "exclude": exclude, "known": known, "away": away}
    route = route_for(Matter(ticket, "billing", "billing"), level, roster, lambda _: loads, now, **more)
    assert replay(route, roster) == route
    # Both forms in which it is kept: in the handoff, and on the timeline.
    for kept in (plain(route), as_data(route)):
        loaded = build(Route, json.loads(json.dumps(kept)))
        assert loaded == route and replay(loaded, replace(roster)) == route


@given(AGENTS, LOADS)
def test_what_is_kept_does_not_grow_with_people_outside_the_pool(agents: list[Agent], loads: dict[str, Load]) -> None:
    crowd = tuple(Agent(f"x{n}", f"X{n}", teams=("other",)) for n in range(400))
    roster = Roster((*agents, *crowd), (TEAM,), version=7)
    busy = loads | {agent.id: Load(1, 1, NOW) for agent in crowd}
    route = choose(Ticket("zendesk", "1"), "billing", TEAM, roster, busy, NOW, level=Level("One"), away={"x1": "away"})
    assert len(json.dumps(as_data(route))) < 1500 + 600 * len(agents)


def test_another_version_of_the_roster_is_refused() -> None:
    roster = Roster((), (TEAM,), version=7)
    route = choose(Ticket("zendesk", "1"), "billing", TEAM, roster, {}, NOW, level=Level("One"))
    with pytest.raises(ValueError, match="version 7 of the roster, not 8"):
        replay(route, replace(roster, version=8))


def test_a_route_kept_by_an_earlier_version_loads_and_says_that_it_cannot_be_replayed() -> None:
    told = {"agent": "ada", "name": "Ada", "score": 40.0, "parts": {"skill": 40.0}, "excluded": "", "words": "skill billing 5/5"}
    old = {"team": "billing", "issue_type": "billing", "candidates": [told], "words": "Billing pool", "roster_version": 3}
    route = build(Route, old)
    assert route.available()[0].agent == "ada" and route.inputs is None and route.playbook_version == 0
    with pytest.raises(ValueError, match="before there was anything"):
        replay(route, Roster(version=3))


# ------------------------------------------------------------------ through the store

RULES = """
default_team: billing
routing: {skill: 10, known: 400, valuable: [gold]}
paths: {default: {levels: [{name: One, offering: one, most_offers: 3}, {name: Lead, offering: lead}]}}
rules:
  - {id: urgent, title: Urgent, when: {all: [{field: priority, op: becomes, value: urgent}]}}
issue_words: {billing: [invoice*]}
"""
PEOPLE = """
teams:
  billing: {name: Billing, issue_types: [billing], lead: ada}
agents:
  ada: {name: Ada, ids: {zendesk: "1"}, teams: [billing], skills: {billing: 5}, tier: 3}
  bo: {name: Bo, ids: {zendesk: "2"}, teams: [billing], skills: {billing: 2}, languages: [en]}
  cy: {name: Cy, ids: {zendesk: "3"}, teams: [billing]}
"""
CUSTOMER = Person("c", "Kim", "kim@example.com", Role.CUSTOMER)


def urgent(ticket_id: str, **more: Any) -> Ticket:
    known = frozenset({"priority", "messages", "customer"})
    asked = (Message("m", CUSTOMER, "My invoice is wrong.", at=NOW),)
    told = {"priority": Priority.URGENT, "requester": CUSTOMER, "messages": asked, "known": known, **more}
    return Ticket("zendesk", ticket_id, customer=Customer(tier="Gold"), created_at=NOW, **told)


class Lives:
    """A pipeline over a store, at a time of ours, with the newest roster that is kept."""

    def __init__(self, db: Engine) -> None:
        self.db, self.now, self.documents = db, NOW, StoredDocuments(db)
        self.journal = StoredJournal(db)
        self.pipeline = Pipeline(
            journal=self.journal,
            helpdesks=dict,
            chat=cast(Any, None),
            reader=Silent(),
            playbook=lambda: load_playbook(RULES, version=5),
            roster=lambda: self.roster(self.documents.active("roster").version),
            clock=lambda: self.now,
            pause=lambda _: None,
        )

    def roster(self, version: int) -> Roster:
        """The roster of a version, from the document that is kept."""
        text = next(d.text for d in self.documents.history("roster") if d.version == version)
        return load_roster(text, version=version)

    def change_roster(self, text: str) -> None:
        self.documents.add("roster", text, "boss", "a test")

    def look(self, ticket: Ticket) -> None:
        with self.journal.case("zendesk", ticket.id, self.now) as case:
            news = (TicketChange("zendesk", ticket.id, ChangeKind.CREATED, "test"),)
            conclude.look_at(case, self.pipeline, ticket, news)

    def wind(self, minutes: int) -> None:
        """Let the clock go on, and everything due happen in its order."""
        self.now += timedelta(minutes=minutes)
        while due := self.journal.due_timers(self.now, 1):
            self.pipeline.fire(due[0], max(due[0].due_at, NOW))

    def routes(self, ticket_id: str) -> list[Route]:
        """What the timeline keeps of a ticket's routes, oldest first."""
        mine = (TimelineRow.ticket_id == ticket_id, TimelineRow.kind == "routed")
        with self.db.connect() as db:
            rows = db.execute(select(TimelineRow.data).where(*mine).order_by(TimelineRow.id)).all()
        return [build(Route, row.data["route"]) for row in rows]


@pytest.fixture
def lives(db: Engine) -> Lives:
    made = Lives(db)
    made.change_roster(PEOPLE)
    return made


def test_every_route_of_a_life_is_kept_and_replays_with_the_roster_of_its_version(lives: Lives) -> None:
    lives.look(urgent("1"))
    lives.wind(16)  # nobody answers
    lives.change_roster(PEOPLE.replace("billing: 2", "billing: 4").replace("tier: 3", "tier: 1"))
    lives.wind(120)
    routes = lives.routes("1")
    assert {route.roster_version for route in routes} == {1, 2} and {route.playbook_version for route in routes} == {5}
    assert {route.inputs.level.name for route in routes if route.inputs} == {"One", "Lead"}
    assert [replay(route, lives.roster(route.roster_version)) for route in routes] == routes
    assert routes[0].inputs and routes[0].inputs.weights == Weights(skill=10, known=400, valuable=("gold",), version=5)
    with lives.db.connect() as db:
        body = db.execute(select(HandoffRow.body).where(HandoffRow.ticket_id == "1")).scalar_one()
    assert build(Handoff, body).route == routes[-1]


def test_desks_as_they_were_are_part_of_what_is_kept(lives: Lives) -> None:
    lives.look(urgent("1"))
    lives.look(urgent("2", requester=replace(CUSTOMER, email="lee@example.com")))
    (first,), (second,) = lives.routes("1"), lives.routes("2")
    assert first.inputs and not first.inputs.loads
    assert second.inputs and second.inputs.loads == {"ada": Load(0, 1, NOW)}
    assert replay(second, lives.roster(1)) == second


def test_who_had_earlier_tickets_of_the_customer_comes_first(lives: Lives) -> None:
    lives.look(urgent("1", assignee=Person("2", "Bo", role=Role.AGENT)))
    lives.look(urgent("2"))
    lives.look(urgent("3", requester=replace(CUSTOMER, email="lee@example.com")))
    known, stranger = lives.routes("2")[0], lives.routes("3")[0]
    assert known.available()[0].agent == "bo" and known.inputs and known.inputs.known == ("bo",)
    assert "has helped this customer before" in known.available()[0].words
    assert stranger.available()[0].agent != "bo" and stranger.inputs and not stranger.inputs.known


def test_who_accepted_an_earlier_ticket_of_the_customer_knows_them_too(lives: Lives) -> None:
    lives.look(urgent("1"))
    with lives.db.begin() as db:
        db.execute(HandoffRow.__table__.update().values(accepted_by="bo", state="closed"))  # type: ignore[attr-defined]
    lives.look(urgent("2", requester=replace(CUSTOMER, email="KIM@example.com")))
    (route,) = lives.routes("2")
    assert route.inputs and route.inputs.known == ("bo",)
