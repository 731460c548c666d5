"""What was tried on a ticket, by whom, and what came of it: read from who says what after whom, and from the signals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from escalation import phrases
from escalation.package import Attempt, Statement
from escalation.remedies import Verdict, own_words, tells_problem, verdict
from escalation.signals import Signal
from escalation.summary import quoted, statement
from escalation.thread import Said
from escalation.ticket import Message, Role

_MOST = 20  # the newest attempts that are kept
_MOST_READ = (100, 300)  # the newest messages of a long thread; more of them only when these do not have enough
_EDGE = 5  # attempts at the beginning of what is read that may be half of something older
_STEM = 5  # "cleared the cache" answers "please clear your cache": words are compared by their beginnings
_MOST_STEPS = 4  # sentences of one message that make an attempt
_BETWEEN = " … "  # stands for what was said between two of them


def tried(thread: tuple[Said, ...], signals: Iterable[Signal], messages: tuple[Message, ...]) -> tuple[Attempt, ...]:
    """Attempts in the order they were made, the newest twenty.

    An agent's or bot's instruction (or act, also one that only an internal note tells) with the customer's first verdict after
    it, the customer's own attempts, and whatever failure the signals saw that is in neither.
    """
    signals, found = tuple(signals), list[Attempt]()
    for most in _MOST_READ:
        found = _without_repeats(_read(thread[-most:], signals, messages))
        if len(found) >= _MOST + _EDGE or most >= len(thread):
            break
    return tuple(found[-_MOST:])


def _read(thread: tuple[Said, ...], signals: tuple[Signal, ...], messages: tuple[Message, ...]) -> list[Attempt]:
    done: list[Attempt] = []
    wrong = False  # the customer has told of a problem
    open_: list[Attempt] = []  # proposed since the customer last answered a proposal
    for said in thread:
        if said.role in (Role.AGENT, Role.BOT):
            new = _proposed(said)
            if new and any(a.result for a in open_):
                done, open_ = done + open_, []  # we moved on to something else: what was answered stays as answered
            open_ = [_reported(a, said) for a in open_] + new
        elif said.public and said.role is Role.CUSTOMER:
            wrong = wrong or any(map(tells_problem, said.sentences))
            done += _own(said, open_, wrong=wrong)
            open_ = [_judged(a, said) for a in open_]
    done += open_
    done += _from_signals(thread, signals, messages, done)
    place = {said.id: nth for nth, said in enumerate(thread)}
    done.sort(key=lambda a: place.get(a.step.source, 0))
    return done


# ------------------------------------------------------------------ our side


def _proposed(said: Said) -> list[Attempt]:
    """The instructions and acts in a message of ours: one attempt however many sentences, but one for each item of a list."""
    is_step = _is_step if said.public else _is_noted
    steps = [nth for nth, sentence in enumerate(said.sentences) if is_step(sentence)][:_MOST_STEPS]
    if not steps or (said.public and all(_only_looks(said.sentences[nth]) for nth in steps)):
        return []
    groups = [[nth] for nth in steps] if _is_list(said, steps) else [steps]
    return [_attempt(said, group) for group in groups]


def _attempt(said: Said, steps: list[int]) -> Attempt:
    """The sentences of a step as one statement; what our side itself says of the result counts when it is a clear word."""
    words = phrases.without_greeting(said.sentences[steps[0]])
    for before, nth in pairwise(steps):
        words += (" " if nth == before + 1 else _BETWEEN) + said.sentences[nth]
    made = Attempt(said.who, str(said.role), statement(said, words))
    acts = [nth for nth in steps if not said.public or _is_done(said.sentences[nth])]
    after = [s for s in said.sentences[steps[-1] + 1 : steps[-1] + 2] if acts and not _is_step(s) and not phrases.ASK.search(s)]
    seen = verdict(said, (*(said.sentences[nth] for nth in acts), *after), surely=True)
    if seen.worked is None:
        return made
    return replace(made, result=seen.words if seen.words.text != made.step.text else Statement(), worked=seen.worked)


def _is_step(sentence: str) -> bool:
    return _is_done(sentence) or (phrases.REMEDY.search(sentence) and not phrases.NOT_A_REMEDY.search(sentence))


def _is_done(sentence: str) -> bool:
    return phrases.DONE_BY_US.search(sentence) and not phrases.NOT_DONE.search(sentence)


def _is_noted(sentence: str) -> bool:
    return phrases.NOTED.search(sentence) and not phrases.NOT_DONE.search(sentence)


def _only_looks(sentence: str) -> bool:
    """ "Could you tell me whether it is better?" asks for the result of something, it is no remedy."""
    return phrases.ASK.search(sentence) is not None and phrases.NOT_A_REMEDY.search(sentence) and not _is_done(sentence)


def _is_list(said: Said, steps: list[int]) -> bool:
    """True where the steps are items of a list, each on a line of its own."""
    lines = [line.lstrip() for line in said.text.split("\n")]
    items = [line for line in lines if line[:2] in ("- ", "* ", "• ") or (line[:1].isdigit() and line[1:3] in (". ", ") "))]
    return len(steps) > 1 and len(items) >= len(steps)


# ------------------------------------------------------------------ what came of it


def _judged(attempt: Attempt, said: Said) -> Attempt:
    """The attempt with what the customer says of it here; a verdict is final, any other answer holds until one comes."""
    if attempt.worked is not None and attempt.result:
        return attempt
    about = tuple(s for s in own_words(said) if _stems(s) & _stems(attempt.step.text) and not phrases.RULED_OUT.search(s))
    seen = verdict(said, about, surely=True) if about else Verdict()
    if seen.worked is None:
        seen = verdict(said, own_words(said))
    if attempt.worked is not None:  # our side has said it already: the customer's words are kept beside it
        return replace(attempt, result=seen.words, worked=attempt.worked) if seen.worked is attempt.worked else attempt
    is_news = bool(seen.words) and (seen.worked is not None or not attempt.result)
    return replace(attempt, result=seen.words, worked=seen.worked) if is_news else attempt


def _reported(attempt: Attempt, said: Said) -> Attempt:
    """The attempt with what our side itself found: "The hotel has not answered", "the refund bounced because …"."""
    if attempt.worked is not None or attempt.step.source == said.id:
        return attempt
    about = tuple(s for s in said.sentences if len(_stems(s) & _stems(attempt.step.text)) > 0 and not _is_step(s))
    seen = verdict(said, about, surely=True) if about else Verdict()
    return replace(attempt, result=seen.words, worked=seen.worked) if seen.worked is not None else attempt


# ------------------------------------------------------------------ the customer's own


def _own(said: Said, before: list[Attempt], *, wrong: bool) -> list[Attempt]:
    """What the customer tried unasked. Doing what we had just proposed is the result of that, not an attempt of its own.

    ``wrong``: a problem has been told of. Where none has, moving to another plan or office is no remedy.
    """
    found = []
    for nth, sentence in enumerate(said.sentences):
        if phrases.TRIED.search(sentence) and not any(_is_answer(sentence, a) for a in before[-3:]):
            seen = _came_of(said, nth, any_no=wrong or bool(before))
            if seen.worked is None and not wrong and phrases.ACT.search(sentence):
                continue
            step = statement(said, sentence)
            told = seen.words if seen.worked is not None and seen.words.text not in step.text else Statement()
            found.append(Attempt(said.who, "customer", step, told, seen.worked))
    return found[:4]


def _came_of(said: Said, nth: int, *, any_no: bool) -> Verdict:
    """What came of the customer's own act in sentence ``nth``: said in it, or in the next two; else nothing.

    Unasked, a "no" is seldom about the act: it is one behind the act itself, in the next sentences only with ``any_no``.
    """
    sentence = said.sentences[nth]
    seen = verdict(said, (sentence,), surely=True)
    behind = verdict(said, (sentence[max(0, phrases.TRIED.find(sentence)) :],))
    if seen.worked is None and behind.worked is not None:
        seen = Verdict(statement(said, sentence), behind.worked)
    near = said.sentences[nth : nth + 3]
    return seen if seen.worked is not None else verdict(said, near, surely=not any_no)


def _is_answer(sentence: str, attempt: Attempt) -> bool:
    """True when the customer reports on ``attempt``: in its words, or by pointing back ("tried that")."""
    points_back = not attempt.result and phrases.POINTS_BACK.search(sentence)
    same_words = bool(_stems(sentence) & _stems(attempt.step.text)) and not phrases.BESIDES.search(sentence)
    return attempt.role != "customer" and (same_words or points_back)


@lru_cache(maxsize=1024)  # every open attempt is held against the same words
def _stems(text: str) -> frozenset[str]:
    """The beginnings of a text's longer words, and its words with a digit."""
    words = [word.strip(",.;:()!?\"'") for word in text.lower().split()]
    return frozenset([word[:_STEM] for word in words if len(word) >= _STEM or (len(word) > 2 and not word.isalpha())])


# ------------------------------------------------------------------ the rest


def _from_signals(
    thread: tuple[Said, ...], signals: Iterable[Signal], messages: tuple[Message, ...], known: list[Attempt]
) -> list[Attempt]:
    """Failures that a reader saw in messages from which no verdict was taken yet."""
    judged = (a for a in known if a.worked is not None)
    told = {source for a in judged for source in (a.step.source, a.result.source)}
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
