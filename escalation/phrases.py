"""How people say things in a support thread: phrases for single sentences, in the languages tickets mostly come in.

They only choose what a handoff quotes; they decide nothing. What triggers an escalation is read in ``signals/``.
The tables stand in ``packs/``, one file per language. A table is phrases between commas: ``fail*`` = any ending, ``(a|b)`` =
either, ``_`` = up to three words, ``^`` = the sentence begins so; an apostrophe or an accent may be missing. No phrase nests
repetitions without a limit, so a sentence is searched in linear time.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from escalation.packs import de, elsewhere, en, es, fr, it, nl, pt

_UNSPACED = re.compile("[\u0600-\u06ff\u3040-\u30ff\u4e00-\u9fff]")  # scripts in which word borders tell nothing
_WORD = re.compile(r"(\w{1,3})\w*")
_LETTERS = 3  # of a word by which its phrases are found
_UP_TO_THREE = r"(?:\S+ ){0,3}"
_NEGATED = re.compile(r"(?:\bnot|n't|\bnever|\bnicht|\bpas|\bno|\bnão|\bnon|\bniet)(?: \w+)?\s*$")


class Phrases:
    """A table of phrases, to be found in a sentence whatever its capitals.

    A long table is not tried phrase by phrase: only those are that begin with the first letters of a word that is there.
    """

    def __init__(self, *tables: str) -> None:
        phrases = [" ".join(p.split()) for table in tables for p in _split(table.lower()) if p.strip()]
        begun: dict[str, list[str]] = defaultdict(list)
        unspaced, anywhere = [], []
        for phrase in phrases:
            if _UNSPACED.search(phrase):
                unspaced.append(_pattern(phrase))
                continue
            starts = _starts(phrase.removeprefix("^"))
            if starts is None:
                anywhere.append(rf"\b{_pattern(phrase)}\b")
            for start in starts or ():
                begun[f"^{start}" if phrase.startswith("^") else start].append(_pattern(phrase.removeprefix("^")))
        self._begun = {start: _any(found) for start, found in begun.items()}
        self._anywhere = re.compile("|".join(anywhere)) if anywhere else None
        self._unspaced = re.compile("|".join(unspaced)) if unspaced else None

    def search(self, sentence: str) -> bool:
        """True when one of the phrases stands in the sentence."""
        return _find(self, sentence) >= 0

    def find(self, sentence: str) -> int:
        """Where the first phrase that is found begins, -1 for none; in no particular order of several."""
        return _find(self, sentence)

    def look(self, sentence: str) -> int:
        """``find``, with nothing remembered."""
        lower, words = _words(sentence)
        for start in words.keys() & self._begun.keys():
            match = self._begun[start].match
            for at in words[start]:
                if match(lower, at):
                    return at
        found = self._anywhere.search(lower) if self._anywhere else None
        if found is None and self._unspaced and not lower.isascii():
            found = self._unspaced.search(lower)
        return found.start() if found else -1

    def asserted(self, sentence: str) -> bool:
        """True when one of the phrases stands there and no "not" before it."""
        at = self.find(sentence)
        return at >= 0 and not _NEGATED.search(sentence[max(0, at - 24) : at].lower())


def _split(table: str) -> Iterator[str]:
    """The phrases of a table: between commas that stand in no braces (``{0,3}``)."""
    return iter(re.split(r",(?![^{]*\})", table))


def _any(patterns: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(patterns)})\b")


def _pattern(phrase: str) -> str:
    plain = phrase.replace("| ", "|").replace("( ", "(").replace("(", "(?:")
    plain = re.sub(r"\*", r"\\w*", plain).replace("_ ", _UP_TO_THREE).replace("'", "'?")
    return "".join(c if c.isascii() or (base := _folded(c)) == c else f"[{c}{base}]" for c in plain)


def _folded(text: str) -> str:
    """Letters without their accents."""
    return text if text.isascii() else "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _starts(phrase: str) -> set[str] | None:
    """The first letters of every word a phrase can begin with; None where any word will do."""
    if phrase.startswith("("):
        close = phrase.index(")")
        found: set[str] = set()
        for first in phrase[1:close].split("|"):
            starts = _starts((first.lstrip() + phrase[close + 1 :]).lstrip())
            if starts is None:
                return None
            found |= starts
        return found
    word = re.match(r"[^\W_]+", phrase)
    if word is None:
        return {"0"} if phrase.startswith(r"\d") else None
    letters, rest = _folded(word[0]), phrase[word.end() :]
    if len(letters) >= _LETTERS:
        return {letters[:_LETTERS]}
    if rest.startswith("'"):
        more = re.match(r"[^\W_]*", rest[1:])
        return {letters, (letters + _folded(more[0] if more else ""))[:_LETTERS]}
    return None if rest[:1] in ("*", "(") else {letters}


@lru_cache(maxsize=8192)  # a third of the questions about a thread are asked twice
def _find(table: Phrases, sentence: str) -> int:
    return table.look(sentence)


@lru_cache(maxsize=4096)  # one sentence is asked about by many tables in a row
def _words(sentence: str) -> tuple[str, Mapping[str, list[int]]]:
    """The sentence in small letters, and: first three letters → where words begin so; numbers are under "0", the first word is
    also under "^" and its letters."""
    lower = sentence.lower()
    places: dict[str, list[int]] = {}
    for word in _WORD.finditer(lower, 0, 1000):
        start, at = word[1], word.start()
        if not start.isascii():
            start = _folded(start)
        if start[0].isdigit():
            start = "0"
        if not places:
            places[f"^{start}"] = [at]
        if start in places:
            places[start].append(at)
        else:
            places[start] = [at]
    return lower, places


def _table(name: str) -> Phrases:
    return Phrases(*(pack.TABLES.get(name, "") for pack in (en, de, fr, es, pt, it, nl, elsewhere)))


PROBLEM = _table("PROBLEM")  # something is wrong
WANT = _table("WANT")  # the customer wants something
GENERIC_WISH = _table("GENERIC_WISH")  # asks for help without saying with what
FAILED = _table("FAILED")  # a remedy did not help
NEGATIVE = _table("NEGATIVE")  # any "no": an answer to a remedy that has one says that it did not help
WORKED = _table("WORKED")  # a remedy did help
RELAPSE = _table("RELAPSE")  # it helped for a while, or a little
REMEDY = _table("REMEDY")  # our side tells the customer to do something
DONE_BY_US = _table("DONE_BY_US")  # our side did something itself
NOT_DONE = _table("NOT_DONE")  # it only read, found, or was told something
NOTED = _table("NOTED")  # done, as it is put in an internal note
NOT_A_REMEDY = _table("NOT_A_REMEDY")  # has a remedy's verb, but promises something or asks for information
TRIED = _table("TRIED")  # the customer tried something on their own
POINTS_BACK = _table("POINTS_BACK")  # points back to what was proposed: not something of the customer's own
BESIDES = _table("BESIDES")  # "too": more than what was proposed
PROMISE = _table("PROMISE")  # our side says what it will do
NO_PROMISE = _table("NO_PROMISE")  # has a promise's verb, but promises nothing
WHEN = _table("WHEN")  # a time that is still to come
DEADLINE = _table("DEADLINE")  # time that matters to the customer
IMPACT = _table("IMPACT")  # how many are hit, and what it costs
RULED_OUT = _table("RULED_OUT")  # found not to be the cause
ASK_WORD = _table("ASK_WORD")  # a question begins so

# A question by its mark; \uff1f and \u061f are the full-width and the Arabic one.
ASK = re.compile(r"(?i:[?\uff1f\u061f]\W*$|[か吗呢][。.]?$)")

_HELLO = (
    r"hi|hello|hey|howdy|dear|good (?:morning|afternoon|evening|day)|greetings|"
    r"hallo|guten tag|bonjour|hola|buenos días|ciao|olá|hej"
)
_FINE = (
    r"ok|okay|yes|no|sure|great|perfect|nope|yep|yeah|right|fine|got it|exactly|bye|take care|will do|done|please\W*$|"
    r"ja|nein|oui|non|sí|claro"
)
_THANKS = r"thanks|thank you|thx|ty|cheers|danke|merci|gracias|obrigad[oa]|grazie|bedankt"

# Says nothing about the matter.
SMALL_TALK = (
    re.compile(rf"(?i:^(?:{_HELLO}|привет|здравствуйте|добрый день|مرحبا)(?:\W+[\w'.-]+){{0,3}}\W*$)"),
    re.compile(rf"(?i:^(?:(?:many|great|ok|perfect|okay|sure|no)\W+)?(?:{_THANKS})(?:\W+[\w']+){{0,6}}\W*$)"),
    re.compile(rf"(?i:^(?:{_FINE}|no worries|no problem|that'?s (?:all|it)|have a \w+ \w+)(?:\W+[\w']+){{0,3}}\W*$)"),
    re.compile(r"(?i:^(?:i )?hope (?:you|this|all)\b.{0,60}$|^my name is\b.{0,60}$|^sorry\W+(?:\w+\W+){0,3}$)"),
    re.compile(r"^(?:I'm|I am|This is) [A-Z]\w+(?: [A-Z]\w+)?\W*$|^(?:こんにちは|お世話になって(?:おり|い)ます|您好|你好)\W*$"),
)

# Ends the conversation from the customer's side: nobody waits for an answer to it.
FAREWELL = re.compile(
    rf"(?i:^(?:(?:many|great|ok|perfect|okay|no|and)\W+)?(?:{_THANKS})(?:\W+[\w']+){{0,6}}\W*$|"
    r"^(?:bye|goodbye|take care|that'?s (?:all|it)|no worries|all good|have a (?:great|nice|good) \w+)(?:\W+[\w']+){0,4}\W*$)"
)

# Asks only whether anybody is there.
NUDGE = re.compile(
    r"(?i:^(?:(?:hello|hi|hey)\W+)?(?:any (?:update|news|progress)|are you (?:still )?there|any(?:one|body) (?:there|here)|"
    r"ping|bump|"
    r"(?:still )?waiting|following up|just (?:checking|following)|gibt es neuigkeiten|des nouvelles|alguna novedad)\b.{0,60}$|"
    r"^\W+$)"
)

_SMALL_TALK = (*SMALL_TALK, NUDGE)  # all begin with ^: ``match`` gives up there, ``search`` would try on at every letter

_GREETING = re.compile(
    rf"(?i:^(?:{_HELLO}|liebes?|sehr geehrte\w*)(?: [\w'.-]+){{0,3}}\s*[,!.:\u2014-]+\s*)",
)


def without_greeting(sentence: str) -> str:
    """The sentence without "Hi team," before it."""
    greeting = _GREETING.match(sentence)
    return sentence[greeting.end() :] or sentence if greeting else sentence


@lru_cache(maxsize=4096)  # asked for the summary, for attempts, for asks
def is_small_talk(sentence: str) -> bool:
    """True for greetings, thanks, yes and no, and "any update?"."""
    return len(sentence) <= 120 and any(talk.match(sentence) for talk in _SMALL_TALK)
