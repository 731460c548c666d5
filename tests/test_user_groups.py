"""Slack user groups: a level that calls one on the card in the team's channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from connectors.slack_blocks import blocks
from escalation.actions import Card, Press
from escalation.events import Accept
from escalation.playbook import Level, Offering, Path
from escalation.ports import Posted
from tests.floor import Floor, people
from tests.slack_play import card

MINUTE = timedelta(minutes=1)


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
