"""The ladder: how many are asked at once, who comes next, what ends it; and what holds whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.actions import ActionKind, DeclineReason, Entry, Timer, TimerKind
from escalation.desks import Matter, besides, desk_of
from escalation.events import (
    Accept,
    Again,
    Ask,
    AssignedInHelpdesk,
    Decline,
    Event,
    Filled,
    Fired,
    Gaps,
    HumanReplied,
    NextLevel,
    Reassign,
    Recount,
    Refresh,
    Return,
    Snooze,
    Start,
    Stuck,
    TicketOver,
    Tracked,
)
from escalation.handoff import advance
from escalation.hop import Desk, Handoff, OfferState, State, Step
from escalation.playbook import MOST_LAPS, Afterwards, AssignWhen, AtEnd, Level, Offering, Path, Queueing, Weights
from escalation.roster import Absence, Agent, Load, Roster, Team
from escalation.ticket import Ticket
from store.codec import build, plain

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NAMES = ("ada", "bo", "chidi", "dee", "eli")
SLOW = settings(max_examples=1000, deadline=None)


def agent(name: str, *teams: str, **more: object) -> Agent:
    return Agent(name, name.title(), ids={"zendesk": f"1{name}"}, teams=teams, **more)  # type: ignore[arg-type]


ROSTER = Roster(
    agents=(*(agent(n, "billing") for n in NAMES), agent("lena"), agent("wim"), agent("zoe", "security")),
    teams=(
        Team("billing", "Billing", channel="#billing", lead="lena", watch="wim"),
        Team("security", "Security", channel="#security", lead="zoe"),
    ),
)
REACHED = replace(ROSTER, agents=tuple(replace(one, email=f"{one.id}@example.com") for one in ROSTER.agents))


def desk_at(
    now: datetime,
    handoff: Handoff,
    *,
    roster: Roster = ROSTER,
    loads: Mapping[str, Load] | None = None,
    path: Path | None = None,
) -> Desk:
    """The real desk: real routing, a roster, loads as given."""
    asked = besides(handoff, lambda agents: {a: (loads or {}).get(a, Load()) for a in agents})
    matter = Matter(Ticket("zendesk", "7"), "billing", handoff.team)
    return replace(desk_of(matter, roster, asked, now, weights=Weights(), keep=lambda _: None), path=path, version=2)


def fresh(path: Path, **more: object) -> Handoff:
    start = Handoff("h1", "e1", "zendesk", "7", 1, State.OFFERED, path, "billing", "billing", "Sam")
    return replace(start, playbook_version=1, **more)  # type: ignore[arg-type]


def play(
    path: Path, *events: Event, roster: Roster = ROSTER, loads: Mapping[str, Load] | None = None, new: Path | None = None
) -> Step:
    """A handoff after its start and the events, a minute apart; everything that came of it together."""
    handoff = fresh(path)
    step = advance(handoff, Start(), NOW, desk_at(NOW, handoff, roster=roster, loads=loads))
    for number, event in enumerate(events, 1):
        now = NOW + MINUTE * number
        if isinstance(event, NextLevel) and event.seen_steps == NEWEST:
            event = replace(event, seen_steps=step.handoff.steps)
        after = advance(step.handoff, event, now, desk_at(now, step.handoff, roster=roster, loads=loads, path=new))
        step = after if after.refused else step.then(after)
    return step


NEWEST = -1  # the steps as they are when it is pressed


def path(*levels: Level, at_end: AtEnd = AtEnd.TELL_LEAD, **more: object) -> Path:
    return Path("default", levels, at_end=at_end, **more)  # type: ignore[arg-type]


def several(at_once: int = 2, **more: object) -> Level:
    return Level("some", Offering.SEVERAL, at_once=at_once, **more)  # type: ignore[arg-type]


def asked(step: Step) -> list[str]:
    return [o.agent or o.channel or o.everybody for o in step.handoff.open_offers]


def told(step: Step) -> list[str]:
    return [a.data["agent"] for a in step.actions if a.kind is ActionKind.TELL]


def expired(*numbers: int) -> list[Event]:
    return [Fired(TimerKind.OFFER_EXPIRES, f"h1.{n}") for n in numbers]


def busy(name: str) -> Decline:
    return Decline(name, DeclineReason.BUSY)


def wrong(name: str) -> Decline:
    return Decline(name, DeclineReason.WRONG_SKILL)


CHANNEL = Level("team", Offering.CHANNEL)
GROUP = Level("group", Offering.USER_GROUP, to="S1")
TRACKER = Level("engineering", Offering.TRACKER, to="linear", then=Afterwards.WAIT)
LEAD = Level("lead", Offering.LEAD)
ONE = Level("one")
ASKED: list[tuple[str, Path, list[Event], list[str]]] = [  # what happened → who is asked now
    ("one", path(ONE), [], ["ada"]),
    ("two at once", path(several()), [], ["ada", "bo"]),
    ("a decline makes room", path(several()), [busy("ada")], ["bo", "chidi"]),
    ("so does silence", path(several()), expired(2), ["ada", "chidi"]),
    ("no more than most_offers", path(several(most_offers=3)), [busy("ada"), busy("bo")], ["chidi"]),
    ("then the next level", path(several(most_offers=2), CHANNEL), [busy("ada"), busy("bo")], ["#billing"]),
    ("all", path(Level("all", Offering.ALL)), [], list(NAMES)),
    ("all, until the last", path(Level("all", Offering.ALL), CHANNEL), [busy(n) for n in NAMES[:4]], ["eli"]),
    ("all have declined", path(Level("all", Offering.ALL), CHANNEL), [busy(n) for n in NAMES], ["#billing"]),
    ("a user group, in the channel", path(GROUP), [], ["#billing"]),
    ("its card takes the place of the channel's", path(CHANNEL, GROUP), expired(1), ["#billing"]),
    ("a tracker that is waited for", path(TRACKER, ONE), [], ["the tracker linear"]),
    ("until the bug is closed", path(TRACKER, ONE), [Tracked("Bug L-1 was closed")], ["ada"]),
    ("or for its time", path(TRACKER, ONE), expired(1), ["ada"]),
    ("or until it is called on", path(TRACKER, ONE), [NextLevel("lena", NEWEST)], ["ada"]),
    ("a tracker on the way", path(replace(TRACKER, then=Afterwards.GO_ON), ONE), [], ["ada"]),
    ("what is closed late moves nothing", path(TRACKER, ONE, LEAD), [*expired(1), Tracked("closed")], ["ada"]),
    ("the lead", path(LEAD), [], ["lena"]),
    ("the lead of the level's team", path(Level("lead", Offering.LEAD, team="security")), [], ["zoe"]),
    ("the watch", path(Level("watch", Offering.WATCH)), [], ["wim"]),
    ("a person", path(Level("p", Offering.PERSON, to="zoe")), [], ["zoe"]),
    ("the lead after their silence", path(LEAD, CHANNEL), expired(1), ["#billing"]),
    ("once more for the silent", path(Level("one", most_offers=1, repeat=1), CHANNEL), expired(1), ["ada"]),
    ("and then on", path(Level("one", most_offers=1, repeat=1), CHANNEL), expired(1, 2), ["#billing"]),
    ("not at once for who is busy", path(Level("one", most_offers=1, repeat=1), CHANNEL), [busy("ada")], ["#billing"]),
    ("later for who was busy", path(Level("one", most_offers=2, repeat=1)), [busy("ada"), *expired(2)], ["ada"]),
    ("never who lacks the skill", path(Level("one", most_offers=2, repeat=1)), [wrong("ada"), *expired(2)], ["bo"]),
    ("the path again", path(Level("one", most_offers=1), LEAD, at_end=AtEnd.START_AGAIN), expired(1, 2), ["ada"]),
    ("a channel's card stays", path(CHANNEL, LEAD), expired(1), ["#billing", "lena"]),
    ("called on, it is withdrawn", path(ONE, CHANNEL), [NextLevel("lena", NEWEST)], ["#billing"]),
    ("called on, another is asked", path(ONE, Level("two")), [NextLevel("lena", NEWEST)], ["bo"]),
    (
        "called on once, not again by the old timer",
        path(CHANNEL, ONE, LEAD),
        [NextLevel("lena", NEWEST), *expired(1)],
        ["#billing", "ada"],
    ),
    ("given back once, the next", path(ONE, CHANNEL), [Accept("ada"), Return("ada", "x")], ["bo"]),
    ("handed on by who has it", path(ONE, LEAD), [Accept("ada"), NextLevel("ada", NEWEST)], ["lena"]),
]  # fmt: skip


@pytest.mark.parametrize(("way", "events", "now_asked"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_who_is_asked(way: Path, events: list[Event], now_asked: list[str]) -> None:
    step = play(way, *events)
    assert not step.refused
    assert asked(step) == now_asked


def test_the_first_of_several_wins_and_every_other_card_is_edited() -> None:
    step = play(path(several(3)), Accept("bo"))
    assert (step.handoff.accepted_by, asked(step)) == ("bo", [])
    assert {a.data["offer"] for a in step.actions if a.kind is ActionKind.UPDATE_ALERT} == {"h1.1", "h1.2", "h1.3"}
    assert play(path(several(3)), Accept("bo"), Accept("ada")).refused.startswith("Bo accepted this at 09:01")


FULL = {n: Load(open_handoffs=5) for n in NAMES}
PASSED_OVER: list[tuple[str, Level, Mapping[str, Load], Roster, str]] = [
    ("a lead with a full desk", LEAD, {"lena": Load(5)}, ROSTER, "full: 5 of 5"),
    ("a person nobody knows", Level("p", Offering.PERSON, to="max"), {}, ROSTER, "max, who is not on the roster"),
    ("a team without a lead", LEAD, {}, replace(ROSTER, teams=(Team("billing", "Billing"),)), "the lead of Billing: nobody"),
    ("a full team", several(), FULL, ROSTER, "nobody is available"),
    ("nobody on watch", Level("w", Offering.WATCH, team="security"), {}, ROSTER, "names nobody on watch"),
]  # fmt: skip


@pytest.mark.parametrize(("level", "loads", "roster", "why"), [r[1:] for r in PASSED_OVER], ids=[r[0] for r in PASSED_OVER])
def test_a_level_with_nobody_is_passed_over_and_says_why(
    level: Level, loads: Mapping[str, Load], roster: Roster, why: str
) -> None:
    step = play(path(level, Level("watch", Offering.WATCH)), roster=roster, loads=loads)
    assert why in next(e.words for e in step.entries if e.kind == "no_one")


def test_a_lead_who_is_away_is_stood_in_for() -> None:
    away = Absence(NOW.date(), NOW.date(), "holiday")
    agents = (*(a for a in ROSTER.agents if a.id != "lena"), agent("lena", absences=(away,), deputy="zoe"))
    assert asked(play(path(LEAD), roster=replace(ROSTER, agents=agents))) == ["zoe"]


ENDS: list[tuple[str, Path, list[Event], list[str]]] = [  # everybody is silent or declines → who was told, in order
    ("tell_lead", path(Level("one", most_offers=1)), expired(1), ["lena", "wim"]),
    ("tell_lead, told twice", path(Level("one", most_offers=1, tell_lead=True)), expired(1), ["lena", "wim"] * 2),
    ("wait", path(Level("one", most_offers=1), at_end=AtEnd.WAIT), expired(1), ["lena", "wim"]),
    ("wait, told once", path(Level("one", most_offers=1, tell_lead=True), at_end=AtEnd.WAIT), expired(1), ["lena", "wim"]),
    ("start_again", path(Level("one", most_offers=1), at_end=AtEnd.START_AGAIN), expired(1, 2, 3, 4), ["lena", "wim"] * 2),
    ("start_again, nobody to ask again", path(Level("one", most_offers=1), at_end=AtEnd.START_AGAIN), [wrong("ada")],
     ["lena", "wim"]),
    ("nobody there", path(Level("p", Offering.PERSON, to="max"), at_end=AtEnd.START_AGAIN), [], ["lena", "wim"]),
]  # fmt: skip


@pytest.mark.parametrize(("way", "events", "people"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_how_it_ends(way: Path, events: list[Event], people: list[str]) -> None:
    step = play(way, *events)
    assert step.handoff.state is State.WAITING
    assert told(step) == people
    assert step.handoff.owner == "Sam"


def test_every_level_can_tell_the_lead_when_it_begins() -> None:
    step = play(path(Level("one", most_offers=1), Level("zoe", Offering.PERSON, to="zoe", tell_lead=True)), *expired(1))
    assert (told(step), asked(step)) == (["lena", "wim"], ["zoe"])


def test_a_level_for_several_never_assigns_before_acceptance() -> None:
    cold = replace(several(), assign=AssignWhen.ON_OFFER)
    step = play(path(cold))
    assert step.hand_over is None
    assert play(path(cold), Accept("bo")).hand_over is not None


NOT_CALLED: list[tuple[str, Path, list[Event], NextLevel, str]] = [
    ("twice", path(ONE, CHANNEL, LEAD), [NextLevel("lena", 1)], NextLevel("lena", 1), "It has moved on since you looked"),
    ("too late", path(ONE, CHANNEL), [busy("ada")], NextLevel("lena", 1), "It has moved on since you looked"),
    ("by anybody", path(ONE, CHANNEL), [], NextLevel("bo", 1), "Only a lead, or the person who is asked"),
    ("by who had it", path(ONE, CHANNEL), [Accept("ada"), Return("ada", "x")], NextLevel("ada", 3), "Only a lead"),
    ("on the last level", path(ONE), [], NextLevel("lena", 1), "one is the last level"),
    ("after the end", path(ONE, CHANNEL), [TicketOver("solved")], NextLevel("lena", 2), "The ticket is closed"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "events", "press", "why"), [row[1:] for row in NOT_CALLED], ids=[row[0] for row in NOT_CALLED])
def test_the_next_level_is_not_called(way: Path, events: list[Event], press: NextLevel, why: str) -> None:
    before = play(way, *events).handoff
    step = play(way, *events, press)
    assert step.refused.startswith(why)
    assert step.handoff == before


def test_whoever_hands_it_on_is_the_sender_of_what_comes() -> None:
    step = play(path(ONE, LEAD), Accept("ada"), HumanReplied("Ada", NOW + MINUTE), NextLevel("ada", NEWEST))
    handoff = step.handoff
    assert (handoff.state, handoff.owner, handoff.hop, handoff.answered_at) == (State.OFFERED, "Ada", 2, None)
    assert handoff.tried["ada"] == "handed it on to the next level"


LONGER = path(Level("zero"), ONE, Level("zoe", Offering.PERSON, to="zoe"), first_reply_in=timedelta(hours=4))


def test_a_refreshed_handoff_keeps_its_offers_and_goes_on_by_the_new_path() -> None:
    step = play(path(ONE, CHANNEL), Refresh("boss"), new=LONGER)
    handoff = step.handoff
    assert (asked(step), handoff.path, handoff.level, handoff.playbook_version) == (["ada"], LONGER, 1, 2)
    assert [e.words for e in step.entries if e.kind == "refreshed"] == [
        "boss moved it to version 2 of the playbook (it began with 1)"
    ]
    gone = play(path(ONE, CHANNEL), Refresh("boss"), busy("ada"), busy("bo"), busy("chidi"), new=LONGER)
    assert asked(gone) == ["zoe"]


def test_a_handoff_that_waits_goes_on_when_its_new_path_has_another_level() -> None:
    assert asked(play(path(Level("one", most_offers=1)), *expired(1), Refresh("boss"), new=LONGER)) == ["zoe"]


def test_an_accepted_handoff_gets_the_new_time_to_reply() -> None:
    step = play(path(ONE), Accept("ada"), Refresh("boss"), new=LONGER)
    due = max(t.due_at for t in step.timers if t.kind is TimerKind.REPLY_OVERDUE)
    assert due == NOW + MINUTE + timedelta(hours=4) == step.handoff.reply_due
    late = advance(step.handoff, Fired(TimerKind.REPLY_OVERDUE), due, desk_at(due, step.handoff))
    assert late.handoff.state is State.OFFERED


NOT_REFRESHED: list[tuple[str, list[Event], Path | None, str]] = [
    ("already so", [], path(ONE), "It goes by this path already"),
    ("twice", [Refresh("boss")], LONGER, "It goes by this path already"),
    ("no such path", [], None, "The active playbook has no path default"),
    ("over", [TicketOver("solved")], LONGER, "The ticket is closed"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "new", "why"), [row[1:] for row in NOT_REFRESHED], ids=[row[0] for row in NOT_REFRESHED])
def test_what_is_not_refreshed(events: list[Event], new: Path | None, why: str) -> None:
    step = play(path(ONE), *events, Refresh("boss"), new=new)
    assert step.refused.startswith(why)
    assert step.handoff == play(path(ONE), *events, new=new).handoff


@pytest.mark.parametrize(
    ("loads", "first"),
    [({}, "zoe"), ({"zoe": Load(5)}, "ada")],
    ids=["works, though in another team", "has a full desk"],
)
def test_whoever_had_it_before_is_asked_first_if_they_can_be(loads: Mapping[str, Load], first: str) -> None:
    handoff = fresh(path(several(), CHANNEL), first="zoe", former="h0", hop=2)
    step = advance(handoff, Start(), NOW, desk_at(NOW, handoff, loads=loads))
    assert asked(step)[0] == first
    if first == "zoe":
        assert asked(step) == ["zoe"], "before all others"
        on = advance(step.handoff, busy("zoe"), NOW, desk_at(NOW, step.handoff))
        assert asked(on) == ["ada", "bo"]


# ------------------------------------------------------------------ what always holds

QUEUE = Queueing(ask_again_after=timedelta(hours=1), ask_again_most=2)
_SPAN = st.sampled_from([MINUTE, 15 * MINUTE, timedelta(hours=2)])

TARGETS = {Offering.PERSON: ["zoe", "ada", "max"], Offering.USER_GROUP: ["", "S1", "S2"], Offering.TRACKER: ["", "linear"]}


@st.composite
def levels(draw: st.DrawFn) -> Level:
    how = draw(st.sampled_from(Offering))
    return Level(
        draw(st.sampled_from(["one", "two", "three"])),
        how,
        team=draw(st.sampled_from(["", "", "security"])),
        offer_for=draw(_SPAN),
        most_offers=draw(st.integers(1, 4)),
        tell_lead=draw(st.booleans()),
        assign=draw(st.sampled_from(AssignWhen)),
        at_once=draw(st.integers(2, 4)) if how is Offering.SEVERAL else 1,
        to=draw(st.sampled_from(TARGETS.get(how, [""]))),
        then=draw(st.sampled_from(Afterwards)),
        repeat=draw(st.integers(0, 2)),
    )


PATHS = st.builds(
    lambda ladder, end, reply: Path("default", tuple(ladder), reply, at_end=end),
    st.lists(levels(), min_size=1, max_size=4),
    st.sampled_from(AtEnd),
    _SPAN,
)
WHO = st.sampled_from([*NAMES, "lena", "wim", "zoe", "stranger"])
TIMES = st.integers(-200, 400).map(lambda n: NOW + MINUTE * n)
PRESSES: st.SearchStrategy[Event] = st.one_of(
    st.builds(Accept, WHO),
    st.builds(Decline, WHO, st.sampled_from(DeclineReason)),
    st.builds(Decline, st.sampled_from(["ada", "bo"]), st.just(DeclineReason.BUSY)),
    st.builds(Return, WHO, st.just("more")),
    st.builds(Ask, WHO, st.just("why?")),
    st.builds(NextLevel, WHO, st.sampled_from([NEWEST, NEWEST, 0, 1, 2]), st.booleans()),
    st.builds(Refresh, st.just("boss")),
    st.builds(Reassign, WHO, WHO, st.sampled_from(["knows them", ""]), st.just(False), st.booleans()),
    st.builds(Reassign, WHO, st.sampled_from(["billing", "security", "moon"]), st.just("theirs"), st.just(True), st.booleans()),
    st.builds(Snooze, WHO, st.sampled_from([MINUTE, 5 * MINUTE, timedelta(hours=3)])),
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    PRESSES,
    st.builds(
        Fired,
        st.sampled_from([kind for kind in TimerKind if not kind.startswith("shift_")]),
        st.integers(1, 12).map(lambda n: f"h1.{n}"),
    ),
    st.builds(AssignedInHelpdesk, st.sampled_from(["ada", "zoe", ""]), st.sampled_from(["X", ""]), TIMES),
    st.builds(HumanReplied, st.just("Ada"), TIMES),
    st.builds(TicketOver, st.sampled_from(["solved", "closed", "deleted"])),
    st.builds(Recount, TIMES),
    st.builds(Again, st.integers(0, 4), st.just("number 1 of 1"), st.just(QUEUE)),
    st.builds(Stuck, WHO, st.just("Ada went off shift")),
    st.builds(Filled, st.just("it is there")),
    st.builds(Tracked, st.just("the bug was closed"), st.sampled_from(["", "1", "2"])),
)
LOADS = st.dictionaries(st.sampled_from([*NAMES, "lena"]), st.integers(0, 5).map(Load), max_size=4)


GAPS = Gaps("eli", ("error",), "55 of 100, 70 are wanted", 10 * MINUTE)


class Life:
    """A handoff that is played on, with every timer it has set; half of them were sent by somebody who can be asked."""

    def __init__(self, way: Path, new: Path, loads: Mapping[str, Load]) -> None:
        self.new, self.loads, self.timers = new, loads, dict[str, Timer]()
        self.handoff = replace(fresh(way), sent_by="eli" if len(loads) > 1 else "")
        asks_first = len(loads) % 2 == 1  # as good as any toss
        self.step(Start(GAPS if asks_first else None), NOW)

    def step(self, event: Event, now: datetime) -> Step:
        step = advance(self.handoff, event, now, desk_at(now, self.handoff, roster=REACHED, loads=self.loads, path=self.new))
        self.handoff = step.handoff
        self.timers |= {t.key: t for t in step.timers}
        return step

    def meant(self, event: Event) -> Event:
        """A press as somebody makes it who sees the newest state."""
        newest = isinstance(event, NextLevel) and event.seen_steps == NEWEST
        return replace(event, seen_steps=self.handoff.steps) if newest and isinstance(event, NextLevel) else event


def check(before: Handoff, step: Step) -> None:
    """The promises of one step."""
    handoff = step.handoff
    if step.refused:
        assert step == Step(before, refused=step.refused), "a refused step changes nothing"
    if handoff.state.is_live:
        assert handoff.owner, "nobody owns it"
        assert handoff.state.is_taken == bool(handoff.accepted_by)
        assert handoff.state is not State.OFFERED or handoff.open_offers, "offered to nobody"
        assert handoff.state is not State.WAITING or handoff.lead_told == handoff.hop, "it waits and the lead does not know"
    else:
        assert not handoff.open_offers, "something stale can be pressed"
    assert before.state.is_live or handoff == before, "over stays over"
    assert sum(o.state is OfferState.ACCEPTED for o in handoff.offers) <= bool(handoff.accepted_by), "two owners"
    live = len(handoff.asked_now)
    assert live <= max(handoff.current_level.width, len(before.asked_now)), "more live offers than the level's width"
    asked_again = Counter(o.agent for o in handoff.offers if o.from_queue)
    assert not asked_again or max(asked_again.values()) <= QUEUE.ask_again_most, "asked from the queue without end"
    if sum(asked_again.values()) > sum(o.from_queue for o in before.offers):
        assert (before.state, len(handoff.asked_now), step.hand_over) == (State.WAITING, 1, None), "not one offer of what waits"
        assert handoff.asked_now[0].agent not in before.tried.keys() - set(before.ask_again), "who said no is asked again"
    said = {entry.kind for entry in step.entries}
    if "returned" in said and handoff.trail.count(handoff.trail[-1]) > 2:
        assert "bounced" in said, "it goes round in circles"
    cards = [o.channel for o in handoff.in_rooms]
    assert len(cards) == len(set(cards)), "two cards in one channel"
    assert sum(bool(o.tracker) for o in handoff.open_offers) <= 1, "two trackers are waited for"
    assert sum(bool(o.sender) for o in handoff.open_offers) <= 1, "the sender is asked twice"
    assert sum(bool(o.sender) for o in handoff.offers) <= handoff.hop, "the sender is asked twice on one hop"
    if step.hand_over is not None:
        offered = [o for o in handoff.asked_now if o.agent == step.hand_over.agent and o.assigned]
        assert step.hand_over.agent == handoff.accepted_by or offered, "assigned before acceptance"
        assert not offered or handoff.current_level.assign is AssignWhen.ON_OFFER


@pytest.mark.slow
@SLOW
@given(PATHS, PATHS, LOADS, st.lists(st.tuples(EVENTS, TIMES), max_size=14))
def test_any_events_in_any_order_with_any_clock_keep_the_promises(
    way: Path, new: Path, loads: Mapping[str, Load], events: list[tuple[Event, datetime]]
) -> None:
    life = Life(way, new, loads)
    check(fresh(way), Step(life.handoff))
    keys: list[str] = []
    for event, now in events:
        before = life.handoff
        step = life.step(life.meant(event), now)
        check(before, step)
        keys += [a.key for a in step.actions if a.kind is not ActionKind.TELL]
    assert len(keys) == len(set(keys)), "every planned effect has a key of its own"


@pytest.mark.slow
@settings(SLOW, max_examples=300)
@given(PATHS, PATHS, LOADS, st.lists(st.tuples(EVENTS, TIMES), max_size=8), PRESSES, st.integers(0, 30))
def test_the_same_press_again_changes_nothing(
    way: Path, new: Path, loads: Mapping[str, Load], events: list[tuple[Event, datetime]], press: Event, later: int
) -> None:
    life = Life(way, new, loads)
    for event, now in events:
        life.step(life.meant(event), now)
    press = life.meant(press)
    life.step(press, NOW)
    after = life.handoff
    again = life.step(press, NOW + timedelta(seconds=later))
    assert again.handoff == after
    assert again.refused or isinstance(press, Ask) or not again.actions


@pytest.mark.slow
@SLOW
@given(PATHS, PATHS, LOADS, st.lists(st.tuples(EVENTS, TIMES), max_size=8))
def test_timers_alone_bring_it_to_an_end(
    way: Path, new: Path, loads: Mapping[str, Load], events: list[tuple[Event, datetime]]
) -> None:
    """When nobody does anything any more, it ends answered, over, or waiting with the lead told: in a bounded number of steps."""
    life = Life(way, new, loads)
    for event, now in events:
        life.step(life.meant(event), now)
    longest = max(sum((level.repeat + 1) * (level.most or len(ROSTER.agents)) for level in p.levels) for p in (way, new))
    # A reminder and an expiry per offer, those to whoever decides and to the sender among them, and a reply's two.
    bound = len(life.timers) + 2 * (longest * (MOST_LAPS + 1) + 4)
    fired = 0
    while life.timers:
        key = min(life.timers, key=lambda k: (life.timers[k].due_at, k))
        timer = life.timers.pop(key)
        before = life.handoff
        check(before, life.step(Fired(timer.kind, timer.offer_id), timer.due_at))
        fired += 1
        assert fired <= bound, f"still going after {fired} timers"
    assert life.handoff.state not in (State.OFFERED, State.ACCEPTED)


@pytest.mark.slow
@settings(SLOW, max_examples=300)
@given(PATHS, PATHS, LOADS, st.lists(st.tuples(EVENTS, TIMES), max_size=8))
def test_a_queue_that_nobody_answers_comes_to_rest(
    way: Path, new: Path, loads: Mapping[str, Load], events: list[tuple[Event, datetime]]
) -> None:
    """Looked at every hour for ever, a handoff is offered to each person ``ask_again_most`` times at most, and then waits."""
    life = Life(way, new, loads)
    for event, now in events:
        life.step(life.meant(event), now)
    now, quiet = max([NOW, *(at for _, at in events)]), 0
    while quiet < 3:
        now += timedelta(hours=1)
        while life.timers and (key := min(life.timers, key=lambda k: (life.timers[k].due_at, k))):
            timer = life.timers.pop(key)
            now = max(now, timer.due_at)
            before = life.handoff
            check(before, life.step(Fired(timer.kind, timer.offer_id), now))
        before = life.handoff
        for level in range(len(life.handoff.path.levels)):
            was = life.handoff
            check(was, life.step(Again(level, "", QUEUE), now))
        quiet = quiet + 1 if life.handoff == before else 0
    again = sum(o.from_queue for o in life.handoff.offers)
    assert again <= QUEUE.ask_again_most * len(ROSTER.agents)
    assert life.handoff.state not in (State.OFFERED, State.ACCEPTED)


def test_a_channel_that_stays_silent_ends_nothing_for_whoever_is_asked_by_name() -> None:
    by_name: list[Event] = [Refresh("boss"), Reassign("ada", "bo", "knows them", lead=True)]
    silent = play(path(CHANNEL), *by_name, Fired(TimerKind.OFFER_EXPIRES, "h1.1"), new=path(ONE))
    assert (silent.handoff.state, [offer.agent for offer in silent.handoff.asked_now]) == (State.OFFERED, ["bo"])
    assert [entry.words for entry in silent.entries if entry.kind == "expired"] == ["Nobody in #billing accepted in time"]


def test_one_offer_from_the_queue_and_back_into_it() -> None:
    """Off the pass, without telling the lead again, and to nobody who said that it is not for them."""
    way = path(Level("one", most_offers=1, assign=AssignWhen.ON_OFFER), CHANNEL)
    step = play(way, wrong("ada"), Fired(TimerKind.OFFER_EXPIRES, "h1.2"))
    assert step.handoff.state is State.WAITING
    again = advance(step.handoff, Again(0, "Number 1 of 1", QUEUE), NOW + MINUTE * 9, desk_at(NOW + MINUTE * 9, step.handoff))
    assert (asked(again), again.hand_over) == (["#billing", "bo"], None)
    assert [e.words for e in again.entries if e.kind == "queued"] == ["Somebody is free: Bo. Number 1 of 1"]
    late = advance(again.handoff, Fired(TimerKind.OFFER_EXPIRES, "h1.3"), NOW + HOUR, desk_at(NOW + HOUR, again.handoff))
    assert (late.handoff.state, told(late), late.handoff.from_queue) == (State.WAITING, [], False)
    assert advance(late.handoff, Again(1, "", QUEUE), NOW + HOUR, desk_at(NOW, late.handoff)).handoff == late.handoff, "a channel"
    taken = advance(again.handoff, Accept("bo"), NOW + HOUR, desk_at(NOW + HOUR, again.handoff))
    assert taken.handoff.accepted_by == "bo"
    back = advance(taken.handoff, Return("bo", "more"), NOW + HOUR, desk_at(NOW + HOUR, taken.handoff))
    assert (back.handoff.from_queue, asked(back)) == (False, ["chidi"]), "from its first level on, as ever"


def test_what_is_stuck_is_offered_again_and_its_owner_asked_later() -> None:
    step = play(path(ONE, LEAD), Accept("ada"), Stuck("ada", "Ada went off shift at Mon 09:00 UTC"))
    assert (asked(step), step.handoff.hop, step.handoff.ask_again) == (["bo"], 2, ("ada",))
    assert told(step) == ["ada", "lena", "wim"]
    for events in ([Accept("ada"), HumanReplied("Ada", NOW + MINUTE)], [Accept("bo")], []):
        before = play(path(ONE, LEAD), *events).handoff
        assert advance(before, Stuck("ada", "gone"), NOW, desk_at(NOW, before)).handoff == before


def test_the_check_finds_what_is_planted() -> None:
    """Each promise is broken on purpose once, so that the check is known to see it."""
    good = play(path(several(), CHANNEL)).handoff
    offer = good.offers[0]
    late = replace(offer, state=OfferState.EXPIRED, from_queue=True)
    broken = {
        "a refused step changes nothing": (good, Step(replace(good, steps=9), refused="no")),
        "nobody owns it": (good, Step(replace(good, sender=""))),
        "offered to nobody": (good, Step(replace(good, offers=()))),
        "the lead does not know": (good, Step(replace(good, state=State.WAITING))),
        "something stale can be pressed": (good, Step(replace(good, state=State.CANCELLED))),
        "over stays over": (replace(good, state=State.CANCELLED), Step(good)),
        "two owners": (good, Step(replace(good, offers=(replace(offer, state=OfferState.ACCEPTED), *good.offers)))),
        "more live offers": (good, Step(replace(good, offers=(*good.offers, replace(offer, id="x", agent="eli"))))),
        "asked from the queue without end": (good, Step(replace(good, offers=(*good.offers, *(late,) * 3)))),
        "not one offer of what waits": (good, Step(replace(good, offers=(replace(offer, from_queue=True),)))),
        "the sender is asked twice": (good, Step(replace(good, offers=(replace(offer, agent="", sender="x"),) * 2))),
        "two trackers are waited for": (good, Step(replace(good, offers=(replace(offer, agent="", tracker="x"),) * 2))),
        "two cards in one channel": (good, Step(replace(good, offers=(replace(offer, agent="", channel="#a"),) * 2))),
        "it goes round in circles": (good, Step(replace(good, trail=("a",) * 3), entries=(Entry("returned", ""),))),
        "assigned before acceptance": (good, replace(play(path(ONE), Accept("ada")), handoff=good)),
    }
    for words, (before, step) in broken.items():
        with pytest.raises(AssertionError, match=words):
            check(before, step)


def test_a_handoff_kept_by_an_earlier_version_goes_on() -> None:
    """What was added since is left out of the stored form: it loads, and its offer runs out as it would have then."""
    handoff = play(path(ONE, CHANNEL)).handoff
    kept = plain(handoff)
    for name in (
        "passes",
        "repeated",
        "laps",
        "ask_again",
        "lead_told",
        "former",
        "first",
        "chain",
        "from_queue",
        "by_name",
        "bounced",
        "trail",
        "sent_by",
        "lacked",
    ):
        del kept[name]
    for one in kept["offers"]:
        del one["on_pass"], one["assigned"], one["from_queue"]
    del kept["path"]["at_end"]
    for one in kept["path"]["levels"]:
        del one["at_once"], one["to"], one["repeat"], one["quiet"], one["then"], one["skills"]
    old = build(Handoff, kept)
    step = advance(old, Fired(TimerKind.OFFER_EXPIRES, "h1.1"), NOW + 15 * MINUTE, desk_at(NOW, old))
    assert asked(step) == ["bo"]
    called = advance(old, NextLevel("lena", old.steps), NOW, desk_at(NOW, old))
    assert asked(called) == ["#billing"]
