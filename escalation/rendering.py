"""A context package as an internal note and as a chat card: fixed order, read in ten seconds (domain.md §4, §5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from escalation.actions import Card, Line, Note, Press
from escalation.package import Attempt, ContextPackage, Specific, Statement, Turn, Worded, utc_words
from escalation.specifics import KINDS
from escalation.thread import one_line

_MOST_REASONS, _MOST_STEPS, _MOST_NAMED = 3, 3, 4
_SHORT_SENTENCE = 160
_MOST_SO_FAR = 12  # hops on the card of whoever is to decide, the newest: the page has them all
_SHORT_STEP = 90  # characters of a remedy in the first lines; the section has it whole
_MOST_TURN, _MOST_TRANSCRIPT = 2_000, 30_000  # characters of one message, and of all of them; helpdesks refuse longer notes

_NOTHING_TRIED = "nothing that can be seen in the thread"
_VERDICT = {True: "helped", False: "failed", None: "no answer yet"}


def note(package: ContextPackage, *, key: str, title: str, link: str, now: datetime | None = None) -> Note:
    """The package as an internal note: six lines that tell it, then the sections; clocks as at ``now`` (default: when built)."""
    at = now or package.built_at
    lines = (
        Line("Why", _why(package)),
        Line("Summary", _summary(package)),
        Line("Customer", _customer(package)),
        Line("Tried", _tried(package)),
        Line("Clock", _clock(package, at)),
        Line("Next", _next(package)),
    )
    sections = (
        ("What the customer said", _said(package, at)),
        ("Asked and promised", _owed(package, at)),
        ("Tried in detail", _attempts(package, at)),
        ("Account", package.account),
        ("Earlier tickets", package.earlier),
        ("Missing", _missing(package)),
        ("Chain so far", _chain(package, at)),
    )
    transcript = ("Transcript", _transcript(package.transcript, at))
    return Note(key, title, lines, (*(s for s in sections if s[1]), transcript), link)


def card(
    package: ContextPackage,
    handoff_id: str,
    offer_id: str,
    *,
    state: str,
    why_you: str,
    presses: Iterable[Press],
    ticket_url: str,
    page_url: str,
    live: bool,
    mention: str = "",
    title: str,
    now: datetime | None = None,
    so_far: Iterable[str] = (),
) -> Card:
    """The package as an offer in chat; ``why_you`` "" for a whole channel's, ``so_far`` the chain for whoever is to decide."""
    at = now or package.built_at
    facts = (
        Line("Customer", ", ".join(w for w in (_name(package), package.customer.organization) if w)),
        Line("Tier", package.customer.tier or "not told"),
        Line("Issue", _issue(package)),
        Line("Urgency", package.urgency()),
        Line("Waiting", package.waiting(at)),
        Line("SLA", package.sla(at, most=1)),
    )
    lines = _told(package, why_you, so_far)
    return Card(handoff_id, offer_id, title, state, facts, lines, tuple(presses), ticket_url, page_url, live, mention)


def _told(package: ContextPackage, why_you: str, so_far: Iterable[str]) -> tuple[Line, ...]:
    lines = (
        Line("Why you", why_you),
        Line("So far", _listed(tuple(one_line(hop, _SHORT_SENTENCE) for hop in so_far)[-_MOST_SO_FAR:])),
        Line("Summary", _worded_summary(package) or " ".join(_shorter(s.text) for s in package.summary) or package.subject),
        Line("Tried", _listed(_steps(package)) or _NOTHING_TRIED),
        Line("Next", _worded_next(package)),
        Line("Missing", _most_missing(package)),
        Line("Reasons", " · ".join(one_line(r.title or r.words, 120) for r in package.reasons) or _by_hand(package)),
    )
    return tuple(line for line in lines if line.text)


# ------------------------------------------------------------------ the first six lines


def _why(package: ContextPackage) -> str:
    named = [f"{r.words}{f' [rule {r.rule}]' if r.rule else ''}" for r in package.reasons[:_MOST_REASONS]]
    more = len(package.reasons) - len(named)
    words = "; ".join([*named, *([f"{more} more reasons below"] if more > 0 else [])]) or _by_hand(package)
    return f"{words}. Issue: {_issue(package)}"


def _by_hand(package: ContextPackage) -> str:
    return f"handed over by {package.sender}" if package.sender else "no reason was recorded"


def _issue(package: ContextPackage) -> str:
    issue = package.issue_type.replace("_", " ") or "not known"
    return f"{issue} ({package.product_area})" if package.product_area else issue


def _summary(package: ContextPackage) -> str:
    own = " ".join(s.text for s in package.summary)
    return _worded_summary(package) or own or "The ticket has no text and no subject"


# A model's words are never in quotation marks, and always say whose they are and what they are drawn from.


def _worded_summary(package: ContextPackage) -> str:
    worded = package.wording.summary
    return f"{' '.join(map(_worded, worded))} ({_by(package)})" if worded else ""


def _worded_next(package: ContextPackage) -> str:
    action = package.wording.next_action
    return f"{_worded(action[0])} (suggestion {_by(package)})" if action else ""


def _worded(one: Worded) -> str:
    return f"{one.text} [{_cites(one.cites)}]"


def _cites(ids: Iterable[str]) -> str:
    return f"cites {', '.join(dict.fromkeys(ids))}"


def _by(package: ContextPackage) -> str:
    return f"written by {package.wording.by}"


def _tries(package: ContextPackage) -> tuple[Attempt, ...]:
    return package.wording.tried or package.tried


def _as_said(attempt: Attempt, text: str) -> str:
    """Words of an attempt: a quotation, unless a model wrote them."""
    return text if attempt.cites else f"“{text}”"


def _shorter(quotation: str) -> str:
    """A quoted sentence cut for a card, its closing mark kept."""
    return quotation if len(quotation) <= _SHORT_SENTENCE else one_line(quotation.rstrip("”"), _SHORT_SENTENCE) + "”"


def _name(package: ContextPackage) -> str:
    return package.customer.name or package.customer.email or "unknown customer"


def _customer(package: ContextPackage) -> str:
    who = package.customer
    words = (_name(package), who.tier, who.organization, *_of_account(package, "Renewal"))
    told = ", ".join(word for word in words if word)
    return f"{told}. Tone: {package.sentiment}" if package.sentiment else told


def _of_account(package: ContextPackage, label: str) -> list[str]:
    return [f"{label.lower()} {line.text}" for line in package.account if line.label == label]


def _tried(package: ContextPackage) -> str:
    return "; ".join(_steps(package)) or _NOTHING_TRIED


def _steps(package: ContextPackage) -> tuple[str, ...]:
    """The newest attempts with what came of each, and what a colleague noted for colleagues."""
    attempts = _tries(package)[-_MOST_STEPS:]
    shown = [_step(a) for a in attempts]
    shown += [f"({_by(package)} where not in quotation marks)"] if any(a.cites for a in attempts) else []
    earlier = len(_tries(package)) - len(attempts)
    noted = package.handover
    return (
        *([f"{earlier} earlier"] if earlier else []),
        *shown,
        *([f"{noted.who} noted: “{one_line(noted.text, _SHORT_SENTENCE)}”"] if noted else []),
    )


def _step(attempt: Attempt) -> str:
    cites = f" [{_cites(attempt.cites)}]" if attempt.cites else ""
    return f"{attempt.who}: {_as_said(attempt, one_line(attempt.step.text, _SHORT_STEP))} → {_came_to(attempt)}{cites}"


def _listed(items: Iterable[str]) -> str:
    """One item as it is, several each on a line of its own: chat shows no lists."""
    every = tuple(items)
    return "\n".join(f"• {item}" for item in every) if len(every) > 1 else "".join(every)


def _came_to(attempt: Attempt) -> str:
    if attempt.worked is None and attempt.result:
        return _as_said(attempt, one_line(attempt.result.text, _SHORT_STEP))
    return _VERDICT[attempt.worked]


def _clock(package: ContextPackage, at: datetime) -> str:
    return f"{_waiting(package, at)}. SLA: {package.sla(at)}. Urgency: {package.urgency()}"


def _waiting(package: ContextPackage, at: datetime) -> str:
    if package.waiting_since is None:
        return "Nobody is waiting for a reply" if not package.unanswered else "Waiting, since when is not known"
    many = f", {package.unanswered} messages" if package.unanswered > 1 else ""
    return f"Waiting {package.waiting(at)} for a person (since {utc_words(package.waiting_since, at)}{many})"


def _next(package: ContextPackage) -> str:
    steps = list(package.next_steps[:_MOST_STEPS])
    authority = f"Needs the right {package.authority}" if package.authority else ""
    # A model's suggestion comes last: what is to be done first by rule, such as securing an account, is never pushed away.
    worded = _worded_next(package)
    told = (*steps, *([authority] if authority else []), *([worded] if worded else []))
    return ". ".join(told) or "Read the thread and reply in person"


# ------------------------------------------------------------------ the sections


def _said(package: ContextPackage, at: datetime) -> tuple[Line, ...]:
    question = (Line("Question", f"“{package.question.text}”", package.question.source),) if package.question else ()
    own = " ".join(s.text for s in package.summary) if package.wording.summary else ""
    in_own_words = (Line("In the thread's own words", own, package.summary[0].source),) if own else ()
    said: dict[str, list[Statement]] = {}
    for statement in package.said:
        said.setdefault(statement.source, []).append(statement)
    spoken = (Line(_who(s[0], at), " ".join(f"“{x.text}”" for x in s), source) for source, s in said.items())
    return (*in_own_words, *question, *spoken, *_specifics(package.specifics))


def _specifics(specifics: tuple[Specific, ...]) -> tuple[Line, ...]:
    """One line per kind: "Error: BIL-402, 502"."""
    kinds = sorted({s.kind for s in specifics}, key=lambda k: KINDS.index(k) if k in KINDS else -1)
    grouped = [(kind, [s for s in specifics if s.kind == kind]) for kind in kinds]
    return tuple(Line(_capital(kind), ", ".join(s.text for s in words), words[0].source) for kind, words in grouped)


def _owed(package: ContextPackage, at: datetime) -> tuple[Line, ...]:
    """What the customer asks besides the question above, and what our side said it would do."""
    asked = (s for s in package.asks if s.text != package.question.text)
    return (
        *(Line(f"Asked by {_who(s, at)}", f"“{s.text}”", s.source) for s in asked),
        *(Line(f"Promised by {_who(s, at)}", f"“{s.text}”", s.source) for s in package.promises),
    )


def _attempts(package: ContextPackage, at: datetime) -> tuple[Line, ...]:
    tries = enumerate(_tries(package), 1)
    lines = [Line(f"{n}. {_who(a.step, at)} ({a.role})", _attempt(package, a), a.step.source) for n, a in tries]
    lines += [Line(f"Ruled out, {_by(package)}", _worded(one), one.cites[0]) for one in package.wording.ruled_out]
    if not package.wording.ruled_out:
        lines += [Line(f"Ruled out by {_who(s, at)}", f"“{s.text}”", s.source) for s in package.ruled_out]
    last = package.last_reply
    if last and all(last.source != a.step.source for a in package.tried):
        lines.append(Line(f"Last reply by {_who(last, at)}", f"“{last.text}”", last.source))
    return tuple(lines)


def _attempt(package: ContextPackage, attempt: Attempt) -> str:
    said = _as_said(attempt, attempt.result.text) if attempt.result else ""
    verdict = f"({_VERDICT[attempt.worked]})" if said and attempt.worked is not None else ""
    origin = f"[{_cites(attempt.cites)}; {_by(package)}]" if attempt.cites else ""
    came_to = " ".join(w for w in (said, verdict) if w) or _VERDICT[attempt.worked]
    return f"{_as_said(attempt, attempt.step.text)} → {came_to} {origin}".rstrip()


def _most_missing(package: ContextPackage) -> str:
    """What is missing in few words, "" for nothing: "error, SLA (85 of 100)"."""
    names = [gap.field for gap in package.missing if gap.cause != "size"]
    more = ", …" if len(names) > _MOST_NAMED else ""
    if package.completeness == 100 or not names:
        return ""
    return f"{', '.join(names[:_MOST_NAMED])}{more} ({package.completeness} of 100)"


def _missing(package: ContextPackage) -> tuple[Line, ...]:
    lacking = f"; below the minimum: no {', no '.join(package.lacking)}" if package.lacking else ""
    wanted = f"; {package.minimum} are wanted for {_issue(package)}" if package.completeness < package.minimum else ""
    score = Line("Completeness", f"{package.completeness} of 100{lacking}{wanted}")
    return (score, *(Line(_capital(gap.field), gap.why) for gap in package.missing))


def _chain(package: ContextPackage, at: datetime) -> tuple[Line, ...]:
    reasons = (Line("Reason", f"{r.words} [rule {r.rule}]") for r in package.reasons[_MOST_REASONS:])
    note, intent = package.handover, package.wording.intent
    rest = (
        Line("Handed over by", package.sender),
        Line(f"Internal note of {_who(note, at)}" if note else "", f"“{note.text}”" if note else "", note.source),
        Line("Route", package.routed),
        Line("Size", package.complexity),
        Line("Confidence", package.confidence),
        Line("Issue type suggested", f"{intent.replace('_', ' ')} ({_by(package)})" if intent else ""),
        Line("Page", package.page),
    )
    hops = (Line(f"Hop {n}", hop) for n, hop in enumerate(package.chain, 1))
    return (*hops, *reasons, *(line for line in rest if line.text))


def _transcript(turns: tuple[Turn, ...], at: datetime) -> tuple[Line, ...]:
    """The newest messages that fit, oldest first; the ticket has them all."""
    kept: list[Line] = []
    room = _MOST_TRANSCRIPT
    for turn in reversed(turns):
        line = _turn(turn, at)
        room -= len(line.text) + len(line.label)
        if room < 0 and kept:
            break
        kept.append(line)
    left_out = len(turns) - len(kept)
    notice = [Line("", f"… {left_out} earlier messages left out; the ticket has them all")] if left_out else []
    return (*notice, *reversed(kept)) if kept else (Line("", "The ticket has no messages"),)


def _turn(turn: Turn, at: datetime) -> Line:
    when = f", {utc_words(turn.at, at)}" if turn.at else ""
    internal = "" if turn.public else ", internal note"
    text = turn.text if len(turn.text) <= _MOST_TURN else f"{turn.text[:_MOST_TURN]}… (cut, {len(turn.text) - _MOST_TURN} more)"
    attached = f" [attached: {', '.join(turn.attachments)}]" if turn.attachments else ""
    role = "" if turn.who == turn.role else f" ({turn.role})"
    return Line(f"{turn.who}{role}{when}{internal}", f"{text}{attached}".strip() or "(no words of its own)", turn.id)


def _who(statement: Statement, at: datetime) -> str:
    when = f", {utc_words(statement.at, at)}" if statement.at else ""
    return f"{statement.who}{when}"


def _capital(words: str) -> str:
    return words.upper() if words == "url" else words[:1].upper() + words[1:]
