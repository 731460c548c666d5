"""From a ticket and a decision to the context package, extractively: every statement is the thread's own (domain.md §5).

The types stand in ``package.py``, notes and cards in ``rendering.py``; both are offered here, for this is where others look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from escalation import account, handover, phrases
from escalation.actions import Line
from escalation.advice import authority, next_steps
from escalation.asks import asks, promises
from escalation.attempts import tried
from escalation.completeness import Needs, judged
from escalation.decision import Decision, Route
from escalation.hours import duration
from escalation.package import Attempt, Contact, ContextPackage, Gap, Reason, Specific, Statement, Turn
from escalation.rendering import card, note
from escalation.signals import Signal
from escalation.specifics import specifics
from escalation.summary import key_sentences, question, quoted, summarise, telling
from escalation.thread import MOST_TEXT, UNSEEN, Said, one_line, read, tidy
from escalation.ticket import FieldValue, Money, PastTicket, Role, Ticket

__all__ = ["Attempt", "Contact", "ContextPackage", "Gap", "Reason", "Specific", "Statement", "Turn", "build", "card", "note"]

_MOST_CUSTOM, _MOST_PAST, _MOST_RULED_OUT = 10, 8, 6
_FIRST_READ, _LAST_READ = 50, 150  # messages searched for exact words in a very long thread


def build(
    ticket: Ticket,
    signals: Iterable[Signal],
    decision: Decision,
    route: Route | None,
    now: datetime,
    *,
    chain: tuple[str, ...] = (),
    sender: str = "",
    needs: Mapping[str, Needs] | None = None,
) -> ContextPackage:
    """All that the next person must know at ``now`` (aware), from what is known of the ticket; never raises on any text.

    ``chain``: the hops so far in words, oldest first. ``sender``: who hands over, "" when the rules do.
    ``needs``: what an issue type needs to be complete, where the playbook says so.
    """
    signals, thread = tuple(signals), read(ticket)
    package = replace(
        _of_ticket(ticket, thread, now),
        issue_type=decision.issue_type or ticket.issue_type,
        severity=str(decision.severity),
        reasons=_reasons(decision),
        routed=route.words if route else "",
        chain=chain,
        sender=sender,
    )
    package = handover.in_package(_with_story(package, ticket, thread, signals), ticket.handed)
    package = _with_customer(package, ticket, thread, signals)
    return judged(package, ticket, needs or {}, _cut(ticket, thread))


def _of_ticket(ticket: Ticket, thread: tuple[Said, ...], now: datetime) -> ContextPackage:
    """What needs no reading between the lines."""
    return ContextPackage(
        connection=ticket.connection,
        ticket_id=ticket.id,
        built_at=now,
        subject=tidy(ticket.subject, 200),
        product_area=tidy(ticket.product_area, 60),
        page=tidy(ticket.page, 200),
        priority=ticket.priority,
        clocks=ticket.sla,
        transcript=tuple(Turn(s.id, str(s.role), s.who, s.text, s.at, s.public, s.attachments) for s in thread),
    )


def _with_story(package: ContextPackage, ticket: Ticket, thread: tuple[Said, ...], signals: tuple[Signal, ...]) -> ContextPackage:
    """What happened so far, what was tried, and what to do next."""
    attempts = tried(thread, signals, ticket.messages)
    words = (*_custom(ticket), *specifics(_sample(thread), ticket.requester.email))
    return replace(
        package,
        summary=summarise(thread, package.subject),
        question=question(thread),
        tried=attempts,
        asks=asks(thread),
        promises=promises(thread),
        ruled_out=key_sentences(thread, phrases.RULED_OUT, _MOST_RULED_OUT),
        specifics=words,
        complexity=_complexity(thread),
        confidence=_confidence(ticket, signals),
        last_reply=_last_words(thread, public=True),
        handover=_last_words(thread, public=False),
        next_steps=next_steps(package.issue_type, signals, words, attempts),
        authority=authority(package.issue_type, signals),
    )


def _with_customer(
    package: ContextPackage, ticket: Ticket, thread: tuple[Said, ...], signals: tuple[Signal, ...]
) -> ContextPackage:
    """Who the customer is, how they feel, how long they have waited, and what presses."""
    feeling = _evidence(thread, signals, ticket, "sentiment")
    impact = _evidence(thread, signals, ticket, "impact") or next(iter(key_sentences(thread, phrases.IMPACT, 1)), Statement())
    deadlines = key_sentences(thread, phrases.DEADLINE, 2)
    since, unanswered = _waiting(thread)
    return replace(
        package,
        customer=_contact(ticket),
        sentiment=_sentiment(signals),
        sentiment_evidence=feeling,
        impact=impact,
        deadlines=deadlines,
        said=_key_words((*telling(thread), impact, *deadlines, feeling), package),
        waiting_since=since,
        unanswered=unanswered,
        account=_account(ticket, package.built_at),
        earlier=_earlier(ticket, package.built_at),
    )


def with_account(package: ContextPackage, ticket: Ticket, needs: Mapping[str, Needs]) -> ContextPackage:
    """The package with what the ticket tells now of account, earlier tickets and gaps; all else as it was."""
    at = package.built_at
    told = replace(package, customer=_contact(ticket), account=_account(ticket, at), earlier=_earlier(ticket, at))
    return judged(told, ticket, needs, [gap for gap in package.missing if gap.cause == "size"])


# ------------------------------------------------------------------ the story


def _reasons(decision: Decision) -> tuple[Reason, ...]:
    fired = tuple(Reason(v.rule, v.title, UNSEEN.sub("", v.words or v.title)) for v in decision.fired())  # they quote customers
    return fired or tuple(Reason("", words, words) for words in decision.reasons)


def _sample(thread: tuple[Said, ...]) -> tuple[Said, ...]:
    if len(thread) <= _FIRST_READ + _LAST_READ:
        return thread
    return (*thread[:_FIRST_READ], *thread[-_LAST_READ:])


def _custom(ticket: Ticket) -> tuple[Specific, ...]:
    """The helpdesk's own typed fields count as exact words too."""
    told = ((name, _value(value)) for name, value in ticket.custom.items() if not name.startswith("ai_"))
    return tuple(Specific(name.replace("_", " "), words) for name, words in told if words)[:_MOST_CUSTOM]


def _value(value: FieldValue) -> str:
    if isinstance(value, Money):
        return account.in_words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, tuple):
        return tidy(", ".join(value), 120)
    return "" if value is None else tidy(str(value), 120)


def _complexity(thread: tuple[Said, ...]) -> str:
    times = [s.at for s in thread if s.at]
    agents = {s.who for s in thread if s.role is Role.AGENT}
    count = "1 message" if len(thread) == 1 else f"{len(thread)} messages"
    span = f" in {duration(max(times) - min(times))}" if len(times) > 1 else ""
    hands = f", {len(agents)} agents" if len(agents) > 1 else ""
    return f"{count}{span}{hands}" if thread else ""


def _confidence(ticket: Ticket, signals: Iterable[Signal]) -> str:
    intent = next((f"intent {s.confidence:.0%}" for s in signals if s.name == "intent"), "")
    ai = ticket.custom.get("ai_confidence")
    told = f"AI agent {Decimal(str(ai)):.0%}" if isinstance(ai, int | float | Decimal) and 0 <= ai <= 1 else ""
    return ", ".join(word for word in (intent, told) if word)


def _last_words(thread: tuple[Said, ...], *, public: bool) -> Statement:
    """The newest words of a person on our side: to the customer, or to colleagues."""
    said = next((s for s in reversed(thread) if s.role is Role.AGENT and s.public is public and s.text), None)
    return Statement(one_line(said.text, 300), said.id, said.who, said.at) if said else Statement()


# ------------------------------------------------------------------ the customer


def _contact(ticket: Ticket) -> Contact:
    person, customer = ticket.requester, ticket.customer
    return Contact(tidy(person.name, 80), tidy(person.email, 80), tidy(customer.tier, 40), tidy(customer.organization.name, 80))


def _evidence(thread: tuple[Said, ...], signals: Iterable[Signal], ticket: Ticket, name: str) -> Statement:
    """The newest sentence in which a signal of this name was seen."""
    seen = [e for s in signals if s.name == name for e in s.evidence]
    place = {said.id: nth for nth, said in enumerate(thread)}
    newest = max(seen, key=lambda e: (place.get(e.message_id, -1), e.start), default=None)
    text = next((m.text for m in ticket.messages if newest and m.id == newest.message_id), "")
    return quoted(thread, newest.message_id, text[newest.start : newest.end]) if newest else Statement()


def _sentiment(signals: Iterable[Signal]) -> str:
    """The customer's tone at the end of the thread, and where it is going."""
    tone, trend = "", ""
    for signal in signals:
        if signal.name == "sentiment":
            tone = str(signal.value.get("label", "") if isinstance(signal.value, Mapping) else signal.value)
        elif signal.name == "sentiment_turning" and signal.value:
            trend = "getting worse"
    return ", ".join(word for word in (tone, trend) if word)


def _key_words(statements: Iterable[Statement], package: ContextPackage) -> tuple[Statement, ...]:
    """Statements that neither the summary, the question nor a result quotes already, each once, oldest first."""
    attempts = (said for a in package.tried for said in (a.step, a.result))
    elsewhere = (*package.summary, package.question, *attempts, *package.asks, *package.ruled_out)
    quoted_already = " ".join(s.text for s in elsewhere)
    chosen = {s.text: s for s in statements if s and s.text not in quoted_already}
    order = {turn.id: nth for nth, turn in enumerate(package.transcript)}
    return tuple(sorted(chosen.values(), key=lambda s: order.get(s.source, 0)))


def _waiting(thread: tuple[Said, ...]) -> tuple[datetime | None, int]:
    """Since when the customer has waited for a person's public reply, and with how many messages; a thank-you waits for none."""
    waiting: list[Said] = []
    answered = False
    for said in thread:
        if said.public and said.role is Role.AGENT:
            waiting, answered = [], True
        elif said.public and said.role is Role.CUSTOMER and not (answered and _says_goodbye(said)):
            waiting.append(said)
    return next((s.at for s in waiting if s.at), None), len(waiting)


def _says_goodbye(said: Said) -> bool:
    return 0 < len(said.text) < 200 and all(phrases.FAREWELL.search(sentence) for sentence in said.sentences)


def _account(ticket: Ticket, now: datetime) -> tuple[Line, ...]:
    customer = ticket.customer
    facts = (
        ("Organisation", customer.organization.name),
        *_known(ticket, now),
        ("E-mail", ticket.requester.email),
        ("Language", ticket.language or customer.language),
        ("Time zone", customer.time_zone),
        ("Last rating", ticket.satisfaction),
        *(("Sources differ", words) for words in ticket.account.conflicts),
    )
    return tuple(Line(label, tidy(text, 240)) for label, text in facts if tidy(text, 240))


def _known(ticket: Ticket, now: datetime) -> Iterator[tuple[str, str]]:
    """The facts of the account, each with its source unless that is the helpdesk itself."""
    origin = account.sources(ticket)
    for name, label in account.FIELDS.items():
        text = account.in_words(getattr(ticket.customer, name), now if name == "renewal_on" else None)
        yield label, f"{tidy(text, 160)} [{origin[name]}]" if text and name in origin else text


def _earlier(ticket: Ticket, now: datetime) -> tuple[Line, ...]:
    return tuple(_past(past, now) for past in ticket.customer.past[:_MOST_PAST])


def _past(past: PastTicket, now: datetime) -> Line:
    when = f", {duration(now - past.created_at)} ago" if past.created_at else ""
    address = f" {past.url}" if past.url else ""
    return Line(f"#{past.id}", f"{tidy(past.subject, 120) or 'no subject'} ({past.status}{when}){address}")


# ------------------------------------------------------------------ what was left out


def _cut(ticket: Ticket, thread: tuple[Said, ...]) -> Iterator[Gap]:
    """What was too much to be read, each said once."""
    long = [m for m in ticket.messages if len(m.text) > MOST_TEXT]
    if long:
        longest = max(len(m.text) for m in long)
        more = f" and {len(long) - 1} more" if len(long) > 1 else ""
        yield Gap(f"message {long[0].id}{more}", f"of up to {longest:,} characters the first {MOST_TEXT:,} are read", "size")
    if len(thread) > _FIRST_READ + _LAST_READ:
        yield Gap(
            "middle of the thread",
            f"of {len(thread):,} messages the first {_FIRST_READ} and the last {_LAST_READ} are searched for exact words",
            "size",
        )
