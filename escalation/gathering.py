"""Reading what is known of a customer beside the ticket: account sources and earlier tickets (domain.md §5).

What rules ask for is read before they look, once per customer of a ticket: a decision without the tier cannot be taken back.
All else is read in the background when a handoff begins; neither the card nor the note waits for it. What comes is put into the
ticket, the package and the cards that are looked at; somebody whose note is written already is told only what is important.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from escalation import account as facts
from escalation import conclude, context
from escalation.account import EARLIER, FIELDS, HELPDESK, Found, Past
from escalation.actions import Action, ActionKind, Entry, Note, Write
from escalation.journal import Case
from escalation.kept import Kept
from escalation.masking import To
from escalation.package import ContextPackage
from escalation.parts import Parts
from escalation.planned import Task
from escalation.playbook import Mode, Playbook, fields_of
from escalation.ports import GiveUp, Helpdesk, Outside, TryLater
from escalation.ticket import Account, Ticket

_PAST = frozenset({"past"})
_log = logging.getLogger(__name__)
_ALL = _PAST | frozenset(FIELDS)


def ahead(parts: Parts, helpdesk: Helpdesk, before: Ticket | None, ticket: Ticket) -> Found | None:
    """What the playbook asks for of a customer and nobody was asked for yet, read now; None where there is nothing to ask.

    A source that told nothing is asked again, within its time. Raises nothing: what is missing is missing, with the reason.
    """
    ticket = facts.remembered(before, ticket)
    missing = frozenset() if ticket.status.is_over else _missing(parts, ticket)
    return _read(parts, helpdesk, ticket, missing) if missing else None


def _missing(parts: Parts, ticket: Ticket) -> frozenset[str]:
    """What is asked for: all that is sought where nobody was asked yet, then what those tell who were silent."""
    sought, known, asked = _sought(parts.playbook()), ticket.account, facts.is_asked(ticket)
    of_sources = sought - _PAST if parts.accounts and (ticket.requester.email or ticket.customer.organization.id) else frozenset()
    if asked and (known.facts or set(known.gaps) - {EARLIER}):  # sources were: of these only the silent ones may know more
        silent = set(known.silent) - {HELPDESK}
        of_sources = of_sources - {fact.field for fact in known.facts} if silent else frozenset()
    had = ticket.customer.past or (asked and known.past) or not ticket.requester.id
    return of_sources | (frozenset() if had else sought & _PAST)


def gather(parts: Parts, task: Task) -> None:
    """Read earlier tickets and account facts, both at once; TryLater while something is late and there is time left for it."""
    ticket = parts.journal.known(task.connection, task.ticket_id).ticket
    helpdesk = parts.helpdesks().get(task.connection)
    if ticket is None or helpdesk is None or ticket.status.is_over:
        parts.journal.finish(task, parts.clock(), moot="the ticket is over")
        return
    found = _read(parts, helpdesk, ticket, _ALL)
    until = datetime.fromisoformat(task.action.data["until"])
    if found.late and parts.clock() + (found.wait or timedelta(seconds=1)) < until:
        raise TryLater("; ".join(found.late), wait=found.wait)
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        case.done(task, None)
        if case.ticket is not None and not case.ticket.status.is_over:
            _conclude(case, parts, case.ticket, found)


def _read(parts: Parts, helpdesk: Helpdesk, ticket: Ticket, wanted: frozenset[str]) -> Found:
    """Ask whoever is wanted, all at once. Any error of theirs is a gap: what they have to tell keeps no ticket from its rules."""
    account, past = None, None
    late: list[str] = []
    wait: timedelta | None = None
    with ThreadPoolExecutor(2, "accounts") as beside:
        looking = beside.submit(_look, parts, ticket) if wanted - _PAST else None
        searching = beside.submit(helpdesk.past_tickets, ticket) if wanted & _PAST else None
    if looking is not None:
        wrong = looking.exception()
        account = Account(gaps=dict.fromkeys(FIELDS, _broken(wrong))) if wrong else looking.result()
        late += account.late
    if searching is not None:
        wrong = searching.exception()
        if wrong is None:
            read = searching.result()
            past = Past(read.customer.past, read.missing.get(EARLIER, ""))
        else:
            past = Past(gap=str(wrong) if isinstance(wrong, Outside) else _broken(wrong), answered=False)
        if isinstance(wrong, TryLater):
            late, wait = [*late, f"earlier tickets: {wrong}"], wrong.wait
    return Found(facts.whose(ticket), account, past, tuple(late), wait)


def _look(parts: Parts, ticket: Ticket) -> Account:
    return parts.accounts.look(ticket.requester, ticket.customer.organization) if parts.accounts else Account()


def _broken(wrong: BaseException) -> str:
    """An error that nobody expected, in words for a page; all of it stands in the log."""
    _log.error("reading beside a ticket failed", exc_info=wrong)
    return f"failed ({type(wrong).__name__})"


def _conclude(case: Case, parts: Parts, before: Ticket, found: Found) -> None:
    ticket = facts.informed(before, found)
    changed = facts.changed(before.customer, ticket.customer)
    case.write([facts.entry(ticket, changed)], case.handoff.id if case.handoff else "")
    package, steps = case.escalation.package if case.escalation else None, case.handoff.steps if case.handoff else 0
    case.save_ticket(ticket)
    if _sought(parts.playbook()).intersection(changed):
        conclude.look_at(case, parts, ticket, ())
    if case.escalation is None or package is None:
        return
    case.update(
        replace(case.escalation, package=context.with_account(case.escalation.package, ticket, parts.playbook().completeness))
    )
    if case.handoff is None:
        return
    conclude.fill(case, parts)
    if case.handoff.steps == steps and looks(package, case.now) != looks(case.escalation.package, case.now):
        conclude.show_again(case)
    important = facts.important(before.customer, ticket.customer, case.now)
    if case.handoff.noted and important:
        _write_after(case, parts, case.handoff.id, case.escalation.package, important)


def _fields_sought(playbook: Playbook) -> frozenset[str]:
    """The fields of an account, and "past", that a rule which is on, a segment, a policy or a tree looks at."""
    names = {name.removeprefix("before.").removesuffix(".count") for name in _looked_at(playbook)}
    return frozenset(name for name in _ALL if f"customer.{name}" in names)


_sought = Kept(_fields_sought)


def _looked_at(playbook: Playbook) -> Iterator[str]:
    for rule in playbook.rules:
        if rule.mode is not Mode.OFF:
            yield from fields_of(rule.when)
    questions = (question for tree in playbook.trees.values() for question in tree.questions)
    for when in (*(s.when for s in playbook.segments), *(p.when for p in playbook.policies), *(q.when for q in questions)):
        yield from fields_of(when)


def looks(package: ContextPackage, now: datetime) -> object:
    """What a card shows of a package, but for what is missing: that a source knows nothing is no reason to edit a card."""
    bare = replace(package, missing=(), lacking=(), completeness=0)
    return context.card(bare, "", "", state="", why_you="", presses=(), ticket_url="", page_url="", live=True, title="", now=now)


def _write_after(case: Case, parts: Parts, handoff_id: str, package: ContextPackage, names: tuple[str, ...]) -> None:
    """One note more, for whoever has read the first one: what came late and is important."""
    masking, wanted = parts.playbook().masking, [FIELDS[name] for name in names]
    lines = tuple(line for line in masking.package(package, To.NOTE).account if line.label in wanted)
    if not lines:
        return
    link = f"{parts.page_url}/handoffs/{handoff_id}"
    note = Note(f"{handoff_id}:account", "Learned of the account since the handoff", lines, link=link)
    write = Write(note.key, case.ticket_id, note=masking.whole(note, To.NOTE))
    try:
        steps = parts.helpdesks()[case.connection].steps(write)
    except GiveUp as cannot:
        case.write([Entry("cannot", f"The helpdesk cannot do this: {cannot}")], handoff_id)
        return
    for step in steps:
        case.plan(Action(f"write:{step.key}", ActionKind.WRITE, handoff_id, why="an important fact came late", write=step))
