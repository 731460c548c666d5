"""What was tried on a ticket, by whom, and what came of it: read from who says what after whom, and from the signals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from escalation import phrases
from escalation.package import Attempt, Statement
from escalation.signals import Signal
from escalation.summary import quoted, statement
from escalation.thread import Said
from escalation.ticket import Message, Role

_MOST = 10  # the newest attempts that are kept
_MOST_READ = 300  # the newest messages of a very long thread
_STEM = 5  # "cleared the cache" answers "please clear your cache": words are compared by their beginnings


def tried(thread: tuple[Said, ...], signals: Iterable[Signal], messages: tuple[Message, ...]) -> tuple[Attempt, ...]:
    """Attempts in the order they were made, the newest ten.

    An agent's or bot's instruction (or act) with the customer's first verdict after it, the customer's own attempts, and
    whatever failure the signals saw that is in neither.
    """
    done: list[Attempt] = []
    open_: list[Attempt] = []  # proposed since the customer last answered a proposal
    for said in thread[-_MOST_READ:]:
        if said.public and said.role in (Role.AGENT, Role.BOT):
            new = _proposed(said)
            if new and any(a.result for a in open_):
                done, open_ = done + open_, []  # we moved on to something else: what was answered stays as answered
            open_ += new
        elif said.public and said.role is Role.CUSTOMER:
            done += _own(said, open_)
            open_ = _judged(open_, said)
    done += open_
    done += _from_signals(thread, signals, messages, done)
    place = {said.id: nth for nth, said in enumerate(thread)}
    done.sort(key=lambda a: place.get(a.step.source, 0))
    return tuple(_without_repeats(done)[-_MOST:])


def _proposed(said: Said) -> list[Attempt]:
    """The instruction or act in a message of ours, as one attempt, however many sentences it takes."""
    steps = [phrases.without_greeting(s) for s in said.sentences if _is_step(s)][:3]
    if not steps:
        return []
    return [Attempt(said.who, str(said.role), statement(said, " ".join(steps)))]


def _is_step(sentence: str) -> bool:
    if phrases.DONE_BY_US.search(sentence):
        return True
    return bool(phrases.REMEDY.search(sentence)) and not phrases.NOT_A_REMEDY.search(sentence)


def _judged(attempts: list[Attempt], said: Said) -> list[Attempt]:
    """The attempts with what this message says of them; a verdict is final, any other answer holds until one comes."""
    result, worked = _verdict(said)
    return [replace(a, result=result, worked=worked) if _is_news(a, result, worked) else a for a in attempts]


def _is_news(attempt: Attempt, result: Statement, worked: bool | None) -> bool:
    return attempt.worked is None and bool(result) and (worked is not None or not attempt.result)


def _verdict(said: Said) -> tuple[Statement, bool | None]:
    """The sentence with which a customer says whether it helped, failure first; else the first that says anything."""
    for says, worked in ((phrases.FAILED.search, False), (_failed_quietly, False), (phrases.WORKED.search, True)):
        sentence = next((s for s in said.sentences if says(s)), "")
        if sentence:
            return statement(said, sentence), worked
    answer = next((s for s in said.sentences if not phrases.is_small_talk(s)), "")
    return statement(said, answer) if answer else Statement(), None


def _failed_quietly(sentence: str) -> bool:
    """ "Tried that as well, the card is refused": done, and something is wrong."""
    return phrases.TRIED.search(sentence) and phrases.PROBLEM.search(sentence)


def _own(said: Said, before: list[Attempt]) -> list[Attempt]:
    """What the customer tried unasked. Doing what we had just proposed is the result of that, not an attempt of its own."""
    found = []
    spoken = said.sentences
    for nth, sentence in enumerate(spoken):
        if phrases.TRIED.search(sentence) and not any(_is_answer(sentence, a) for a in before[-3:]):
            result = next((s for s in spoken[nth : nth + 3] if phrases.FAILED.search(s) or phrases.PROBLEM.search(s)), "")
            told = statement(said, result) if result and result != sentence else Statement()
            found.append(Attempt(said.who, "customer", statement(said, sentence), told, False if result else None))
    return found[:4]


def _is_answer(sentence: str, attempt: Attempt) -> bool:
    """True when the customer reports on ``attempt``: in its words, or by pointing back ("tried that")."""
    same_words = bool(_stems(sentence) & _stems(attempt.step.text))
    return attempt.role != "customer" and (same_words or (not attempt.result and phrases.POINTS_BACK.search(sentence)))


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in text.lower().replace(",", " ").replace(".", " ").split() if len(word) >= _STEM}


def _from_signals(
    thread: tuple[Said, ...], signals: Iterable[Signal], messages: tuple[Message, ...], known: list[Attempt]
) -> list[Attempt]:
    """Failures that a reader saw in messages from which nothing was taken yet."""
    told = {source for a in known for source in (a.step.source, a.result.source)}
    texts = {m.id: m.text for m in messages}
    found = []
    for evidence in [e for s in signals if s.name == "failed_attempts" for e in s.evidence]:
        if evidence.message_id not in told:
            words = texts.get(evidence.message_id, "")[evidence.start : evidence.end]
            step = quoted(thread, evidence.message_id, words)
            if step:
                found.append(Attempt(step.who, "customer", step, worked=False))
                told.add(evidence.message_id)
    return found


def _without_repeats(attempts: list[Attempt]) -> list[Attempt]:
    """The same words twice are one attempt: the first that has a result."""
    kept: dict[str, Attempt] = {}
    for attempt in attempts:
        words = attempt.step.text.lower()
        if words not in kept or not kept[words].result:
            kept[words] = attempt
    return list(kept.values())
