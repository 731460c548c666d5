"""The path of one event, top to bottom: receive → handle → perform; answer; tick (architecture.md, The path of one event).

Plain calls, no I/O of its own: the outside comes in through the ports, time through ``clock``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from escalation import bugs, conclude, effects, feedback, gathering, handover, proving, shift_items, unread, unsaid
from escalation.account import remembered
from escalation.actions import ActionKind, Entry, Timer
from escalation.acts import overtaken
from escalation.events import Event, Fired
from escalation.handoff import advance
from escalation.hop import HandOver
from escalation.journal import DeliveryStatus, Known, Outcome, Waiting
from escalation.parts import Parts
from escalation.planned import Task
from escalation.ports import GiveUp, Helpdesk, Inbound, Outside, TryLater, Unreadable
from escalation.ticket import ChangeKind, Ignored, Role, Status, Ticket, TicketChange, apply
from escalation.verdicts import Judge
from escalation.write_back import hand_over

PATIENCE = 4  # tries to read a ticket before the decision is taken from what the webhooks told
SLOW_ALERT = 3  # tries to reach the chat before the ticket is put in its group with its note all the same
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Received:
    delivery: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody who pressed a button is told; ``holder`` is the agent who has the handoff now, "" if nobody."""

    ok: bool
    text: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A delivery with what it means. ``own`` True: caused by our own write-back."""

    delivery: Waiting
    change: TicketChange
    own: bool


@dataclass(frozen=True)
class Pipeline(Parts):
    """The path, over its parts. Thread-safe: it keeps nothing between calls."""

    # --- receive: in the web request ---

    def receive(self, connection: str, inbound: Inbound, now: datetime) -> Received:
        """Verify a webhook, keep its raw bytes and queue its handling, in one transaction.

        LookupError for an unknown connection, BadSignature (nothing kept), Unreadable (kept, replayable).
        """
        helpdesk = self.helpdesks()[connection]
        helpdesk.verify(inbound, now)
        try:
            arrival = helpdesk.arrival(inbound)
        except Unreadable as wrong:
            self.journal.accept(connection, inbound, unread.stray(inbound), unreadable=unread.explain(wrong))
            raise
        return Received(*self.journal.accept(connection, inbound, arrival))

    # --- handle: in the worker, one ticket at a time ---

    def handle(self, connection: str, ticket_id: str, attempt: int = 1) -> None:
        """Take every waiting delivery of a ticket in one pass: understand, read once if needed, decide, plan.

        TryLater when the helpdesk cannot be read now; after PATIENCE tries the decision is taken without the read.
        """
        if connection.startswith(bugs.PREFIX):
            bugs.handle(self, connection, ticket_id)
            return
        helpdesk = self.helpdesks().get(connection)
        if helpdesk is None:
            raise GiveUp(f"connection {connection} is not configured any more")
        known = self.journal.known(connection, ticket_id)
        if not known.waiting:
            return
        heard, outcomes = self._hear_all(helpdesk, known, ticket_id)
        if not heard:
            self._nothing_heard(connection, ticket_id, outcomes)
            return
        if self._has_to_read(helpdesk, known, heard):
            settled = self._settled(connection, ticket_id, known)
            if settled.waiting != known.waiting:
                heard, outcomes = self._hear_all(helpdesk, settled, ticket_id)
            self._read_and_conclude(helpdesk, settled, heard, outcomes, attempt)
        else:
            self._conclude(helpdesk, known, told(known.ticket, heard), heard, outcomes)

    def refresh(self, connection: str, ticket_id: str, why: str = "") -> None:
        """Read a ticket again and look at it with the rules, without a webhook having come; the timeline says ``why``."""
        helpdesk = self.helpdesks()[connection]
        started = self.clock()
        ticket = helpdesk.fetch(ticket_id)
        found = gathering.ahead(self, helpdesk, self.journal.known(connection, ticket_id).ticket, ticket)
        with self.journal.case(connection, ticket_id, self.clock()) as case:
            seen = overtaken(case, _newer(case.ticket, ticket, helpdesk), started)
            unsaid.forget(case, ticket, helpdesk.in_thread)
            conclude.look_at(case, self, seen, (), read_at=started, found=found)
            case.write([Entry("missed", why)] if why else [])

    def _hear_all(self, helpdesk: Helpdesk, known: Known, ticket_id: str) -> tuple[list[Heard], list[Outcome]]:
        heard: list[Heard] = []
        outcomes: list[Outcome] = []
        for delivery in known.waiting:
            try:
                change = helpdesk.change(delivery.inbound)
            except Unreadable as wrong:
                outcomes.append(Outcome(delivery.id, DeliveryStatus.UNREADABLE, None, unread.explain(wrong)))
                continue
            if isinstance(change, Ignored):
                outcomes.append(Outcome(delivery.id, DeliveryStatus.IGNORED, change, change.reason))
            elif change.ticket_id != ticket_id:
                self.journal.move(delivery.id, helpdesk.connection, change.ticket_id)
            else:
                heard.append(_heard(helpdesk, delivery, change))
        return sorted(heard, key=lambda h: h.change.at or _LONG_AGO), outcomes

    def _nothing_heard(self, connection: str, ticket_id: str, outcomes: list[Outcome]) -> None:
        with self.journal.case(connection, ticket_id, self.clock()) as case:
            case.conclude(outcomes)

    def _has_to_read(self, helpdesk: Helpdesk, known: Known, heard: list[Heard]) -> bool:
        """True unless every piece of news is in the stored ticket already, or belongs to an act that a read has covered."""
        news = [h.change for h in heard if not h.own and h.change.kind not in (ChangeKind.DELETED, ChangeKind.MERGED)]
        fresh = [c for c in news if not c.action_id or c.action_id not in known.actions_seen]
        return any(helpdesk.needs_read(change, known.ticket) for change in fresh)

    def _settled(self, connection: str, ticket_id: str, known: Known) -> Known:
        """The same ticket once its burst of webhooks is over (quiet for ``settle``), or after ten times that at most."""
        for _ in range(10):
            quiet = self.clock() - max(w.received_at for w in known.waiting)
            if quiet >= self.settle:
                break
            self.pause((self.settle - max(quiet, timedelta(0))).total_seconds())
            known = replace(known, waiting=self.journal.waiting(connection, ticket_id))
        return known

    def _read_and_conclude(
        self, helpdesk: Helpdesk, known: Known, heard: list[Heard], outcomes: list[Outcome], attempt: int
    ) -> None:
        started = self.clock()
        ticket_id = heard[0].change.ticket_id
        try:
            ticket = helpdesk.fetch(ticket_id, _as_known(known, heard))
        except TryLater as late:
            if attempt < PATIENCE:
                raise
            self._conclude(helpdesk, known, _without(told(known.ticket, heard), late), heard, outcomes, again=True)
        except GiveUp as refused:
            self._conclude(helpdesk, known, _without(told(known.ticket, heard), refused), heard, outcomes)
        else:
            newer = _newer(told(known.ticket, heard), ticket, helpdesk)
            self._conclude(helpdesk, known, newer, heard, outcomes, read=ticket, read_at=started)

    def _conclude(
        self,
        helpdesk: Helpdesk,
        known: Known,
        ticket: Ticket,
        heard: list[Heard],
        outcomes: list[Outcome],
        *,
        read: Ticket | None = None,
        read_at: datetime | None = None,
        again: bool = False,
    ) -> None:
        """Decide and plan in one transaction, with every delivery of this pass marked in it.

        ``read``: the ticket as the helpdesk had it when it was read at ``read_at``.
        """
        news = tuple(h.change for h in heard if not h.own)
        found = gathering.ahead(self, helpdesk, known.ticket, ticket) if news else None
        with self.journal.case(helpdesk.connection, ticket.id, self.clock()) as case:
            ids = [h.delivery.id for h in heard]
            ticket = overtaken(case, handover.woven(case.ticket, ticket), read_at)
            unsaid.forget(case, read, helpdesk.in_thread)
            case.conclude([*outcomes, *map(_outcome, heard)])
            if news:
                conclude.look_at(case, self, ticket, news, read_at=read_at, deliveries=ids, found=found)
            else:
                conclude.tell_handoff(case, self, case.ticket, ticket)  # a snapshot may show more than our own act
                case.save_ticket(remembered(case.ticket, ticket))
                conclude.recount(case, self)
            proving.by_webhooks(case, self, [h.change for h in heard if h.own])
            if again:
                case.refresh_later()

    # --- perform: in the worker, one effect ---

    def perform(self, task: Task) -> None:
        """Carry out one planned action, once: what is unclear from an earlier try is looked up before it is repeated.

        ``task`` comes from ``journal.begin``. TryLater and GiveUp are for the worker's edge, which calls ``failed``.
        """
        effects.carry_out(self, task)

    def failed(self, task: Task, error: BaseException, *, final: bool) -> None:
        """Note a failed try; ``final`` sets the action aside, visibly. A slow chat never keeps the ticket from its group."""
        unclear = not isinstance(error, Outside) or (isinstance(error, TryLater) and error.unclear)
        self.journal.failed(task, str(error), unclear=unclear, final=final)
        chat_is_away = task.action.kind is ActionKind.ALERT and (final or task.attempts >= SLOW_ALERT)
        with self.journal.case(task.connection, task.ticket_id, self.clock()) as case:
            if chat_is_away and case.handoff and not case.handoff.state.is_taken:
                hand_over(case, self, case.handoff, HandOver("", "the chat cannot be reached"))
            if final:
                effects.tell_of_set_aside(case, self, task, error)

    # --- answer: a button, a page or the API -----------------------------------------------------------------------------

    def answer(self, handoff_id: str, event: Event | Judge, now: datetime) -> Answer:
        """Somebody accepts, declines, asks, returns, hands on or judges; of two at once exactly one wins, who is told."""
        if isinstance(event, Judge):
            return Answer(*feedback.give(self, handoff_id, event, now))
        connection, ticket_id = self.journal.ticket_of(handoff_id)
        with self.journal.case(connection, ticket_id, now) as case:
            handoff = case.handoff
            if handoff is None or handoff.id != handoff_id:
                return Answer(False, "This handoff is over; there is nothing to press any more.")
            step = conclude.take(case, self, advance(handoff, event, now, conclude.desk(case, self, handoff)))
            holder = step.handoff.accepted_by
            if step.refused:
                return Answer(False, step.refused, holder)
            return Answer(True, step.entries[0].words if step.entries else "Done.", holder)

    # --- tick: due timers ---

    def look(self, connection: str, ticket_id: str, now: datetime) -> None:
        """Look at a ticket because its moment has come or the playbook changed: only rules on time can have become true."""
        with self.journal.case(connection, ticket_id, now) as case:
            if case.ticket is not None:
                conclude.look_at(case, self, case.ticket, (), by_time=True)

    def recount(self, connection: str, ticket_id: str, now: datetime) -> None:
        """Count the deadlines of a ticket's handoff again, because the roster has changed."""
        with self.journal.case(connection, ticket_id, now) as case:
            conclude.recount(case, self)

    def fire(self, timer: Timer, now: datetime) -> None:
        """Do what a due timer is for, exactly once however often it is fired."""
        connection, ticket_id = self.journal.ticket_of(timer.handoff_id)
        with self.journal.case(connection, ticket_id, now) as case:
            if not case.claim_timer(timer.key):
                return
            handoff = case.handoff
            if timer.kind.is_shift:
                shift_items.fire(case, self, timer)
            elif handoff is not None and handoff.id == timer.handoff_id:
                event = Fired(timer.kind, timer.offer_id, timer.key)
                conclude.take(case, self, advance(handoff, event, now, conclude.desk(case, self, handoff)))

    # --- again: replay and retry by a person ---

    def replay(self, delivery_id: int, now: datetime) -> None:
        """Handle a kept delivery once more, after a mapping or rule was mended; LookupError when there is none."""
        self.journal.replay(delivery_id)

    def retry(self, action_id: int, now: datetime) -> None:
        """Try a set-aside action again; LookupError when there is none."""
        self.journal.retry(action_id)


def _heard(helpdesk: Helpdesk, delivery: Waiting, change: TicketChange) -> Heard:
    """Our own words are no person's, whoever sees them: a note that was made public is no reply to the customer."""
    own = helpdesk.is_own(change)
    if own and change.message is not None:
        author = replace(change.message.author, role=Role.BOT)
        change = replace(change, message=replace(change.message, author=author))
    return Heard(delivery, change, own)


def told(ticket: Ticket | None, heard: list[Heard]) -> Ticket:
    """The stored ticket with what the deliveries of this pass told, oldest first; an echo's facts count too."""
    for one in heard:
        ticket = apply(ticket, one.change)
    assert ticket is not None, "a pass without a change has no ticket"  # noqa: S101 - callers check ``heard``
    return ticket


def _as_known(known: Known, heard: list[Heard]) -> Ticket | None:
    """What is stored, unless a message itself may have changed: made private, redacted, or whatever a trigger does not say."""
    return None if any(h.change.kind is ChangeKind.UPDATED for h in heard) else known.ticket


def _newer(known: Ticket | None, read: Ticket, helpdesk: Helpdesk) -> Ticket:
    """What was just read, unless a webhook told of a later state while the read was under way (rule 3)."""
    if known is None:
        return read
    late = known.updated_at and read.updated_at and known.updated_at > read.updated_at
    if not late:
        gone = known.merged_into and not _lives_on(known, read)
        over = {"merged_into": known.merged_into, "status": known.status} if gone else {}
        return replace(read, **over)  # type: ignore[arg-type]
    return replace(
        known,
        messages=(*read.messages, *unsaid.left(known, read, helpdesk.in_thread)),
        customer=read.customer,
        custom={**read.custom, **known.custom},
        known=known.known | read.known,
        missing=read.missing,
    )


def _lives_on(known: Ticket, read: Ticket) -> bool:
    """True when a ticket that was told to be merged away is open after all, later: whoever writes in it must be heard."""
    later = known.updated_at and read.updated_at and read.updated_at >= known.updated_at
    return bool(later) and read.status is not Status.UNKNOWN and not read.status.is_over


def _without(ticket: Ticket, why: Outside) -> Ticket:
    """The ticket as told, saying that its thread could not be read."""
    return replace(ticket, missing={**ticket.missing, "messages": f"the ticket could not be read: {why}"})


def _outcome(heard: Heard) -> Outcome:
    if heard.own:
        return Outcome(heard.delivery.id, DeliveryStatus.IGNORED, heard.change, "our own write-back, seen again")
    return Outcome(heard.delivery.id, DeliveryStatus.HANDLED, heard.change)
