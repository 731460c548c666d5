"""Cards as Block Kit: what they show, Slack's limits, and that no customer text can mention, link or format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import slack_forms
from connectors.slack_blocks import blocks, escape, fallback_text, link, literal, text_blocks, tidy
from connectors.slack_forms import Form, form, notice
from escalation.actions import Card, DeclineReason, Line, Press
from sandbox.slack_check import problems, view_problems
from tests.slack_play import card

HOSTILE = [
    "<!channel> <!here> <!everyone> @here @channel",
    "<@U101> <#C1|general> <https://evil.example|your bank>",
    "*bold* _it_ ~gone~ `code` ```block```",
    "&lt;!channel&gt; &amp; &",
    "> quoted\n> again",
    ":tada: :100: https://evil.example www.evil.example",
    "\x00\x07\u202egnp.exe\ud800 \U0001f600" * 30,
    "& < > " * 2000,
    "",
    " \n\t ",
]
hostile = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=80),
    st.lists(st.sampled_from([*HOSTILE, "<", ">", "&", "*", "_", "~", "`", "|", ":", "@", "\n", "x" * 400])).map("".join),
)
lines = st.lists(st.builds(Line, hostile, hostile), max_size=30).map(tuple)
cards = st.builds(
    Card,
    handoff_id=st.just("h-1"),
    offer_id=st.just("o-1"),
    title=hostile,
    state=hostile,
    facts=lines,
    lines=lines,
    presses=st.lists(st.sampled_from(Press), unique=True).map(tuple),
    ticket_url=st.one_of(hostile, st.just("https://acme.example/t?a=1&b=<2>|3")),
    page_url=hostile,
    live=st.booleans(),
    mention=st.one_of(st.just("U101"), hostile),
)


def texts(part: Any) -> Iterator[dict[str, Any]]:
    """Every text object of a message."""
    if isinstance(part, dict):
        if part.get("type") in ("plain_text", "mrkdwn") and "text" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from texts(inner)


def of(kind: str, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [part for part in parts if part["type"] == kind]


def test_a_live_card_tells_everything_in_order() -> None:
    parts = blocks(card(mention="U102"))
    assert [part["type"] for part in parts] == [
        "header", "section", "section", "context", "section", "context", "section", "actions", "context",
    ]  # fmt: skip
    assert parts[0]["text"] == {"type": "plain_text", "text": "Charged twice for October", "emoji": False}
    assert parts[1]["text"]["text"] == "<@U102> *Waiting for you until 14:05*"
    assert [field["text"] for field in parts[2]["fields"]] == [
        "*Customer*\nMia Customer, Northwind", "*Tier*\nenterprise", "*Issue*\nbilling",
    ]  # fmt: skip
    assert (parts[5]["elements"][0]["text"], parts[6]["text"]["text"]) == (
        "Summary", "Mia was charged twice &amp; wants 500 EUR back.",
    )  # fmt: skip
    assert parts[8]["elements"][0]["text"] == "<https://baton.example/handoffs/h-1|See the whole handoff>"


def test_buttons_carry_what_they_are_about() -> None:
    accept, decline, ticket, menu = of("actions", blocks(card()))[0]["elements"]
    assert [b["action_id"] for b in (accept, decline, menu)] == ["baton_accept", "baton_decline", "baton_more"]
    assert (accept["style"], "style" in decline) == ("primary", False)
    assert [(option["text"]["text"], json.loads(option["value"])) for option in menu["options"]] == [
        (words, {"press": press, "handoff": "h-1", "offer": "o-1"})
        for words, press in (("Ask the sender…", "baton_ask"), ("Reassign…", "baton_reassign"), ("Snooze…", "baton_snooze"))
    ]
    assert json.loads(accept["value"]) == {"handoff": "h-1", "offer": "o-1"}
    assert (ticket["action_id"], ticket["url"]) == ("baton_open", "https://acme.example/tickets/12")


def test_a_settled_card_is_muted_and_cannot_be_pressed() -> None:
    parts = blocks(card(live=False, state="Accepted by Ada at 14:02"))
    assert {part["type"] for part in parts} == {"context"}
    shown = " ".join(text["text"] for text in texts(parts))
    assert "Accepted by Ada at 14:02" in shown and "<https://acme.example/tickets/12|Open ticket>" in shown


def test_a_card_with_nothing_to_press_has_no_actions() -> None:
    assert of("actions", blocks(card(presses=(), ticket_url=""))) == []


def test_more_than_ten_facts_become_two_sections() -> None:
    facts = tuple(Line(f"Fact {n}", str(n)) for n in range(13))
    sections = [part for part in blocks(card(facts=facts)) if "fields" in part]
    assert [len(part["fields"]) for part in sections] == [10, 3]


@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_text_stays_text(said: str) -> None:
    parts = blocks(card(title=said, state=said, facts=(Line(said, said),), lines=(Line(said, said),)))
    assert problems(parts) == []
    for text in texts(parts):
        assert not re.search(r"<(?!https://(acme|baton)\.example/[^<>]*>)", text["text"])


@pytest.mark.slow
@given(cards)
@settings(deadline=None, max_examples=150)
def test_no_card_breaks_slacks_limits_or_escaping(given_card: Card) -> None:
    parts = blocks(given_card)
    assert problems(parts) == []
    assert len(parts) <= 50 and len(json.dumps(parts, ensure_ascii=False)) < 20_000
    json.dumps(parts, ensure_ascii=False).encode()  # no lone surrogates
    for text in texts(parts):
        without_ours = re.sub(r"<@U[A-Z0-9]+> |<https?://[^<>|\s]+\|(See the whole handoff|Open ticket)>", "", text["text"])
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", without_ours)


@given(hostile)
@settings(deadline=None)
def test_literal_text_formats_nothing(said: str) -> None:
    shown = literal(said, 500)
    assert not re.search(r"[*~`<>\n]|(?i:@(here|channel|everyone))|://|:[^\s:]+:", shown)
    assert not re.search(r"(^|\W)_|_(\W|$)", shown)
    assert not shown.startswith("&gt;")
    assert len(shown.encode("utf-16-le")) // 2 <= 500


@given(hostile, st.integers(1, 60))
def test_escape_keeps_to_its_limit_and_cuts_no_entity(said: str, limit: int) -> None:
    shown = escape(tidy(said), limit)
    assert len(shown.encode("utf-16-le")) // 2 <= limit
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)


@pytest.mark.parametrize(
    ("said", "limit", "shown"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("one too long", 11, "one too lo…"),
        ("a & b", 9, "a &amp; b"),
        ("a & b", 8, "a &amp;…"),
        ("a & b", 6, "a…"),
        ("\U0001f600\U0001f600", 4, "\U0001f600\U0001f600"),
        ("\U0001f600\U0001f600", 3, "\U0001f600…"),
    ],
)
def test_escape(said: str, limit: int, shown: str) -> None:
    assert escape(said, limit) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("account_access", "account_access"),
        ("  two\n lines ", "two lines"),
        ("due 14:05", "due 14:05"),
        ("Smith & Sons <x>", "Smith &amp; Sons &lt;x&gt;"),
        ("mia@northwind.example", "mia@northwind.example"),
    ],
)
def test_ordinary_words_are_left_alone(said: str, shown: str) -> None:
    assert literal(said, 100) == shown


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://a.example/t?x=1&y=2", "<https://a.example/t?x=1&amp;y=2|Open>"),
        ("https://a.example/a|b>c", "<https://a.example/a%7Cb%3Ec|Open>"),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("/tickets/1", ""),
        ("https://[broken", ""),
        ("https://a.example/" + "x" * 4000, ""),
    ],
)
def test_only_web_addresses_become_links(url: str, made: str) -> None:
    assert link(url, "Open") == made


def test_paragraphs_of_a_line_are_kept() -> None:
    assert text_blocks("first\r\n\n\n\n  second  line ")[0]["text"]["text"] == "first\n\nsecond line"


def test_fallback_text_is_one_safe_line() -> None:
    shown = fallback_text(card(title="<!here> new\nticket"))
    assert shown.startswith("&lt;!here&gt; new ticket | Waiting for you until 14:05 | Customer: Mia Customer, Northwind")


@pytest.mark.parametrize("press", [Press.DECLINE, Press.ASK, Press.RETURN])
def test_forms_are_what_slack_takes(press: Press) -> None:
    about = Form(press.value, "h-1", "o-1", "D101", "1.2")
    view = form(press, about)
    assert view_problems(view) == []
    assert (view["callback_id"], Form(**json.loads(view["private_metadata"]))) == (press.value, about)


def test_the_decline_form_offers_every_reason() -> None:
    view = form(Press.DECLINE, Form("baton_decline", "h", "o", "D", "1"))
    assert [o["value"] for o in view["blocks"][0]["element"]["options"]] == list(DeclineReason)
    assert slack_forms.REASONS.keys() == set(DeclineReason)
    assert not slack_forms.has_form(Press.ACCEPT)


def test_a_notice_is_a_form_with_nothing_to_send() -> None:
    view = notice("Bo Tanaka <accepted> this")
    assert view_problems(view) == [] and "submit" not in view
