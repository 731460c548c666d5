"""Reporting a bug and hearing of it: one fault is filed once, its news come back to every ticket behind it (domain.md §5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from escalation import bug as facts
from escalation import unread
from escalation.actions import Action, ActionKind, Entry, Line
from escalation.bug import NO_EVIDENCE, Bug, BugLink, BugState, Candidate, Evidence
from escalation.bug_book import Joined
from escalation.bug_effects import plan_note
from escalation.conclude import desk, take
from escalation.events import Tracked
from escalation.handoff import advance
from escalation.hop import Handoff
from escalation.journal import Case, DeliveryStatus, Outcome, Shown, Waiting
from escalation.masking import To
from escalation.package import ContextPackage
from escalation.parts import Parts
from escalation.ports import GiveUp, Inbound, News, NewsKind, Tracker, Unreadable
from escalation.ticket import Ignored

PREFIX = "tracker:"  # of the connection by which deliveries of a tracker are kept; no helpdesk's id has a colon
MOST_NAMED = 5  # tickets named in a message
MOST_TOLD = 1500  # characters of a comment that go onto every ticket
_STATES = {NewsKind.CLOSED: BugState.CLOSED, NewsKind.REOPENED: BugState.OPEN}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants: linked to ``bug``, or a ``new`` one whatever is similar; ``anyway``: although evidence is lacking."""

    by: str
    bug: str = ""
    new: bool = False
    anyway: bool = False
    added: Evidence = NO_EVIDENCE


@dataclass(frozen=True, slots=True)
class Outlook:
    """What reporting a handoff's ticket would mean, before anybody does. ``tracker`` "" when none is set up."""

    tracker: str
    title: str
    evidence: Evidence
    lacking: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    linked: tuple[Bug, ...]
    same: Bug | None = None  # open, with the same fingerprint: certain


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of it. Not ``ok``: ``text`` says why, with what is ``lacking`` or the ``candidates`` to choose from."""

    ok: bool
    text: str
    bug: Bug | None = None
    new: bool = False
    lacking: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class BugDesk:
    """Where people and trackers are answered. Thread-safe: it keeps nothing between calls."""

    parts: Parts

    def trackers(self) -> tuple[str, ...]:
        """The names of the trackers that are set up."""
        return tuple(self.parts.trackers())

    def look(self, handoff_id: str, added: Evidence = NO_EVIDENCE) -> Outlook:
        """What a bug of this handoff would say, what is lacking and which bugs it may be; LookupError for no such handoff."""
        return outlook_of(self.parts, _shown(self.parts, handoff_id), added)

    def report(self, handoff_id: str, asked: Asked, now: datetime) -> Reported:
        """File a bug of a handoff's ticket or link it to one that is there; LookupError for no such handoff."""
        shown = _shown(self.parts, handoff_id)
        outlook = outlook_of(self.parts, shown, asked.added)
        if refused := refused_for(outlook, asked):
            return refused
        with self.parts.journal.case(shown.ticket.connection, shown.ticket.id, now) as case:
            return joined(case, self.parts, shown, outlook, asked)

    def receive(self, tracker: str, inbound: Inbound, now: datetime) -> tuple[int, bool]:
        """Verify a tracker's webhook and keep it: (its number, True when it was kept before).

        LookupError for a tracker that is not set up, BadSignature (nothing kept), Unreadable (kept, replayable).
        """
        known = self.parts.trackers()[tracker]
        known.verify(inbound, now)
        try:
            arrival = known.arrival(inbound)
        except Unreadable as wrong:
            stray, why = unread.stray(inbound), unread.explain(wrong)
            self.parts.journal.accept(PREFIX + tracker, inbound, stray, unreadable=why)
            raise
        return self.parts.journal.accept(PREFIX + tracker, inbound, arrival)


def handle(parts: Parts, connection: str, bug_id: str) -> None:
    """Take every waiting delivery about one bug of a tracker: its news go to every linked ticket, each once."""
    name = connection.removeprefix(PREFIX)
    tracker = parts.trackers().get(name)
    if tracker is None:
        raise GiveUp(f"the tracker {name} is not set up any more")
    for delivery in parts.journal.waiting(connection, bug_id):
        outcome = _heard(parts, tracker, delivery)
        parts.journal.conclude([outcome], parts.clock())


def _heard(parts: Parts, tracker: Tracker, delivery: Waiting) -> Outcome:
    """Understand one delivery and tell every ticket of its bug."""
    try:
        news = tracker.change(delivery.inbound)
    except Unreadable as wrong:
        return Outcome(delivery.id, DeliveryStatus.UNREADABLE, None, unread.explain(wrong))
    if isinstance(news, Ignored):
        return Outcome(delivery.id, DeliveryStatus.IGNORED, news, news.reason)
    if news.own:
        return Outcome(delivery.id, DeliveryStatus.IGNORED, news, "our own writing, seen again")
    bug = parts.journal.bugs.heard(tracker.name, news, _STATES.get(news.kind), parts.clock())
    if bug is None:
        return Outcome(delivery.id, DeliveryStatus.IGNORED, news, "no bug that Baton knows, or nothing new about it")
    woken: dict[tuple[str, str], list[tuple[BugLink, str]]] = {}
    for link in parts.journal.bugs.links(bug.id):
        with parts.journal.case(link.connection, link.ticket_id, parts.clock()) as case:
            _tell(case, parts, bug, link, news)
            if case.handoff is not None and case.handoff.state.is_live:
                if news.kind is NewsKind.CLOSED:
                    waited = advance(case.handoff, Tracked(_title(bug, news)), case.now, desk(case, parts, case.handoff))
                    take(case, parts, waited)
                woken.setdefault(_whom(parts, case.handoff), []).append((link, case.handoff.id))
    for whom, about in woken.items():
        _wake(parts, whom, about, bug, news)
    return Outcome(delivery.id, DeliveryStatus.HANDLED, news)


def _tell(case: Case, parts: Parts, bug: Bug, link: BugLink, news: News) -> None:
    """An internal note with the news, and a line on the timeline."""
    handoff = case.handoff.id if case.handoff else link.handoff_id
    title = _title(bug, news)
    lines = [Line("From", news.who)] if news.who else []
    lines += [Line("Says", news.text[:MOST_TOLD])] if news.text else []
    lines += [Line("Bug", bug.title), *([Line("Address", bug.filed.url)] if bug.filed else [])]
    key = f"{bug.id}:{news.key}:{link.connection}:{link.ticket_id}"
    if plan_note(case, parts, key, handoff, title, tuple(lines), title):
        case.write([Entry("bug_news", title, news.who or bug.tracker, {"bug": bug.id, "news": news.kind.value})], handoff)


def _title(bug: Bug, news: News) -> str:
    said = {NewsKind.CLOSED: "was closed", NewsKind.REOPENED: "was opened again", NewsKind.COMMENT: "has a comment"}
    return f"Bug {bug.filed.key if bug.filed else bug.id} {said[news.kind]}"


def _whom(parts: Parts, handoff: Handoff) -> tuple[str, str]:
    """Who is woken: the agent who has a handoff ("" for nobody), else the channel of its team."""
    team = parts.roster().team(handoff.team)
    return handoff.accepted_by, "" if handoff.accepted_by else (team.channel if team else "") or parts.channel


def _wake(parts: Parts, whom: tuple[str, str], about: list[tuple[BugLink, str]], bug: Bug, news: News) -> None:
    """One message to one person or channel, whatever number of their tickets the bug is behind."""
    agent, channel = whom
    (first, handoff), title = about[0], _title(bug, news)
    tickets = [f"{link.ticket_id} ({link.connection}): {parts.page_url}/handoffs/{own}" for link, own in about[:MOST_NAMED]]
    more = f" and {len(about) - MOST_NAMED} more" if len(about) > MOST_NAMED else ""
    text = f"{title} ({bug.title}). It is behind {', '.join(tickets)}{more}"
    with parts.journal.case(first.connection, first.ticket_id, parts.clock()) as case:
        key = f"tell:{bug.id}:{news.key}:{agent or channel}"
        case.plan(Action(key, ActionKind.TELL, handoff, {"agent": agent, "channel": channel, "text": text}, title))


def _shown(parts: Parts, handoff_id: str) -> Shown:
    shown = parts.journal.shown(handoff_id)
    if shown is None:
        raise LookupError(f"no handoff {handoff_id}")
    return shown


def _package(parts: Parts, shown: Shown) -> ContextPackage:
    """The context as it may be shown to a tracker."""
    return parts.playbook().masking.package(shown.escalation.package, To.TRACKER)


def outlook_of(parts: Parts, shown: Shown, added: Evidence = NO_EVIDENCE, tracker: str = "") -> Outlook:
    """What reporting a handoff's bug would mean; in this ``tracker``, "" is its team's."""
    package, ticket = shown.escalation.package, shown.ticket
    evidence, signs = facts.evidence_of(package, added), facts.signs_of(package)
    name = (tracker if tracker in parts.trackers() else "") if tracker else _tracker_of(parts, shown)
    known = parts.journal.bugs.recent(name) if name else ()
    linked = parts.journal.bugs.of_ticket(ticket.connection, ticket.id)
    title = facts.title_of(_package(parts, shown), signs)
    print_ = facts.fingerprint(signs)
    same = parts.journal.bugs.same(name, print_) if name and print_ else None
    others = {bug.id: bug for bug in (*known, *([same] if same else ()))}
    for bug in linked:
        others.pop(bug.id, None)
    return Outlook(name, title, evidence, facts.lacking(evidence), facts.candidates(signs, others.values()), linked, same)


def _tracker_of(parts: Parts, shown: Shown) -> str:
    """The team's tracker, else the first that is set up; "" when there is none."""
    trackers = parts.trackers()
    team = parts.roster().team(shown.handoff.team)
    return team.tracker if team and team.tracker in trackers else next(iter(trackers), "")


def refused_for(outlook: Outlook, asked: Asked) -> Reported | None:
    """Why nothing is filed: no tracker, evidence lacking, or bugs to choose from."""
    if asked.bug:
        return None
    if not outlook.tracker:
        words = "No tracker is set up, so nothing was filed. An admin sets the variables of one: docs/trackers.md."
        return Reported(False, words)
    if outlook.same and not asked.new:
        return None  # a known fault: one more ticket needs no evidence
    if outlook.lacking and not asked.anyway:
        text = "May be a bug is not is a bug: ask the sender for what is lacking, fill it in, or file it anyway."
        return Reported(False, text, lacking=outlook.lacking)
    if outlook.candidates and not asked.new:
        text = "There are bugs that may be the same: choose one, or say that this is a new one."
        return Reported(False, text, candidates=outlook.candidates)
    return None


def joined(case: Case, parts: Parts, shown: Shown, outlook: Outlook, asked: Asked) -> Reported:
    """File a bug or link the ticket to one, inside the ticket's case."""
    link = _link(parts, shown, asked.by)
    new = None if asked.bug else _new(case, shown, outlook, asked)
    found = case.report_bug(new, link) if new else case.join_bug(asked.bug, link)
    if found is None:
        return Reported(False, f"There is no bug {asked.bug}.")
    _plan(case, found, link)
    return Reported(True, _words(found), found.bug, found.new)


def _new(case: Case, shown: Shown, outlook: Outlook, asked: Asked) -> Bug:
    signs = facts.signs_of(shown.escalation.package)
    bug_id = case.new_handoff_id().replace("h_", "b_", 1)
    print_ = facts.fingerprint(signs)
    alone = asked.new or not print_  # a person says it is another fault, or nothing tells which it is
    tracker, state = outlook.tracker, BugState.FILING
    own = f"{print_}:{bug_id}" if alone else print_
    return Bug(bug_id, tracker, own, state, outlook.title, signs, asked.added, shown.handoff.id, case.now)


def _link(parts: Parts, shown: Shown, by: str) -> BugLink:
    page = f"{parts.page_url}/handoffs/{shown.handoff.id}"
    link = facts.link_of(_package(parts, shown), shown.handoff.id, shown.ticket.url or page, by)
    return replace(link, connection=shown.ticket.connection, ticket_id=shown.ticket.id)


def _plan(case: Case, joined: Joined, link: BugLink) -> None:
    """Queue the filing or the link, and keep who did it."""
    bug = joined.bug
    if not joined.linked:
        return
    kind = ActionKind.FILE if joined.new else ActionKind.LINK
    key = f"file:{bug.id}" if joined.new else f"link:{bug.id}:{link.connection}:{link.ticket_id}"
    case.plan(Action(key, kind, link.handoff_id, {"bug": bug.id}, f"bug reported by {link.by}"))
    case.write([Entry("bug_reported", f"{link.by}: {_words(joined)}", link.by, {"bug": bug.id})], link.handoff_id)


def _words(joined: Joined) -> str:
    bug = joined.bug
    if joined.new:
        return f"It is filed in {bug.tracker}: {bug.title}"
    if not joined.linked:
        return f"This ticket was linked to {bug.name} before."
    over = ", which is closed" if bug.state is BugState.CLOSED else ""
    return f"Linked to {bug.name}{over}, which {bug.count} tickets are behind now"
