"""How people say things in a support thread: phrases for single sentences, in the languages tickets mostly come in.

They only choose what a handoff quotes; they decide nothing. What triggers an escalation is read in ``signals/``.
The tables stand in ``packs/``, one file per language. A table is phrases between commas: ``fail*`` = any ending, ``(a|b)`` =
either, ``_`` = up to three words, ``^`` = the sentence begins so; an accent may be missing, and an apostrophe that is not written
``\\'`` (without it "we'll" is the word "well"). No phrase nests repetitions without a limit, so a sentence is searched in linear
time.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from escalation.packs import de, elsewhere, en, es, fr, it, nl, pt

_UNSPACED = re.compile("[\u0600-\u06ff\u3040-\u30ff\u4e00-\u9fff]")  # scripts in which word borders tell nothing
_MOST_READ = 1000  # characters of one sentence
_GROUP = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)")
_LETTER = re.compile(r"(?:[^\W\d_]| )(?![?+{])")
_UP_TO_THREE = r"(?:\S+ ){0,3}"
_NEGATED = re.compile(r"(?:\bnot|n't|\bnever|\bnicht|\bpas|\bno|\bnão|\bnon|\bniet)(?: \w+)?\s*$")


class Phrases:
    """A table of phrases, to be found in a sentence whatever its capitals.

    A long table is not tried phrase by phrase: it is one pattern that branches letter by letter, so that most words of a
    sentence are passed over at their first or second one. It is compiled when it is first needed: most processes never do.
    """

    def __init__(self, *tables: str) -> None:
        self._tables = tables

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None, re.Pattern[str] | None]:
        """Of phrases inside a sentence, of those at its beginning, and of those in scripts without word borders."""
        phrases = [" ".join(p.split()) for table in self._tables for p in _split(table.lower()) if p.strip()]
        unspaced = [_pattern(p) for p in phrases if _UNSPACED.search(p)]
        spaced = [p for p in phrases if not _UNSPACED.search(p)]
        # A word begins behind what is no letter, and [^a-z\w], which is \W, is found far quicker than that or a border.
        inside = _any(r"[^a-z\w]\b(", [p for p in spaced if not p.startswith("^")])
        first = _any(r"\W*\b(", [p.removeprefix("^") for p in spaced if p.startswith("^")])
        return inside, first, re.compile("|".join(unspaced)) if unspaced else None

    def search(self, sentence: str) -> bool:
        """True when one of the phrases stands in the sentence."""
        return _find(self, sentence) >= 0

    def find(self, sentence: str) -> int:
        """Where the first phrase that is found begins, -1 for none; in no particular order of several."""
        return _find(self, sentence)

    def look(self, sentence: str) -> int:
        """``find``, with nothing remembered."""
        lower = f"\n{sentence[:_MOST_READ].lower()}"  # so that the first word stands behind something too
        inside, first, unspaced = self._patterns
        found = inside.search(lower) if inside else None
        if found is None and first:
            found = first.match(lower)
        if found is not None:
            return found.start(1) - 1
        if unspaced and not lower.isascii():
            found = unspaced.search(lower)
        return found.start() - 1 if found else -1

    def without(self, sentence: str) -> str:
        """The sentence in small letters, those of its phrases left out that stand inside it."""
        inside = self._patterns[0]
        return inside.sub(" ", f"\n{sentence[:_MOST_READ].lower()}")[1:] if inside else sentence

    def asserted(self, sentence: str) -> bool:
        """True when one of the phrases stands there and no "not" before it."""
        at = self.find(sentence)
        return at >= 0 and not _NEGATED.search(sentence[max(0, at - 24) : at].lower())


def _split(table: str) -> Iterator[str]:
    """The phrases of a table: between commas that stand in no braces (``{0,3}``)."""
    return iter(re.split(r",(?![^{]*\})", table))


def _any(before: str, phrases: list[str]) -> re.Pattern[str] | None:
    """A pattern that finds one of the phrases behind ``before``, which opens the group for them; None without phrases."""
    openings = dict.fromkeys(opening for phrase in phrases for opening in _openings(phrase))
    return re.compile(rf"{before}{_branches(openings)})\b") if phrases else None


def _openings(phrase: str) -> Iterator[str]:
    """A phrase that begins with (a|b) as one for each, so that all begin with their letters."""
    group = _GROUP.match(phrase)
    if group is None:
        yield phrase
        return
    for first in re.split(r"\|(?![^(]*\))", group[1]):  # no | in braces within
        yield from _openings(first.lstrip() + phrase[group.end() :])


def _branches(phrases: Iterable[str]) -> str:
    """One pattern for all, with a branch for each letter that some begin with: n(?:o|ever) for "no" and "never"."""
    begun: dict[str, list[str]] = defaultdict(list)
    branches = []
    for phrase in phrases:
        if _LETTER.match(phrase):
            begun[phrase[0]].append(phrase[1:])
        else:
            branches.append(_pattern(phrase))
    branches += [_pattern(letter) + _branches(rest) for letter, rest in begun.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _pattern(phrase: str) -> str:
    plain = phrase.replace("| ", "|").replace("( ", "(").replace("(", "(?:")
    plain = re.sub(r"\*", r"\\w*", plain).replace("_ ", _UP_TO_THREE)
    plain = re.sub(r"(?<!\\)'", "'?", plain)
    return "".join(c if c.isascii() or (base := _folded(c)) == c else f"[{c}{base}]" for c in plain)


def _folded(text: str) -> str:
    """Letters without their accents."""
    return text if text.isascii() else "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


@lru_cache(maxsize=8192)  # a third of the questions about a thread are asked twice
def _find(table: Phrases, sentence: str) -> int:
    return table.look(sentence)


def _table(name: str) -> Phrases:
    return Phrases(*(pack.TABLES.get(name, "") for pack in (en, de, fr, es, pt, it, nl, elsewhere)))


PROBLEM = _table("PROBLEM")  # something is wrong
WANT = _table("WANT")  # the customer wants something
GENERIC_WISH = _table("GENERIC_WISH")  # asks for help without saying with what
FAILED = _table("FAILED")  # a remedy did not help
NEGATIVE = _table("NEGATIVE")  # any "no": an answer to a remedy that has one says that it did not help
CALM = _table("CALM")  # nothing presses, or nothing is wrong: no "no" and no problem
WORKED = _table("WORKED")  # a remedy did help
RELAPSE = _table("RELAPSE")  # it helped for a while, or a little
REMEDY = _table("REMEDY")  # our side tells the customer to do something
DONE_BY_US = _table("DONE_BY_US")  # our side did something itself
NOT_DONE = _table("NOT_DONE")  # it only read, found, or was told something
NOTED = _table("NOTED")  # done, as it is put in an internal note
NOT_A_REMEDY = _table("NOT_A_REMEDY")  # has a remedy's verb, but promises something or asks for information
TRIED = _table("TRIED")  # the customer tried something on their own
ACT = _table("ACT")  # of these acts people do many with nothing wrong: a remedy only of a problem
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
ASK = re.compile(r"[?\uff1f\u061fか吗呢](?:(?<=[?\uff1f\u061f])\W*$|(?<=[か吗呢])[。.]?$)")

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

# All begin with ^: ``match`` gives up there, ``search`` would try on at every letter.
_SMALL_TALK = re.compile("|".join(talk.pattern for talk in (*SMALL_TALK, NUDGE)))

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
    return len(sentence) <= 120 and _SMALL_TALK.match(sentence) is not None
