"""What must not leave: cards, secrets and configured patterns, per destination, over whole cards and notes."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from io import StringIO

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from config import logs
from config.playbook import load_playbook
from config.yamldoc import Problems
from escalation.actions import Card, Line, Note, Press
from escalation.masking import FIELDS, Masking, To
from escalation.package import ContextPackage, Statement, Turn
from tests.test_desk import ADA, Lives
from tests.test_desk import RULES as BASE

RULES = "paths: {default: {levels: [{name: One, offering: one}]}}\nrules: []\ndefault_team: billing\n"
PATTERNS = r"""
masking:
  patterns:
    - {name: customer number, pattern: 'KD-[0-9]{6}'}
    - {name: project, pattern: '\bprojekt \w+', to: [chat, tracker]}
  shown:
    chat: [summary, question, tried]
"""
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def masking() -> Masking:
    return load_playbook(RULES + PATTERNS).masking


@pytest.mark.parametrize(
    ("text", "to", "shown"),
    [
        ("I am KD-123456.", To.NOTE, "I am [customer number hidden]."),
        ("I am kd-123456.", To.LLM, "I am [customer number hidden]."),
        ("Projekt Falke fails", To.CHAT, "[project hidden] fails"),
        ("Projekt Falke fails", To.NOTE, "Projekt Falke fails"),
        ("pay 4242 4242 4242 4242", To.TRACKER, "pay [card ending 4242]"),
        ("the password is hunter22", To.LOG, "the password is [hidden]"),
        ("KD-12345 is no number of ours", To.CHAT, "KD-12345 is no number of ours"),
    ],
)
def test_texts(masking: Masking, text: str, to: To, shown: str) -> None:
    assert masking.text(text, to) == shown


def test_a_card_is_masked_in_every_text_and_found_again_by_its_ids(masking: Masking) -> None:
    secret = "KD-123456"
    line = Line(secret, secret, source=secret)
    card = Card(secret, secret, secret, secret, (line,), (line,), (Press.ACCEPT,), secret, secret, mention=secret)
    shown = masking.whole(card, To.CHAT)
    assert (shown.handoff_id, shown.offer_id, shown.ticket_url, shown.page_url, shown.mention) == (secret,) * 5
    assert shown.presses == (Press.ACCEPT,) and shown.lines[0].source == secret
    told = (shown.title, shown.state, shown.facts[0].label, shown.facts[0].text, shown.lines[0].text)
    assert told == ("[customer number hidden]",) * 5


TEXTS = st.text(max_size=30)


@given(TEXTS, TEXTS, st.sampled_from(["KD-123456", "4242424242424242", "sk_live_abcdefgh12345678"]), st.sampled_from(To))
def test_nothing_planted_stays_in_a_note(masking: Masking, before: str, after: str, secret: str, to: To) -> None:
    said = f"{before} {secret} {after}"
    note = Note("k", said, (Line("a", said),), (("b", (Line("c", said), Line("d", "calm"))),), link="https://x/KD-123456")
    shown = masking.whole(note, to)
    assert secret not in repr(shown).replace("https://x/KD-123456", "")
    assert shown.sections[0][1][1] == Line("d", "calm")


def test_a_destination_is_shown_chosen_fields_alone(masking: Masking) -> None:
    said = Statement("It fails", "m1")
    turn = Turn("m1", "customer", "Kim", "It fails", NOW, True, ())
    package = ContextPackage("zendesk", "7", NOW, "Subject", summary=(said,), account=(Line("Tier", "gold"),), transcript=(turn,))
    shown = masking.package(package, To.CHAT)
    assert (shown.subject, shown.summary, shown.account, shown.transcript) == ("Subject", (said,), (), ())
    assert masking.package(package, To.NOTE) is package
    assert {"summary", "account", "transcript", "customer"} <= FIELDS.keys()


@pytest.mark.parametrize(
    ("written", "problem", "remedy"),
    [
        ("{patterns: [{name: a, pattern: '('}]}", "this pattern cannot be used", "RE2"),
        ("{patterns: [{name: a, pattern: 'x*'}]}", "this pattern matches nothing at all", "has to be there"),
        ("{patterns: [{name: a, pattern: x, to: [slak]}]}", "unknown word 'slak'", "chat"),
        ("{shown: {chat: [sumary]}}", "a context package has no field 'sumary'", "'summary'"),
        ("{shown: {mail: [summary]}}", "mail", "chat"),
    ],
)
def test_what_is_refused(written: str, problem: str, remedy: str) -> None:
    with pytest.raises(Problems) as refused:
        load_playbook(RULES + f"masking: {written}\n")
    [told] = refused.value.problems
    assert problem in str(told) and remedy in str(told)


def test_the_log_hides_it_too(masking: Masking, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("json")
    written = StringIO()
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", written)
    monkeypatch.setattr(logs, "_masking", masking)
    try:
        raise ValueError("422: customer KD-123456 paid with 4242 4242 4242 4242")
    except ValueError as error:
        structlog.get_logger("t").warning("failed", error=str(error), exc_info=True)
    assert "failed" in written.getvalue() and "ValueError" in written.getvalue()
    assert "KD-123456" not in written.getvalue() and "4242 4242" not in written.getvalue()


def test_the_home_tab_hides_it_too(db: Engine) -> None:
    lives = Lives(db, BASE + "masking: {patterns: [{name: customer number, pattern: 'KD-[0-9]{6}'}]}\n")
    lives.look("1", subject="KD-123456: charged twice")
    home = lives.desk.home(ADA)
    assert [row.title for row in home.offers] == ["[customer number hidden]: charged twice"]
    assert lives.press(ADA, Press.ACCEPT, home).ok
