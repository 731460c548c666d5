"""Presses in Slack over the real pipeline and store: handing on, putting off, the next level, verdicts, and every bad input."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Engine, text

from escalation import conclude
from escalation.actions import Card, Press
from escalation.ports import Posted
from escalation.shift_work import Shifts
from escalation.ticket import ChangeKind, ClockState, SlaClock, Status, Ticket, TicketChange
from store import accounts
from store.accounts import Role
from store.declines import Declined, counted
from tests.test_desk import ADA, BO, CY, NOW, STRANGER, Lives
from web.desk import PipelineDesk
from web.slack_kit import Options, Presser, Reply

RULES = """
default_team: billing
paths:
  default: {levels: [{name: One, offering: one, offer_for: 30m}, {name: Channel, offering: channel}]}
rules:
  - {id: urgent, title: Urgent, when: {all: [{field: priority, op: becomes, value: urgent}]}}
issue_words: {billing: [invoice*]}
"""


@dataclass
class Chat:
    """A chat that keeps the newest state of every card, by where it stands."""

    cards: dict[tuple[str, str], Card] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def post(self, to: str, card: Card, key: str, *, look_first: bool) -> Posted:
        posted = Posted(to, str(len(self.cards) + 1))
        self.cards[posted.channel, posted.ts] = card
        return posted

    def update(self, where: Posted, card: Card) -> None:
        self.cards[where.channel, where.ts] = card

    def tell(self, to: str, text: str, key: str, *, look_first: bool) -> Posted:
        self.told.append((to, text))
        return Posted(to, "t")


class Room(Lives):
    """With a chat in which everything planned is carried out."""

    def __init__(self, db: Engine) -> None:
        super().__init__(db, RULES)
        self.chat = Chat()
        self.pipeline = replace(self.pipeline, chat=cast(Any, self.chat), channel="#help")
        self.desk = PipelineDesk(
            self.pipeline, db, self.desk.begin, self.desk.connections, Shifts(self.pipeline), self.desk.page_url
        )

    def perform(self) -> None:
        """Carry out what is planned; there is nothing to read back from a play-helpdesk without tickets."""
        with self.db.connect() as db:
            planned = db.scalars(text("SELECT id FROM actions WHERE state = 'planned' AND kind <> 'prove' ORDER BY id")).all()
        for action in planned:
            task = self.journal.begin(action)
            assert task is not None
            self.pipeline.perform(task)

    def begin(self, **more: Any) -> None:
        self.look("1", **more)
        self.perform()

    def card(self, who: Presser) -> Card:
        """The newest card in somebody's direct messages."""
        self.perform()
        return [card for (to, _), card in self.chat.cards.items() if to == who.slack_id][-1]

    def do(self, who: Presser, press: Press, card: Card, reason: str = "", note: str = "") -> Reply:
        reply = self.desk.answer(press, card.handoff_id, card.offer_id, who, reason=reason, note=note, dedupe_key="k")
        self.perform()
        return reply

    def solve(self, status: Status = Status.SOLVED) -> None:
        with self.journal.case("zendesk", "1", datetime.now(UTC)) as case:
            assert case.ticket is not None
            ticket: Ticket = replace(case.ticket, status=status)
            conclude.look_at(case, self.pipeline, ticket, (TicketChange("zendesk", "1", ChangeKind.UPDATED, "test"),))
        self.perform()

    def offers(self) -> list[tuple[str, str]]:
        with self.db.connect() as db:
            return [(row.agent, row.state) for row in db.execute(text("SELECT agent, state FROM offers ORDER BY number"))]


@pytest.fixture
def room(db: Engine) -> Room:
    made = Room(db)
    made.begin()
    return made


ALL = (Press.ACCEPT, Press.DECLINE, Press.ASK, Press.REASSIGN, Press.SNOOZE, Press.NEXT_LEVEL)


def test_handing_it_to_a_colleague_from_the_card_to_their_acceptance(room: Room) -> None:
    card = room.card(ADA)
    assert card.presses == ALL
    assert room.do(ADA, Press.ACCEPT, card) == Reply(True)
    assert room.card(ADA).presses == (Press.RETURN, Press.ASK, Press.REASSIGN, Press.NEXT_LEVEL)
    told = room.do(ADA, Press.REASSIGN, card, "cy", "He knows her")
    assert told == Reply(True, "Ada handed it to Cy: He knows her (Slack)")
    assert (room.card(ADA).presses, room.card(ADA).state) == ((), "Taken back: handed to Cy.")
    assert room.card(CY).lines[0].text == "Ada hands it to you: He knows her"
    writes = room.one("SELECT count(*) AS n FROM actions WHERE kind = 'write'").n
    assert room.do(CY, Press.ACCEPT, room.card(CY)) == Reply(True)
    assert room.one("SELECT accepted_by FROM handoffs").accepted_by == "cy"
    assert room.one("SELECT count(*) AS n FROM actions WHERE kind = 'write'").n == writes + 1, "assigned on acceptance only"
    entry = room.one("SELECT words, actor, data FROM timeline WHERE kind = 'reassigned'")
    assert (entry.words, entry.actor, entry.data["why"]) == ("Ada handed it to Cy: He knows her (Slack)", "ada", "He knows her")


def test_handing_it_to_another_team(room: Room) -> None:
    assert room.do(ADA, Press.REASSIGN, room.card(ADA), "team:care", "theirs").ok
    assert room.offers() == [("ada", "withdrawn"), ("cy", "open")]
    assert room.one("SELECT body ->> 'team' AS team FROM handoffs").team == "care"


def test_putting_off_moves_the_clock_on_the_card(room: Room) -> None:
    card = room.card(ADA)
    before = room.one("SELECT body ->> 'until' AS until FROM offers").until
    options = room.desk.options(Press.SNOOZE, card.handoff_id, ADA)
    assert [value for value, _ in options.choices] == ["5", "10", "30"]
    assert options.choices[0][1].startswith("5 minutes more, until ")
    told = room.do(ADA, Press.SNOOZE, card, "10")
    assert told.ok and told.text.startswith("Ada put off answering until ")
    after = room.one("SELECT body ->> 'until' AS until FROM offers").until
    assert (datetime.fromisoformat(after) - datetime.fromisoformat(before)).total_seconds() == 600
    assert "Put off once: waiting until " in room.card(ADA).state
    assert Press.SNOOZE not in room.card(ADA).presses
    assert "once already" in room.do(ADA, Press.SNOOZE, card, "5").text
    assert "once already" in room.desk.options(Press.SNOOZE, card.handoff_id, ADA).refused


@pytest.mark.parametrize(
    ("more", "severity", "why"),
    [
        ({}, "critical", "A critical handoff is not put off."),
        ({"sla": (SlaClock("first_reply", NOW, ClockState.BREACHED),)}, "", "Its SLA is breached"),
    ],
)
def test_what_is_urgent_is_not_put_off(db: Engine, more: dict[str, Any], severity: str, why: str) -> None:
    room = Room(db)
    room.begin(**more)
    if severity:
        with db.begin() as change:
            change.execute(text("UPDATE escalations SET severity = :severity"), {"severity": severity})
    card = room.card(ADA)
    assert room.desk.options(Press.SNOOZE, card.handoff_id, ADA).refused.startswith(why)
    assert room.do(ADA, Press.SNOOZE, card, "5").text.startswith(why)


def test_the_next_level_from_the_menu_counts_once(room: Room) -> None:
    card = room.card(ADA)
    assert room.do(ADA, Press.NEXT_LEVEL, card) == Reply(True, "Ada called the next level (Slack)")
    assert "Only a lead" not in room.do(ADA, Press.NEXT_LEVEL, card).text, "she is the lead of the team"
    assert room.do(ADA, Press.NEXT_LEVEL, card).text.startswith("It has moved on since you looked")
    assert [state for _, state in room.offers()] == ["withdrawn", "open"]
    assert Press.NEXT_LEVEL not in room.chat.cards["#help", "2"].presses, "there is none after it"


def test_who_is_a_lead_by_their_account_may_hand_it_on(room: Room) -> None:
    card = room.card(ADA)
    room.do(ADA, Press.DECLINE, card, "busy")
    bo = room.card(BO)
    assert room.do(CY, Press.REASSIGN, bo, "ada", "she can").text.startswith("You are not asked for this one now")
    accounts.add_user(room.db, "ada@example.com", "a long password", Role.LEAD)
    assert accounts.is_lead(room.db, "ADA@example.com") and not accounts.is_lead(room.db, "")
    assert room.do(ADA, Press.REASSIGN, bo, "cy", "he can").ok
    assert room.offers() == [("ada", "declined"), ("bo", "withdrawn"), ("cy", "open")]


def test_the_form_names_who_can_be_named(room: Room) -> None:
    card = room.card(ADA)
    options = room.desk.options(Press.REASSIGN, card.handoff_id, ADA)
    assert options == Options([("bo", "Bo"), ("cy", "Cy"), ("team:care", "Team: Care")])
    room.do(ADA, Press.DECLINE, card, "conflict")
    options = room.desk.options(Press.REASSIGN, card.handoff_id, BO)
    assert [value for value, _ in options.choices] == ["cy", "team:care"]
    assert room.desk.options(Press.DECLINE, card.handoff_id, BO) == Options()
    assert room.desk.options(Press.REASSIGN, card.handoff_id, STRANGER).refused.startswith("Zoe is not on Baton's roster.")
    assert room.desk.options(Press.REASSIGN, "h_0", BO).refused == "Baton does not know this handoff any more."
    room.solve()
    assert room.desk.options(Press.REASSIGN, card.handoff_id, BO).refused.startswith("The ticket is closed")


# --- verdicts ---


def test_a_verdict_in_one_click_changed_by_another(room: Room) -> None:
    room.do(ADA, Press.ACCEPT, room.card(ADA))
    room.solve()
    card = room.card(ADA)
    assert (card.presses, card.live, card.verdict) == ((Press.VERDICT,), False, "")
    told = room.do(ADA, Press.VERDICT, card, "wrong_team")
    assert told == Reply(True), "the edited card says it"
    assert room.card(ADA).verdict == "wrong_team"
    assert room.do(ADA, Press.VERDICT, card, "wrong_team") == told, "the same again changes nothing"
    room.do(ADA, Press.VERDICT, card, "correct")
    assert room.card(ADA).verdict == "correct"
    row = room.one("SELECT verdict, by, via FROM feedback")
    assert (row.verdict, row.by, row.via) == ("correct", "ada", "Slack")
    with room.db.connect() as db:
        entries = db.execute(text("SELECT words, escalation_id, data FROM timeline WHERE kind = 'verdict' ORDER BY id")).all()
    assert [e.words for e in entries] == ["Ada says: wrong team (Slack)", "Ada says: correctly escalated (Slack)"]
    assert all(e.escalation_id for e in entries)
    assert entries[0].data == {"verdict": "wrong_team", "team": "billing", "issue_type": "billing"}


def test_whoever_took_it_without_a_card_is_asked_in_a_message(room: Room) -> None:
    card = room.card(ADA)
    room.do(ADA, Press.DECLINE, card, "busy")
    assert room.do(CY, Press.ACCEPT, card).ok
    room.solve()
    asked = room.card(CY)
    assert (asked.presses, asked.offer_id) == ((Press.VERDICT,), "")
    assert room.do(CY, Press.VERDICT, asked, "tier_1") == Reply(True, "Kept: tier 1 could have. Another press changes it.")
    room.do(CY, Press.VERDICT, asked, "ai")
    assert room.one("SELECT verdict, by FROM feedback")[:] == ("ai", "cy")


@pytest.mark.parametrize("status", [Status.DELETED])
def test_nobody_is_asked_about_what_was_deleted(room: Room, status: Status) -> None:
    room.do(ADA, Press.ACCEPT, room.card(ADA))
    room.solve(status)
    assert room.card(ADA).presses == ()


def test_who_may_judge(room: Room) -> None:
    card = room.card(ADA)
    assert room.do(ADA, Press.VERDICT, card, "ai") == Reply(
        False, "Nobody has had this handoff yet, so there is nothing to judge."
    )
    room.do(ADA, Press.DECLINE, card, "busy")
    room.do(BO, Press.ACCEPT, room.card(BO))
    assert room.do(CY, Press.VERDICT, card, "ai") == Reply(False, "Only Bo, who had it, or a lead can say that.")
    assert room.do(BO, Press.VERDICT, card, "perfect") == Reply(False, "This button is no longer valid.")
    room.solve()
    assert room.do(STRANGER, Press.VERDICT, card, "ai").text.startswith("Zoe is not on Baton's roster.")
    accounts.add_user(room.db, "ada@example.com", "a long password", Role.LEAD)
    assert room.do(ADA, Press.VERDICT, card, "ai").ok, "a lead"
    assert room.one("SELECT count(*) AS n FROM feedback").n == 1


# --- bad input ---

Said = tuple[Presser, Press, str, str]  # who, what, reason, note
OLD: list[tuple[str, list[Said], Said, str]] = [  # what went before → what is pressed on Ada's first card → what they are told
    ("a stranger", [], (STRANGER, Press.REASSIGN, "bo", "x"), "Zoe is not on Baton's roster."),
    ("a stranger's next level", [], (STRANGER, Press.NEXT_LEVEL, "", ""), "Zoe is not on Baton's roster."),
    ("somebody else's card", [], (CY, Press.REASSIGN, "bo", "x"), "You are not asked for this one now"),
    ("somebody else's card", [], (CY, Press.SNOOZE, "5", ""), "You are not asked for this one now"),
    ("somebody else's card", [], (BO, Press.NEXT_LEVEL, "", ""), "Only a lead, or the person who is asked or has this"),
    ("a reason that is none", [], (ADA, Press.DECLINE, "tired", ""), "Choose one of the reasons."),
    ("nobody known", [], (ADA, Press.REASSIGN, "nobody", "x"), "nobody is nobody in the roster; give the short name."),
    ("no such team", [], (ADA, Press.REASSIGN, "team:moon", "x"), "There is no team moon"),
    ("no reason", [], (ADA, Press.REASSIGN, "bo", ""), "Say in a few words why"),
    ("no time", [], (ADA, Press.SNOOZE, "", ""), "Choose how much longer"),
    ("no number", [], (ADA, Press.SNOOZE, "soon", ""), "Choose how much longer"),
    ("no time of the clock", [], (ADA, Press.SNOOZE, "", "when I am ready"), "A time of the clock"),
    ("too long", [], (ADA, Press.SNOOZE, "31", ""), "It can be put off once, by no more than the level's own 30 min"),
    ("an old card: declined", [(ADA, Press.DECLINE, "busy", "")], (ADA, Press.SNOOZE, "5", ""), "You are not asked for this one"),
    ("an old card: handed on", [(ADA, Press.REASSIGN, "cy", "x")], (ADA, Press.ACCEPT, "", ""), ""),
    ("a form sent too late", [(BO, Press.ACCEPT, "", "")], (ADA, Press.SNOOZE, "5", ""), "You are not asked for this"),
    ("a form sent after accepting", [(ADA, Press.ACCEPT, "", "")], (ADA, Press.SNOOZE, "5", ""), "You have this one already"),
    ("the same form twice", [(ADA, Press.REASSIGN, "cy", "x")], (ADA, Press.REASSIGN, "cy", "x"), "Cy is being asked already."),
    ("a press that is no answer", [], (ADA, Press.OPEN, "", ""), "This button is no longer valid."),
    ("out of order", [], (ADA, Press.RETURN, "", "more"), "Only the person who has this handoff can return it."),
]  # fmt: skip


IDS = [f"{number}: {row[0]}" for number, row in enumerate(OLD)]


@pytest.mark.parametrize(("before", "press", "told"), [row[1:] for row in OLD], ids=IDS)
def test_every_bad_input_gets_one_clear_answer(room: Room, before: list[Said], press: Said, told: str) -> None:
    card = room.card(ADA)
    for who, what, reason, note in before:
        assert room.do(who, what, card, reason, note).ok
    state = room.one("SELECT body FROM handoffs").body
    who, what, reason, note = press
    reply = room.do(who, what, card, reason, note)
    assert reply.text.startswith(told) and reply.ok is not bool(told)
    assert (room.one("SELECT body FROM handoffs").body == state) is bool(told), "a refused press changes nothing"


@pytest.mark.parametrize("press", [Press.REASSIGN, Press.SNOOZE, Press.NEXT_LEVEL, Press.ACCEPT, Press.RETURN])
def test_an_old_card_of_a_solved_ticket(room: Room, press: Press) -> None:
    card = room.card(ADA)
    room.do(ADA, Press.ACCEPT, card)
    room.solve()
    assert room.do(ADA, press, card, "5" if press is Press.SNOOZE else "bo", "") == Reply(
        False, "This handoff is over; there is nothing to press any more."
    )


def test_declines_for_wrong_skill_are_counted_once_a_handoff(db: Engine) -> None:
    room = Room(db)
    for number in ("1", "2", "3"):
        room.look(number)
        for row in room.desk.home(ADA).offers:
            room.desk.answer(Press.DECLINE, row.handoff, row.offer, ADA, reason="wrong_skill", dedupe_key="k")
    day_before = datetime.now(UTC) - timedelta(days=1)
    assert counted(db, "wrong_skill", day_before, 3) == [Declined("ada", "billing", 3)]
    assert counted(db, "wrong_skill", day_before, 4) == counted(db, "busy", day_before, 1) == []
    assert counted(db, "wrong_skill", datetime.now(UTC) + timedelta(days=1), 1) == []
