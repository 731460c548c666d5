"""``POST /api/v1/rules/dry-run``: a pasted or stored ticket in canonical words, judged without anything happening."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol

from config.playbook import load_draft, load_playbook
from config.tickets import Wrong, ignored, pasted, shortened, whole
from escalation import backtest
from escalation.away import Away, all_in_words
from escalation.backtest import Backtest, Stored
from escalation.decision import Candidate, Decision, Verdict
from escalation.desks import Loads
from escalation.history import Background
from escalation.playbook import Playbook
from escalation.ports import Reader
from escalation.rehearsal import Rehearsal, rehearse
from escalation.roster import Roster
from escalation.signals import Evidence, Signal
from escalation.ticket import Message, Role, Ticket
from signals.features import MOST_WORDS
from signals.text import MOST_READ, clean, is_automatic, sentences
from signals.turns import MOST_SENTENCES, MOST_TURNS
from store.backtests import Judge
from store.codec import plain

_MOST_QUOTED = 300
_MOST_ID = 255  # characters; mappings take no longer ones
_MOST_NAME = 60  # characters of a message's id
_WRITE = 'Write a ticket, {"messages": [{"role": "customer", "text": "…"}]}, or the id of a stored one, "zendesk:4711".'


@dataclass(frozen=True)
class Rehearsals:
    """``stored`` gives a ticket by connection and id (None when there is none), ``loads`` what agents have on the desk."""

    reader: Reader
    playbook: Callable[[], Playbook]
    roster: Callable[[], Roster]
    stored: Callable[[str, str, datetime], tuple[Ticket, Background] | None]
    loads: Loads
    gone: Callable[[datetime], Iterable[Away]] = lambda _: ()  # who is away
    degraded: Callable[[], tuple[str, ...]] = tuple  # what the reader goes without, in words

    def run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer as JSON-ready data; raises Wrong, LookupError for an unknown ticket, Problems for a bad draft."""
        now = datetime.now(UTC)
        told = body.get("draft", "") not in ("", None)
        playbook = load_draft(_text(body, "draft"), self.roster()) if told else self.playbook()
        ticket, background, unread = self.ticket(body, now - playbook.contact_window)
        away = all_in_words(self.gone(now), self.roster(), now, connection=ticket.connection)
        found = rehearse(playbook, self.roster(), self.reader, ticket, now, background=background, loads=self.loads, away=away)
        read_in = next((s.language for s in found.decision.signals), "")
        more = {
            "ignored": unread,
            "cut": not_read(ticket, read_in),
            "degraded": list(self.degraded()),
            "playbook_version": playbook.version,
        }
        return _told(found, ticket) | more

    def ticket(self, body: Mapping[str, Any], since: datetime) -> tuple[Ticket, Background, list[str]]:
        """The ticket a body is about, what is known beside it, and names in it that no ticket has."""
        asked = body.get("ticket")
        if isinstance(asked, dict):
            ticket, strays = pasted(asked)
            return ticket, Background(), ignored(strays)
        if asked in (None, ""):
            raise Wrong([("ticket", "ticket is missing", _WRITE)])
        if not isinstance(asked, str):
            told = f"this is not an object or the id of a stored ticket: {shortened(asked)}"
            raise Wrong([("ticket", told, _WRITE)])
        connection, ticket_id = whole(_text(body, "connection")), whole(asked)
        if not connection and ":" in ticket_id:
            connection, _, ticket_id = ticket_id.partition(":")
        found = self.stored(connection, ticket_id, since) if _could_be(ticket_id) and _could_be(connection) else None
        if found is None:
            raise LookupError(f"There is no ticket {ticket_id[:_MOST_ID]} of {connection[:_MOST_ID] or 'no connection'}.")
        return *found, []


def _could_be(name: str) -> bool:
    """Whether it can be an id at all: the database takes no NUL, and an index no megabyte."""
    return len(name) <= _MOST_ID and "\x00" not in name


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Wrong([(name, f"this is not text: {shortened(value)}", "Write text, or leave it out.")])
    return value or ""


@lru_cache(maxsize=4)
def _draft(text: str) -> Playbook:
    """A draft, read once for all slices."""
    return load_playbook(text)


class Kept(Protocol):
    """``store.backtests.Backtests``."""

    def start(self, draft: str, author: str, since: datetime) -> int: ...
    def carry_on(self, number: int, judge: Judge, now: datetime) -> None: ...
    def failed(self, number: int, why: str) -> None: ...
    def told(self, number: int) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Trials:
    """Back-tests with the rules and the roster of today."""

    kept: Kept
    playbook: Callable[[], Playbook]
    roster: Callable[[], Roster]

    def start(self, draft: str, author: str, days: int) -> int:
        """Begin one over the tickets of the last days; its number. Raises Problems for a draft that cannot be used."""
        load_draft(draft, self.roster())
        return self.kept.start(draft, author, datetime.now(UTC) - timedelta(days=days))

    def told(self, number: int) -> dict[str, Any] | None:
        return self.kept.told(number)

    def carry_on(self, number: int) -> None:
        """Judge the next slice."""
        now = datetime.now(UTC)

        def judge(found: Backtest, draft: str, tickets: list[Stored]) -> Backtest:
            return backtest.judge(found, self.playbook(), _draft(draft), self.roster(), tickets, now)

        self.kept.carry_on(number, judge, now)

    def failed(self, number: int, why: str) -> None:
        self.kept.failed(number, why)


def _told(found: Rehearsal, ticket: Ticket) -> dict[str, Any]:
    texts = {m.id: m.text for m in ticket.messages}
    decision = found.decision
    return {
        "signals": [_signal(signal, texts) for signal in decision.signals],
        "rules": [_rule(verdict) for verdict in decision.verdicts],
        "decision": decided(decision, found.team),
        "route": _route(found) if found.route else None,
    }


def not_read(ticket: Ticket, language: str) -> list[str]:
    """What of a ticket nobody looked at for signals, in words; ``language`` is the one it was read in."""
    own = [m for m in ticket.messages if m.author.role is Role.CUSTOMER and m.public]
    left = len(own) - MOST_TURNS
    newest = (
        f"Of {len(own):,} messages of the customer the newest {MOST_TURNS} were read for signals, the {left:,} before were not."
    )
    return ([newest] if left > 0 else []) + [words for m in own[-MOST_TURNS:] for words in _not_read_of(m, language)]


def _not_read_of(message: Message, language: str) -> Iterator[str]:
    name, length = message.id[:_MOST_NAME], len(message.text)
    text = clean(message.text)
    if is_automatic(text):
        yield f"Message {name} was not read: it is an automatic reply."
        return
    if length > MOST_READ:
        read = f"Of message {name} the first {MOST_READ:,} of {length:,} characters were read for signals"
        yield f"{read}, the last {length - MOST_READ:,} were not."
    if language != "en":  # of others fixed phrases are looked for everywhere, and no model weighs sentences
        return
    ends = (*sentences(text).ends, len(text))
    told = [part for start, end in pairwise((0, *ends)) if any(map(str.isalpha, part := text[start:end]))]
    if len(told) > MOST_SENTENCES:
        few = f"Of message {name} the model weighed the first {MOST_SENTENCES} of {len(told):,} sentences"
        yield f"{few}; in the others only fixed phrases were looked for."
    if long := sum(len(part.split()) > MOST_WORDS for part in told[:MOST_SENTENCES]):
        yield f"Message {name} has {long} sentence(s) of more than {MOST_WORDS} words; the model weighed the beginning of each."


def _signal(signal: Signal, texts: Mapping[str, str]) -> dict[str, Any]:
    told = plain(signal)
    return told | {name: [_place(e, texts) for e in getattr(signal, name)] for name in ("evidence", "suppressed")}


def _place(at: Evidence, texts: Mapping[str, str]) -> dict[str, Any]:
    text = texts.get(at.message_id, "")[at.start : at.end][:_MOST_QUOTED].encode("utf-8", "replace").decode()
    return {"message_id": at.message_id, "start": at.start, "end": at.end, "seen_by": at.seen_by, "text": text}


def _rule(verdict: Verdict) -> dict[str, Any]:
    told = plain(verdict)
    return {"id": told.pop("rule"), **told, "conditions": told.pop("seen")}


def decided(decision: Decision, team: str) -> dict[str, Any]:
    """A decision as JSON, with the team whose pool the ticket goes to."""
    return {
        "escalate": decision.escalate,
        "rules": [verdict.rule for verdict in decision.fired()],
        "reasons": list(decision.reasons),
        "severity": decision.severity.value if decision.escalate else None,
        "issue_type": decision.issue_type,
        "target": {"team": team, "path": decision.path or "default"} if decision.escalate else None,
        "tree": plain(decision.branch) if decision.branch else None,
    }


def _route(found: Rehearsal) -> dict[str, Any] | None:
    if found.route is None:
        return None
    told = plain(found.route)
    return told | {"candidates": [_candidate(c) for c in found.route.candidates]}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return plain(candidate)
