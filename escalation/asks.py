"""What is still owed to a customer: what they ask and want, in their own words, and what our side said it would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from escalation import phrases
from escalation.package import Statement
from escalation.summary import customers, is_vague, says_nothing, statement
from escalation.thread import Said
from escalation.ticket import Role

_MOST_FIRST, _MOST_LAST = 4, 8  # asks of the first messages and of the newest that are kept; as many promises as the newest
_STEM, _ALIKE = 5, 0.75


def asks(thread: tuple[Said, ...]) -> tuple[Statement, ...]:
    """The customer's questions and wishes, oldest first; what is asked again in nearly the same words stands once."""
    found = _once(statement(said, s) for said in customers(thread) for s in said.sentences if _is_ask(s))
    if len(found) <= _MOST_FIRST + _MOST_LAST:
        return found
    return (*found[:_MOST_FIRST], *found[-_MOST_LAST:])


def promises(thread: tuple[Said, ...]) -> tuple[Statement, ...]:
    """What people on our side told the customer they would do, oldest first."""
    ours = (said for said in thread if said.public and said.role is Role.AGENT)
    return _once(statement(said, s) for said in ours for s in said.sentences if _is_promise(s))[-_MOST_LAST:]


def _is_ask(sentence: str) -> bool:
    if says_nothing(sentence) or is_vague(sentence) or len(sentence) < 8:
        return False
    return bool(phrases.ASK.search(sentence)) or phrases.WANT.search(sentence)


def _is_promise(sentence: str) -> bool:
    return not phrases.ASK.search(sentence) and phrases.PROMISE.search(sentence) and not phrases.NO_PROMISE.search(sentence)


def _once(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(_distinct(statements))


def _distinct(statements: Iterable[Statement]) -> Iterator[Statement]:
    seen: list[frozenset[str]] = []
    for said in statements:
        stems = frozenset(word[:_STEM] for word in said.text.lower().split() if len(word) > 3)
        if not any(len(stems & old) > _ALIKE * max(len(stems), len(old), 1) for old in seen[-30:]):
            seen.append(stems)
            yield said
