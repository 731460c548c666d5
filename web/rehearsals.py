"""``POST /api/v1/rules/dry-run``: a pasted or stored ticket in canonical words, judged without anything happening."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import pydantic

from config.playbook import load_playbook
from escalation.decision import Candidate, Decision, Verdict
from escalation.history import Background
from escalation.playbook import Playbook
from escalation.ports import Reader
from escalation.rehearsal import Rehearsal, rehearse
from escalation.roster import Load, Roster
from escalation.signals import Evidence, Signal
from escalation.ticket import Message, Person, Role, Ticket
from store.codec import build, plain

MOST_MESSAGES = 3000
_FIELDS = frozenset(f.name for f in fields(Ticket)) - {"messages", "known", "missing", "connection", "id"}
_ROLES = {"user": Role.CUSTOMER, "end_user": Role.CUSTOMER, "assistant": Role.BOT, "ai": Role.BOT}
_MOST_QUOTED = 300


class Wrong(ValueError):
    """A pasted ticket that cannot be used: (path, problem, remedy) of everything found."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {problem}" for path, problem, _ in problems))
        self.problems = problems


@dataclass(frozen=True)
class Rehearsals:
    """``stored`` gives a ticket by connection and id (None when there is none), ``loads`` what agents have on the desk."""

    reader: Reader
    playbook: Callable[[], Playbook]
    roster: Callable[[], Roster]
    stored: Callable[[str, str, datetime], tuple[Ticket, Background] | None]
    loads: Callable[[Roster], Mapping[str, Load]]

    def run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer as JSON-ready data; raises Wrong, LookupError for an unknown ticket, Problems for a bad draft."""
        now = datetime.now(UTC)
        playbook = load_playbook(str(body["draft"])) if body.get("draft") else self.playbook()
        ticket, background, ignored = self._ticket(body, now - playbook.contact_window)
        roster = self.roster()
        loads = self.loads(roster)
        found = rehearse(playbook, roster, self.reader, ticket, now, background=background, loads=loads)
        return _told(found, ticket) | {"ignored": ignored, "playbook_version": playbook.version}

    def _ticket(self, body: Mapping[str, Any], since: datetime) -> tuple[Ticket, Background, list[str]]:
        asked = body.get("ticket")
        if isinstance(asked, dict):
            ticket, ignored = pasted(asked)
            return ticket, Background(), ignored
        connection, ticket_id = str(body.get("connection", "")), str(asked or "")
        if not connection and ":" in ticket_id:
            connection, _, ticket_id = ticket_id.partition(":")
        found = self.stored(connection, ticket_id, since)
        if found is None:
            raise LookupError(f"There is no ticket {ticket_id} of {connection or 'no connection'}.")
        return *found, []


def pasted(told: Mapping[str, Any]) -> tuple[Ticket, list[str]]:
    """(ticket, names that no ticket has) from canonical JSON whose messages are {role, text, at?, public?}; raises Wrong."""
    problems: list[tuple[str, str, str]] = []
    messages = tuple(_messages(told.get("messages", []), problems))
    own = {name: value for name, value in told.items() if name in _FIELDS and value is not None}
    requester = own.pop("requester", None) or {"id": "customer"}
    given = {"connection": str(told.get("connection") or "dry-run"), "id": str(told.get("id") or "dry-run"), **own}
    try:
        ticket = build(Ticket, {**given, "requester": {**requester, "role": "customer"}})
    except (pydantic.ValidationError, TypeError) as bad:
        problems += _problems(bad)
        raise Wrong(problems) from None
    if problems:
        raise Wrong(problems)
    known = frozenset(own) | {"messages", "requester"}
    ignored = sorted(set(told) - _FIELDS - {"messages", "connection", "id"})
    return Ticket(**{**{f.name: getattr(ticket, f.name) for f in fields(Ticket)}, "messages": messages, "known": known}), ignored


def _messages(told: Any, problems: list[tuple[str, str, str]]) -> list[Message]:
    found: list[Message] = []
    if not isinstance(told, list) or len(told) > MOST_MESSAGES:
        problems.append(("messages", f"not a list of at most {MOST_MESSAGES}", 'Write [{"role": "customer", "text": "…"}].'))
        return found
    for n, one in enumerate(told):
        path = f"messages[{n}]"
        if not isinstance(one, dict) or not isinstance(one.get("text"), str):
            problems.append((path, "no text", 'Write {"role": "customer", "text": "…"}.'))
            continue
        role = _role(one.get("role", "customer"))
        if role is None:
            problems.append((f"{path}.role", f"there is no role {one.get('role')!r}", "Write customer, agent, bot or system."))
            continue
        author = Person("customer" if role is Role.CUSTOMER else f"{role.value}-1", role=role)
        public = one.get("public", True) is not False
        found.append(Message(str(one.get("id") or f"m{n + 1}"), author, one["text"], public, _at(one.get("at"), path, problems)))
    return found


def _role(word: object) -> Role | None:
    name = str(word).lower()
    return _ROLES.get(name) or (Role(name) if name in (*Role,) else None)


def _at(told: object, path: str, problems: list[tuple[str, str, str]]) -> datetime | None:
    if told in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        problems.append((f"{path}.at", f"{told!r} is not a time", "Write it like 2026-03-31T09:00:00Z."))
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _problems(bad: Exception) -> list[tuple[str, str, str]]:
    if not isinstance(bad, pydantic.ValidationError):
        return [("ticket", str(bad), "See docs/api.md for the form of a ticket.")]
    return [(".".join(map(str, e["loc"])), e["msg"], "See docs/api.md for the form of a ticket.") for e in bad.errors()]


def _told(found: Rehearsal, ticket: Ticket) -> dict[str, Any]:
    texts = {m.id: m.text for m in ticket.messages}
    decision = found.decision
    return {
        "signals": [_signal(signal, texts) for signal in decision.signals],
        "rules": [_rule(verdict) for verdict in decision.verdicts],
        "decision": _decision(decision, found),
        "route": _route(found) if found.route else None,
    }


def _signal(signal: Signal, texts: Mapping[str, str]) -> dict[str, Any]:
    told = plain(signal)
    return told | {name: [_place(e, texts) for e in getattr(signal, name)] for name in ("evidence", "suppressed")}


def _place(at: Evidence, texts: Mapping[str, str]) -> dict[str, Any]:
    text = texts.get(at.message_id, "")[at.start : at.end][:_MOST_QUOTED].encode("utf-8", "replace").decode()
    return {"message_id": at.message_id, "start": at.start, "end": at.end, "seen_by": at.seen_by, "text": text}


def _rule(verdict: Verdict) -> dict[str, Any]:
    told = plain(verdict)
    return {"id": told.pop("rule"), **told, "conditions": told.pop("seen")}


def _decision(decision: Decision, found: Rehearsal) -> dict[str, Any]:
    return {
        "escalate": decision.escalate,
        "rules": [verdict.rule for verdict in decision.fired()],
        "reasons": list(decision.reasons),
        "severity": decision.severity.value if decision.escalate else None,
        "issue_type": decision.issue_type,
        "target": {"team": found.team, "path": decision.path or "default"} if decision.escalate else None,
    }


def _route(found: Rehearsal) -> dict[str, Any] | None:
    if found.route is None:
        return None
    told = plain(found.route)
    return told | {"candidates": [_candidate(c) for c in found.route.candidates]}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return plain(candidate)
