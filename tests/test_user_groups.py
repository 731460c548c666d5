"""Slack user groups: a level that calls one on the card in the team's channel, and groups that follow the roster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest
import yaml
from sqlalchemy import Engine

from config.playbook import Problems, load_roster
from connectors import slack
from connectors.slack import SlackChat
from connectors.slack_blocks import blocks
from escalation.actions import Card, Press
from escalation.events import Accept
from escalation.playbook import Level, Offering, Path
from escalation.ports import GiveUp, Posted
from escalation.roster import Roster
from escalation.user_groups import Followed, follow, wanted
from sandbox.slack_world import SCOPES
from tests.floor import START, Floor, people
from tests.slack_play import Play, card, playing
from tests.support import ROOT

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Wall:
    """A chat that keeps the cards that were posted, and what each shows now."""

    cards: dict[Posted, list[Card]] = field(default_factory=dict)

    def post(self, to: str, card: Card, key: str, *, look_first: bool) -> Posted:
        where = Posted(to, str(len(self.cards)))
        self.cards[where] = [card]
        return where

    def update(self, where: Posted, card: Card) -> None:
        self.cards[where].append(card)


@pytest.fixture
def floors(db: Engine) -> Iterator[list[Floor]]:
    made: list[Floor] = []
    yield made
    for floor in made:
        floor.journal.close()


def called(db: Engine, floors: list[Floor], *levels: Level) -> tuple[Floor, Wall]:
    """A floor whose team has the user group S7, and its wall, with one ticket handed over."""
    floor, wall = Floor(db, Path("default", levels), people(2)), Wall()
    floors.append(floor)
    floor.roster = replace(floor.roster, teams=(replace(floor.roster.teams[0], user_group="S7"),))
    floor.pipeline = replace(floor.pipeline, chat=cast(Any, wall))
    floor.webhook("1", kind="created", status="open", priority="urgent", by="customer")
    return floor, wall


def work(floor: Floor) -> None:
    """Every card that is planned, posted and edited."""
    for row in floor.rows("SELECT id FROM actions WHERE state = 'planned' AND kind IN ('alert', 'update_alert') ORDER BY id"):
        task = floor.journal.begin(row.id)
        assert task is not None
        floor.pipeline.perform(task)


GROUP = Level("Everybody there", Offering.USER_GROUP)


@pytest.mark.parametrize(("level", "group"), [(GROUP, "S7"), (replace(GROUP, to="S0614TZR7"), "S0614TZR7")])
def test_the_card_in_the_teams_channel_calls_the_group_and_one_of_them_takes_it(
    db: Engine, floors: list[Floor], level: Level, group: str
) -> None:
    floor, wall = called(db, floors, level)
    work(floor)
    ((where, (shown,)),) = wall.cards.items()
    assert (where.channel, shown.mention, Press.ACCEPT in shown.presses) == ("#care", group, True)
    assert f"<!subteam^{group}> *Ready for me to assign it to you?" in blocks(shown)[1]["text"]["text"]
    (told,) = floor.rows("SELECT words FROM timeline WHERE kind = 'offered'")
    assert told.words == f"Offered to everybody in #care, calling the user group {group}"
    assert floor.press(floor.handoff_of("1"), Accept("a01")).ok
    work(floor)
    assert wall.cards[where][-1].state.startswith("A01 accepted")


def test_after_the_channels_own_card_the_group_gets_a_new_one(db: Engine, floors: list[Floor]) -> None:
    floor, wall = called(db, floors, Level("Channel", Offering.CHANNEL), GROUP)
    work(floor)
    floor.now += 16 * MINUTE
    floor.fire()
    work(floor)
    (old, new) = wall.cards.values()
    assert (old[-1].live, old[-1].state, old[-1].presses) == (False, "Taken back: the user group is called.", ())
    assert (new[-1].mention, new[-1].live) == ("S7", True)


@pytest.mark.parametrize("mention", ["S7|<!channel>", "s7", "S", "S7>", "<S7>", "SHERE!"])
def test_nothing_else_is_called(mention: str) -> None:
    assert "<!" not in blocks(card(mention=mention))[1]["text"]["text"]


# --- groups that follow the roster ---

ROSTER = """
teams:
  care: {{name: Care, watch: bo, {care}}}
rotations:
  turns: {{members: [ada, bo], turns: follow_the_sun, {turns}}}
agents:
  ada: {{name: Ada, slack_id: U101, teams: [care], shifts: [{{days: mon-fri, start: "08:00", end: "12:00"}}]}}
  bo: {{name: Bo, email: bo@example.com, teams: [care], shifts: [{{days: mon-fri, start: "10:00", end: "18:00"}}]}}
"""
MONDAY = START.replace(hour=0)


def roster(care: str = "user_group: S1, group_follows: on_shift", turns: str = "") -> Roster:
    return load_roster(ROSTER.format(care=care, turns=turns).replace(", }", "}"))


FOLLOWED: list[tuple[str, Roster, int, list[tuple[str, tuple[str, ...]]]]] = [  # at which hour who is in which group
    ("left alone", roster("user_group: S1"), 9, []),
    ("the one on shift", roster(), 9, [("S1", ("ada",))]),
    ("both", roster(), 11, [("S1", ("ada", "bo"))]),
    ("nobody", roster(), 20, [("S1", ())]),
    ("on watch for the team", roster("user_group: S1, group_follows: on_watch"), 11, [("S1", ("bo",))]),
    ("a watch is never silent", roster("user_group: S1, group_follows: on_watch"), 20, [("S1", ("bo",))]),
    ("on watch by a rotation", roster("", "user_group: S2"), 9, [("S2", ("ada",))]),
    ("when the sun has moved on", roster("", "user_group: S2"), 13, [("S2", ("bo",))]),
]  # fmt: skip


@pytest.mark.parametrize(("people", "hour", "groups"), [row[1:] for row in FOLLOWED], ids=[row[0] for row in FOLLOWED])
def test_who_belongs_into_which_group(people: Roster, hour: int, groups: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(one.group, one.members) for one in wanted(people, MONDAY + hour * HOUR)] == groups


WRONG: list[tuple[str, str, str, str]] = [
    ("no group", "group_follows: on_shift", "", "it does not say which user group follows"),
    ("no id", "user_group: '@care'", "", "user_group"),
    ("nothing known", "user_group: S1, group_follows: on_call", "", "group_follows"),
    ("twice", "user_group: S1, group_follows: on_shift", "user_group: S1", "the user group S1 is already used"),
]


@pytest.mark.parametrize(("care", "turns", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_refused(care: str, turns: str, words: str) -> None:
    with pytest.raises(Problems) as found:
        roster(care, turns)
    assert words in str(found.value)


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as made:
        yield made


@dataclass
class Team:
    """As much of the pipeline as groups look at, with the play Slack."""

    chat: SlackChat
    people: Roster = field(default_factory=roster)

    def roster(self) -> Roster:
        return self.people

    def follow(self, hour: int) -> Followed:
        return follow(cast(Any, self), MONDAY + hour * HOUR)


def members(play: Play, group: str = "S1") -> list[str]:
    return list(play.chat._wire.read("usergroups.users.list", usergroup=group)["users"])


def test_a_group_follows_the_shifts_and_is_never_emptied(play: Play) -> None:
    team = Team(play.chat)
    assert team.follow(9).changed == {"S1": "on shift in Care: Ada"}
    assert members(play) == ["U101"]
    assert team.follow(11).changed == {"S1": "on shift in Care: Ada, Bo"}
    assert members(play) == ["U101", "U102"], "found by e-mail too"
    assert team.follow(13).changed == {"S1": "on shift in Care: Bo"}
    assert team.follow(20) == Followed({}, {}) and members(play) == ["U102"], "nobody is on: it keeps whom it had"


def test_what_is_right_already_is_not_written(play: Play) -> None:
    team = Team(play.chat)
    team.follow(9)
    play.control("PUT", "errors", {"usergroups.users.update": "permission_denied"})
    assert team.follow(9) == Followed({}, {}) and play.calls("usergroups.users.list") == 1, "remembered"
    fresh = Team(SlackChat(play.account))
    assert fresh.follow(9) == Followed({}, {}) and play.calls("usergroups.users.list") == 2, "looked up"
    assert play.calls("usergroups.users.update") == 1
    assert "Permissions, User Groups" in fresh.follow(11).problems["S1"]
    play.control("PUT", "errors", {})
    assert fresh.follow(11).changed and members(play) == ["U101", "U102"], "tried again with the next look"


def test_one_group_and_one_person_hold_up_no_other(play: Play) -> None:
    people = roster("user_group: S9, group_follows: on_shift", "user_group: S2")
    found = Team(play.chat, people).follow(11)
    assert found.changed == {"S2": "on watch by turns: Ada"}
    assert "there is no such user group" in found.problems["S9"]
    stranger = replace(people.agents[0], slack_id="", email="x@example.com")
    people = replace(roster(), agents=(stranger, people.agents[1]))
    found = Team(play.chat, people).follow(11)
    assert found.changed == {"S1": "on shift in Care: Bo"} and members(play) == ["U102"]
    assert "nobody has the e-mail address x@example.com" in found.problems["S1 ada"]


@pytest.mark.parametrize(
    ("people", "words"),
    [(["UBATON"], "guests and bots"), (["U999"], "deactivated"), ([], "deactivated")],
)
def test_play_slack_refuses_what_slack_refuses(play: Play, people: list[str], words: str) -> None:
    with pytest.raises(GiveUp, match=words):
        play.chat.fill_group("S1", people)


def test_the_check_names_missing_scopes_and_groups_only_where_a_group_follows(play: Play) -> None:
    assert play.chat.check(["S1"]) == ()
    assert play.chat.check(["S1", "S9"]) == ("Slack: there is no user group S9; mend its id in the roster",)
    play.control("PUT", "scopes", {"scopes": SCOPES.replace(",usergroups:write", "")})
    assert play.chat.check() == ()
    assert [line for line in play.chat.check(["S1"]) if "usergroups:write (to change who" in line]
    with pytest.raises(GiveUp, match="lacks the scope usergroups:write"):
        play.chat.fill_group("S1", ["U103"])


def test_the_manifest_has_every_scope_that_is_checked() -> None:
    manifest = yaml.safe_load((ROOT / "slack-manifest.yaml").read_text())
    assert {*slack.SCOPES, *slack.GROUP_SCOPES} <= set(manifest["oauth_config"]["scopes"]["bot"])
