"""The life of one handoff as tables: what each event does in each state. What always holds stands in test_ladder.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation.actions import ActionKind, DeclineReason, TimerKind
from escalation.decision import Candidate, Route
from escalation.events import Accept, Ask, AssignedInHelpdesk, Decline, Event, Fired, HumanReplied, Return, Start, TicketOver
from escalation.handoff import advance
from escalation.hop import Desk, Handoff, OfferState, State, Step
from escalation.playbook import AssignWhen, Level, Offering, Path
from escalation.roster import Agent, Roster, Team
from escalation.state_words import words_for

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = ("ada", "bo", "chidi")
ROSTER = Roster(
    agents=(
        *(Agent(n, n.title(), slack_id=f"U{n}", ids={"zendesk": f"1{n}"}, teams=("billing",)) for n in NAMES),
        Agent("lena", "Lena", ids={"zendesk": "1lena"}),
    ),
    teams=(Team("billing", "Billing", channel="#billing", lead="lena", watch="chidi"),),
)
PATH = Path("default", (Level("tier 1"), Level("team", Offering.CHANNEL, tell_lead=True)))


def choose(level: Level, exclude: Mapping[str, str]) -> Route:
    asked = (level.to,) if level.offering is Offering.PERSON else NAMES
    seen = tuple(Candidate(n, n.title(), 1.0, excluded=exclude.get(n, "")) for n in asked)
    return Route("billing", "billing", tuple(sorted(seen, key=lambda c: bool(c.excluded))), "the billing pool")


DESK = Desk(ROSTER, choose)


def fresh(path: Path = PATH) -> Handoff:
    return Handoff("h1", "e1", "zendesk", "7", 1, State.OFFERED, path, "billing", "billing")


def play(*events: Event, path: Path = PATH, each: timedelta = timedelta(minutes=1)) -> Step:
    """The handoff after a start and the events, a minute apart; actions and timers of all steps together."""
    step = advance(fresh(path), Start(), NOW, DESK)
    for number, event in enumerate(events, 1):
        after = advance(step.handoff, event, NOW + each * number, DESK)
        step = after if after.refused else step.then(after)
    return step


def kinds(step: Step) -> list[str]:
    return [action.kind.value for action in step.actions]


def test_start_offers_to_the_best_person_and_sets_both_timers() -> None:
    step = play()
    assert [o.agent for o in step.handoff.offers] == ["ada"]
    assert kinds(step) == ["alert"]
    assert {(t.kind, t.due_at - NOW) for t in step.timers} == {
        (TimerKind.ACK_REMINDER, timedelta(minutes=10)),
        (TimerKind.OFFER_EXPIRES, timedelta(minutes=15)),
    }
    assert step.hand_over is None, "assignment waits for the acceptance"


def test_accept_assigns_edits_the_card_and_starts_the_reply_clock() -> None:
    step = play(Accept("ada"))
    assert step.handoff.state is State.ACCEPTED
    assert step.hand_over is not None and step.hand_over.agent == "ada"
    assert kinds(step) == ["alert", "update_alert"]
    assert [t.kind for t in step.timers[2:]] == [TimerKind.REPLY_REMINDER, TimerKind.REPLY_OVERDUE]
    assert step.handoff.reply_due == NOW + timedelta(minutes=61)


REFUSALS = [
    ("twice by the same", [Accept("ada"), Accept("ada")], "You already have this one."),
    ("by another", [Accept("ada"), Accept("bo")], "Ada accepted this at 09:01 UTC."),
    ("decline after accept", [Accept("ada"), Decline("bo", DeclineReason.BUSY)], "Ada accepted this at 09:01 UTC."),
    ("decline own", [Accept("ada"), Decline("ada", DeclineReason.BUSY)], "You accepted this at 09:01 UTC."),
    ("stranger", [Accept("nobody")], "nobody has no agent account for zendesk in the roster."),
    ("after the end", [TicketOver("solved"), Accept("ada")], "The ticket is closed; there is nothing to accept any more."),
    ("decline after the end", [TicketOver("solved"), Decline("ada", DeclineReason.BUSY)], "The ticket is closed"),
    ("return by another", [Accept("ada"), Return("bo", "x")], "Only the person who has this handoff can return it."),
    (
        "decline twice",
        [Decline("ada", DeclineReason.BUSY), Decline("ada", DeclineReason.BUSY)],
        "You have declined this already.",
    ),
    ("decline of who is not asked", [Decline("bo", DeclineReason.BUSY)], "You are not asked for this one now"),
    ("ask after the end", [TicketOver("solved"), Ask("ada", "why?")], "The ticket is closed."),
]


@pytest.mark.parametrize(("events", "text"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_refused_events_change_nothing_and_say_why(events: list[Event], text: str) -> None:
    step = play(*events)
    assert step.refused.startswith(text)
    assert step.handoff == play(*events[:-1]).handoff
    assert not step.actions and not step.timers and not step.entries


def test_decline_goes_to_the_next_person_with_the_reason_kept() -> None:
    step = play(Decline("ada", DeclineReason.WRONG_SKILL, "not my product"))
    assert [(o.agent, o.state) for o in step.handoff.offers] == [("ada", OfferState.DECLINED), ("bo", OfferState.OPEN)]
    assert step.handoff.tried["ada"] == "declined: wrong skill: not my product"
    assert kinds(step) == ["alert", "update_alert", "alert"]


def test_expiry_goes_to_the_next_person_and_fires_once() -> None:
    late = Fired(TimerKind.OFFER_EXPIRES, "h1.1")
    step = play(late, late)
    assert [(o.agent, o.state) for o in step.handoff.offers] == [("ada", OfferState.EXPIRED), ("bo", OfferState.OPEN)]


def test_when_nobody_accepts_the_channel_and_lead_are_asked_and_then_told() -> None:
    out = [Decline(n, DeclineReason.BUSY) for n in NAMES]
    step = play(*out)
    assert step.handoff.offers[-1].channel == "#billing"
    assert [a.data["agent"] for a in step.actions if a.kind is ActionKind.TELL] == ["lena", "chidi"]
    step = play(*out, Fired(TimerKind.OFFER_EXPIRES, "h1.4"))
    assert step.handoff.state is State.WAITING
    assert step.handoff.open_offers, "the channel's card can still be pressed"
    assert play(*out, Fired(TimerKind.OFFER_EXPIRES, "h1.4"), Accept("bo")).handoff.accepted_by == "bo"


def test_a_channel_card_stays_for_others_when_one_declines() -> None:
    path = Path("default", (Level("team", Offering.CHANNEL),))
    step = play(Decline("ada", DeclineReason.BUSY), path=path)
    assert step.handoff.open_offers and step.handoff.tried["ada"] == "declined: busy"


def test_unanswered_acceptance_is_taken_back_and_offered_to_another() -> None:
    step = advance(play(Accept("ada")).handoff, Fired(TimerKind.REPLY_OVERDUE), NOW + timedelta(hours=2), DESK)
    assert step.handoff.state is State.OFFERED and step.handoff.accepted_by == ""
    assert [o.agent for o in step.handoff.open_offers] == ["bo"]
    assert step.handoff.tried["ada"] == "accepted, no reply in 1 h"


def test_a_timer_of_an_earlier_acceptance_does_nothing_to_a_later_one() -> None:
    back = advance(play(Accept("ada")).handoff, Return("ada", "the invoice number"), NOW + timedelta(minutes=50), DESK)
    again = advance(back.handoff, Accept("bo"), NOW + timedelta(minutes=55), DESK)
    stale = advance(again.handoff, Fired(TimerKind.REPLY_OVERDUE), NOW + timedelta(minutes=61), DESK)
    assert stale == Step(again.handoff)


def test_reply_answers_and_stops_the_clock() -> None:
    step = play(Accept("ada"), HumanReplied("Ada", NOW + timedelta(minutes=5)))
    assert step.handoff.state is State.ANSWERED
    overdue = advance(step.handoff, Fired(TimerKind.REPLY_OVERDUE), NOW + timedelta(hours=3), DESK)
    assert overdue == Step(step.handoff)
    assert play(Accept("ada"), HumanReplied("Ada", NOW - timedelta(hours=1))).handoff.state is State.ACCEPTED


@pytest.mark.parametrize(("agent", "name", "owner"), [("bo", "Bo", "bo"), ("", "Stranger", "Stranger")])
def test_assignment_in_the_helpdesk_counts_as_accepting_and_writes_nothing_back(agent: str, name: str, owner: str) -> None:
    step = play(AssignedInHelpdesk(agent, name, NOW))
    assert step.handoff.state is State.ACCEPTED and step.handoff.accepted_by == owner
    assert step.hand_over is None
    assert not step.handoff.open_offers


@pytest.mark.parametrize(("before", "state"), [([], State.CANCELLED), ([Accept("ada")], State.CLOSED)])
def test_a_ticket_that_is_over_ends_everything(before: list[Event], state: State) -> None:
    step = play(*before, TicketOver("solved"))
    assert step.handoff.state is state and not step.handoff.open_offers
    assert kinds(step)[-1] == "update_alert"


def test_assign_on_offer_writes_with_the_offer_and_not_again_on_accept() -> None:
    path = Path("cold", (Level("tier 1", assign=AssignWhen.ON_OFFER),))
    step = play(path=path)
    assert step.hand_over is not None and step.hand_over.agent == "ada"
    accepted = advance(step.handoff, Accept("ada"), NOW, DESK)
    assert accepted.handoff.state is State.ACCEPTED and accepted.hand_over is None


def test_every_state_of_a_card_has_words() -> None:
    seen = set()
    for events in ([], [Accept("ada")], [Decline("ada", DeclineReason.BUSY)], [TicketOver("solved")],
                   [Accept("ada"), TicketOver("solved")], [Accept("ada"), HumanReplied("Ada", NOW + timedelta(hours=1))],
                   [Fired(TimerKind.OFFER_EXPIRES, "h1.1")]):  # fmt: skip
        handoff = play(*events).handoff
        seen.add(words_for(handoff, handoff.offers[0], ROSTER))
    assert len(seen) == 7


def test_snapshot_path_is_kept() -> None:
    step = play(Decline("ada", DeclineReason.BUSY))
    assert step.handoff.path == PATH == replace(PATH)


def test_a_reassignment_in_the_helpdesk_takes_the_card_from_the_first_owner() -> None:
    step = advance(play(Accept("ada")).handoff, AssignedInHelpdesk("bo", "Bo", NOW + timedelta(minutes=5)), NOW, DESK)
    assert step.handoff.accepted_by == "bo"
    assert [(o.agent, o.state) for o in step.handoff.offers] == [("ada", OfferState.WITHDRAWN)]
    assert [a.kind for a in step.actions] == [ActionKind.UPDATE_ALERT], "nothing stale stays pressable"


def test_two_channel_levels_with_one_channel_end_with_the_lead_told() -> None:
    path = Path("default", (Level("a", Offering.CHANNEL), Level("b", Offering.CHANNEL)))
    step = play(Fired(TimerKind.OFFER_EXPIRES, "h1.1"), path=path)
    assert step.handoff.state is State.WAITING
    assert [a.data["agent"] for a in step.actions if a.kind is ActionKind.TELL] == ["lena", "chidi"]


def test_without_lead_and_channel_the_default_channel_is_told() -> None:
    nobody = Desk(Roster(agents=ROSTER.agents), lambda level, exclude: Route("", "billing", (), "nobody"))
    step = advance(fresh(), Start(), NOW, nobody)
    assert step.handoff.state is State.WAITING or step.handoff.open_offers
    asked = advance(step.handoff, Ask("ada", "Which invoice?"), NOW, nobody)
    assert [a.kind for a in asked.actions] == [ActionKind.TELL], "a question goes somewhere"


def test_more_hand_overs_than_the_limit_go_to_the_lead() -> None:
    limited = replace(play(Accept("ada")).handoff, hop_limit=1)
    step = advance(limited, Return("ada", "not ours"), NOW + timedelta(minutes=5), DESK)
    assert [(o.agent, o.why) for o in step.handoff.open_offers] == [
        ("lena", "It was handed over 1 time, which is the limit; you decide who has it")
    ]
