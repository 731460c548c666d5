"""A tracker as a level of a path: the bug is filed or linked, and the handoff goes on or waits; through the real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from escalation.events import Accept
from escalation.hop import Handoff, State
from escalation.playbook import Afterwards, Level, Offering, Path
from escalation.ports import GiveUp
from tests import test_bugs
from tests.floor import people

DAY = timedelta(days=1)
ENGINEERING = Level("Engineering", Offering.TRACKER, then=Afterwards.WAIT, offer_for=2 * DAY)
TELLS = Level("Tell the customer", Offering.CHANNEL)
NO_EVIDENCE = "It does not work."


class Office(test_bugs.Office):
    """The path has a tracker; the worker carries out what levels plan too."""

    def handoff(self, ticket: str) -> Handoff:
        shown = self.journal.shown(self.handoff_of(ticket))
        assert shown is not None
        return shown.handoff

    def asked(self, ticket: str) -> list[str]:
        return [offer.agent or offer.everybody for offer in self.handoff(ticket).open_offers]

    def do(self) -> None:
        """The reports that levels have planned, then everything about bugs."""
        for row in self.rows("SELECT id FROM actions WHERE state = 'planned' AND kind = 'bug' ORDER BY id"):
            task = self.journal.begin(row.id)
            assert task is not None
            self.pipeline.perform(task)
        self.work()


@pytest.fixture
def offices(db: Engine) -> Iterator[list[Office]]:
    made: list[Office] = []
    yield made
    for office in made:
        office.journal.close()


def office(db: Engine, offices: list[Office], level: Level = ENGINEERING, *, trackers: bool = True) -> Office:
    made = Office(db, Path("default", (level, TELLS), first_reply_in=9 * DAY), people(3))
    offices.append(made)
    made.open(trackers=trackers)
    return made


def test_the_bug_is_filed_once_and_the_handoff_waits_until_it_is_closed(db: Engine, offices: list[Office]) -> None:
    room = office(db, offices)
    room.ticket("1")
    assert room.asked("1") == ["the tracker of the team"]
    room.do()
    assert len(room.tracker.bugs) == 1 and room.asked("1") == ["the tracker of the team"]
    (told,) = room.timeline("tracked")
    assert told.words.startswith("Level Engineering: a bug for the tracker; it waits until that is closed, at most until")
    room.ticket("2")
    room.do()
    assert len(room.tracker.bugs) == 1 and room.tracker.links == [("0", "2")], "the same fault: linked"
    room.news("closed", "k1")
    room.work()
    assert (room.asked("1"), room.asked("2")) == (["everybody in #care"], ["everybody in #care"])
    assert {e.words for e in room.timeline("expired")} == {"Bug #0 was closed"}


def test_it_waits_no_longer_than_its_time_and_can_be_accepted_meanwhile(db: Engine, offices: list[Office]) -> None:
    room = office(db, offices)
    room.ticket("1")
    room.ticket("2")
    room.do()
    assert room.press(room.handoff_of("2"), Accept("a00")).ok
    room.now += 2 * DAY + timedelta(minutes=1)
    room.fire()
    assert room.asked("1") == ["everybody in #care"]
    room.news("closed", "late")
    assert room.handoff("2").accepted_by == "a00", "what is closed later moves nobody's handoff"


def test_with_go_on_the_next_level_is_asked_at_once(db: Engine, offices: list[Office]) -> None:
    room = office(db, offices, replace(ENGINEERING, then=Afterwards.GO_ON))
    room.ticket("1")
    assert room.asked("1") == ["everybody in #care"]
    room.do()
    assert len(room.tracker.bugs) == 1


@pytest.mark.parametrize(
    ("text", "trackers", "why"),
    [
        (NO_EVIDENCE, True, "nothing was filed. May be a bug is not is a bug"),
        (test_bugs.TEXT, False, "nothing was filed. No tracker is set up"),
    ],
    ids=["evidence is lacking", "no tracker"],
)
def test_what_a_person_has_to_look_at_is_told_and_holds_nothing_up(
    db: Engine, offices: list[Office], text: str, trackers: bool, why: str
) -> None:
    room = office(db, offices, trackers=trackers)
    room.ticket("1", text)
    room.do()
    assert room.asked("1") == ["everybody in #care"]
    (told,) = room.timeline("bug_not_filed")
    assert why in told.words
    ((to, said),) = room.said.said
    assert to == "#care" and why in said and "/bug" in said
    assert not trackers or "Lacking: Environment" in said


def test_bugs_that_are_alike_are_for_a_person_to_choose(db: Engine, offices: list[Office]) -> None:
    room = office(db, offices)
    room.ticket("1")
    room.do()
    room.ticket("2", test_bugs.TEXT.replace("ERR-5021", "ERR-5021 or ERR-6000"))
    room.do()
    assert len(room.tracker.bugs) == 1
    assert "Alike: #0 in github" in room.timeline("bug_not_filed")[0].words


def test_a_tracker_that_refuses_holds_up_no_handoff_for_longer_than_the_level(db: Engine, offices: list[Office]) -> None:
    room = office(db, offices)
    room.tracker.trouble = GiveUp("401", refused=True)
    room.ticket("1")
    room.do()
    assert "could not be filed" in room.said.said[0][1]
    assert (room.handoff("1").state, room.asked("1")) == (State.OFFERED, ["the tracker of the team"])
    room.now += 3 * DAY
    room.fire()
    assert room.asked("1") == ["everybody in #care"]


def test_a_ticket_that_is_behind_a_bug_already_is_not_reported_again(db: Engine, offices: list[Office]) -> None:
    room = office(db, offices, replace(ENGINEERING, then=Afterwards.GO_ON))
    handoff = room.ticket("1", NO_EVIDENCE)
    assert room.report(handoff, anyway=True, new=True).ok
    room.do()
    assert len(room.tracker.bugs) == 1
    assert room.timeline("bug_reported")[-1].words.startswith("Baton (level Engineering): this ticket is behind b_")
