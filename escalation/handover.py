"""A handover by an AI agent or bot as the rest of the core sees it: in the thread, among the rules' verdicts, in the package.

A helpdesk knows nothing of the conversation a bot had elsewhere. So its turns are kept as messages of ours beside the
helpdesk's, and every look at the ticket weaves them in again, however often the ticket is read anew (domain.md §1, §5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from escalation.decide import aimed
from escalation.decision import Decision, Verdict
from escalation.facts import Facts
from escalation.handed import AiAttempt, HandedOver
from escalation.package import Attempt, ContextPackage, Statement
from escalation.playbook import Mode, Playbook, Severity
from escalation.thread import tidy
from escalation.ticket import Message, Person, Role, Ticket, add_message

RULE = "handed_over"  # the name under which a handover stands among the rules that fired
# What the bot wishes is a floor of the severity, and never reaches critical: that wakes people and is for rules to say.
_FLOOR = {"low": Severity.LOW} | dict.fromkeys(("high", "urgent", "critical"), Severity.HIGH)
_TURN = "handover:"
_MOST_TRIED = 15
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to hand over, checked. ``turns`` are in order and have their times; ``ticket`` "" asks for a new one."""

    connection: str
    ticket: str
    handed: HandedOver
    turns: tuple[Message, ...]
    customer: Person = field(default_factory=Person)
    subject: str = ""
    language: str = ""


class HandoverState(StrEnum):
    RECEIVED = "received"  # kept, not yet a handoff
    BEGUN = "begun"
    FAILED = "failed"  # given up; whoever watches the channel was told


@dataclass(frozen=True, slots=True)
class Handover:
    """A kept request of a bot. ``ticket`` "" until it is made; ``tried``: an earlier try may have made it."""

    id: str
    asked: Asked
    state: HandoverState
    ticket: str
    tried: bool
    received_at: datetime


def turns_of(number: str, told: Iterable[tuple[Role, str, str, datetime | None]], now: datetime) -> tuple[Message, ...]:
    """The turns of a conversation as messages of ours; each is (role, name, text, time).

    A turn without a time gets one that keeps the order, just before the next one's: clocks and waiting times need some.
    """
    turns: list[Message] = []
    following = now
    for nth, (role, name, text, at) in reversed(tuple(enumerate(told))):
        at = min(at, following) if at else following - timedelta(seconds=1)
        turns.append(Message(f"{_TURN}{number}:{nth:04}", Person("", name, "", role), text, at=at))
        following = at
    return tuple(reversed(turns))


def is_turn(message: Message) -> bool:
    """Whether a message is a turn of a bot's conversation, which no helpdesk knows."""
    return message.id.startswith(_TURN)


def is_reply(message: Message) -> bool:
    """A person's words to the customer in the helpdesk; what was said in a bot's conversation is over."""
    return message.public and message.author.role is Role.AGENT and not is_turn(message)


def reference(number: str) -> str:
    """The line by which a ticket that was made for a handover is found again and told from what the customer wrote."""
    return f"Baton ref {number}"


def joined(asked: Asked, ticket: Ticket, playbook: Playbook) -> Ticket:
    """The ticket as the helpdesk has it with all that the bot told; a turn the helpdesk has already is not said twice."""
    there = {_bare(m.text): m.id for m in ticket.messages if m.public and not is_turn(m)}
    new = [turn for turn in asked.turns if _bare(turn.text) not in there]
    own = tuple(there[_bare(t.text)] for t in asked.turns if t.author.role is Role.BOT and _bare(t.text) in there)
    known_type = asked.handed.intent if asked.handed.intent in playbook.issue_words else ""
    if before := ticket.handed:
        own = (*before.own, *own)
    opening = before.opening if before else ""
    attempts = tuple(dict.fromkeys((*(before.attempts if before else ()), *asked.handed.attempts)))
    handed = replace(asked.handed, own=own, issue_type=known_type, attempts=attempts, opening=opening)
    requester = ticket.requester if ticket.requester.email or ticket.requester.name else asked.customer
    messages = ticket.messages
    for turn in new:
        messages = add_message(messages, turn)
    subject, language = ticket.subject or asked.subject, ticket.language or asked.language
    return replace(ticket, messages=messages, requester=requester, subject=subject, language=language, handed=handed)


def woven(known: Ticket | None, ticket: Ticket) -> Ticket:
    """A ticket as just told, with what a bot handed over before; unchanged where none did."""
    handed = ticket.handed or (known.handed if known else None)
    if handed is None:
        return ticket
    turns = [m for m in (known.messages if known else ()) if is_turn(m)]
    opening = _opening(ticket.messages, handed, {handed.id, *(m.id.split(":")[1] for m in turns)})
    if opening is not None:
        handed = replace(handed, opening=opening.id)
    messages = tuple(_as_is(m, handed, opening) for m in ticket.messages)
    for turn in turns:
        messages = add_message(messages, turn)
    return replace(
        ticket,
        handed=handed,
        messages=messages,
        issue_type=ticket.issue_type or handed.issue_type,
        page=ticket.page or handed.page,
        product_area=ticket.product_area or handed.product_area,
        custom={**_custom(handed), **ticket.custom},
    )


def _opening(messages: tuple[Message, ...], handed: HandedOver, numbers: set[str]) -> Message | None:
    """The text a ticket was made with for a handover: the first with its reference. Later ones are replies that quote it."""
    if handed.opening:
        return next((m for m in messages if m.id == handed.opening), None)
    marks = [re.compile(re.escape(reference(number)) + r"(?![\w:./-])") for number in numbers]
    return next((m for m in messages if not is_turn(m) and any(mark.search(m.text) for mark in marks)), None)


def _as_is(message: Message, handed: HandedOver, opening: Message | None) -> Message:
    """A helpdesk's message as it really is: the text a ticket was opened with for us is nobody's reply, a bot's is a bot's."""
    if is_turn(message):
        return message
    if opening is not None and (message.id == opening.id or _bare(message.text) == _bare(opening.text)):
        # Neither the customer's words nor ours: it repeats the turns, which stand in the thread themselves.
        return replace(message, author=replace(message.author, role=Role.SYSTEM), public=False)
    if message.id in handed.own:
        return replace(message, author=replace(message.author, role=Role.BOT))
    return message


def _custom(handed: HandedOver) -> dict[str, float | int]:
    """What the bot told under the names by which rules know it (``custom.ai_…``)."""
    told: dict[str, float | int] = {} if handed.confidence is None else {"ai_confidence": handed.confidence}
    failed = sum(attempt.worked is not True for attempt in handed.attempts)
    return told | ({"ai_attempts": failed} if handed.attempts else {})


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


# --- the decision ---


def decided(decision: Decision, playbook: Playbook, seen: Facts, handed: HandedOver) -> Decision:
    """The decision with the handover as one more reason: it always escalates, and rules that fired may weigh more."""
    own = verdict(handed)
    fired = [*decision.fired(), own]  # a rule of equal weight goes first: it knows path and team
    return aimed(replace(decision, verdicts=(*decision.verdicts, own)), playbook, seen, fired)


def verdict(handed: HandedOver) -> Verdict:
    """The handover as if it were a rule that fired."""
    wish = f", urgency {handed.urgency} wished" if handed.urgency else ""
    about = ", ".join(words for words in (handed.intent.replace("_", " "), _sure(handed)) if words)
    words = f"{handed.by} handed it over{f' ({about})' if about else ''}{wish}"
    words += f": {tidy(handed.reason, 300)}" if handed.reason else ""
    severity = _FLOOR.get(handed.urgency, Severity.NORMAL)
    return Verdict(RULE, "Handed over by a bot", Mode.LIVE, True, severity, "default", "", handed.issue_type, (), words)


def _sure(handed: HandedOver) -> str:
    return "" if handed.confidence is None else f"{handed.confidence:.0%} sure"


# --- the package ---


def in_package(package: ContextPackage, handed: HandedOver | None) -> ContextPackage:
    """The package with what the bot tried, meant and was sure of; unchanged where no bot handed over."""
    if handed is None:
        return package
    own = tuple(_attempt(attempt) for attempt in handed.attempts)
    steps = {attempt.step.text for attempt in own}
    found = [a for a in package.tried if not (a.role == Role.BOT and _told_already(a.step.text, steps))]
    intent = f"intent {handed.intent.replace('_', ' ')}" if handed.intent else ""
    sure = "" if handed.confidence is None else f"AI agent {handed.confidence:.0%}"
    told = [words for words in (intent, sure) if words and words not in package.confidence]
    return replace(
        package,
        tried=(*own, *found)[:_MOST_TRIED],
        confidence=", ".join(word for word in (*told, package.confidence) if word),
        complexity=", ".join(word for word in (handed.complexity, package.complexity) if word),
        sender=package.sender or handed.by,
    )


def _told_already(step: str, steps: set[str]) -> bool:
    """True when a message of the thread is the same remedy in other words: most of the words that matter are the same."""
    mine = _telling(step)
    return any(2 * len(mine & theirs) > min(len(mine), len(theirs)) for theirs in map(_telling, steps) if mine and theirs)


def _telling(step: str) -> set[str]:
    return {word for word in _WORDS.findall(step.casefold()) if len(word) > 3 or word.isdecimal()}


def _attempt(attempt: AiAttempt) -> Attempt:
    why = f"failed because {attempt.why}" if attempt.why and attempt.worked is not True else attempt.why
    answer = f"the customer: {attempt.answer}" if attempt.answer else ""
    result = "; ".join(words for words in (attempt.result, answer, why) if words)
    step, came_to = tidy(attempt.step, 300), tidy(result, 300)
    return Attempt("AI", Role.BOT.value, Statement(step, who="AI"), Statement(came_to, who="AI"), attempt.worked)
