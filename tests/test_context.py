"""The context package: what is read from a thread, what is missing and why, and that any ticket gives one."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
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
from tests.stories import CHARGED_TWICE, NOW, PEOPLE, STORIES, fired, signal, thread
from tests.support import plain, shared

PEOPLE["cust"] = Person("1", "Cus", role=Role.CUSTOMER)
BY_RULE = fired(("urgent", "Priority is urgent"), issue="bug")


def ticket(told: str = "", **more: object) -> Ticket:
    return replace(Ticket("zendesk", "1", messages=thread(told)), **more)  # type: ignore[arg-type]


def package(told: str = "", *signals: Signal, decision: Decision = BY_RULE, **more: object) -> ContextPackage:
    return build(ticket(told, **more), signals, decision, None, NOW)


def shown(found: ContextPackage) -> str:
    """Everything a note and a card would show."""
    told = note(found, key="k", title="t", link="l")
    seen = card(found, "h", "o", state="s", why_you="", presses=(Press.OPEN,), ticket_url="", page_url="", live=True, title="t")
    return "\n".join(x.text for x in (*told.lines, *(x for _, s in told.sections for x in s), *seen.facts, *seen.lines))


# ------------------------------------------------------------------ tickets that hardly say anything


def test_an_empty_ticket_still_gives_a_note() -> None:
    found = build(Ticket("zendesk", "1"), (), Decision(False, ()), None, NOW)
    assert found.summary == ()
    assert found.completeness == 0
    assert found.lacking == ("transcript", "summary", "account", "reason")
    six = {line.label: line.text for line in note(found, key="k", title="t", link="l").lines}
    assert six == {
        "Why": "no reason was recorded. Issue: not known",
        "Summary": "The ticket has no text and no subject",
        "Customer": "unknown customer",
        "Tried": "nothing that can be seen in the thread",
        "Clock": "Nobody is waiting for a reply. SLA: no running clock. Urgency: severity normal",
        "Next": "Reply in person, say you have read the thread, and name the next step and its time",
    }


@pytest.mark.parametrize(
    ("told", "subject", "summary"),
    [
        ("== 1 cust 5m\nHelp", "", ["“Help”"]),
        ("== 1 cust 5m\nHelp", "Printer jams on page 3", ["“Help”"]),
        ("", "Printer jams on page 3", ["“Printer jams on page 3”"]),
        ("== 1 cust 5m\nHi", "", ["“Hi”"]),
        ("== 1 cust 5m\n> quoted", "Re: invoice", ["“Re: invoice”"]),
        ("== 1 bot 5m\nHow can I help?", "", []),
        ("== 1 cust 5m\n+1 555 010 2345", "", ["“+1 555 010 2345”"]),
    ],
)
def test_little_text_is_quoted_as_it_is(told: str, subject: str, summary: list[str]) -> None:
    assert [s.text for s in package(told, subject=subject).summary] == summary


def test_a_very_long_message_is_cut_and_quick() -> None:
    begun = time.process_time()
    found = package("== 1 cust 5m\n" + "My printer jams and nothing helps, please send someone. " * 2_000)
    assert time.process_time() - begun < 0.5
    assert len(found.transcript[0].text) <= 20_000
    assert all(len(s.text) < 260 for s in found.summary)


def test_two_thousand_messages_are_read_quickly() -> None:
    first = CHARGED_TWICE.messages
    many = tuple(replace(first[n % 7], id=str(n), at=NOW - timedelta(minutes=3000 - n)) for n in range(2_000))
    begun = time.process_time()
    found = build(replace(CHARGED_TWICE, messages=many), (), BY_RULE, None, NOW)
    assert time.process_time() - begun < 0.5  # measured: 0.05 s; the machine may be busy
    assert len(found.transcript) == 2_000


@pytest.mark.parametrize(
    ("told", "summary"),
    [
        (
            "== 1 cust 9m\nお世話になっております。注文番号 20231188 の商品がまだ届いていません。至急ご確認をお願いします。",
            ["“注文番号 20231188 の商品がまだ届いていません。”", "Wants: “至急ご確認をお願いします。”"],
        ),
        ("== 1 cust 9m\n您好。我无法登录我的账户。请帮我重置。", ["“我无法登录我的账户。”", "Wants: “请帮我重置。”"]),
        ("== 1 cust 9m\nЗдравствуйте! Не работает вход в аккаунт. Пожалуйста, помогите восстановить доступ.",
         ["“Не работает вход в аккаунт.”", "Wants: “Пожалуйста, помогите восстановить доступ.”"]),
        ("== 1 cust 9m\nلا يعمل التطبيق منذ أمس. أريد استرداد المبلغ من فضلك.",
         ["“لا يعمل التطبيق منذ أمس.”", "Wants: “أريد استرداد المبلغ من فضلك.”"]),
        ("== 1 cust 9m\nHola, no puedo entrar en mi cuenta. ¿Pueden ayudarme hoy?",
         ["“No puedo entrar en mi cuenta.”", "Wants: “¿Pueden ayudarme hoy?”"]),
        ("== 1 cust 9m\nLaite sammui eikä käynnisty uudelleen.", ["“Laite sammui eikä käynnisty uudelleen.”"]),  # no phrases for it
    ],
)  # fmt: skip
def test_other_languages_are_quoted(told: str, summary: list[str]) -> None:
    assert [s.text for s in package(told).summary] == summary


# ------------------------------------------------------------------ summary and question


@pytest.mark.parametrize(
    ("told", "summary"),
    [
        (  # a chat that begins with small talk
            "== 1 cust 9m\nhi\n== 2 bot 9m\nHow can I help?\n== 3 cust 8m\nMy name is Cus\n== 4 cust 8m\nthe app crashes when i pay",
            ["“The app crashes when i pay”"],
        ),
        (  # "please help" tells nothing, the wish comes later
            "== 1 cust 9m\nWe cannot export reports. Please help!\n== 2 ada 8m\nSince when?\n== 3 cust 7m\nSince Monday. Can you send me "
            "the March report as a file?",
            ["“We cannot export reports.”", "Wants: “Can you send me the March report as a file?”"],
        ),
        (  # the blocker is the newest thing that is wrong
            "== 1 cust 9m\nI want to cancel my plan.\n== 2 ada 8m\nUse the button in settings.\n== 3 cust 7m\nThe button is greyed out "
            "and says I am not the owner, so it won't let me.",
            [
                "Wants: “I want to cancel my plan.”",
                "Now: “The button is greyed out and says I am not the owner, so it won't let me.”",
            ],
        ),
        (  # solved: nothing is in the way
            "== 1 cust 9m\nThe app crashes when I pay.\n== 2 ada 8m\nPlease update it.\n== 3 cust 7m\nI updated and it works now, thanks!",
            ["“The app crashes when I pay.”"],
        ),
    ],
)
def test_summary(told: str, summary: list[str]) -> None:
    found = package(told)
    assert [s.text for s in found.summary] == summary
    assert all(s.source for s in found.summary)


def test_internal_notes_and_agents_never_speak_for_the_customer() -> None:
    found = package(
        "== 1 cust 9m\nThe app crashes.\n== 2 ada 8m internal\nI want a refund, says her boss. Nothing works.\n== 3 ada 7m\nSorry!"
    )
    assert {s.source for s in (*found.summary, found.question, *found.said)} == {"1"}
    assert found.handover.source == "2"
    assert found.last_reply.source == "3"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_real_dialogues_give_short_summaries(number: int) -> None:
    dialogue = json.loads(shared("data/abcd/abcd_sample.json").read_text())[number]["original"]
    roles = {"customer": Role.CUSTOMER, "agent": Role.AGENT, "action": Role.SYSTEM}
    messages = tuple(Message(str(n), Person(name=who, role=roles[who]), text, at=NOW) for n, (who, text) in enumerate(dialogue))
    found = build(Ticket("zendesk", "1", messages=messages), (), BY_RULE, None, NOW)
    assert 1 <= len(found.summary) <= 3
    wants = ["return an item", "how much long till it is refunded", "I want to know when they expire"]
    assert wants[number] in " ".join(s.text for s in found.summary)
    assert found.tried == ()  # asking for a name and an order number is no remedy


# ------------------------------------------------------------------ what was tried

Tried = list[tuple[str, str, bool | None]]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("== 1 bot 9m\nPlease clear your cache.\n== 2 cust 8m\nThat didn't help.",
         [("Helpbot", "Please clear your cache.", False)]),
        ("== 1 ada 9m\nHi Cus, please restart the router.\n== 2 cust 8m\nI restarted it and it works now!",
         [("Ada Lindqvist", "Please restart the router.", True)]),
        ("== 1 ada 9m\nPlease restart the router.", [("Ada Lindqvist", "Please restart the router.", None)]),
        ("== 1 ada 9m\nPlease restart the router.\n== 2 cust 8m\nok one moment\n== 3 cust 7m\nstill no internet",
         [("Ada Lindqvist", "Please restart the router.", False)]),
        ("== 1 cust 9m\nI already tried another browser, same error.", [("Cus", "I already tried another browser, same error.", False)]),
        ("== 1 cust 9m\nI reinstalled the app.", [("Cus", "I reinstalled the app.", None)]),
        ("== 1 ada 9m\nCould you give me your order number?\n== 2 cust 8m\n3348917502", []),
        ("== 1 ada 9m\nLet me check that for you.\n== 2 cust 8m\nit still fails", []),
        ("== 1 ada 9m internal\nTry restarting the server", []),
        ("== 1 ada 9m\nI have reset your password.\n== 2 cust 8m\nThe new password does not work either",
         [("Ada Lindqvist", "I have reset your password.", False)]),
        # doing what was proposed is its result; something else is an attempt of one's own
        ("== 1 ada 9m\nPlease clear your cache.\n== 2 cust 8m\nCleared the cache, no luck. I also swapped the cable.",
         [("Ada Lindqvist", "Please clear your cache.", False), ("Cus", "I also swapped the cable.", None)]),
        # what was answered stays as answered when we move on to something else
        ("== 1 bot 9m\nCheck whether it is pending.\n== 2 cust 8m\nBoth are booked.\n== 3 ada 7m\nPlease log out and in.\n== 4 cust 6m\n"
         "Still the same.", [("Helpbot", "Check whether it is pending.", None), ("Ada Lindqvist", "Please log out and in.", False)]),
        # a bot that repeats itself proposes one thing
        ("== 1 bot 9m\nReset it here.\n== 2 cust 8m\nno luck\n== 3 bot 7m\nReset it here.", [("Helpbot", "Reset it here.", False)]),
        ("== 1 ada 9m\nBitte starten Sie den Router neu.\n== 2 cust 8m\nDas hat nicht geholfen.",
         [("Ada Lindqvist", "Bitte starten Sie den Router neu.", False)]),
    ],
)  # fmt: skip
def test_what_was_tried(told: str, expected: Tried) -> None:
    found = package(told).tried
    assert [(a.who, a.step.text, a.worked) for a in found] == expected
    assert all(a.step.source for a in found)


def test_failures_that_only_the_signals_saw_are_kept() -> None:
    words = "== 1 cust 9m\nwe did what it said in the article and it was in vain.\n== 2 cust 5m\nthe second article neither"
    case = ticket(words)
    found = build(case, (signal(case, "failed_attempts", {"count": 2}, "the second article neither"),), BY_RULE, None, NOW)
    assert [(a.step.text, a.step.source, a.worked) for a in found.tried] == [("The second article neither", "2", False)]


def test_a_long_thread_keeps_its_newest_attempts() -> None:
    told = "".join(f"== a{n} ada 9m\nPlease try step {n}.\n== c{n} cust 9m\nno luck\n" for n in range(30))
    assert [a.step.text for a in package(told).tried] == [f"Please try step {n}." for n in range(20, 30)]


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
        ("== 1 ada 3h0\nHello\n== 2 cust 3d\nearlier, by clock", "3 d", 1),
    ],
)
def test_how_long_the_customer_waits_for_a_person(told: str, waiting: str, unanswered: int) -> None:
    found = package(told)
    assert (found.waiting(), found.unanswered) == (waiting, unanswered)


def test_a_waiting_customer_without_a_time_is_said_so() -> None:
    found = package(messages=(Message("1", PEOPLE["cust"], "It is broken"),))
    assert note(found, key="k", title="t", link="l").lines[4].text.startswith("Waiting, since when is not known")


IN_A_MOMENT, PAST = NOW + timedelta(minutes=35), NOW - timedelta(minutes=8)


@pytest.mark.parametrize(
    ("clocks", "words"),
    [
        ((), "no running clock"),
        ((SlaClock("first_reply", IN_A_MOMENT, ClockState.GREEN),), "first reply due in 35 min (12:35 UTC)"),
        ((SlaClock("first_reply", IN_A_MOMENT, ClockState.AMBER),), "first reply due in 35 min (12:35 UTC, amber)"),
        ((SlaClock("resolution", PAST, ClockState.GREEN),), "resolution breached 8 min ago (11:52 UTC)"),  # the state was read earlier
        ((SlaClock("resolution", PAST, ClockState.MET),), "no running clock"),
        ((SlaClock("resolution", None, ClockState.PAUSED),), "resolution paused"),
        ((SlaClock("resolution"),), "resolution running"),
        ((SlaClock("resolution", None, ClockState.BREACHED),), "resolution breached"),
        ((SlaClock("x", NOW + timedelta(days=40)), SlaClock("y", PAST)), "y breached 8 min ago (11:52 UTC); x due in 40 d (3 Jan 2026 12:00 UTC)"),
    ],
)  # fmt: skip
def test_clocks_in_words(clocks: tuple[SlaClock, ...], words: str) -> None:
    assert package(sla=clocks).sla() == words


# ------------------------------------------------------------------ account, gaps, advice


def test_the_account_in_words() -> None:
    customer = Customer(
        Group("1", "Northwind"),
        "enterprise",
        Money(Decimal("48000.50"), "EUR"),
        "at risk",
        "2025-12-06",
        "en",
        "Europe/Berlin",
        (PastTicket("7", "", Status.OPEN), PastTicket("8", "Old", Status.SOLVED, NOW - timedelta(days=2), "https://x.example/8")),
    )
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
        "== 1 cust 5m\nThe app crashes when I pay.",
        decision=replace(BY_RULE, issue_type=""),
        known=frozenset({"messages", "sla"}),
        missing={"customer": "Zendesk answered 403: the token may not read organisations"},
    )
    assert {(g.field, g.why) for g in found.missing} == {
        ("customer", "Zendesk answered 403: the token may not read organisations"),
        ("contact", "zendesk has not told it (mapping or permission)"),
        ("issue type", "neither a rule nor the text names it (rule)"),
        ("SLA", "empty in zendesk (person)"),
    }
    assert (found.completeness, found.lacking) == (65, ("account",))


def test_completeness_of_a_whole_story() -> None:
    case, signals, decision = STORIES["charged_twice"]
    found = build(case, signals, decision, None, NOW)
    assert (found.completeness, found.lacking, found.missing) == (100, (), ())


@pytest.mark.parametrize(
    ("issue", "told", "signals", "expected"),
    [
        ("bug", "== 1 cust 5m\nIt crashes.", (), ["Ask for the exact error or a screenshot and the version and the browser or device"]),
        ("bug", "== 1 cust 5m file=shot.png\nIt crashes.", (), ["Ask for the version and the browser or device"]),
        ("bug", "== 1 cust 5m file=shot.png\nIt crashes on version 2.1.", (), []),
        ("shipping_order", "== 1 cust 5m\nWhere is it?", (), ["Ask for the order or tracking number"]),
        ("shipping_order", "== 1 ada 9m\nMay I have your order number?\n== 2 cust 5m\n7916676427", (), []),
        ("how_to", "== 1 cust 5m\nHow?", (Signal("churn_risk", True, 0.9),), ["The customer speaks of leaving: tell the account owner"]),
        ("how_to", "== 1 cust 5m\nHow?", (Signal("churn_risk", True, 0.3), Signal("legal_threat", False, 0.9)), []),
        ("how_to", "== 1 ada 9m\nTry a restart.\n== 2 cust 5m\nno luck", (), ["Do not repeat the remedy that failed"]),
        ("my own type", "== 1 cust 5m\nHow?", (), []),
    ],
)  # fmt: skip
def test_next_steps_after_the_first(issue: str, told: str, signals: tuple[Signal, ...], expected: list[str]) -> None:
    found = package(told, *signals, decision=replace(BY_RULE, issue_type=issue))
    assert list(found.next_steps[1:]) == expected


@pytest.mark.parametrize(
    ("issue", "value", "words"),
    [
        ("billing", {"negated": False, "amount": Decimal("500"), "currency": "EUR"}, "to refund 500 EUR"),
        ("billing", {"negated": False, "amount": Decimal("0.5")}, "to refund 0.50"),
        ("billing", {"negated": False}, "to decide on a refund"),
        ("billing", {"negated": True}, ""),
        ("billing", True, "to decide on a refund"),
        ("security", {"negated": True}, "to lock accounts and speak for security"),
    ],
)
def test_authority(issue: str, value: bool | dict[str, object], words: str) -> None:
    assert package("", Signal("refund_request", value, 0.9), decision=replace(BY_RULE, issue_type=issue)).authority == words


def test_custom_fields_are_exact_words_too() -> None:
    custom = {
        "refund_amount": Money(Decimal("1240"), "USD"),
        "ai_confidence": Decimal("0.4"),
        "blocked": True,
        "tags_seen": ("a", "b"),
        "since": datetime(2025, 11, 1, tzinfo=NOW.tzinfo),
        "empty": None,
    }
    found = package(custom=custom)
    assert [(s.kind, s.text) for s in found.specifics] == [
        ("refund amount", "1,240 USD"),
        ("blocked", "yes"),
        ("tags seen", "a, b"),
        ("since", "2025-11-01"),
    ]
    assert found.confidence == "AI agent 40%"


def test_shadow_rules_are_no_reason_and_reasons_without_rules_are() -> None:
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


TEXTS = st.text(max_size=200) | st.sampled_from(
    ["Please try a restart.", "still broken!", "On a b c wrote:\n> x", "hi", "4111 1111 1111 1111"]
)
MESSAGES = st.builds(
    Message,
    st.text(max_size=3),
    st.builds(Person, st.text(max_size=2), st.text(max_size=5), st.text(max_size=5), st.sampled_from(Role)),
    TEXTS,
    st.booleans(),
    st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(NOW.tzinfo)),
    st.lists(st.text(max_size=5), max_size=2).map(tuple),
)


@given(st.lists(MESSAGES, max_size=8), TEXTS, TEXTS)
def test_any_ticket_gives_a_note_and_a_card_without_control_characters(messages: list[Message], subject: str, name: str) -> None:
    requester = Person("x", name, name)
    found = package(messages=tuple(messages), subject=subject, requester=requester, customer=Customer(Group("1", name), name))
    assert 0 <= found.completeness <= 100
    assert len(found.summary) <= 3
    text = shown(found)
    assert "4111 1111" not in text
    assert not [c for c in text if ord(c) < 32 and c not in "\n\t"]
