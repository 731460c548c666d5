"""Whether a remedy helped, by the words that were said after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from escalation import phrases
from escalation.package import Statement
from escalation.summary import statement
from escalation.thread import Said


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence that tells it, and whether it helped; None: something was answered, but no verdict."""

    words: Statement = Statement()
    worked: bool | None = None


def own_words(said: Said) -> tuple[str, ...]:
    """The sentences of a message that say something of the matter."""
    return tuple(s for s in said.sentences if not phrases.is_small_talk(s))


def verdict(said: Said, spoken: Iterable[str], *, surely: bool = False) -> Verdict:
    """What ``spoken`` (sentences of ``said``) says of a remedy: helped, unless it came back; did not help; nothing.

    Any "no" in an answer to a remedy means that it did not help; ``surely`` takes only words that say so by themselves.
    """
    sentences = tuple(spoken)
    helped = next((s for s in sentences if phrases.WORKED.asserted(s)), "")
    relapsed = any(phrases.RELAPSE.search(s) for s in sentences)
    if helped and not relapsed:
        return Verdict(statement(said, helped), True)
    tables = (phrases.FAILED, phrases.RELAPSE) if surely else (phrases.FAILED, phrases.RELAPSE, phrases.PROBLEM, phrases.NEGATIVE)
    for table in tables:
        failed = next((s for s in sentences if table.search(s)), "")
        if failed:
            return Verdict(statement(said, failed), False)
    return Verdict(statement(said, sentences[0])) if sentences else Verdict()
