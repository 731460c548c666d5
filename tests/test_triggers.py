"""Every trigger fires for its ticket, not for its near miss, and for what the helpdesks send (docs/triggers.md)."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from config.playbook import Problems, load_playbook
from config.tickets import pasted
from config.yamldoc import parse
from escalation import history
from escalation.decide import facts_of
from escalation.decision import Verdict
from escalation.facts import Facts
from escalation.history import Background, Contact, Logged
from escalation.playbook import Playbook
from escalation.rules import evaluate
from escalation.ticket import ChangeKind, Ticket, TicketChange, apply
from scripts import triggers
from signals.reader import TextReader
from tests.contract_world import connector, mappings
from tests.support import ROOT, fixture, inbound, shared

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday
READER = TextReader.standard()
TOLD: list[dict[str, Any]] = parse(triggers.SOURCE.read_text("utf-8"), "triggers").data["triggers"]  # type: ignore[index]
BY_ID = {str(entry["id"]): entry for entry in TOLD}
WEBHOOKS = [(name, helpdesk) for name, entry in BY_ID.items() for helpdesk in entry.get("webhooks", {})]
READ_SHAPES = {"intercom": "conversation_read"}  # how the mappings call a ticket that was read, else "ticket"
STARTER = (ROOT / "config" / "escalation.yaml").read_text("utf-8")
_TIMES = frozenset({"at", "created_at", "updated_at", "solved_at", "due_at", "amber_at", "renewal_on"})
_SPAN = re.compile(r"([+-])(\d+)([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}

PHRASES = [  # of domain.md §2; each needs an entry
    'keyword or phrase (negation-aware: "I do NOT want a refund" is not a refund request)',
    "explicit wish for a person or manager",
    "sentiment level",
    "sentiment turning negative over the last messages",
    '"that didn\'t work" replies',
    "the same question asked again (3 ways)",
    "conversation too long without resolution",
    "number of failed attempts by the AI (default 2)",
    "AI confidence under a threshold",
    "intent outside the AI's scope",
    "issue type beyond tier-1 authority (refund exception, contract, bug, security)",
    "refund amount over a threshold",
    "several product areas in one ticket",
    "customer tier or contract value",
    "tier upgraded while open",
    "account at risk, in dispute, near renewal",
    "page or product area",
    "explicit escalate tag",
    "a #escalate <team> <why> internal note by an agent",
    "third contact about the same problem (also across tickets and channels)",
    "reopened",
    "bad satisfaction rating",
    "all users affected rather than one",
    "API errors, database, code-level investigation",
    "reassigned within the team",
    "moved between channels (hidden handoffs)",
    "ticket age",
    "time in queue (a review, not a blind reassignment)",
    "SLA amber and breach for first reply, next reply, resolution",
    "waiting since the customer's last message",
    "problem older than 2 h",
    "thresholds per customer segment in one grid",
    "a rule may demand a score from several",
    "sentiment alone or a keyword alone should not be enough unless the rule says so",
    "cooldown",
]


@dataclass(frozen=True)
class Case:
    """What is looked at: the ticket now and at the last look, what happened between, and what is known beside it."""

    ticket: Ticket
    before: Ticket | None
    changes: tuple[TicketChange, ...]
    background: Background
    now: datetime


def facts_for(playbook: Playbook, case: Case) -> Facts:
    """Everything the rules look at, through the real reader; the only place that knows how facts are worked out."""
    signals = READER.read(case.ticket.messages, case.now, subject=case.ticket.subject, language=case.ticket.language)
    return facts_of(playbook, case.ticket, case.before, case.changes, signals, case.now, case.background)


def judged(entry: dict[str, Any], case: Case) -> Verdict:
    """The verdict of the entry's rule."""
    playbook = playbook_of(entry["id"])
    (verdict,) = evaluate(playbook, facts_for(playbook, case))
    return verdict


@cache
def playbook_of(name: str) -> Playbook:
    return load_playbook(document(BY_ID[name]))


def document(entry: dict[str, Any], rule: str | None = None) -> str:
    """A minimal escalation.yaml around the condition; issue types are the starter's unless the entry has its own."""
    beside = entry.get("playbook", "")
    words = "" if "issue_words:" in beside else STARTER[STARTER.index("issue_words:") :]
    more = entry.get("rule", "") if rule is None else rule
    lines = f"{more}when:\n" + "".join(f"  {line}\n" for line in entry["when"].splitlines())
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    path = "paths: {default: {levels: [{name: One, offering: one}]}}\n"
    return f"{path}{beside}rules:\n  - id: tried\n    title: {entry['id']}\n{indented}{words}"


def case_of(told: dict[str, Any]) -> Case:
    """A written ticket with what stands beside it."""
    now = datetime.fromisoformat(told.get("now") or NOW.isoformat())
    told = at(told, now)
    ticket = ticket_of(told["ticket"])
    before = ticket_of({**told["ticket"], **told["before"]}) if "before" in told else None
    kinds = told.get("kinds") or (["updated"] if before else ["created"])
    changes = tuple(TicketChange(ticket.connection, ticket.id, ChangeKind(kind), "written") for kind in kinds)
    log = tuple(Logged(moment(e["at"]), e["kind"], str(e.get("value") or "")) for e in told.get("log", ()))
    return Case(ticket, before, changes, Background(log, contacts_of(told)), now)


def contacts_of(told: dict[str, Any]) -> tuple[Contact, ...]:
    return tuple(Contact(**{**c, "created_at": moment(c["created_at"])}) for c in told.get("contacts", ()))


def ticket_of(told: dict[str, Any]) -> Ticket:
    ticket, ignored = pasted(told)
    assert not ignored, f"no ticket has {ignored}"
    return ticket


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def at(told: Any, now: datetime, key: str = "") -> Any:
    """The same with moments such as -2h written out; a renewal is a day."""
    if isinstance(told, dict):
        return {name: at(value, now, name) for name, value in told.items()}
    if isinstance(told, list):
        return [at(value, now, key) for value in told]
    found = _SPAN.fullmatch(told) if key in _TIMES and isinstance(told, str) else None
    if not found:
        return told
    then = now + span(found[0].lstrip("+-")) * (1 if found[1] == "+" else -1)
    return then.date().isoformat() if key == "renewal_on" else then.isoformat()


def span(text: str) -> timedelta:
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


@pytest.mark.parametrize("name", BY_ID)
def test_fires(name: str) -> None:
    verdict = judged(BY_ID[name], case_of(BY_ID[name]["fires"]))
    assert verdict.fired, verdict.words


@pytest.mark.parametrize("name", BY_ID)
def test_near_miss(name: str) -> None:
    verdict = judged(BY_ID[name], case_of(BY_ID[name]["near_miss"]))
    assert not verdict.fired, verdict.words


@pytest.mark.parametrize("name", [name for name, entry in BY_ID.items() if "alone: true" in entry.get("rule", "")])
def test_alone_is_said_only_where_the_guard_demands_it(name: str) -> None:
    with pytest.raises(Problems, match="alone is enough"):
        load_playbook(document(BY_ID[name], rule=""))


# ---- what the helpdesks send ----


@pytest.mark.parametrize(("name", "helpdesk"), WEBHOOKS)
def test_webhook(name: str, helpdesk: str) -> None:
    entry = BY_ID[name]
    told = entry["webhooks"][helpdesk]
    before = ticket_of({"connection": helpdesk, **told["before"]}) if "before" in told else None
    case = delivered(helpdesk, told, before)
    later = replace(case, now=case.now + span(told.get("after", "0m")))
    verdict = judged(entry, later)
    assert verdict.fired, verdict.words
    if "after" in told:
        assert not judged(entry, case).fired, "it fired at once"
    elif before:
        was = judged(entry, replace(case, ticket=before, changes=(), background=Background()))
        assert not was.fired, f"it fired before the change: {was.words}"


def delivered(helpdesk: str, told: dict[str, Any], before: Ticket | None) -> Case:
    """The ticket after a delivery and, where there is one, the read that follows it."""
    change = change_of(helpdesk, told) if "delivery" in told else None
    ticket = ticket_after(helpdesk, told, before, change)
    happened = max((m for m in (change and change.at, ticket.updated_at) if m), default=NOW)
    log = history.extended((), before, happened - timedelta(hours=1)) if before else ()
    log = history.extended(log, ticket, happened)
    return Case(ticket, before, (change,) if change else (), Background(log, contacts_of(told)), happened)


def change_of(helpdesk: str, told: dict[str, Any]) -> TicketChange:
    """A recorded delivery as its connector understands it, after the edits."""
    delivery = deepcopy(fixture(helpdesk, told["delivery"]))
    for path, value in told.get("edit", {}).items():
        edit(delivery["body"], path.split("."), value)
    change = connector(helpdesk).change(inbound(delivery))
    assert isinstance(change, TicketChange), json.dumps(delivery)
    assert not change.unknown_words
    return change


def edit(body: Any, path: list[str], value: object) -> None:
    for step in path[:-1]:
        body = body[int(step) if isinstance(body, list) else step]
    assert path[-1] in body or path[-1].startswith("ticket_"), f"the delivery has no {path[-1]}"
    body[path[-1]] = value


def ticket_after(helpdesk: str, told: dict[str, Any], before: Ticket | None, change: TicketChange | None) -> Ticket:
    ticket = apply(before, change) if change else before or Ticket(helpdesk, "1")
    if "read" not in told:
        return ticket
    found = mappings()[helpdesk].ticket(READ_SHAPES.get(helpdesk, "ticket"), told["read"], helpdesk)
    news = {name: getattr(found, name) for name in found.known}
    return replace(ticket, **news, known=ticket.known | found.known)


# ---- the list is whole ----


def test_every_phrase_of_the_domain_has_a_trigger() -> None:
    assert set(PHRASES) - {str(entry["says"]) for entry in TOLD} == set()


def test_what_a_trigger_says_stands_in_the_domain() -> None:
    text = re.sub(r"[*`]", "", shared("design/domain.md").read_text("utf-8"))
    assert [entry["says"] for entry in TOLD if entry["says"] not in text] == []


def test_every_trigger_says_what_each_helpdesk_tells() -> None:
    assert len(TOLD) == len(BY_ID)
    assert {entry["section"] for entry in TOLD} == set(triggers.SECTIONS)
    for entry in TOLD:
        told, tried = entry["helpdesks"], set(entry.get("webhooks", {}))
        assert told.keys() == triggers.HELPDESKS.keys()
        assert not {name for name in tried if told[name].startswith("cannot:")}


def test_enough_triggers_are_tried_with_what_helpdesks_send() -> None:
    assert len({name for name, _ in WEBHOOKS}) >= 12
    assert {helpdesk for _, helpdesk in WEBHOOKS} == set(triggers.HELPDESKS)


def test_the_page_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert triggers.main(["--check"]) == 0, capsys.readouterr().err
