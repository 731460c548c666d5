"""Five stories as they are read by the next person: the whole note and card of each stands in ``tests/golden``, read by eye."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation.actions import Card, Line, Note, Press
from escalation.context import ContextPackage, Reason, Statement, build, card, note
from escalation.decision import Route
from escalation.fold import ROWS, WIDTH, Part, above_the_fold, rows
from escalation.package import Worded, Wording
from escalation.thread import clean
from escalation.ticket import Message, Person, Role
from tests.stories import CHARGED_TWICE, CHARGED_TWICE_DECISION, CHARGED_TWICE_SIGNALS, LOCKED_OUT, NOW, STORIES
from tests.support import ROOT

ROUTE = Route("pool", "", (), "Billing pool because the issue type is billing; 2 of 3 available")
SIX = ["Why", "Summary", "Customer", "Tried", "Clock", "Next"]
SECTIONS = [
    "In full",
    "What the customer said",
    "Asked and promised",
    "Tried in detail",
    "Account",
    "Earlier tickets",
    "Missing",
    "Chain so far",
    "Transcript",
]


def told(name: str) -> ContextPackage:
    ticket, signals, decision = STORIES[name]
    return build(ticket, signals, decision, ROUTE, NOW)


def a_note(package: ContextPackage, **more: object) -> Note:
    return note(package, key="h1", title="Handoff to Ada Lindqvist", link="https://baton.example/handoffs/h1", **more)  # type: ignore[arg-type]


def a_card(package: ContextPackage, **more: object) -> Card:
    plain: dict[str, object] = {
        "state": "Waiting for you until 12:15 UTC",
        "why_you": "skill billing 4/5, 1 of 5 open, speaks en",
        "presses": (Press.ACCEPT, Press.DECLINE),
        "ticket_url": "https://desk.example/1",
        "page_url": "https://baton.example/handoffs/h1",
        "live": True,
        "title": f"Handoff: {package.subject or 'chat'}",
    }
    return card(package, "h1", "o1", **{**plain, **more})  # type: ignore[arg-type]


def lines(told: tuple[Line, ...]) -> list[str]:
    return [f"{line.label}: {line.text}" if line.label else line.text for line in told]


def as_text(note: Note, card: Card) -> str:
    """What a person sees, with the message each line comes from."""
    shown = [note.title, *lines(note.lines)]
    for heading, told in note.sections:
        sources = [f"  <{line.source}>" if line.source else "" for line in told]
        shown += ["", heading, *(f"- {text}{source}" for text, source in zip(lines(told), sources, strict=True))]
    shown += ["", "CARD", card.title, card.state, " | ".join(lines(card.facts)), *lines(card.lines)]
    return "\n".join(shown) + "\n"


@pytest.mark.parametrize("name", STORIES)
def test_each_story_reads_as_we_want_it(name: str) -> None:
    package = told(name)
    golden = (ROOT / "tests" / "golden" / f"{name}.txt").read_text()
    assert as_text(a_note(package), a_card(package)) == golden


@pytest.mark.parametrize("name", STORIES)
def test_order_is_fixed_and_nothing_is_empty(name: str) -> None:
    shown = a_note(told(name))
    assert [line.label for line in shown.lines] == SIX
    headings = [heading for heading, _ in shown.sections]
    assert headings == [heading for heading in SECTIONS if heading in headings]
    assert headings[-1] == "Transcript"
    assert all(line.text for line in (*shown.lines, *(x for _, section in shown.sections for x in section)))
    assert (shown.key, shown.link) == ("h1", "https://baton.example/handoffs/h1")


@pytest.mark.parametrize("name", STORIES)
def test_every_quotation_is_in_the_message_it_names(name: str) -> None:
    ticket = STORIES[name][0]
    texts = {m.id: " ".join(clean(m.text).split()).lower() for m in ticket.messages}
    package = told(name)
    for s in (package.question, *package.said, *(a.result for a in package.tried if a.result)):
        assert s.source in texts
        assert s.text.rstrip("…").lower() in texts[s.source]


def test_secrets_of_customers_and_bots_do_not_travel() -> None:
    for name in STORIES:
        shown = as_text(a_note(told(name)), a_card(told(name)))
        assert not [word for word in ("Winter-2025!", "4111 1111", "abc123def") if word in shown]


def test_clocks_are_told_as_at_the_time_of_writing() -> None:
    package = told("charged_twice")
    later = a_note(package, now=NOW + timedelta(minutes=30))
    assert later.lines[4].text == "Next reply breached 5 min ago (12:25 UTC); waiting 2 h 40 min"
    assert {line.label: line.text for line in dict(later.sections)["In full"]}["Clock"] == (
        "Waiting 2 h 40 min for a person (since 09:50 UTC, 2 messages). SLA: next reply breached 5 min ago (12:25 UTC); "
        "resolution due in 19 h 30 min (25 Nov 08:00 UTC). Urgency: urgent, severity high"
    )
    facts = {line.label: line.text for line in a_card(package, now=NOW + timedelta(minutes=30)).facts}
    assert (facts["Waiting"], facts["SLA"]) == ("2 h 40 min", "next reply breached 5 min ago (12:25 UTC)")


def test_a_card_has_all_facts_and_takes_what_it_is_given() -> None:
    package = told("charged_twice")
    shown = a_card(package, live=False, mention="U1", presses=[Press.OPEN])
    assert [line.label for line in shown.facts] == ["Customer", "Tier", "Issue", "Urgency", "Waiting", "SLA"]
    assert [line.label for line in shown.lines] == ["Why you", "Summary", "Tried", "Reasons"]
    assert (shown.handoff_id, shown.offer_id, shown.live, shown.mention) == ("h1", "o1", False, "U1")
    assert shown.presses == (Press.OPEN,)
    assert [line.label for line in a_card(package, why_you="").lines] == ["Summary", "Tried", "Reasons"]


def test_a_card_cuts_long_quotations_and_closes_them() -> None:
    ticket = replace(LOCKED_OUT, messages=(replace(LOCKED_OUT.messages[2], text="I cannot log in because " + "of this " * 60),))
    summary = a_card(build(ticket, (), CHARGED_TWICE_DECISION, None, NOW)).lines[1].text
    assert summary.startswith("“I cannot log in because of this")
    assert summary.endswith("of…”")
    assert len(summary) <= 161


def test_many_reasons_continue_below() -> None:
    reasons = tuple(Reason(f"r{n}", f"Rule {n}", f"Rule {n}: seen") for n in range(5))
    shown = a_note(replace(told("locked_out"), reasons=reasons))
    assert shown.lines[0].text == "Rule 0; Rule 1; Rule 2; 2 more reasons below. Issue: account access"
    chain = dict(shown.sections)["Chain so far"]
    assert [line.text for line in chain if line.label == "Reason"] == [f"Rule {n}: seen [rule r{n}]" for n in range(5)]


def test_what_the_first_lines_cut_stands_in_full_below() -> None:
    package = told("charged_twice")
    shown = a_note(package)
    whole = {line.label: line.text for line in dict(shown.sections)["In full"]}
    assert all(statement.text in whole["Summary"] for statement in package.summary)
    assert all(step in whole["Next"] for step in package.next_steps) and package.authority in whole["Next"]
    assert "renewal 2025-12-06" in whole["Customer"] and "resolution due in 20 h" in whole["Clock"]
    short = a_note(build(replace(LOCKED_OUT, messages=LOCKED_OUT.messages[:1]), (), CHARGED_TWICE_DECISION, None, NOW))
    assert "Summary" not in {line.label for line in dict(short.sections).get("In full", ())}


LONG = "We have been waiting for the replacement of unit 4711 since Monday, and your portal shows nothing at all. " * 3
WIDE = "\u8acb\u6c42\u66f8\u304c\u4e8c\u91cd\u306b\u306a\u3063\u3066\u3044\u307e\u3059" * 12


@pytest.mark.parametrize("text", [LONG, LONG.upper(), "x" * 900, WIDE, "W" * 300, "a “b” c “d” " * 60, ""], ids=str.__len__)
def test_the_first_lines_take_ten_rows_with_the_title_whatever_they_say(text: str) -> None:
    package = told("charged_twice")
    said = Statement(f"“{text}”", "m1", text[:40], NOW)
    long = replace(
        package,
        summary=(said, replace(said, text=f"Wants: “{text}”"), replace(said, text=f"Now: “{text}”")),
        tried=tuple(replace(package.tried[0], who=text[:60], step=said) for _ in range(5)),
        handover=said,
        customer=replace(package.customer, name=text[:80], organization=text[:80]),
        reasons=tuple(Reason(f"r{n}", text[:90], text) for n in range(4)),
        next_steps=(text, text),
        authority=text,
    )
    worded = Worded(text, ("m1", "m6"))
    tries = tuple(replace(attempt, cites=("m1",)) for attempt in long.tried)
    for one in (long, replace(long, wording=Wording("a-model", (worded,) * 3, tries, (), (worded,)))):
        shown = a_note(one)
        assert sum(rows(f"{line.label}: {line.text}", WIDTH) for line in shown.lines) <= ROWS
        assert all(line.text for line in shown.lines)


def test_a_models_words_are_shown_above_the_fold_where_they_fit_and_whole_below() -> None:
    package = told("charged_twice")
    short = Worded("Northwind was charged twice and wants one payment back.", ("m1",))
    first, *_ = [x.text for x in a_note(replace(package, wording=Wording("a-model", (short,)))).lines if x.label == "Summary"]
    assert first == f"{short.text} [cites m1] (written by a-model)"
    long = Worded("Northwind was charged twice and wants one payment back, and so on. " * 5, ("m1", "m6"))
    shown = a_note(replace(package, wording=Wording("a-model", (long,))))
    assert shown.lines[1].text.startswith("“We were charged twice") and "a-model" not in shown.lines[1].text
    whole = {line.label: line.text for line in dict(shown.sections)["In full"]}["Summary"]
    assert long.text in whole and "[cites m1, m6]" in whole and "written by a-model" in whole


def test_what_is_not_needed_by_one_line_is_given_to_the_next() -> None:
    parts = [Part("Long", ("so many words " * 40,)), Part("Short", ("few",), rows=3), Part("Last", ("x",))]
    long, short, last = above_the_fold(parts)
    assert rows(f"Long: {long}", WIDTH) == ROWS - 2 and (short, last) == ("few", "x")


def test_a_handover_by_hand_and_its_chain_are_told() -> None:
    package = build(
        CHARGED_TWICE,
        CHARGED_TWICE_SIGNALS,
        replace(CHARGED_TWICE_DECISION, verdicts=(), reasons=(), escalate=False),
        None,
        NOW,
        chain=(
            "Ada was asked: declined (busy)",
            "Ada had handoff h1; the ticket was solved, then reopened",
            "Bo was asked: accepted",
            "Bo accepted at 09:00 UTC",
        ),
        sender="Bo Tanaka",
    )
    shown = a_note(package)
    assert shown.lines[0].text == "handed over by Bo Tanaka. Issue: billing"
    chain = lines(dict(shown.sections)["Chain so far"])
    assert chain[:5] == [
        "Asked 1: Ada: declined (busy)",
        "Ada had handoff h1; the ticket was solved, then reopened",
        "Asked 2: Bo: accepted",
        "Bo accepted at 09:00 UTC",
        "Handed over by: Bo Tanaka",
    ]


@pytest.mark.parametrize(
    ("note", "asked", "noted"),
    [
        ("#escalate billing charged twice, see 12", "Bo Tanaka: “charged twice, see 12” · ", False),
        ("#escalate billing", "", False),
        ("Needs a look at the processor.", "", True),
    ],
)
def test_why_somebody_hands_it_over_is_a_reason_and_nothing_tried(note: str, asked: str, noted: bool) -> None:
    bo = Person("b", "Bo Tanaka", role=Role.AGENT)
    ticket = replace(CHARGED_TWICE, messages=(*CHARGED_TWICE.messages, Message("note", bo, note, public=False, at=NOW)))
    package = build(ticket, CHARGED_TWICE_SIGNALS, CHARGED_TWICE_DECISION, None, NOW)
    told = {line.label: line.text for line in a_card(package).lines}
    assert told["Reasons"].startswith(asked + package.reasons[0].title)
    assert ("Bo Tanaka noted: " in told["Tried"]) is noted
    why = next(line.text for line in a_note(package).lines if line.label == "Why")
    assert ("“charged twice, see 12”" in why) is bool(asked)


def test_a_long_transcript_keeps_the_newest_and_says_so() -> None:
    message = CHARGED_TWICE.messages[0]
    many = tuple(replace(message, id=f"n{n}", text=f"{n} " + "word " * 100) for n in range(300))
    huge = replace(message, id="huge", text="x" * 50_000)
    shown = a_note(build(replace(CHARGED_TWICE, messages=(*many, huge)), (), CHARGED_TWICE_DECISION, None, NOW))
    transcript = shown.sections[-1][1]
    assert transcript[0].text.endswith("earlier messages left out; the ticket has them all")
    assert transcript[-1].source == "huge"
    assert transcript[-1].text.endswith("(cut, 18000 more) [attached: statement.pdf]")
    assert sum(len(line.text) for line in transcript) < 31_000
