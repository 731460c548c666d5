"""Conclusions about one ticket inside its Case: rules, the escalation, its handoff, and the effects to plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from escalation import account, context, handover, outcomes, shift_items
from escalation.actions import Entry
from escalation.acts import acts
from escalation.affinity import acquainted
from escalation.ahead import behind, joins_the_queue
from escalation.asking import asking_for, gaps_for, over_for, sent_by
from escalation.clocks import Counting
from escalation.decide import clocked, decide, facts_of
from escalation.decision import Decision, as_data
from escalation.desks import Matter, besides, desk_of, routed
from escalation.events import Again, Gaps, Recount, Start
from escalation.facts import utc
from escalation.handed import HandedOver
from escalation.handoff import advance
from escalation.history import Background, extended
from escalation.hop import Desk, Handoff, State, Step
from escalation.journal import Case, Escalation, Look
from escalation.ladder import edits
from escalation.moments import next_look, timed
from escalation.parts import Parts
from escalation.playbook import Mode, Path, Severity
from escalation.queued import Moment
from escalation.reopening import chain_of, is_reopened, only_thanks, resumed
from escalation.snooze import hurry
from escalation.ticket import Customer, Ticket, TicketChange
from escalation.wording import kept, word_action
from escalation.write_back import hand_over

_USUAL_COOLDOWN = timedelta(hours=24)  # of a rule in shadow that names none: looks are many, and each would be noted


def look_at(
    case: Case,
    parts: Parts,
    ticket: Ticket,
    news: tuple[TicketChange, ...],
    *,
    read_at: datetime | None = None,
    deliveries: list[int] | None = None,
    by_time: bool = False,
    handed: HandedOver | None = None,
    found: account.Found | None = None,
) -> None:
    """Look at a ticket with the rules and bring its escalation and handoff up to date.

    ``by_time``: only rules that look at time are asked. ``handed``: by a bot now, which escalates. ``found``: gathered for this.
    """
    ticket = account.informed(account.remembered(case.ticket, handover.woven(case.ticket, ticket)), found)
    playbook = timed(parts.playbook()) if by_time else parts.playbook()
    evaluated = account.learned(case.evaluated, ticket)
    signals = parts.reader.read(ticket.messages, case.now, subject=ticket.subject, language=ticket.language)
    background = _background(case, parts, ticket)
    ticket = clocked(parts.playbook(), ticket, background, case.now)
    seen = facts_of(playbook, ticket, evaluated, news, signals, case.now, background)
    decided = decide(playbook, ticket, evaluated, news, signals, case.now, background, seen=seen)
    decision = handover.decided(decided, playbook, seen, handed) if handed else _cooled(decided, case, parts)
    evaluation = case.record(decision, ticket, deliveries or [])
    before, acts = case.ticket, [c.action_id for c in news if c.action_id] if read_at else []
    look = Look(background.log, next_look(parts.playbook(), ticket, seen, case.now, background), playbook.version)
    case.save_ticket(ticket, read_at=read_at, actions_seen=acts, look=look)
    _tell_account(case, before, ticket)
    tell_handoff(case, parts, before, ticket, news)
    _shadow(case, parts, decision)
    if not ticket.status.is_over:
        _escalate(case, parts, before, ticket, decision, evaluation)
    recount(case, parts)


def _tell_account(case: Case, before: Ticket | None, ticket: Ticket) -> None:
    """What was gathered of the account since the last look, on the timeline."""
    told = {(fact.field, fact.source, str(fact.value)) for fact in ticket.account.facts}
    if told != {(fact.field, fact.source, str(fact.value)) for fact in (before.account.facts if before else ())}:
        changed = account.changed(before.customer if before else Customer(), ticket.customer)
        case.write([account.entry(ticket, changed)])


def _escalate(case: Case, parts: Parts, before: Ticket | None, ticket: Ticket, decision: Decision, evaluation: int) -> None:
    """Go on with the escalation that is open, take up that of a reopened ticket, or begin one if the decision says so."""
    if case.escalation is None and is_reopened(before, ticket):
        _resume(case, parts, before, ticket, decision)
    package = _package(case, parts, ticket, decision, case.handoff)
    if case.escalation is not None:
        another = account.is_another(before, ticket)
        _add_reasons(case, decision, package, another=another)
        fill(case, parts)
        if another:
            case.plan(account.late_action(ticket, case.now))
    elif decision.escalate:
        _open(case, parts, decision, package, evaluation)
    elif ticket.account.silent:
        case.plan(account.late_action(ticket, case.now))


def _background(case: Case, parts: Parts, ticket: Ticket) -> Background:
    """The ticket's log up to now, and the customer's other tickets where a rule asks for them."""
    playbook = parts.playbook()
    asks = "contacts" in playbook.needs()
    contacts = case.contacts(ticket.requester.email, case.now - playbook.contact_window) if asks else ()
    return Background(extended(case.log, ticket, case.now), contacts)


def _package(case: Case, parts: Parts, ticket: Ticket, decision: Decision, handoff: Handoff | None) -> context.ContextPackage:
    route, sender = (handoff.route, handoff.sender) if handoff else (None, sent_by(ticket, parts.roster())[0])
    chain = chain_of(handoff, parts.roster()) if handoff else ()
    needs = parts.playbook().completeness
    return context.build(ticket, decision.signals, decision, route, case.now, chain=chain, sender=sender, needs=needs)


def _cooled(decision: Decision, case: Case, parts: Parts) -> Decision:
    """The decision without escalating when every rule that fired is within its cooldown."""
    if not decision.escalate or case.escalation is not None:
        return decision
    last, fired = case.last_fired(), {verdict.rule for verdict in decision.fired()}
    ends = {r.id: last[r.id] + r.cooldown for r in parts.playbook().rules if r.id in fired and r.id in last}
    cooling = {rule: until for rule, until in ends.items() if until > case.now}
    return replace(decision, escalate=False, cooling=cooling) if fired == cooling.keys() else decision


def _shadow(case: Case, parts: Parts, decision: Decision) -> None:
    """Note what rules in shadow would have done, each once within its cooldown, as if it were live."""
    fired = [verdict for verdict in decision.verdicts if verdict.fired and verdict.mode is Mode.SHADOW]
    last = case.last_shadowed() if fired else {}
    cooldowns = {rule.id: rule.cooldown or _USUAL_COOLDOWN for rule in parts.playbook().rules}
    for verdict in fired:
        if verdict.rule not in last or case.now - last[verdict.rule] >= cooldowns.get(verdict.rule, _USUAL_COOLDOWN):
            words = f"Would have escalated (rule in shadow): {verdict.words}"
            case.write([Entry("shadow", words, data={"rule": verdict.rule})])


def _open(case: Case, parts: Parts, decision: Decision, package: context.ContextPackage, evaluation: int) -> None:
    playbook, roster = parts.playbook(), parts.roster()
    team = roster.team(decision.team) or roster.team_for(decision.issue_type, playbook.default_team)
    decision = replace(decision, team=team.id if team else "")
    case.open(decision, package, evaluation)
    words = "; ".join(decision.reasons)
    case.write([Entry("escalated", words, data={"rules": [v.rule for v in decision.fired()], "evaluation": evaluation})])
    if decision.branch:
        case.write([Entry("tree", decision.branch.words, data={"branch": as_data(decision.branch)})])
    path = (playbook.paths.get(decision.path) or playbook.paths["default"]).needing(decision.skills)
    handoff = _new_handoff(case, parts, decision, path)
    _read_up(case, parts, handoff.id)
    gaps, urgent = _gaps(case, parts, package, decision.severity)
    if urgent:
        case.write([Entry("not_asked", urgent)], handoff.id)
    take(case, parts, advance(handoff, Start(gaps), case.now, desk(case, parts, handoff)))


def _gaps(case: Case, parts: Parts, package: context.ContextPackage, severity: Severity) -> tuple[Gaps | None, str]:
    if case.ticket is None:
        return None, ""
    return gaps_for(case.ticket, package, parts.playbook().completeness, parts.roster(), severity, case.now)


def fill(case: Case, parts: Parts) -> None:
    """Offer a handoff whose sender is waited for, if enough is there by now or it became urgent."""
    handoff, escalation, ticket = case.handoff, case.escalation, case.ticket
    if handoff is None or escalation is None or ticket is None:
        return
    needs, severity = parts.playbook().completeness, Severity(escalation.severity)
    if event := over_for(handoff, ticket, escalation.package, needs, parts.roster(), severity, case.now):
        take(case, parts, advance(handoff, event, case.now, desk(case, parts, handoff)))


def _read_up(case: Case, parts: Parts, handoff_id: str) -> None:
    """What comes in the background: account, earlier tickets, a model's words where one is set up."""
    case.plan(account.gather_action(handoff_id, case.now))
    if parts.writer is not None:
        case.plan(word_action(handoff_id, case.now))


def _new_handoff(case: Case, parts: Parts, decision: Decision, path: Path) -> Handoff:
    assert case.escalation is not None  # noqa: S101 - opened the line before
    sender, agent = sent_by(case.ticket, parts.roster()) if case.ticket else ("", "")
    return Handoff(
        id=case.new_handoff_id(),
        escalation_id=case.escalation.id,
        connection=case.connection,
        ticket_id=case.ticket_id,
        hop=1,
        state=State.OFFERED,
        path=path,
        team=decision.team,
        issue_type=decision.issue_type,
        sender=sender,
        sent_by=agent,
        playbook_version=decision.playbook_version,
        hop_limit=parts.playbook().hop_limit,
        skills=decision.skills,
    )


def _resume(case: Case, parts: Parts, before: Ticket | None, ticket: Ticket, decision: Decision) -> None:
    """Go on with the escalation a reopened ticket had, in a new handoff that knows the former one."""
    found = case.former()
    if found is None:
        return
    if only_thanks(before, ticket, decision.signals):
        case.write([Entry("reopened", "The customer reopened the ticket with thanks; nobody is asked")])
        return
    escalation, former = found
    handoff = resumed(former, case.new_handoff_id(), before, ticket, parts.playbook(), parts.roster())
    package = _package(case, parts, ticket, decision, handoff)
    case.reopen(replace(escalation, package=replace(package, reasons=_all_reasons(escalation.package, package))))
    case.write([Entry("reopened", handoff.chain[-1], data={"former": former.id})], handoff.id)
    _read_up(case, parts, handoff.id)
    take(case, parts, advance(handoff, Start(), case.now, desk(case, parts, handoff)))


def _add_reasons(case: Case, decision: Decision, package: context.ContextPackage, *, another: bool) -> None:
    """One open escalation per ticket: later triggers add reasons and may raise the severity (domain.md §2).

    ``another``: the ticket is another customer's now, and the cards show what is known of the one before.
    """
    escalation: Escalation | None = case.escalation
    if escalation is None:
        return
    new = [v for v in decision.fired() if v.rule not in escalation.rules]
    raised = max((Severity(escalation.severity), decision.severity), key=lambda s: s.rank) if new else escalation.severity
    case.update(
        replace(
            escalation,
            rules=(*escalation.rules, *(v.rule for v in new)),
            reasons=(*escalation.reasons, *(v.words for v in new)),
            severity=str(raised),
            package=replace(
                package, reasons=_all_reasons(escalation.package, package), wording=kept(escalation.package, package)
            ),
        )
    )
    if new or another:
        show_again(case)
    if new:
        words = "; ".join(v.words for v in new)
        case.write([Entry("reason_added", words, data={"rules": [v.rule for v in new]})])


def show_again(case: Case) -> None:
    """The cards that are looked at now get what is new: reasons, facts of the account."""
    if case.handoff is not None:
        for action in edits(case.handoff, settled=True):
            case.plan(action)
        case.save_handoff(replace(case.handoff, steps=case.handoff.steps + 1))


def _all_reasons(old: context.ContextPackage, new: context.ContextPackage) -> tuple[context.Reason, ...]:
    """Every reason so far, each rule once and as it was first seen."""
    known = {reason.rule for reason in old.reasons}
    return (*old.reasons, *(reason for reason in new.reasons if reason.rule not in known))


def tell_handoff(case: Case, parts: Parts, before: Ticket | None, ticket: Ticket, news: tuple[TicketChange, ...] = ()) -> None:
    """What people did in the helpdesk itself counts: assigned there, replied there, over there (domain.md §4).

    Solved, closed, deleted, spam and merged away are over: offers, clocks and the escalation end.
    """
    for event in acts(case, parts, before, ticket, news):
        if case.handoff is not None:
            handoff = case.handoff
            take(case, parts, advance(handoff, event, case.now, desk(case, parts, handoff)))
    if ticket.status.is_over:
        case.close()


def desk(case: Case, parts: Parts, handoff: Handoff, moment: Moment | None = None) -> Desk:
    """What a step of this handoff may look at: the roster, and a routing that is computed when it is asked for.

    What goes before it in the queue is offered first, unless it comes from there itself: then ``moment`` is given.
    """
    roster, playbook = parts.roster(), parts.playbook()
    ticket = case.ticket or Ticket(case.connection, case.ticket_id)
    seen = moment or Moment(roster, playbook, case.loads, case.away, case.now)
    made = desk_of(
        Matter(ticket, handoff.issue_type, handoff.team),
        roster,
        besides(handoff, seen.loads),
        case.now,
        weights=playbook.routing,
        known=lambda: acquainted(ticket, case.earlier(ticket.requester.email), roster),
        away=lambda: seen.away(case.connection, disturb=_is_critical(case.escalation)),
        keep=lambda route: case.write([routed(route)], handoff.id),
    )
    if moment is None:
        made = behind(case, handoff, made, seen, lambda beside, event: _again(beside, parts, event, seen))
    severity = Severity(case.escalation.severity) if case.escalation else Severity.NORMAL
    counting = Counting(playbook.calendars, playbook.calendar, severity, ticket.status)
    urgent, no_later = hurry(severity, ticket.sla, case.now)
    asking = asking_for(handoff, ticket, playbook.completeness, severity, case.now)
    path = playbook.paths.get(handoff.path.id)
    path = path.needing(handoff.skills) if path else None
    made = replace(made, path=path, version=playbook.version, counting=counting, asking=asking)
    return replace(made, hurry=urgent, no_later=no_later)


def recount(case: Case, parts: Parts) -> None:
    """Deadlines follow what they are counted by: how the ticket stands, how severe it is, who works when (domain.md §4)."""
    handoff, ticket = case.handoff, case.ticket
    if handoff is None or handoff.state not in (State.OFFERED, State.ACCEPTED):
        return
    at = min(utc(ticket.updated_at), case.now) if ticket and ticket.updated_at else case.now
    step = advance(handoff, Recount(at), case.now, desk(case, parts, handoff))
    if step.handoff != handoff:
        take(case, parts, step)


def _is_critical(escalation: Escalation | None) -> bool:
    return escalation is not None and escalation.severity == Severity.CRITICAL


def _again(case: Case, parts: Parts, event: Again, moment: Moment) -> Handoff:
    """Offer a handoff of the queue to whoever is free at this moment; the handoff after it."""
    assert case.handoff is not None  # noqa: S101 - looked at by the caller
    return take(case, parts, advance(case.handoff, event, case.now, desk(case, parts, case.handoff, moment))).handoff


def take(case: Case, parts: Parts, step: Step) -> Step:
    """Make a step true: keep the handoff, plan its effects, set its timers, write its timeline."""
    if step.refused:
        return step
    before = case.handoff
    if _took_unasked(before, step.handoff) or joins_the_queue(before, step.handoff):
        case.loads(())  # counted before anybody else is routed
    for news in outcomes.news(case, parts, case.handoff, step.handoff):
        case.plan(news)
    case.save_handoff(step.handoff)
    case.write(step.entries, step.handoff.id)
    for action in step.actions:
        case.plan(action)
    case.set_timers(step.timers)
    shift_items.left(case, parts, before, step.handoff)
    if step.hand_over is not None:
        hand_over(case, parts, step.handoff, step.hand_over)
    return step


def _took_unasked(before: Handoff | None, after: Handoff) -> bool:
    """True when somebody has it now who had no offer of it: that comes on top of what routing has counted."""
    owner = after.accepted_by
    if before is None or not owner or owner == before.accepted_by:
        return False
    return all(offer.agent != owner for offer in before.asked_now)
