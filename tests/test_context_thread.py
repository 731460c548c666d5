"""Reading one message: quoted tails, signatures, secrets, sentences, and the phrases that choose what is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.notes import mark
from escalation import phrases
from escalation.phrases import Phrases
from escalation.specifics import specifics
from escalation.thread import MOST_TEXT, Said, clean, one_line, read, sentences
from escalation.ticket import Message, Person, Role, Ticket
from tests.support import quickest


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Still broken.\n\nOn Mon, 3 Feb 2025 at 10:12, Ada <ada@x.example> wrote:\n> try again\n> thanks", "Still broken."),
        ("Still broken.\n\nOn Mon, 3 Feb 2025 at 10:12, Ada Lindqvist\n<ada@x.example> wrote:\n> try again", "Still broken."),
        ("Geht nicht.\n\nAm 03.02.2025 um 10:12 schrieb Ada <ada@x.example>:\n> Bitte neu starten", "Geht nicht."),
        ("Toujours pareil.\n\nLe lun. 3 févr. 2025 à 10:12, Ada <ada@x.example> a écrit :\n> Essayez", "Toujours pareil."),
        ("Sigue igual.\n\nEl lun, 3 feb 2025 a las 10:12, Ada (<ada@x.example>) escribió:\nPruebe otra vez", "Sigue igual."),
        ("まだです。\n\n2025年2月3日(月) 10:12 Ada <ada@x.example>:\n> 再起動", "まだです。"),
        ("No luck.\n\n-----Original Message-----\nFrom: Ada\nTry again", "No luck."),
        ("No luck.\n________________________________\nFrom: Ada <ada@x.example>\nSent: Monday\nTry again", "No luck."),
        ("No luck.\n\nFrom: Ada <ada@x.example>\nSent: Monday, 3 February\nTo: Mia\n\nTry again", "No luck."),
        ("##- Please type your reply above this line -##\nold", ""),
        ("> Did you restart?\nYes, twice.\n> And the cable?\nSwapped it.", "Yes, twice.\nSwapped it."),
        ("On 3 Feb Ada wrote:\n> Did you restart?\nYes, twice.", "Yes, twice."),  # the answer stands below a marked quote
        ("> all of it quoted", ""),
        ("I read on Monday what you wrote: nothing works.", "I read on Monday what you wrote: nothing works."),
        ("From: my point of view\nit is broken", "From: my point of view\nit is broken"),  # no mail heading
        ("It fails.\n\nBest regards,\nMia Customer\nHead of Finance\nNorthwind Ltd\n+1 (555) 010-2345", "It fails."),
        ("It fails.\n-- \nMia\nNorthwind", "It fails."),
        ("It fails.\n\nSent from my iPhone", "It fails."),
        ("Es geht nicht.\n\nMit freundlichen Grüßen\nAnna Schulz", "Es geht nicht."),
        ("Thanks\nbut it still does not work", "Thanks\nbut it still does not work"),
        ("Danke\nGeht nicht", "Danke\nGeht nicht"),
        ("Thanks,\nMia\n\nPS: can you also fix the invoice?", "Thanks,\nMia\n\nPS: can you also fix the invoice?"),
        ("Options:\n-- fast\n-- slow", "Options:\n-- fast\n-- slow"),
        ("a\r\nb\rc\n\n\n\nd", "a\nb\nc\n\nd"),
        ("it\u2019s bro\u200bken\x00\x1b[31m \u202eexe.gpj", "it's broken[31m exe.gpj"),
        ("", ""),
    ],
)
def test_only_the_words_of_this_message_are_left(text: str, left: str) -> None:
    assert clean(text) == left


def test_a_very_long_message_is_cut() -> None:
    assert len(clean("word " * 100_000)) <= MOST_TEXT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It fails. Why? Help!", ["It fails.", "Why?", "Help!"]),
        ("it fails. i tried v2.3.1 at example.com.", ["it fails.", "i tried v2.3.1 at example.com."]),
        ("See e.g. the log. Then Dr. Who.", ["See e.g. the log.", "Then Dr. Who."]),
        ("Bestellt am 7. November. Nicht da.", ["Bestellt am 7. November.", "Nicht da."]),
        ("We use version 2. Then it broke.", ["We use version 2.", "Then it broke."]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("動きません。再起動しました。まだです", ["動きません。", "再起動しました。", "まだです"]),
        ("this line was wrapped by a mail program after about sixty\ncharacters or so. Next.",
         ["this line was wrapped by a mail program after about sixty characters or so.", "Next."]),
        ("a title\n- first point\n- second point\n1. third", ["a title", "first point", "second point", "third"]),
        ("short\nAnother", ["short", "Another"]),
        ("  \n \n", []),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert list(sentences(text)) == expected


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [("a b\n c", 10, "a b c"), ("alpha beta gamma", 12, "alpha beta…"), ("x" * 20, 10, "x" * 9 + "…"), ("", 5, "")],
)
def test_one_line(text: str, most: int, expected: str) -> None:
    assert one_line(text, most) == expected
    assert len(one_line(text, most)) <= most


def test_who_speaks_is_told_by_role_then_by_the_requester() -> None:
    mia = Person("301", "Mia", "mia@x.example")
    messages = (
        Message("1", Person("301"), "from her id"),
        Message("2", Person(email="MIA@x.example"), "from her address"),
        Message("3", Person("9"), "from nobody we know"),
        Message("4", Person(role=Role.BOT), "from a bot without a name"),
    )
    said = read(Ticket("zendesk", "1", requester=mia, messages=messages))
    assert [(s.role, s.who) for s in said] == [
        (Role.CUSTOMER, "Mia"),
        (Role.CUSTOMER, "MIA@x.example"),
        (Role.UNKNOWN, "somebody"),
        (Role.BOT, "bot"),
    ]


def test_our_own_notes_are_not_quoted_again() -> None:
    messages = (
        Message("1", Person(role=Role.AGENT), f"Handoff to Ada\nWhy: …\n{mark('h1')}", public=False),
        Message("2", Person(role=Role.CUSTOMER), "What is Baton ref h1?"),
    )
    assert [s.id for s in read(Ticket("zendesk", "1", messages=messages))] == ["2"]


FOUND = (
    (phrases.PROBLEM, "It doesnt load", "Wir können uns nicht anmelden", "Je ne reçois pas le mail", "エラーが出ます"),
    (phrases.PROBLEM, "не работает вход", "لا يعمل التطبيق", "No puedo entrar", "nicht angekommen"),
    (
        phrases.WANT,
        "I'd like a refund",
        "we really need access",
        "Könnten Sie das prüfen?",
        "Quiero cancelar",
        "返金をお願いします",
    ),
    (phrases.FAILED, "that didn't help", "Did that, same thing", "still getting the error", "klappt leider nicht"),
    (phrases.FAILED, "まだ直りません", "ça n'a rien changé", "it keeps crashing"),
    (phrases.WORKED, "that worked, thanks", "It works now", "Es geht wieder", "直りました"),
    (phrases.REMEDY, "Please clear your cache", "Try restarting the router", "Bitte starten Sie neu", "Go to Settings"),
    (phrases.TRIED, "I already restarted it", "Tried another card", "we've cleared the cache", "Ich habe es neu gestartet"),
    (phrases.DEADLINE, "We need this by Friday", "before 5 pm", "bis morgen", "we go live today"),
    (phrases.IMPACT, "All our users are affected", "300 orders are stuck", "nobody can work"),
)


@pytest.mark.parametrize(("table", "sentence"), [(t, s) for t, *found in FOUND for s in found])
def test_phrases_are_found(table: Phrases, sentence: str) -> None:
    assert table.search(sentence)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (phrases.PROBLEM, "Thank you for the quick answer"),
        (phrases.FAILED, "We will try that tomorrow"),
        (phrases.WORKED, "We worked on it all day"),
        (phrases.TRIED, "I will restart it later"),
        (phrases.DEADLINE, "We bought it last year"),
        (phrases.IMPACT, "I ordered a jacket"),
    ],
)
def test_phrases_are_not_found(table: Phrases, sentence: str) -> None:
    assert not table.search(sentence)


@pytest.mark.parametrize(
    "small", ["Hi!", "hello there", "Thanks a lot", "ok", "Any update?", "hello??", "My name is Dan", "Guten Tag", "???"]
)
def test_small_talk_says_nothing(small: str) -> None:
    assert phrases.is_small_talk(small)


@pytest.mark.parametrize(
    "said", ["Hi, my card was declined", "No, I bought it in November.", "thanks but it is still broken and I am angry"]
)
def test_what_says_something_is_no_small_talk(said: str) -> None:
    assert not phrases.is_small_talk(said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("error code BIL-402 on the page", [("error", "BIL-402")]),
        ("HTTP 502 and status code 429", [("error", "HTTP 502"), ("error", "429")]),
        ("java.lang.NullPointerException", [("error", "NullPointerException")]),
        ("ERR_CONNECTION_REFUSED", [("error", "ERR_CONNECTION_REFUSED")]),
        ('it says "disk is full"', [("error message", "disk is full")]),
        ('The error: "code E17: no paper"', [("error message", "code E17: no paper")]),
        ("Order #3348917502, invoice no. INV-2214", [("order", "3348917502"), ("invoice", "INV-2214")]),
        ("invoices INV-20881 and INV-20882", [("invoice", "INV-20881"), ("invoice", "INV-20882")]),
        ("Bestellung 20231188 vom Mai", [("order", "20231188")]),
        ("7916676427", [("reference", "7916676427")]),
        ("two times $1,240.00 and 89,90 €", [("amount", "$1,240.00"), ("amount", "89,90 €")]),
        ("EUR 500 or 500 dollars", [("amount", "EUR 500"), ("amount", "500 dollars")]),
        ("SDK 4.2.1 on Node 20, Chrome 119", [("version", "4.2.1"), ("environment", "Node 20"), ("environment", "Chrome 119")]),
        ("see https://a.example/x?token=1234.", [("url", "https://a.example/x")]),
        ("write to new.mail@b.example.", [("e-mail", "new.mail@b.example")]),
        ("my account since 2019, order two of them", []),
        ("mia@own.example", []),
    ],
)
def test_specifics(text: str, expected: list[tuple[str, str]]) -> None:
    said = Said("m1", Role.CUSTOMER, "Mia", clean(text))
    found = specifics([said], own_email="Mia@own.example")
    assert [(s.kind, s.text) for s in found] == expected
    assert all(s.source == "m1" for s in found)


def test_specifics_are_told_once_and_not_without_end() -> None:
    said = [Said(str(n), Role.CUSTOMER, "Mia", f"HTTP 502, order {n}0000") for n in range(50)]
    found = specifics(said)
    assert [(s.kind, s.text, s.source) for s in found] == [
        ("error", "HTTP 502", "0"),
        *(("order", f"{n}0000", str(n)) for n in range(8)),
    ]


@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from(["> ", "\n", "-- ", "On a b c wrote:", "From: x", "thanks", "4", " ", "。"])).map("".join)
)
def test_any_text_can_be_read(text: str) -> None:
    left = clean(text)
    assert clean(left) is not None
    assert not set(left) & {chr(n) for n in range(32) if chr(n) != "\n" and chr(n) != "\t"}
    assert all(s == " ".join(s.split()) and s for s in sentences(left))
    specifics([Said("1", Role.CUSTOMER, "x", left)])


HOSTILE = {
    "digits": "1" * 100_000,
    "groups": "4111 " * 20_000,
    "headings": "On 2025-01-01 at 10:00, x\n" * 4_000,
    "quotes": "On a b c d wrote:\n>\n" * 5_000,
    "quotation marks": 'error "' * 15_000,
    "addresses": "a@b." * 25_000,
    "urls": "http://a?" * 11_000,
    "passwords": "password is " * 8_000,
    "codes": "ABC-" * 25_000,
    "thanks": "Thanks,\n" * 12_000,
    "labels": "order id is " * 8_000,
    "spaces": " \t" * 50_000,
    "stops": ". " * 50_000,
    "words": "ich kann " * 11_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name: str) -> None:
    def work() -> None:
        left = clean(HOSTILE[name])
        specifics([Said("1", Role.CUSTOMER, "x", left)])
        for sentence in sentences.__wrapped__(left):
            phrases.PROBLEM.search(sentence)
            phrases.is_small_talk(sentence)

    assert quickest(work)[1] < 1.0  # measured: 10 to 60 ms
