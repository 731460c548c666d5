"""What a thread says, in its own sentences: the summary, the question, and what was tried with which result. No model, no I/O.

The best sentence is chosen by points, never by meaning, so every statement is a quotation that can be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from escalation import phrases
from escalation.package import Statement
from escalation.phrases import Phrases
from escalation.thread import UNSEEN, Said, one_line
from escalation.ticket import Role

LONGEST = 320  # characters of a quoted sentence
_MOST_FIRST, _MOST_LAST = 5, 3  # sentences
_FIRST_MESSAGES, _LAST_MESSAGES = 10, 40  # customer messages in which sentences are looked for
_ONLY_DATA = re.compile(  # "Order ID: 3348917502" answers a question, it says nothing about the matter
    r"(?i:^(?:my )?(?:user ?name|e-?mail|order|account|invoice|request|tracking|ticket|phone|zip|name)?(?: id| number)?(?: is)?"
    r"\W*[\w@.()+ -]{0,40}\d[\w@.()+ -]{0,40}$)"
)

Score = Callable[[str], float]


def customers(thread: Iterable[Said]) -> tuple[Said, ...]:
    """The customer's public messages that have words: the first ten and the last forty of a long thread."""
    own = [said for said in thread if said.role is Role.CUSTOMER and said.public and said.text]
    return tuple(own if len(own) <= _FIRST_MESSAGES + _LAST_MESSAGES else own[:_FIRST_MESSAGES] + own[-_LAST_MESSAGES:])


# ------------------------------------------------------------------ summary


def summarise(thread: tuple[Said, ...], subject: str) -> tuple[Statement, ...]:
    """At most three sentences: what happened, what is wanted, what is in the way now; each once, () for an empty ticket."""
    own = customers(thread)
    opening = _opening(own)
    happened, wanted = _best(opening, _happened), _best(opening, _wanted)
    if not wanted or is_vague(wanted.text):
        wanted = _best(reversed(own), _wanted)  # "please help" tells nothing: the real wish may come later
    if happened and wanted and happened.text == wanted.text:
        wanted = replace(wanted, text="")
    if not happened and not wanted:
        happened = _first_words(own) or Statement(one_line(subject, LONGEST))
    now = _blocker(own, known={happened.text, wanted.text})
    labelled = (("", happened), ("Wants", wanted), ("Now", now))
    return tuple(replace(s, text=f"{label}: “{s.text}”" if label else f"“{s.text}”") for label, s in labelled if s)


def question(thread: tuple[Said, ...]) -> Statement:
    """The customer's clearest question or wish in their own words, the newest of equals; their first words if there is none."""
    own = customers(thread)
    asked = _best(reversed(own), _wanted)
    return asked or _first_words(own)


def telling(thread: tuple[Said, ...]) -> tuple[Statement, ...]:
    """What the customer said first and last, sentence by sentence: at most five of the opening and three of the newest."""
    own = customers(thread)
    first = [statement(said, s) for said in _opening(own) for s in said.sentences if not says_nothing(s)][:_MOST_FIRST]
    last = [statement(own[-1], s) for s in own[-1].sentences if not says_nothing(s)][:_MOST_LAST] if own else []
    return (*first, *last)


def key_sentences(thread: tuple[Said, ...], table: Phrases, most: int) -> tuple[Statement, ...]:
    """The customer's newest sentences in which a phrase of ``table`` stands, oldest first."""
    found = (
        statement(said, sentence)
        for said in reversed(customers(thread))
        for sentence in said.sentences
        if len(sentence) > 8 and table.search(sentence)
    )
    return tuple(reversed(tuple(islice(found, most))))


def quoted(thread: Iterable[Said], message_id: str, words: str) -> Statement:
    """The sentence of a message in which ``words`` stand; the words themselves where it was cut away."""
    said = next((s for s in thread if s.id == message_id), None)
    if said is None:
        return Statement()
    flat = " ".join(UNSEEN.sub("", words).split())
    sentence = next((s for s in said.sentences if flat and flat in s), flat)
    return statement(said, sentence) if sentence else Statement()


def _opening(own: tuple[Said, ...]) -> tuple[Said, ...]:
    """The first messages that say something: chats open with "Hi" and a name, mails with all at once."""
    spoken = [said for said in own if any(not says_nothing(s) for s in said.sentences)]
    first = spoken[:1]
    for said in spoken[1:4]:
        if sum(len(s.text) for s in first) < 300:
            first.append(said)
    return tuple(first)


def _best(messages: Iterable[Said], score: Score) -> Statement:
    """The sentence with most points over zero, the earlier one of equals."""
    best, points = Statement(), 0.0
    nth = 0
    for said in messages:
        for sentence in said.sentences:
            got = score(sentence) - 0.03 * nth if not says_nothing(sentence) else 0.0
            nth += 1
            if got > points:
                best, points = statement(said, sentence), got
    return best


def _happened(sentence: str) -> float:
    return (3 * bool(phrases.PROBLEM.search(sentence))) and 3 + _weight(sentence) - _is_question(sentence)


def _wanted(sentence: str) -> float:
    wants = bool(phrases.WANT.search(sentence))
    points = 2 * wants + 2 * _is_question(sentence) + _weight(sentence) - 2 * is_vague(sentence)
    return (wants or _is_question(sentence) > 0) and max(0.5, points)


def _stuck(sentence: str) -> float:
    failed, wrong = bool(phrases.FAILED.search(sentence)), bool(phrases.PROBLEM.search(sentence))
    return (failed or wrong) and 2 * failed + 2 * wrong + _weight(sentence) - _is_question(sentence)


def _weight(sentence: str) -> float:
    """A point for a length that says something, half a point for figures, for they are specific."""
    return (16 <= len(sentence) <= 300 or _is_dense(sentence)) + 0.5 * any(map(str.isdigit, sentence))


def _is_dense(sentence: str) -> bool:
    """True for scripts that say in ten characters what takes thirty letters."""
    return len(sentence) >= 8 and sentence[len(sentence) // 2] >= "\u3000"


def _is_question(sentence: str) -> float:
    """Between 0 and 1: an exclamation may end with a question mark, a question may lack it."""
    return 0.6 * bool(phrases.ASK.search(sentence)) + 0.4 * bool(phrases.ASK_WORD.search(sentence))


def is_vague(sentence: str) -> bool:
    """True for "please help" and the like; a longer sentence usually says with what."""
    return len(sentence) < 45 and phrases.GENERIC_WISH.search(sentence)


def says_nothing(sentence: str) -> bool:
    heading = sentence.endswith(":")
    return heading or phrases.is_small_talk(sentence) or (len(sentence) < 80 and bool(_ONLY_DATA.match(sentence)))


def _blocker(own: tuple[Said, ...], known: set[str]) -> Statement:
    """The newest sentence that says what is in the way; none once the customer says it works."""
    for said in reversed(own[1:][-8:]):
        if any(phrases.WORKED.search(s) and not phrases.FAILED.search(s) for s in said.sentences):
            return Statement()
        stuck = _best((said,), _stuck)
        if stuck and stuck.text not in known:
            return stuck
    return Statement()


def _first_words(own: tuple[Said, ...]) -> Statement:
    said = next((s for s in own if any(not says_nothing(x) for x in s.sentences)), own[0] if own else None)
    if said is None:
        return Statement()
    spoken = next((s for s in said.sentences if not says_nothing(s)), said.text)
    return statement(said, spoken)


def statement(said: Said, sentence: str) -> Statement:
    """A sentence of a message as it is quoted: without the greeting, with a capital, not longer than LONGEST."""
    words = phrases.without_greeting(sentence)
    return Statement(one_line(words[:1].upper() + words[1:], LONGEST), said.id, said.who, said.at)
