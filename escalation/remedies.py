"""Whether a remedy helped, by the words that were said after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from escalation import phrases
from escalation.package import Statement
from escalation.summary import statement
from escalation.thread import Said


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence that tells it, and whether it helped; None: something was answered, but no verdict."""

    words: Statement = field(default_factory=Statement)
    worked: bool | None = None


def own_words(said: Said) -> tuple[str, ...]:
    """The sentences of a message that say something of the matter; "no answer" is short, but no small talk."""
    return _own_words(said.sentences)


@lru_cache(maxsize=256)  # asked for every open attempt in a row
def _own_words(spoken: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(s for s in spoken if not phrases.is_small_talk(s) or phrases.PROBLEM.search(s) or phrases.FAILED.search(s))


_SURE = (phrases.FAILED, phrases.RELAPSE)
_ANY_NO = (phrases.PROBLEM, phrases.NEGATIVE)


def verdict(said: Said, spoken: Iterable[str], *, surely: bool = False) -> Verdict:
    """What ``spoken`` (sentences of ``said``) says of a remedy: helped, unless it came back; did not help; nothing.

    "No change. With another card it works": what failed first has failed, the rest is about something else.
    Any "no" in an answer to a remedy means that it did not help; ``surely`` takes only words that say so by themselves, and no
    answer without a verdict.
    """
    sentences = tuple(spoken)
    helped = next((nth for nth, s in enumerate(sentences) if phrases.WORKED.asserted(s)), None)
    if helped is not None and not _spoilt(sentences, helped):
        return Verdict(statement(said, sentences[helped]), True)
    for table in _SURE if surely else (*_SURE, *_ANY_NO):
        failed = next((s for s in sentences if table.search(_pressing(s) if table in _ANY_NO else s)), "")
        if failed:
            return Verdict(statement(said, failed), False)
    return Verdict(statement(said, sentences[0])) if sentences and not surely else Verdict()


def tells_problem(sentence: str) -> bool:
    """True when something is wrong by this sentence of a customer."""
    return phrases.PROBLEM.search(_pressing(sentence)) or phrases.FAILED.search(sentence)


def _pressing(sentence: str) -> str:
    """The sentence without its "no rush" and "no problem", which are no "no"."""
    return phrases.CALM.without(sentence) if phrases.CALM.search(sentence) else sentence


def _spoilt(sentences: tuple[str, ...], helped: int) -> bool:
    """It came back, or failed before: then it did not help, though sentence number ``helped`` says so."""
    back = any(phrases.RELAPSE.search(s) for s in sentences) or any(phrases.FAILED.search(s) for s in sentences[:helped])
    return back or _failed_first(sentences[helped])


def _failed_first(sentence: str) -> bool:
    """ "It did not help, with the phone it works": in one sentence too, what stands first is about the remedy."""
    failed = phrases.FAILED.find(sentence)
    return 0 <= failed < phrases.WORKED.find(sentence)
