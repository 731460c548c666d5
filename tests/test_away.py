"""“I'm away until…”: what is understood and what is not, where it is kept, and that nobody away is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from escalation.away import LONGEST, Asked, Away, NotUnderstood, all_in_words, in_words, moment, understood
from escalation.decision import Route
from escalation.desks import Matter, desk_of, route_for
from escalation.playbook import Level, Offering, Weights
from escalation.roster import Agent, Load, Roster, Team
from escalation.ticket import Ticket
from store import away
from store.journal import StoredJournal
from tests.web_data import Web, web

ADA = Agent("ada", "Ada", ids={"zendesk": "1"}, teams=("billing",), time_zone="Europe/Stockholm")
BO = replace(ADA, id="bo", name="Bo", ids={"zendesk": "2"})
TEAM = Team("billing", "Billing", lead="ada")
ROSTER = Roster((ADA, BO), (TEAM,), version=1)
NOW = datetime(2025, 11, 24, 12, 0, tzinfo=UTC)  # a Monday, 13:00 in Stockholm
BEFORE_SPRING = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # the next night has no 02:30 in Stockholm


def at(words: str) -> datetime:
    """A moment in Stockholm's winter."""
    return datetime.fromisoformat(f"{words}+01:00")


@pytest.mark.parametrize(
    ("said", "until", "reason"),
    [
        ("2h lunch", at("2025-11-24T15:00"), "lunch"),
        ("90m", at("2025-11-24T14:30"), ""),
        ("1h30m: dentist, back soon", at("2025-11-24T14:30"), "dentist, back soon"),
        ("1hr 30 mins", at("2025-11-24T14:30"), ""),
        ("45 MIN walk", at("2025-11-24T13:45"), "walk"),
        ("3d", at("2025-11-27T13:00"), ""),
        ("until 14:30", at("2025-11-24T14:30"), ""),
        ("UNTIL 14:30: lunch", at("2025-11-24T14:30"), "lunch"),
        ("until 9:00", at("2025-11-25T09:00"), ""),
        ("until 13:00", at("2025-11-25T13:00"), ""),
        ("until tomorrow", at("2025-11-25T00:00"), ""),
        ("until tomorrow 9:15 school", at("2025-11-25T09:15"), "school"),
        ("until today 18:00", at("2025-11-24T18:00"), ""),
        ("until Monday", at("2025-12-01T00:00"), ""),
        ("until fri 12:00 - training", at("2025-11-28T12:00"), "training"),
        ("until 2025-12-24 family", at("2025-12-24T00:00"), "family"),
    ],
)
def test_what_is_understood(said: str, until: datetime, reason: str) -> None:
    assert understood(said, ADA, NOW) == Asked(until.astimezone(UTC), reason)


@pytest.mark.parametrize("said", ["back", " Back "])
def test_being_back(said: str) -> None:
    assert understood(said, ADA, NOW) == Asked(None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "Say how long"),
        ("lunch", "Say how long"),
        ("two hours", "Say how long"),
        ("1h30", "Say how long"),
        ("-2h", "Say how long"),
        ("14:30", "Say how long"),
        ("until", "Say how long"),
        ("until later", "Say how long"),
        ("until 25:00", "Say how long"),
        ("until 14:60", "Say how long"),
        ("until 2026-02-30", "Say how long"),
        ("until \u0663:\u0660\u0660", "Say how long"),
        ("back now", "Say how long"),
        ("0m", "has passed"),
        ("until today", "has passed"),
        ("until today 09:00", "has passed"),
        ("until 2025-11-24", "has passed"),
        ("61d", "more than 60 days"),
        ("999d", "more than 60 days"),
        ("until 2026-06-01", "more than 60 days"),
        ("until 9999-12-31", "more than 60 days"),
        (f"1h {'x' * 201}", "longer than 200"),
    ],
)
def test_what_is_not_understood_is_answered(said: str, told: str) -> None:
    with pytest.raises(NotUnderstood, match=told):
        understood(said, ADA, NOW)


@pytest.mark.parametrize(
    ("said", "hours"),
    [("24h", 24), ("1d", 23), ("until Sunday 13:00", 23), ("until 02:30", 13.5)],
)
def test_the_night_a_clock_is_changed(said: str, hours: float) -> None:
    until = understood(said, ADA, BEFORE_SPRING).until
    assert until is not None and until - BEFORE_SPRING == timedelta(hours=hours)


words = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from(["until", "2h", "3d", "9:00", "Mon", "back", "x", "1"])).map(" ".join)
)


@given(
    words, st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["UTC", "America/New_York", "Pacific/Apia"])
)
def test_whatever_is_said_is_a_moment_to_come_or_refused(said: str, when: datetime, zone: str) -> None:
    now = when.replace(tzinfo=UTC)
    try:
        asked = understood(said, replace(ADA, time_zone=zone), now)
    except NotUnderstood as refused:
        assert str(refused)
    else:
        assert asked.until is None or now < asked.until <= now + LONGEST
        assert asked.reason.isprintable()


@pytest.mark.parametrize(
    ("until", "reason", "told"),
    [
        (NOW + timedelta(minutes=90), "lunch", "away until 14:30 Europe/Stockholm: lunch"),
        (NOW + timedelta(hours=20), "", "away until Tue 09:00 Europe/Stockholm"),
        (NOW + timedelta(days=20), "", "away until Sun 14 Dec 13:00 Europe/Stockholm"),
    ],
)
def test_in_words(until: datetime, reason: str, told: str) -> None:
    assert in_words(Away("ada", until, reason), ADA, NOW) == told


# --- routing ---


def routed(level: Level, gone: Iterable[Away], now: datetime = NOW) -> Route:
    def loads(_: Iterable[str]) -> Mapping[str, Load]:
        return {}

    matter = Matter(Ticket("zendesk", "7"), "", "billing")
    return route_for(matter, level, ROSTER, loads, now, weights=Weights(), away=all_in_words(gone, ROSTER, now))


LUNCH = Away("ada", NOW + timedelta(hours=1), "lunch")
STRANGER = Away("gone-from-the-roster", NOW + timedelta(hours=1))


def test_nobody_away_is_asked_and_the_reason_is_kept() -> None:
    route = routed(Level("One"), [LUNCH, STRANGER])
    assert [c.agent for c in route.available()] == ["bo"]
    assert {c.agent: c.excluded for c in route.candidates}["ada"] == "away until 14:00 Europe/Stockholm: lunch"


def test_a_level_that_names_somebody_away_asks_nobody() -> None:
    route = routed(Level("Lead", offering=Offering.LEAD), [LUNCH])
    assert route.available() == () and "away until 14:00" in route.words


def test_it_ends_by_itself() -> None:
    assert {c.agent for c in routed(Level("One"), [LUNCH], LUNCH.until).available()} == {"ada", "bo"}


def test_a_desk_asks_who_is_away_once_for_each_route() -> None:
    asked = []

    def away_now() -> Mapping[str, str]:
        asked.append(1)
        return {"ada": "away"}

    matter = Matter(Ticket("zendesk", "7"), "", "billing")
    kept: list[Route] = []
    desk = desk_of(matter, ROSTER, lambda _: {}, NOW, weights=Weights(), away=away_now, keep=kept.append)
    assert asked == []
    assert [c.agent for c in desk.choose(Level("One"), {}).available()] == ["bo"] and len(asked) == len(kept) == 1


# --- what is kept ---


def timeline(db: Engine) -> list[tuple[str, str, str]]:
    with db.connect() as connection:
        return [
            (r.kind, r.words, r.actor) for r in connection.execute(text("SELECT kind, words, actor FROM timeline ORDER BY id"))
        ]


def test_rows_end_by_themselves_and_the_timeline_remembers(db: Engine) -> None:
    away.begin(db, ADA, replace(LUNCH, by="ada"), NOW)
    longer = Away("ada", NOW + timedelta(hours=3), "dentist", "bo", since=NOW)
    away.begin(db, ADA, longer, NOW)
    assert away.everybody(db, NOW) == (longer,)
    assert away.everybody(db, longer.until) == ()
    assert timeline(db) == [
        ("away", "Ada is away until 14:00 Europe/Stockholm: lunch", "ada"),
        ("away", "Ada is away until 16:00 Europe/Stockholm: dentist", "bo"),
    ]


def test_being_back_counts_once(db: Engine) -> None:
    away.begin(db, ADA, LUNCH, NOW)
    assert [away.end(db, ADA, "ada", NOW) for _ in range(2)] == [True, False]
    assert away.everybody(db, NOW) == ()
    away.begin(db, ADA, LUNCH, NOW)
    assert away.end(db, ADA, "ada", LUNCH.until) is False, "it had ended by itself"
    assert [kind for kind, *_ in timeline(db)] == ["away", "back", "away"]


def test_a_case_knows_who_is_away(db: Engine) -> None:
    away.begin(db, BO, Away("bo", NOW + timedelta(hours=1)), NOW)
    journal = StoredJournal(db)
    with journal.case("zendesk", "7", NOW) as case:
        assert [one.agent for one in case.away()] == ["bo"]
    with journal.case("zendesk", "7", NOW + timedelta(hours=1)) as case:
        assert case.away() == ()
    journal.close()


# --- the API ---


def put(here: Web, who: str, body: object, token: str | None = None) -> Any:
    client = here.client() if token is None else here.client(token)
    return client.put(f"/api/v1/agents/{who}/away", json=body)


def test_the_api_says_so_for_others_and_back(db: Engine, tmp_path: Path) -> None:
    here, soon = web(db, tmp_path), datetime.now(UTC) + timedelta(hours=2)
    told = put(here, "ada@example.com", {"until": soon.isoformat(), "reason": "  school\n play "}).json
    assert (told["agent"], told["away"], told["reason"]) == ("ada", True, "school play")
    [one] = away.everybody(db, datetime.now(UTC))
    assert (one.agent, one.until, one.by) == ("ada", soon, "API_TOKEN")
    back: Any = here.client().delete("/api/v1/agents/ada/away")
    assert back.json["away"] is False
    assert away.everybody(db, datetime.now(UTC)) == ()
    assert [(kind, actor) for kind, _, actor in timeline(db)] == [("away", "API_TOKEN"), ("back", "API_TOKEN")]


@pytest.mark.parametrize(
    ("who", "body", "told"),
    [
        ("nobody", {"until": "2099-01-01"}, "not in the roster"),
        ("ada", {}, "ISO 8601"),
        ("ada", {"until": "2h"}, "ISO 8601"),
        ("ada", {"until": "2020-01-01T10:00Z"}, "has passed"),
        ("ada", {"until": "0001-01-01T00:00+14:00"}, "has passed"),
        ("ada", {"until": "9999-12-31T23:59-12:00"}, "more than 60 days"),
        ("ada", {"until": 5}, "until is text"),
        ("ada", {"until": "2099-01-01", "reason": ["x"]}, "reason is text"),
        ("ada", {"until": "2099-01-01", "reason": "x" * 201}, "longer than 200"),
    ],
)
def test_the_api_refuses_with_what_to_mend(db: Engine, tmp_path: Path, who: str, body: object, told: str) -> None:
    response = put(web(db, tmp_path), who, body)
    assert response.status_code == 422 and told in response.json["detail"]
    assert away.everybody(db, NOW) == ()


def test_a_time_without_zone_is_the_agents_own() -> None:
    assert moment("2025-11-24T14:30", ADA) == at("2025-11-24T14:30")
    assert moment("2025-11-24T14:30Z", ADA) == datetime(2025, 11, 24, 14, 30, tzinfo=UTC)
