"""The context package: any ticket gives one, it is quick, and it says what is missing and why."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from escalation.actions import Press
from escalation.context import ContextPackage, build, card, note
from escalation.decision import Decision
from escalation.signals import Signal
from escalation.ticket import ClockState, Customer, Group, Message, Money, PastTicket, Person, Role, SlaClock, Status, Ticket
from tests.stories import CHARGED_TWICE, NOW, PEOPLE, STORIES, fired, talk, thread
from tests.support import ROOT, plain, quickest

BY_RULE = fired(("urgent", "Priority is urgent"), issue="bug")
LANGUAGES = json.loads((ROOT / "tests" / "golden" / "languages.json").read_text())


def package(*signals: Signal, decision: Decision = BY_RULE, **told: object) -> ContextPackage:
    return build(replace(Ticket("zendesk", "1"), **told), signals, decision, None, NOW)  # type: ignore[arg-type]


def shown(found: ContextPackage) -> str:
    """Everything a note and a card would show."""
    told = note(found, key="k", title="t", link="l")
    seen = card(found, "h", "o", state="s", why_you="", presses=(Press.OPEN,), ticket_url="", page_url="", live=True, title="t")
    return "\n".join(x.text for x in (*told.lines, *(x for _, s in told.sections for x in s), *seen.facts, *seen.lines))


# ------------------------------------------------------------------ tickets that hardly say anything, or very much


def test_an_empty_ticket_still_gives_a_note() -> None:
    found = build(Ticket("zendesk", "1"), (), Decision(False, ()), None, NOW)
    assert found.summary == ()
    assert found.completeness == 0
    assert found.lacking == ("transcript", "summary", "account", "reason")
    assert {line.label: line.text for line in note(found, key="k", title="t", link="l").lines} == {
        "Why": "no reason was recorded. Issue: not known",
        "Summary": "The ticket has no text and no subject",
        "Customer": "unknown customer",
        "Tried": "nothing that can be seen in the thread",
        "Clock": "Nobody is waiting for a reply. SLA: no running clock. Urgency: severity normal",
        "Next": "Reply in person, name the next step and when it comes",
    }


@pytest.mark.parametrize(
    ("said", "subject", "summary"),
    [
        ("cust: Help", "", ["“Help”"]),
        ("cust: Help", "Printer jams on page 3", ["“Help”"]),
        ("cust: Hi", "", ["“Hi”"]),
        ("cust: > quoted", "Re: invoice", ["“Re: invoice”"]),
        ("cust: +1 555 010 2345", "", ["“+1 555 010 2345”"]),
        ("bot: How can I help?", "", []),
        ("bot: How can I help?", "Printer jams on page 3", ["“Printer jams on page 3”"]),
    ],
)
def test_little_text_is_quoted_as_it_is(said: str, subject: str, summary: list[str]) -> None:
    assert [s.text for s in package(messages=talk(said), subject=subject).summary] == summary


def test_a_very_long_message_is_cut_and_quick() -> None:
    long = talk("cust: " + "My printer jams and nothing helps, please send someone. " * 2_000)
    found, took = quickest(lambda: package(messages=long))
    assert took < 0.5
    assert len(found.transcript[0].text) <= 20_000
    assert all(len(s.text) < 260 for s in found.summary)


def test_two_thousand_messages_are_read_quickly() -> None:
    first = CHARGED_TWICE.messages
    many = tuple(replace(first[n % 7], id=str(n), at=NOW - timedelta(minutes=3000 - n)) for n in range(2_000))
    found, took = quickest(lambda: build(replace(CHARGED_TWICE, messages=many), (), BY_RULE, None, NOW))
    assert took < 0.5  # measured: 0.05 s
    assert len(found.transcript) == 2_000


@pytest.mark.parametrize("case", LANGUAGES, ids=lambda case: case["said"][:20])
def test_other_languages_are_quoted(case: dict[str, object]) -> None:
    assert [s.text for s in package(messages=talk(f"cust: {case['said']}")).summary] == case["summary"]


# ------------------------------------------------------------------ clocks


@pytest.mark.parametrize(
    ("told", "waiting", "unanswered"),
    [
        ("", "not waiting", 0),
        ("== 1 cust 2h10\nhelp", "2 h 10 min", 1),
        ("== 1 cust 2h10\nhelp\n== 2 cust 35m\nhello?", "2 h 10 min", 2),
        ("== 1 cust 2h10\nhelp\n== 2 bot 2h9\nHi!", "2 h 10 min", 1),  # automatic words are no reply
        ("== 1 cust 2h10\nhelp\n== 2 ada 1h0 internal\nlooking", "2 h 10 min", 1),
        ("== 1 cust 2h10\nhelp\n== 2 ada 1h0\nlooking", "not waiting", 0),
        ("== 1 cust 2h10\nhelp\n== 2 ada 1h0\nlooking\n== 3 cust 20m\nany news?", "20 min", 1),
        ("== 1 cust 2h10\nhelp\n== 2 ada 1h0\ndone\n== 3 cust 20m\nThanks a lot!", "not waiting", 0),
        ("== 1 cust 2h10\nhelp\n== 2 ada 1h0\nShall I?\n== 3 cust 20m\nyes please", "20 min", 1),
    ],
)
def test_how_long_the_customer_waits_for_a_person(told: str, waiting: str, unanswered: int) -> None:
    found = package(messages=thread(told))
    assert (found.waiting(), found.unanswered) == (waiting, unanswered)


def test_a_waiting_customer_without_a_time_is_said_so() -> None:
    found = package(messages=(Message("1", PEOPLE["cust"], "It is broken"),))
    assert note(found, key="k", title="t", link="l").lines[4].text.startswith("Waiting, since when is not known")


SOON, PAST, LATER = NOW + timedelta(minutes=35), NOW - timedelta(minutes=8), NOW + timedelta(days=40)
BREACHED = "breached 8 min ago (11:52 UTC)"


@pytest.mark.parametrize(
    ("clocks", "words"),
    [
        ((), "no running clock"),
        ((SlaClock("first_reply", SOON, ClockState.GREEN),), "first reply due in 35 min (12:35 UTC)"),
        ((SlaClock("first_reply", SOON, ClockState.AMBER),), "first reply due in 35 min (12:35 UTC, amber)"),
        ((SlaClock("resolution", PAST, ClockState.GREEN),), f"resolution {BREACHED}"),  # green when it was read
        ((SlaClock("resolution", PAST, ClockState.MET),), "no running clock"),
        ((SlaClock("resolution", None, ClockState.PAUSED),), "resolution paused"),
        ((SlaClock("resolution"),), "resolution running"),
        ((SlaClock("resolution", None, ClockState.BREACHED),), "resolution breached"),
        ((SlaClock("x", LATER), SlaClock("y", PAST)), f"y {BREACHED}; x due in 40 d (3 Jan 2026 12:00 UTC)"),
    ],
)
def test_clocks_in_words(clocks: tuple[SlaClock, ...], words: str) -> None:
    assert package(sla=clocks).sla() == words


# ------------------------------------------------------------------ account and gaps


def test_the_account_in_words() -> None:
    past = (
        PastTicket("7", "", Status.OPEN),
        PastTicket("8", "Old", Status.SOLVED, NOW - timedelta(days=2), "https://x.example/8"),
    )
    worth = Money(Decimal("48000.50"), "EUR")
    customer = Customer(
        Group("1", "Northwind"), "enterprise", worth, "at risk", "2025-12-06", "en", "Europe/Berlin", past
    )  # fmt: skip
    found = package(customer=customer, requester=Person(name="Mia", email="mia@x.example"), satisfaction="bad")
    assert {line.label: line.text for line in found.account} == {
        "Organisation": "Northwind",
        "Tier": "enterprise",
        "Contract value": "48,000.50 EUR",
        "Renewal": "2025-12-06 (in 12 days)",
        "Health": "at risk",
        "E-mail": "mia@x.example",
        "Language": "en",
        "Time zone": "Europe/Berlin",
        "Last rating": "bad",
    }
    assert [line.text for line in found.earlier] == ["no subject (open)", "Old (solved, 2 d ago) https://x.example/8"]


@pytest.mark.parametrize(("day", "words"), [("2025-11-20", "2025-11-20 (4 days ago)"), ("next spring", "next spring")])
def test_renewal_days(day: str, words: str) -> None:
    assert [x.text for x in package(customer=Customer(renewal_on=day)).account] == [words]


def test_gaps_name_their_cause() -> None:
    found = package(
        messages=talk("cust: The app crashes when I pay."),
        decision=replace(BY_RULE, issue_type=""),
        known=frozenset({"messages", "sla"}),
        missing={"customer": "Zendesk answered 403: the token may not read organisations"},
    )
    assert {(g.field, g.why) for g in found.missing} == {
        ("customer", "Zendesk answered 403: the token may not read organisations"),
        ("contact", "zendesk has not told it (mapping or permission)"),
        ("issue type", "neither a rule nor the text names it (rule)"),
        ("SLA", "empty in zendesk (for a person to fill in)"),
    }
    assert (found.completeness, found.lacking) == (65, ("account",))


def test_completeness_of_a_whole_story() -> None:
    case, signals, decision = STORIES["charged_twice"]
    found = build(case, signals, decision, None, NOW)
    assert (found.completeness, found.lacking, found.missing) == (100, (), ())


def test_custom_fields_are_exact_words_too() -> None:
    custom = {
        "refund_amount": Money(Decimal("1240"), "USD"),
        "ai_confidence": Decimal("0.4"),
        "blocked": True,
        "areas": ("a", "b"),
        "since": datetime(2025, 11, 1, tzinfo=UTC),
        "empty": None,
    }
    found = package(custom=custom)
    told = [(s.kind, s.text) for s in found.specifics]
    assert told == [("refund amount", "1,240 USD"), ("blocked", "yes"), ("areas", "a, b"), ("since", "2025-11-01")]
    assert found.confidence == "AI agent 40%"


def test_reasons_come_from_rules_or_else_from_words() -> None:
    assert [r.words for r in package(decision=Decision(True, (), reasons=("an agent asked",))).reasons] == ["an agent asked"]
    assert [(r.rule, r.title) for r in package().reasons] == [("urgent", "Priority is urgent")]


# ------------------------------------------------------------------ any ticket


@pytest.mark.parametrize("name", STORIES)
def test_a_package_survives_being_kept_as_json(name: str) -> None:
    case, signals, decision = STORIES[name]
    found = build(case, signals, decision, None, NOW)
    assert TypeAdapter(ContextPackage).validate_json(json.dumps(plain(found))) == found


def test_the_same_ticket_gives_the_same_package() -> None:
    case, signals, decision = STORIES["breach"]
    assert build(case, signals, decision, None, NOW) == build(case, signals, decision, None, NOW)


CARD = "4111 1111 1111 1111"
TEXTS = st.text(max_size=200) | st.sampled_from(["Please try a restart.", "still broken!", "On a b c wrote:\n> x", "hi", CARD])
MESSAGES = st.builds(
    Message,
    st.text(max_size=3),
    st.builds(Person, st.text(max_size=2), st.text(max_size=5), st.text(max_size=5), st.sampled_from(Role)),
    TEXTS,
    st.booleans(),
    st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.lists(st.text(max_size=5), max_size=2).map(tuple),
)


@given(st.lists(MESSAGES, max_size=8), TEXTS, TEXTS)
def test_any_ticket_gives_a_note_and_a_card_that_can_be_shown(messages: list[Message], subject: str, name: str) -> None:
    requester, customer = Person("x", name, name), Customer(Group("1", name), name)
    found = package(messages=tuple(messages), subject=subject, requester=requester, customer=customer)
    assert 0 <= found.completeness <= 100
    assert len(found.summary) <= 3
    text = shown(found)
    assert CARD not in text
    assert not [c for c in text if ord(c) < 32 and c not in "\n\t"]
