"""Carrying out planned actions: what is sent is always today's state, so an effect that comes late is never stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from escalation import bug_effects, bug_level, context, reach, shift_effects, threads
from escalation.actions import DOES, Action, ActionKind, Card, Entry, Receipt, Write
from escalation.gathering import gather
from escalation.hop import Handoff, Offer, OfferState, State
from escalation.journal import Case, Shown
from escalation.ladder import ABOUT, PLACE
from escalation.masking import To
from escalation.parts import Parts
from escalation.planned import Task
from escalation.ports import GiveUp, Posted
from escalation.pressing import presses_of
from escalation.proving import prove
from escalation.reopening import chain_of
from escalation.roster import Agent, Cards
from escalation.state_words import words_for
from escalation.thread import one_line
from escalation.ticket import Ticket
from escalation.verdicts import is_receivers
from escalation.word import word
from escalation.write_back import as_it_stands, why_not_write

_MOST_SUBJECT = 120


def carry_out(parts: Parts, task: Task) -> None:
    """Make the one outgoing call of an action and mark it done; TryLater and GiveUp are the caller's."""
    _EFFECTS[task.action.kind](parts, task)


def _alert(parts: Parts, task: Task) -> None:
    """Post the card of an offer, unless the offer was settled before its card could be posted."""
    shown, offer = _look_up(parts, task)
    if shown is None or offer is None:
        _finish(parts, task, moot="the handoff is gone")
        return
    in_thread = task.action.data.get("place") == PLACE
    card = _card(parts, shown, offer, in_thread=in_thread)
    still_open = offer.state is OfferState.OPEN and shown.handoff.state.is_live
    send = _post_somewhere if still_open else _settle_posted
    posted: Posted | None = send(parts, task, shown, offer, card)
    if posted is None:
        _finish(parts, task, moot="the offer was settled before its card was posted")
    else:  # where the card in a thread stands is kept with its own action
        _finish(parts, task, posted=posted, offer_id="" if in_thread else offer.id)


def _settle_posted(parts: Parts, task: Task, shown: Shown, offer: Offer, card: Card) -> Posted | None:
    """A card that an unclear try posted after all, edited so that nothing stale stays pressable; None when there is none."""
    posted = _found(parts, task, shown.handoff, offer) if task.look_first else None
    if posted is not None:
        parts.chat.update(posted, card)
    return posted


def _found(parts: Parts, task: Task, handoff: Handoff, offer: Offer) -> Posted | None:
    look = partial(threads.find, parts, handoff, task.action.key)
    places = [partial(_at, parts, place, task.action.key) for place in reach.places(parts, *_places_of(parts, handoff, offer))]
    for find in [look] if task.action.data.get("place") == PLACE else places:
        try:
            if posted := find():
                return posted
        except GiveUp:
            continue
    return None


def _at(parts: Parts, place: reach.Place, key: str) -> Posted | None:
    return parts.chat.find(place(), key)


def _places_of(parts: Parts, handoff: Handoff, offer: Offer) -> tuple[Agent | None, tuple[str, ...]]:
    """Whom the card of an offer is for, and the channels it may stand in otherwise: the offer's, the team's."""
    team = parts.roster().team(handoff.team)
    return parts.roster().agent(offer.agent), (offer.channel, team.channel if team else "")


def _post_somewhere(parts: Parts, task: Task, shown: Shown, offer: Offer, card: Card) -> Posted:
    key, look_first = task.action.key, task.look_first
    if task.action.data.get("place") == PLACE:
        try:
            return threads.post(parts, shown, card, key, look_first=look_first)
        except GiveUp:
            if offer.cards is Cards.BOTH:  # they have it as a direct message
                raise
    return reach.post(parts, *_places_of(parts, shown.handoff, offer), card, key, look_first=look_first)


def _update(parts: Parts, task: Task) -> None:
    """Edit the card of an offer to what it should say now, wherever it stands."""
    shown, offer = _look_up(parts, task)
    posted = _stands(shown, offer) if shown and offer else {}
    if shown is None or offer is None or not posted:
        _finish(parts, task, moot="its card was never posted")
        return
    gone = [_edited(parts, where, _card(parts, shown, offer, in_thread=in_thread)) for in_thread, where in posted.items()]
    _finish(parts, task, moot="" if not all(gone) else "the card was deleted in the chat")


def _stands(shown: Shown, offer: Offer) -> dict[bool, Posted]:
    """Where the card of an offer was posted, by whether that is a thread."""
    places = {False: shown.posted.get(offer.id), True: (shown.in_threads or {}).get(offer.id)}
    return {in_thread: where for in_thread, where in places.items() if where is not None}


def _edited(parts: Parts, where: Posted, card: Card) -> bool:
    """Edit one posted card; True when it was deleted in the chat."""
    try:
        parts.chat.update(where, card)
    except GiveUp as wrong:
        if not wrong.gone:
            raise
        return True
    return False


def _tell(parts: Parts, task: Task) -> None:
    """A plain message to a person, else to their team's or the default channel."""
    data = task.action.data
    agent = parts.roster().agent(data.get("agent", ""))
    try:
        to = reach.chat_id(parts, agent) if agent else data.get("channel") or parts.channel
    except GiveUp:
        to = parts.channel
    about = _about(parts, task.action) if data.get("about") == ABOUT else ""
    text = parts.playbook().masking.text(data["text"], To.CHAT)
    posted = parts.chat.tell(to, text + about, task.action.key, look_first=task.look_first)
    _finish(parts, task, posted=posted)


def _about(parts: Parts, action: Action) -> str:
    """A line that tells which ticket a message is about, with the page of its handoff, unless the message has that already."""
    shown = parts.journal.shown(action.handoff_id)
    page = f"{parts.page_url}/handoffs/{action.handoff_id}"
    if shown is None or page in action.data["text"]:
        return ""
    ticket = shown.ticket
    subject = one_line(parts.playbook().masking.text(ticket.subject, To.CHAT), _MOST_SUBJECT)  # masked whole, then cut
    return f"\n{f'“{subject}”, ' if subject else ''}ticket {ticket.id} ({ticket.connection}): {page}"


def _notify(parts: Parts, task: Task) -> None:
    """Tell a bot what became of what it handed over; a bot that was told twice knows it by the id."""
    data = task.action.data
    parts.bots.tell(data["address"], data["id"], data["body"], parts.clock())
    _finish(parts, task)


def _write(parts: Parts, task: Task) -> None:
    """One step of a write-back; the answer is held against what was asked, and the stored ticket learns it."""
    if task.action.write is None:
        raise GiveUp("a write-back without content; it was planned by another version")
    shown = parts.journal.shown(task.action.handoff_id)
    step = as_it_stands(task.action, shown.handoff, parts.roster()) if shown else task.action.write
    if (moot := why_not_write(shown)) or step is None:
        _finish(parts, task, moot=moot or "somebody else has the ticket by now")
        return
    helpdesk = parts.helpdesks()[task.connection]
    receipt = helpdesk.write(step, look_first=task.look_first)
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        case.done(task, receipt)
        if case.ticket is not None:
            case.save_ticket(_learned(case.ticket, receipt, step.agent_id, step.group_id))
        case.write([_written(receipt, step)], task.action.handoff_id)
        if receipt.mismatch:
            reach.tell_team(case, parts, f"mismatch:{task.action.key}", "; ".join(receipt.mismatch))


def _learned(ticket: Ticket, receipt: Receipt, agent_id: str, group_id: str) -> Ticket:
    """The stored ticket after our own write, so that its echo is no news.

    ``updated_at`` stays: it says up to when the ticket was read, and somebody else may have changed it since.
    """
    if receipt.ticket is not None:
        return replace(ticket, assignee=receipt.ticket.assignee, group=receipt.ticket.group)
    assignee = replace(ticket.assignee, id=agent_id) if agent_id else ticket.assignee
    return replace(ticket, assignee=assignee, group=replace(ticket.group, id=group_id) if group_id else ticket.group)


def _written(receipt: Receipt, step: Write) -> Entry:
    what = [word for word, there in (("assigned", step.agent_id or step.group_id), ("noted", step.note)) if there]
    words = f"Written to the helpdesk: {' and '.join(what) or 'fields'}"
    words += " (found already done)" if receipt.found else ""
    words += f". Not as asked: {'; '.join(receipt.mismatch)}" if receipt.mismatch else ""
    return Entry("written", words, data={"note": receipt.note_id, "calls": receipt.calls})


def _look_up(parts: Parts, task: Task) -> tuple[Shown | None, Offer | None]:
    shown = parts.journal.shown(task.action.handoff_id)
    return shown, shown.handoff.offer(task.action.data["offer"]) if shown else None


def _ask_verdict(parts: Parts, task: Task) -> None:
    """Ask whoever had it without a card of their own what they think of it."""
    shown, agent = parts.journal.shown(task.action.handoff_id), parts.roster().agent(task.action.data["agent"])
    if shown is None or agent is None or shown.feedback is not None:
        _finish(parts, task, moot="there is nobody to ask any more")
        return
    offer = Offer("", agent.id, parts.clock(), parts.clock(), state=OfferState.ACCEPTED)
    posted = parts.chat.post(reach.chat_id(parts, agent), _card(parts, shown, offer), task.action.key, look_first=task.look_first)
    _finish(parts, task, posted=posted)


def _card(parts: Parts, shown: Shown, offer: Offer, *, in_thread: bool = False) -> Card:
    handoff, ticket = shown.handoff, shown.ticket
    open_now = offer.state is OfferState.OPEN and handoff.state in (State.OFFERED, State.WAITING)
    mine = handoff.state in (State.ACCEPTED, State.ANSWERED) and is_receivers(handoff, offer)
    masking = parts.playbook().masking
    made = context.card(
        masking.package(shown.escalation.package, To.CHAT),
        handoff.id,
        offer.id,
        title=f"Handoff: {ticket.subject or 'ticket ' + ticket.id}",
        state=words_for(handoff, offer, parts.roster()),
        why_you=offer.why,
        presses=presses_of(handoff, offer, shown.escalation.severity, ticket.status),
        ticket_url=ticket.url,
        page_url=f"{parts.page_url}/handoffs/{handoff.id}",
        live=open_now or mine,
        now=parts.clock(),
        mention=offer.group,
        so_far=chain_of(handoff, parts.roster()) if handoff.bounced else (),
    )
    made = masking.whole(made, To.CHAT)
    made = threads.named(parts, made, parts.roster().agent(offer.agent)) if in_thread else made
    return replace(made, verdict=shown.feedback.verdict.value) if shown.feedback else made


def _finish(parts: Parts, task: Task, *, posted: Posted | None = None, offer_id: str = "", moot: str = "") -> None:
    parts.journal.finish(task, parts.clock(), posted=posted, offer_id=offer_id, moot=moot)


def tell_of_set_aside(case: Case, parts: Parts, task: Task, error: BaseException) -> None:
    """Say that an action was set aside: on the timeline always, in the team's chat when it is not the chat that failed."""
    why = " ".join(str(error).split()).rstrip(".")  # a vendor's answer may end with a line break
    tries = f"{task.attempts} {'try' if task.attempts == 1 else 'tries'}"
    words = f"Set aside after {tries}: {DOES[task.action.kind]}: {why}"
    case.write([Entry("set_aside", words, data={"action": task.action.key})], task.action.handoff_id)
    if task.action.kind is ActionKind.FILE:
        parts.journal.bugs.not_filed(task.action.data["bug"], str(error))
    if by_hand := _BY_HAND.get(task.action.kind):
        text = f"Ticket {task.ticket_id} ({task.connection}) {by_hand[0]}: {why}. {by_hand[1]}"
        reach.tell_team(case, parts, f"set-aside:{task.action.key}:{task.attempts}", text)


_UPDATE = ("could not be updated", "Please do it by hand, then retry.")
_BUG = "The handoff goes on without it. Mend the tracker, then retry: every ticket linked until then will be named."
_BY_HAND: Mapping[ActionKind, tuple[str, str]] = {  # what a team is told of an effect set aside: what failed, what to do
    ActionKind.WRITE: _UPDATE,
    ActionKind.NOTE: _UPDATE,
    ActionKind.FILE: ("has a bug that could not be filed", _BUG),
    ActionKind.LINK: ("could not be linked to its bug", "Mend the tracker, then retry."),
}
_EFFECTS: Mapping[ActionKind, Callable[[Parts, Task], None]] = {
    ActionKind.ALERT: _alert,
    ActionKind.UPDATE_ALERT: _update,
    ActionKind.TELL: _tell,
    ActionKind.ASK_VERDICT: _ask_verdict,
    ActionKind.WRITE: _write,
    ActionKind.PROVE: prove,
    ActionKind.NOTIFY: _notify,
    ActionKind.GATHER: gather,
    ActionKind.WORD: word,
    ActionKind.BUG: bug_level.report,
    ActionKind.FILE: bug_effects.file,
    ActionKind.LINK: bug_effects.link,
    ActionKind.NOTE: bug_effects.note,
    ActionKind.SHIFT: shift_effects.carry_out,
}
