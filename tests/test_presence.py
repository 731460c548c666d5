"""Whom helpdesks and Slack show as not available: read in the background, kept briefly, and combined by stated rules."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from config.playbook import load_playbook
from escalation import presence
from escalation.away import Away, all_in_words
from escalation.ports import GiveUp, HelpdeskAgent, TryLater
from escalation.presence import FRESH
from escalation.ticket import Priority
from store import away
from tests.slack_play import Play, playing
from tests.test_away import ADA, BO, NOW, ROSTER
from tests.test_desk import ADA as ADA_PRESSES
from tests.test_desk import RULES, Lives

OWN = Away("ada", NOW + timedelta(hours=1), "lunch")
THERE = Away("ada", NOW + FRESH, "not available in Zendesk", source="zendesk")
CHAT_TOO = "availability: {chat: true}"
QUIET = Away("ada", NOW + FRESH, "do not disturb in the chat", source="chat")


@pytest.mark.parametrize(
    ("shown", "more", "words"),
    [
        ([THERE], {}, "not available in Zendesk"),
        ([THERE], {"connection": "zendesk"}, "not available in Zendesk"),
        ([THERE], {"connection": "freshdesk"}, None),
        ([QUIET], {"connection": "zendesk"}, "do not disturb in the chat"),
        ([QUIET], {"disturb": True}, None),
        ([THERE], {"disturb": True}, "not available in Zendesk"),
        ([OWN, THERE, QUIET], {}, "away until 14:00 Europe/Stockholm: lunch"),
        ([THERE, QUIET], {"disturb": True, "connection": "intercom"}, None),
        ([replace(THERE, until=NOW)], {}, None),
        ([replace(THERE, agent="stranger")], {}, None),
    ],
)
def test_what_counts(shown: list[Away], more: Mapping[str, Any], words: str | None) -> None:
    for order in (shown, shown[::-1]):
        assert all_in_words(order, ROSTER, NOW, **more).get("ada") == words


@dataclass
class Desk:
    """A helpdesk whose agents can be told, or not."""

    kind: str
    told: tuple[HelpdeskAgent, ...] = ()
    fails: Exception | None = None

    @property
    def connection(self) -> str:
        return self.kind

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        if self.fails:
            raise self.fails
        return self.told


@dataclass
class Parts:
    """What ``presence.look`` looks at, and what it kept."""

    desks: list[Desk]
    rules: str = ""
    disturbed: Mapping[str, datetime] = field(default_factory=dict)
    kept: dict[str, tuple[Away, ...]] = field(default_factory=dict)
    remaining: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.journal = self.chat = self

    def playbook(self) -> Any:
        return load_playbook(RULES + self.rules)

    def roster(self) -> Any:
        return replace(ROSTER, agents=(replace(ADA, slack_id="U1"), BO))

    def helpdesks(self) -> Mapping[str, Desk]:
        return {desk.connection: desk for desk in self.desks}

    def undisturbed(self, people: Iterable[str]) -> Mapping[str, datetime]:
        assert set(people) == {"U1"}
        return self.disturbed

    def show_away(self, source: str, shown: Iterable[Away]) -> None:
        self.kept[source] = tuple(shown)

    def forget_away(self, sources: Iterable[str]) -> None:
        self.remaining = frozenset(sources)


AGENTS = (
    HelpdeskAgent("1", available=False),
    HelpdeskAgent("2", available=True),
    HelpdeskAgent("3", available=False),  # on no roster
    HelpdeskAgent("2", available=None),
)


def test_only_who_is_shown_as_away_and_is_on_the_roster_is_kept() -> None:
    parts = Parts([Desk("zendesk", AGENTS), Desk("freshdesk")])
    assert presence.look(cast(Any, parts), NOW) == {}
    assert parts.kept == {"zendesk": (THERE,), "freshdesk": ()}
    assert parts.remaining == {"zendesk", "freshdesk"}


def test_a_vendor_that_cannot_be_read_keeps_nobody_from_work_and_stops_no_other() -> None:
    broken = Desk("zendesk", fails=TryLater("zendesk: no answer in 10 s"))
    parts = Parts([broken, Desk("intercom", ())], CHAT_TOO, {"U1": NOW + timedelta(hours=9)})
    assert presence.look(cast(Any, parts), NOW) == {"zendesk": "zendesk: no answer in 10 s"}
    assert parts.kept == {"intercom": (), "chat": (QUIET,)}  # what Zendesk showed before grows old by itself
    assert parts.remaining == {"zendesk", "intercom", "chat"}


def test_what_is_not_respected_is_not_even_read() -> None:
    parts = Parts([Desk("zendesk", fails=AssertionError("was read"))], "availability: {helpdesks: false}")
    assert presence.look(cast(Any, parts), NOW) == {}
    assert parts.kept == {} and parts.remaining == frozenset()


def test_do_not_disturb_that_ends_soon_is_kept_no_longer() -> None:
    soon = NOW + timedelta(minutes=2)
    parts = Parts([], CHAT_TOO, {"U1": soon})
    presence.look(cast(Any, parts), NOW)
    assert parts.kept == {"chat": (replace(QUIET, until=soon),)}


def test_what_is_shown_replaces_what_was_and_leaves_their_own_word(db: Engine) -> None:
    now = datetime.now(UTC)
    own = Away("ada", now + timedelta(hours=1), "lunch", by="ada")
    away.begin(db, ADA, own, now)
    first = (replace(THERE, until=now + FRESH), replace(THERE, agent="bo", until=now + FRESH))
    away.show(db, "zendesk", first)
    away.show(db, "chat", (replace(QUIET, until=now + FRESH),))
    assert [(one.agent, one.source) for one in sorted(away.everybody(db, now), key=lambda a: (a.agent, a.source))] == [
        ("ada", ""), ("ada", "chat"), ("ada", "zendesk"), ("bo", "zendesk"),
    ]  # fmt: skip
    away.show(db, "zendesk", first[1:])
    away.forget(db, ["zendesk"])
    assert {(one.agent, one.source) for one in away.everybody(db, now)} == {("ada", ""), ("bo", "zendesk")}
    assert away.end(db, ADA, "ada", now) and not away.end(db, BO, "bo", now)
    assert {(one.agent, one.source) for one in away.everybody(db, now)} == {("bo", "zendesk")}
    assert away.everybody(db, now + FRESH) == ()


def test_who_is_not_available_is_not_offered_anything_and_the_timeline_says_why(db: Engine) -> None:
    lives = Lives(db)
    away.show(db, "zendesk", (replace(THERE, until=datetime.now(UTC) + FRESH),))
    lives.look("1", Priority.URGENT)
    told = str(lives.one("SELECT data FROM timeline WHERE kind = 'routed'").data)
    assert "not available in Zendesk" in told
    assert lives.one("SELECT agent FROM offers").agent != "ada"
    assert "not available in Zendesk" in lives.desk.away(ADA_PRESSES, "").text


@pytest.mark.parametrize(("severity", "asked"), [("high", "bo"), ("critical", "ada")])
def test_what_is_critical_disturbs(db: Engine, severity: str, asked: str) -> None:
    lives = Lives(db, RULES.replace("title: Urgent,", f"title: Urgent, severity: {severity},"))
    away.show(db, "chat", (replace(QUIET, until=datetime.now(UTC) + FRESH),))
    lives.look("1", Priority.URGENT)
    assert lives.one("SELECT agent FROM offers").agent == asked


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as running:
        yield running


def test_slack_tells_who_is_not_to_be_disturbed(play: Play) -> None:
    end = time.time() + 3600
    play.control("PUT", "dnd", {"U101": end, "U102": time.time() - 5})
    found = play.chat.undisturbed(["U101", "U102", "U103"])
    assert {person: round(at.timestamp()) for person, at in found.items()} == {"U101": round(end)}


def test_slack_without_the_scope_says_so(play: Play) -> None:
    play.control("PUT", "scopes", {"scopes": "chat:write"})
    with pytest.raises(GiveUp, match="dnd:read"):
        play.chat.undisturbed(["U101"])
