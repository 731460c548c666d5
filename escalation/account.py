"""Account facts beside the helpdesk's own: which value counts, what is kept of them, how they read (domain.md §5, account)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zlib import crc32

from escalation.actions import Action, ActionKind, Entry
from escalation.ticket import Account, Customer, Fact, Money, PastTicket, Ticket

# Field of ``Customer`` → what people call it, in the order in which it is shown.
FIELDS: Mapping[str, str] = {
    "tier": "Tier",
    "contract_value": "Contract value",
    "renewal_on": "Renewal",
    "health": "Health",
    "disputes": "Open disputes",
    "recent_charges": "Recent charges",
    "usage": "Usage",
    "preferences": "Preferences",
}
NOT_MAPPED = "no source maps it"
EARLIER = "earlier_tickets"  # a gap that is no field of an account
HELPDESK = "the helpdesk"  # a silent source: it could not tell earlier tickets
PATIENCE = timedelta(seconds=20)  # what has not come by then is missing, with the reason
_SOON = timedelta(days=30)


def gather_action(handoff_id: str, now: datetime) -> Action:
    """The reading of account facts and earlier tickets for a handoff that begins at ``now``."""
    return _gather(f"gather:{handoff_id}", handoff_id, now)


def late_action(ticket: Ticket, now: datetime) -> Action:
    """The same for a ticket whose rules looked at ``now`` while a source was silent, or whose customer is another one since its
    handoff began; once a customer."""
    return _gather(f"gather:{ticket.connection}:{ticket.id}:{crc32(whose(ticket).encode())}", "", now)


def _gather(key: str, handoff_id: str, now: datetime) -> Action:
    data = {"until": (now + PATIENCE).isoformat()}
    return Action(key, ActionKind.GATHER, handoff_id, data, "account and earlier tickets")


# ------------------------------------------------------------------ what counts


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier tickets as the helpdesk tells them; ``gap`` says why not, or why not all. Not ``answered``: it may tell later."""

    tickets: tuple[PastTicket, ...] = ()
    gap: str = ""
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What was gathered in one try, of whose account; None for what was not asked for.

    ``late``: who may answer in a moment; ``wait``: when the helpdesk asks to be asked again.
    """

    whose: str
    account: Account | None = None
    past: Past | None = None
    late: tuple[str, ...] = ()
    wait: timedelta | None = None


def whose(ticket: Ticket) -> str:
    """Whom an account is of: the customer's address, else their organisation, else the customer; "" where nobody knows."""
    named = (("organization", ticket.customer.organization.id), ("requester", ticket.requester.id))
    return ticket.requester.email.lower() or next((f"{kind} {id}" for kind, id in named if id), "")


def is_another(before: Ticket | None, ticket: Ticket) -> bool:
    """True when the ticket is of somebody else than before; not where nobody knows any more whose it is."""
    return before is not None and whose(ticket) not in ("", whose(before))


def informed(ticket: Ticket, found: Found | None) -> Ticket:
    """``ticket`` with what was gathered; as it is where that is another customer's by now."""
    if found is None or found.whose != whose(ticket):
        return ticket
    known = ticket.account if is_asked(ticket) else Account()
    past = found.past or Past(gap=known.gaps.get(EARLIER, ""), answered=known.past)
    if found.account is not None:
        ticket = gathered(ticket, found.account, ())
    gaps = {name: why for name, why in ticket.account.gaps.items() if name != EARLIER}
    silent = tuple(source for source in ticket.account.silent if source != HELPDESK)
    account = replace(
        ticket.account,
        gaps=gaps | ({EARLIER: past.gap} if past.gap else {}),
        silent=silent if past.answered or not past.gap else (*silent, HELPDESK),
        past=past.answered,
        email=found.whose,
    )
    return replace(ticket, account=account, customer=replace(ticket.customer, past=past.tickets or ticket.customer.past))


def gathered(ticket: Ticket, account: Account, past: tuple[PastTicket, ...]) -> Ticket:
    """``ticket`` with what sources and helpdesk know now; where the two differ that is told in ``account.conflicts``.

    What a source told before that is silent now stays, with the time at which it was read.
    """
    own = _helpdesk_alone(ticket)
    told = {fact.field for fact in account.facts}
    stay = [f for f in ticket.account.facts if f.source in account.silent and f.field not in told and is_asked(ticket)]
    account = replace(account, facts=(*account.facts, *stay))
    differing = [
        _conflict(fact, getattr(own, fact.field), ticket.connection)
        for fact in account.facts
        if not _is_blank(getattr(own, fact.field)) and not same(getattr(own, fact.field), fact.value)
    ]
    kept = {fact.field for fact in stay}
    gaps = {name: why for name, why in account.gaps.items() if name not in kept and _is_blank(getattr(own, name, None))}
    account = replace(account, gaps=gaps, conflicts=(*account.conflicts, *differing), late=(), email=whose(ticket))
    customer = replace(own, past=past or own.past)
    return _overlaid(replace(ticket, customer=customer, account=account))


def remembered(before: Ticket | None, ticket: Ticket) -> Ticket:
    """A ticket as just told or read, with what was gathered before of the same customer; nothing of another's."""
    known = before.account if before else ticket.account
    earlier = before.customer.past if before else ()
    if known == Account() and not earlier:
        return ticket
    if whose(ticket) and known.email != whose(ticket) and (known.email or is_another(before, ticket)):
        own = _without(ticket.customer, known.facts)
        return replace(ticket, customer=replace(own, past=() if own.past == earlier else own.past), account=Account())
    return _overlaid(replace(ticket, account=known, customer=replace(ticket.customer, past=ticket.customer.past or earlier)))


def is_asked(ticket: Ticket) -> bool:
    """True when sources were asked about this very customer, whatever they told."""
    return ticket.account != Account() and ticket.account.email == whose(ticket)


def learned(evaluated: Ticket | None, ticket: Ticket) -> Ticket | None:
    """``evaluated`` as if what was only learned since had been known then: to learn of a tier is not to see it change."""
    if evaluated is None:
        return None
    known = {fact.field for fact in evaluated.account.facts}
    new = {fact.field: getattr(ticket.customer, fact.field) for fact in ticket.account.facts if fact.field not in known}
    return replace(evaluated, customer=replace(evaluated.customer, **new)) if new else evaluated


def same(one: object, other: object) -> bool:
    """True when two sources mean the same: words without regard to case, sums without to a currency that only one names."""
    if isinstance(one, Money) and isinstance(other, Money):
        return one.amount == other.amount and (one.currency == other.currency or not (one.currency and other.currency))
    return str(one).strip().casefold() == str(other).strip().casefold()


def changed(before: Customer, after: Customer) -> tuple[str, ...]:
    """The fields of an account, and "past", that are not as before."""
    return tuple(name for name in (*FIELDS, "past") if getattr(before, name) != getattr(after, name))


def important(before: Customer, after: Customer, now: datetime) -> tuple[str, ...]:
    """What of a change somebody must be told who has read the note already: tier, disputes, a renewal within 30 days."""
    told = changed(before, after)
    soon = "renewal_on" in told and _is_soon(after.renewal_on, now)
    disputes = "disputes" in told and bool(after.disputes or before.disputes)
    return tuple(name for name, counts in (("tier", "tier" in told), ("disputes", disputes), ("renewal_on", soon)) if counts)


def _is_soon(day: str, now: datetime) -> bool:
    try:
        left = datetime.fromisoformat(day).date() - now.date()
    except ValueError:
        return False
    return timedelta(0) <= left <= _SOON


def _overlaid(ticket: Ticket) -> Ticket:
    facts = (f for f in ticket.account.facts if f.over or _is_blank(getattr(ticket.customer, f.field)))
    return replace(ticket, customer=replace(ticket.customer, **{f.field: f.value for f in facts}))  # type: ignore[arg-type]


def _helpdesk_alone(ticket: Ticket) -> Customer:
    """The customer without what sources told before: those values are about to be replaced."""
    return _without(ticket.customer, ticket.account.facts)


def _without(customer: Customer, facts: Iterable[Fact]) -> Customer:
    told = (fact.field for fact in facts if getattr(customer, fact.field) == fact.value)
    blank = Customer()
    return replace(customer, **{name: getattr(blank, name) for name in told})


def _is_blank(value: object) -> bool:
    return value in (None, "", ())


def _conflict(fact: Fact, own: object, helpdesk: str) -> str:
    winner = fact.source if fact.over else helpdesk
    return conflict(fact.field, (fact.source, fact.value), (helpdesk, own), winner)


def conflict(field: str, one: tuple[str, object], other: tuple[str, object], winner: str) -> str:
    """Two sources that differ, in words: "Tier: stripe says gold, customers says silver; stripe counts"."""
    says = ", ".join(f"{source} says {in_words(value)}" for source, value in (one, other))
    return f"{FIELDS[field]}: {says}; {winner} counts"


# ------------------------------------------------------------------ how it reads


def entry(ticket: Ticket, changed: tuple[str, ...]) -> Entry:
    """One line of the timeline: what came from whom, what differs and what is missing."""
    origin, customer = sources(ticket), ticket.customer
    told = [f"{FIELDS[n]} {in_words(getattr(customer, n))} ({origin[n]})" for n in changed if n in origin]
    past = [f"{len(customer.past)} earlier tickets"] if customer.past else []
    words = "; ".join((*told, *past, *ticket.account.conflicts)) or "nothing new"
    lacking = "; ".join(f"{names}: {why}" for names, why in gaps_in_words(ticket.account))
    return Entry("gathered", f"Gathered: {words}" + (f". Missing: {lacking}" if lacking else ""), data={"fields": list(changed)})


def in_words(value: object, now: datetime | None = None) -> str:
    """A value as people write it; with ``now`` a date also says how far away it is."""
    if isinstance(value, Money):
        whole = value.amount == value.amount.to_integral_value()
        return (f"{value.amount:,.0f}" if whole else f"{value.amount:,.2f}") + (f" {value.currency}" if value.currency else "")
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    text = "" if value is None else str(value)
    return _how_far(text, now) if now else text


def _how_far(day: str, now: datetime) -> str:
    try:
        left = (date.fromisoformat(day) - now.date()).days
    except ValueError:
        return day
    return f"{day} (in {left} days)" if left >= 0 else f"{day} ({-left} days ago)"


def sources(ticket: Ticket) -> Mapping[str, str]:
    """Field → "stripe, 09:12 UTC": where a value that is shown comes from, for those that are not the helpdesk's own."""
    shown = (f for f in ticket.account.facts if getattr(ticket.customer, f.field) == f.value)
    return {f.field: f"{f.source}, {f.read_at.astimezone(UTC):%H:%M} UTC" for f in shown}


def gaps_in_words(account: Account) -> tuple[tuple[str, str], ...]:
    """(fields, why) with the fields that have the same reason together; what nobody was asked for is no gap."""
    by_reason: dict[str, list[str]] = {}
    for name in (*FIELDS, EARLIER):
        why = account.gaps.get(name, NOT_MAPPED)
        if why != NOT_MAPPED:
            by_reason.setdefault(why, []).append(FIELDS.get(name, "Earlier tickets"))
    return tuple((_listed(names), why) for why, names in by_reason.items())


def _listed(names: list[str]) -> str:
    return ", ".join([names[0], *(name.lower() for name in names[1:])])
