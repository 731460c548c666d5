"""A ticket that is open again after its handoff was over goes on with its history, first with whoever had it (domain.md §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from escalation.hop import Handoff, State, clock
from escalation.package import ASKED
from escalation.playbook import Playbook
from escalation.roster import Roster
from escalation.signals import Signal
from escalation.ticket import Role, Status, Ticket


def is_reopened(before: Ticket | None, ticket: Ticket) -> bool:
    """True when a ticket that was over is worked on again; one that was merged away stays where it went."""
    was_over = before is not None and before.status.is_over
    return was_over and not ticket.status.is_over and ticket.status is not Status.UNKNOWN and not ticket.merged_into


def only_thanks(before: Ticket | None, ticket: Ticket, signals: Iterable[Signal]) -> bool:
    """True when a customer's contented message reopened it, as helpdesks do with every reply: there is nothing to do."""
    had = {m.id for m in before.messages} if before else set()
    wrote = any(m.id not in had and m.author.role is Role.CUSTOMER for m in ticket.messages)
    tone = next((s.value for s in signals if s.name == "sentiment"), None)
    return wrote and isinstance(tone, Mapping) and tone.get("label") == "satisfied"


def chain_of(handoff: Handoff, roster: Roster) -> tuple[str, ...]:
    """What has happened so far in words: earlier handoffs, then who was asked and what became of it, then who accepted."""
    asked = ((roster.name(o.agent) or o.everybody, o) for o in handoff.offers)
    told = (f"{who}{ASKED}{o.state.value}{f' ({o.reason})' if o.reason else ''}" for who, o in asked)
    has_it = roster.name(handoff.accepted_by)
    accepted = (f"{has_it} accepted at {clock(handoff.accepted_at)}",) if has_it else ()
    return (*handoff.chain, *told, *accepted)


def resumed(
    former: Handoff, handoff_id: str, before: Ticket | None, ticket: Ticket, playbook: Playbook, roster: Roster
) -> Handoff:
    """The handoff that goes on from one that was over; not yet begun. Whoever ruled themself out then is not asked again."""
    had = roster.name(former.accepted_by) or "Nobody"
    ended = f"{had} had handoff {former.id}; the ticket was {before.status if before else 'over'}, then reopened"
    path = playbook.paths.get(former.path.id, former.path).needing(former.skills)
    assignee = roster.known(ticket.connection, ticket.assignee)
    passing = {*former.ask_again, former.accepted_by}
    return Handoff(
        id=handoff_id,
        escalation_id=former.escalation_id,
        connection=former.connection,
        ticket_id=former.ticket_id,
        hop=former.hop + 1,
        state=State.OFFERED,
        path=path,
        team=former.team,
        issue_type=former.issue_type,
        sender=ticket.assignee.name or (former.accepted_by and had) or former.sender,
        sent_by=(assignee.id if assignee else "") if ticket.assignee.name else former.accepted_by or former.sent_by,
        level=0 if former.hop < playbook.hop_limit else len(path.levels) - 1,  # the bounce breaker, domain.md §3
        tried={agent: why for agent, why in former.tried.items() if agent not in passing},
        playbook_version=playbook.version,
        hop_limit=playbook.hop_limit,
        former=former.id,
        skills=former.skills,
        first=former.accepted_by,
        chain=(*chain_of(former, roster), ended),
    )
