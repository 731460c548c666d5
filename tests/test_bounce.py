"""The bounce breaker: a second return to a team, or one hand-over too many, and somebody decides (domain.md §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from escalation.events import Accept, Event, NextLevel, Reassign, Return
from escalation.handoff import advance
from escalation.hop import Step
from escalation.playbook import Level, Offering, Path
from escalation.reopening import chain_of
from escalation.roster import Load
from tests.test_ladder import (
    CHANNEL,
    LEAD,
    NEWEST,
    NOW,
    ONE,
    ROSTER,
    agent,
    asked,
    busy,
    desk_at,
    expired,
    path,
    play,
    told,
    wrong,
)

PATH = path(Level("one", most_offers=1), CHANNEL)

PATH_CHANNEL = path(CHANNEL, CHANNEL)


def given_back(*people: str) -> list[Event]:
    return [event for name in people for event in (Accept(name), Return(name, f"not mine ({name})"))]


def to_team(team: str, by: str, lead: bool = False) -> Reassign:
    return Reassign(by, team, "theirs", True, lead)


def bounced(step: Step) -> list[str]:
    return [entry.words for entry in step.entries if entry.kind == "bounced"]


TWICE = given_back("ada", "bo")
AROUND: list[Event] = [to_team("security", "ada"), to_team("billing", "zoe")]
DECIDES: list[tuple[str, Path, list[Event], list[str]]] = [  # what happened → who is asked now
    ("once it goes on by itself", PATH, given_back("ada"), ["bo"]),
    ("the second return: the lead", PATH, TWICE, ["lena"]),
    ("the lead is silent: the watch", PATH, [*TWICE, *expired(3)], ["wim"]),
    ("the lead declines: the watch", PATH, [*TWICE, busy("lena")], ["wim"]),
    ("neither: the last level", PATH, [*TWICE, busy("lena"), wrong("wim")], ["#billing"]),
    ("a lead who gave it back is no judge", PATH, [*TWICE, *given_back("lena")], ["wim"]),
    ("nobody is left to decide", PATH, [*TWICE, *given_back("lena", "wim")], ["#billing"]),
    ("the lead who said no is not asked", PATH_CHANNEL, [wrong("lena"), *TWICE], ["wim"]),
    ("calling the next level is no return", path(ONE, LEAD), [*TWICE[:2], Accept("bo"), NextLevel("bo", NEWEST)], ["lena"]),
    ("a team gets it back once", PATH, AROUND, ["bo"]),
    ("of the level's own team", path(Level("sec", team="security"), CHANNEL), given_back("zoe"), ["#billing"]),
]  # fmt: skip


@pytest.mark.parametrize(("way", "events", "now_asked"), [row[1:] for row in DECIDES], ids=[row[0] for row in DECIDES])
def test_who_is_asked(way: Path, events: list[Event], now_asked: list[str]) -> None:
    assert asked(play(way, *events)) == now_asked


def test_the_reason_is_on_the_timeline_and_on_the_card_with_the_whole_chain() -> None:
    step = play(PATH, *TWICE)
    assert bounced(step) == ["It came back to Billing a second time: Lena is asked to decide who has it"]
    assert step.handoff.open_offers[0].why == "It came back to Billing a second time; you decide who has it"
    assert step.handoff.bounced == "It came back to Billing a second time"
    assert step.handoff.trail == ("billing", "billing", "billing")
    assert chain_of(step.handoff, ROSTER)[:2] == (
        "Ada was asked: withdrawn (returned it: not mine (ada))",
        "Bo was asked: withdrawn (returned it: not mine (bo))",
    )


def test_the_chain_says_who_accepted_also_where_a_whole_channel_was_asked() -> None:
    assert chain_of(play(PATH_CHANNEL, Accept("bo")).handoff, ROSTER) == (
        "everybody in #billing was asked: withdrawn (somebody else has it)",
        "Bo accepted at 09:01 UTC",
    )


def test_handed_to_and_fro_between_teams_it_breaks_too_unless_a_lead_sends_it() -> None:
    fro = [to_team("security", "ada"), to_team("billing", "xia"), to_team("security", "bo")]
    led = replace(ROSTER, agents=(*ROSTER.agents, agent("yan", "security"), agent("xia", "security")))
    there = Load(last_offer_at=NOW)  # zoe had an offer lately, so the others are asked before her
    step = play(PATH, *fro, to_team("billing", "yan"), roster=led, loads={"zoe": there})
    words = "It came back to Billing a second time: Lena is asked to decide who has it"
    assert (asked(step), bounced(step)) == (["lena"], [words])
    assert step.handoff.trail == ("billing", "security", "billing", "security", "billing")
    by_lead = play(PATH, *fro, to_team("billing", "zoe"), roster=led, loads={"zoe": there})
    assert (asked(by_lead), bounced(by_lead)) == (["chidi"], []), "a lead has decided"


@pytest.mark.parametrize(
    ("loads", "now_asked"), [({"lena": Load(5)}, ["wim"]), ({"lena": Load(5), "wim": Load(5)}, ["#billing"])]
)
def test_who_cannot_decide_now_is_passed_over_and_told(loads: Mapping[str, Load], now_asked: list[str]) -> None:
    step = play(PATH, *TWICE, loads=loads)
    assert asked(step) == now_asked
    if now_asked == ["#billing"]:
        assert told(step) == ["lena", "wim"], "nobody who decides could be asked: they are told"
        assert bounced(step) == ["It came back to Billing a second time: nobody who decides can be asked now"]


def test_beyond_the_hop_limit_the_lead_is_asked_and_asked_but_once() -> None:
    way = path(Level("one", most_offers=1), Level("all", Offering.ALL))
    step = play(way, *given_back("ada"))
    limited = replace(step.handoff, hop_limit=2)
    assert limited.hop == 2
    taken = advance(limited, Accept("bo"), NOW, desk_at(NOW, limited)).handoff
    again = advance(taken, Return("bo", "no"), NOW, desk_at(NOW, taken))
    assert asked(again) == ["lena"]
