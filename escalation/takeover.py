"""A kept request of an AI agent or bot becomes a handoff: find or make the ticket, read it, begin (domain.md §4-§5).

Runs in the worker: whoever asked was answered as soon as the request was kept, and no helpdesk that is away loses one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation import conclude, gathering, handover, outcomes, unsaid
from escalation.account import Found
from escalation.actions import Action, ActionKind, Entry, NewTicket
from escalation.handover import Asked, Handover, HandoverState
from escalation.journal import Case
from escalation.masking import Masking, To
from escalation.parts import Parts
from escalation.playbook import Severity
from escalation.ports import GiveUp, Helpdesk, TryLater
from escalation.ticket import Role, Ticket

PATIENCE = 4  # tries to read the ticket before it is handed over with what the bot told
_MOST_TEXT = 30_000  # characters of a new ticket's text
_MOST_SUBJECT = 120


def begin(parts: Parts, number: str, attempt: int) -> None:
    """Bring a kept request about, once; TryLater and GiveUp are for the worker's edge, which calls ``failed``."""
    kept = parts.journal.handover(number)
    if kept is None or kept.state is not HandoverState.RECEIVED:
        return
    helpdesk = parts.helpdesks().get(kept.asked.connection)
    if helpdesk is None:
        raise GiveUp(f"connection {kept.asked.connection} is not configured any more")
    ticket_id = kept.ticket or _make(parts, helpdesk, kept)
    started = parts.clock()
    read = _read(parts, helpdesk, kept, ticket_id, attempt)
    before = parts.journal.known(kept.asked.connection, ticket_id).ticket
    found = gathering.ahead(parts, helpdesk, before, read) if read else None
    with parts.journal.case(kept.asked.connection, ticket_id, parts.clock()) as case:
        _hand_over(case, parts, kept, read, started, found)


def failed(parts: Parts, number: str, error: BaseException, *, final: bool) -> None:
    """Note a failed try. A request that is given up has no owner, so the channel is told with what the customer wants."""
    kept = parts.journal.handover(number)
    if not final or kept is None or kept.state is not HandoverState.RECEIVED:
        return
    asked, why, now = kept.asked, str(error), parts.clock()
    who = asked.customer.name or asked.customer.email or "a customer"
    text = f"{asked.handed.by} wanted to hand {who} over ({asked.connection}), which failed: {why}. Last words: {_last(asked)}"
    tell = Action(f"tell:handover:{number}", ActionKind.TELL, "", {"agent": "", "channel": parts.channel, "text": text}, text)
    data: dict[str, object] = {"id": number, "key": asked.handed.key, "connection": asked.connection, "ticket": kept.ticket}
    data["why"] = parts.playbook().masking.text(why, To.BOT)
    notices = outcomes.notices(parts.bots.addresses, outcomes.FAILED, number, "", data, now)
    parts.journal.handover_failed(number, why, now, (tell, *notices))


def _make(parts: Parts, helpdesk: Helpdesk, kept: Handover) -> str:
    """Make the ticket; a try that was cut off may have made it, so it is looked for first."""
    parts.journal.making(kept.id)
    ticket_id = helpdesk.create(new_ticket(kept, parts.playbook().masking), look_first=kept.tried)
    parts.journal.made(kept.id, ticket_id)
    return ticket_id


def new_ticket(kept: Handover, masking: Masking) -> NewTicket:
    """The ticket for a conversation that was held elsewhere: what the customer said and was told, and nothing else."""
    asked = kept.asked
    subject = asked.subject or next((t.text for t in asked.turns if t.author.role is Role.CUSTOMER), "") or "Handed over"
    mark = handover.reference(kept.id)
    lines = [f"{_speaker(turn.author.role, turn.author.name)}: {turn.text}" for turn in asked.turns]
    text = masking.text("\n\n".join(lines), To.NOTE)
    if len(text) > _MOST_TEXT:
        text = "…" + text[-_MOST_TEXT:]
    one_line = masking.text(" ".join(subject.split()), To.NOTE)
    subject = one_line if len(one_line) <= _MOST_SUBJECT else one_line[: _MOST_SUBJECT - 1] + "…"
    return NewTicket(kept.id, subject, f"{text}\n\n{mark}", asked.customer.email, asked.customer.name)


def _speaker(role: Role, name: str) -> str:
    words = {Role.CUSTOMER: "Customer", Role.BOT: "Assistant", Role.AGENT: "Agent"}.get(role, "System")
    return f"{words} ({name})" if name else words


def _read(parts: Parts, helpdesk: Helpdesk, kept: Handover, ticket_id: str, attempt: int) -> Ticket | None:
    """The ticket as the helpdesk has it; None when it cannot be read for long. GiveUp when there is no such ticket."""
    try:
        return helpdesk.fetch(ticket_id)
    except TryLater:
        if attempt < PATIENCE:
            raise
    except GiveUp as refused:
        if refused.gone and kept.asked.ticket:
            raise GiveUp(f"there is no ticket {ticket_id} in {kept.asked.connection}", gone=True) from None
    return None


def _hand_over(case: Case, parts: Parts, kept: Handover, read: Ticket | None, started: datetime, found: Found | None) -> None:
    """Look at the ticket with the handover as a reason; the request is done in the same transaction."""
    known = read or case.ticket or Ticket(case.connection, case.ticket_id)
    if read is None:
        known = replace(known, missing={**known.missing, "messages": "the ticket could not be read; this is what the bot told"})
    if known.status.is_over:
        raise GiveUp(f"ticket {case.ticket_id} is {known.status}; reopen it, or hand over without a ticket")
    ticket = handover.joined(kept.asked, handover.woven(case.ticket, known), parts.playbook())
    unsaid.forget(case, read, parts.helpdesks()[case.connection].in_thread)
    case.reserve(kept.id)
    conclude.look_at(case, parts, ticket, (), read_at=started if read else None, handed=ticket.handed, found=found)
    if case.handoff is None:
        raise GiveUp("the playbook has no path for it")  # look_at always opens one for a ticket that is not over
    _weigh(case, ticket)
    by = kept.asked.handed.by
    case.save_handoff(replace(case.handoff, sender=case.handoff.sender or by))
    words = f"{by} handed it over" + ("" if kept.asked.ticket else "; a ticket was made for it")
    case.write([Entry("handed_over", words, by, {"request": kept.id, "key": kept.asked.handed.key})], case.handoff.id)
    case.begun(kept.id, case.handoff.id)


def _weigh(case: Case, ticket: Ticket) -> None:
    """A later handover of the same ticket is a reason of its own, and may raise the severity as the first one did."""
    if case.escalation is None or ticket.handed is None:
        return
    own = handover.verdict(ticket.handed)
    severity = max(Severity(case.escalation.severity), own.severity, key=lambda s: s.rank)
    reasons = tuple(dict.fromkeys((*case.escalation.reasons, own.words)))
    if (severity.value, reasons) != (case.escalation.severity, case.escalation.reasons):
        case.update(replace(case.escalation, severity=severity.value, reasons=reasons))


def _last(asked: Asked) -> str:
    """The customer's last words, short."""
    said = next((t.text for t in reversed(asked.turns) if t.author.role is Role.CUSTOMER), "(none)")
    return " ".join(said.split())[:300]
