"""A context package as an internal note and as a chat card: fixed order, read in ten seconds (domain.md §4, §5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from escalation.actions import Card, Line, Note, Press
from escalation.fold import Part, above_the_fold, shortened
from escalation.package import Attempt, ContextPackage, Specific, Statement, Turn, Worded, utc_words
from escalation.specifics import KINDS
from escalation.thread import one_line

_MOST_REASONS, _MOST_STEPS, _MOST_NAMED = 3, 3, 4
_SIX = ("Summary", "Tried", "Next", "Clock", "Customer", "Why")  # in the order in which room that is left is given away
_WHOLE_BELOW = frozenset({"Why", "Tried"})  # have a section that tells them in full anyhow
_SHORT_SENTENCE = 160
_SHORT_STEP = 90  # characters of a remedy in the first lines; the section has it whole
_MOST_TURN, _MOST_TRANSCRIPT = 2_000, 30_000  # characters of one message, and of all of them; helpdesks refuse longer notes

_NOTHING_TRIED = "nothing that can be seen in the thread"
_VERDICT = {True: "helped", False: "failed", None: "no answer yet"}


def note(package: ContextPackage, *, key: str, title: str, link: str, now: datetime | None = None, folded: bool = True) -> Note:
    """The package as an internal note: six lines that tell it above the fold, then the sections; clocks as at ``now``.

    ``folded`` False where there is room: the six lines are whole.
    """
    at = now or package.built_at
    parts = (
        Part("Why", _why(package)),
        Part("Summary", _summary(package), rows=3),
        Part("Customer", _customer(package)),
        Part("Tried", _tried(package), rows=2),
        Part("Clock", _clock(package, at)),
        Part("Next", _next(package)),
    )
    told = {part.label: part for part in parts}
    texts = dict(zip(_SIX, above_the_fold([told[label] for label in _SIX]), strict=True)) if folded else {}
    lines = tuple(Line(part.label, texts.get(part.label, part.ways[0])) for part in parts)
    cut = tuple(part for part, line in zip(parts, lines, strict=True) if line.text != part.ways[0])
    sections = (
        ("In full", tuple(_in_full(part, package) for part in cut if part.label not in _WHOLE_BELOW)),
        ("What the customer said", _said(package, at)),
        ("Asked and promised", _owed(package, at)),
        ("Tried in detail", _attempts(package, at)),
        ("Account", package.account),
        ("Earlier tickets", package.earlier),
        ("Missing", _missing(package)),
        ("Chain so far", _chain(package, at, reasons=any(part.label == "Why" for part in cut))),
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
) -> Card:
    """The package as an offer in chat; ``why_you`` "" for a card that is shown to a whole channel."""
    at = now or package.built_at
    facts = (
        Line("Customer", ", ".join(w for w in (_name(package), package.customer.organization) if w)),
        Line("Tier", package.customer.tier or "not told"),
        Line("Issue", _issue(package)),
        Line("Urgency", package.urgency()),
        Line("Waiting", package.waiting(at)),
        Line("SLA", package.sla(at, most=1)),
    )
    lines = (
        Line("Why you", why_you),
        Line("Summary", _worded_summary(package) or _own_summary(package, _SHORT_SENTENCE, "\n") or package.subject),
        Line("Tried", _listed(_steps(package)) or _NOTHING_TRIED),
        Line("Next", _worded_next(package)),
        Line("Missing", _most_missing(package)),
        Line("Reasons", " · ".join(one_line(r.title or r.words, 120) for r in package.reasons) or _by_hand(package)),
    )
    shown = tuple(line for line in lines if line.text)
    return Card(handoff_id, offer_id, title, state, facts, shown, tuple(presses), ticket_url, page_url, live, mention)


# ------------------------------------------------------------------ the first six lines


def _why(package: ContextPackage) -> tuple[str, ...]:
    """With what was seen and the rules; without the rules; the rules' titles alone."""
    issue = f"Issue: {_issue(package)}"
    shown = package.reasons[:_MOST_REASONS]
    more = len(package.reasons) - len(shown)
    rest = [f"{more} more reasons below"] if more > 0 else []
    ways = (
        [f"{r.words}{f' [rule {r.rule}]' if r.rule else ''}" for r in shown],
        [r.words for r in shown],
        [one_line(r.title or r.words, _SHORT_STEP) for r in shown],
    )
    return tuple(f"{'; '.join([*words, *rest]) or _by_hand(package)}. {issue}" for words in ways)


def _by_hand(package: ContextPackage) -> str:
    return f"handed over by {package.sender}" if package.sender else "no reason was recorded"


def _issue(package: ContextPackage) -> str:
    issue = package.issue_type.replace("_", " ") or "not known"
    return f"{issue} ({package.product_area})" if package.product_area else issue


def _summary(package: ContextPackage) -> tuple[str, ...]:
    """A model's words with what they cite, then without (they stand in full below), then the customer's own."""
    own = _own_summary(package) or "The ticket has no text and no subject"
    worded = package.wording.summary
    return (_worded_summary(package), f"{' '.join(w.text for w in worded)} ({_by(package)})", own) if worded else (own,)


def _own_summary(package: ContextPackage, most: int = 0, between: str = " ") -> str:
    return between.join(shortened(s.text, most) if most else s.text for s in package.summary)


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


def _in_full(part: Part, package: ContextPackage) -> Line:
    """What a first line had no room for; the customer's sentences of the summary each on a line of its own."""
    if part.label == "Summary" and not package.wording.summary:
        return Line(part.label, _own_summary(package, between="\n"))
    return Line(part.label, part.ways[0])


def _name(package: ContextPackage) -> str:
    return package.customer.name or package.customer.email or "unknown customer"


def _customer(package: ContextPackage) -> tuple[str, ...]:
    """With the renewal; without it; name, tier and tone alone."""
    who, tone = package.customer, package.sentiment
    known = [word for word in (_name(package), who.tier, who.organization) if word]
    ways = ([*known, *_of_account(package, "Renewal")], known, [word for word in (_name(package), who.tier) if word])
    fullest, *others = (", ".join(words) for words in ways)
    return (f"{fullest}. Tone: {tone}", *(f"{words}. {_capital(tone)}" for words in others)) if tone else (fullest, *others)


def _of_account(package: ContextPackage, label: str) -> list[str]:
    return [f"{label.lower()} {line.text}" for line in package.account if line.label == label]


def _tried(package: ContextPackage) -> tuple[str, ...]:
    """All steps that a note shows; without what a colleague noted; the newest two; the newest."""
    alone = _steps(replace(package, handover=Statement()))
    newest = (_steps(replace(package, handover=Statement()), most) for most in (2, 1))
    return tuple("; ".join(steps) or _NOTHING_TRIED for steps in (_steps(package), alone, *newest))


def _steps(package: ContextPackage, most: int = 3) -> tuple[str, ...]:
    """The newest attempts with what came of each, and what a colleague noted for colleagues."""
    attempts = _tries(package)[-most:]
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


def _clock(package: ContextPackage, at: datetime) -> tuple[str, ...]:
    """All clocks; the nearest with how long and how urgent; the nearest with how long; the nearest, which is the deadline."""
    urgency, nearest = f"Urgency: {package.urgency()}", _capital(package.sla(at, most=1))
    waiting = f"waiting {package.waiting(at)}" if package.waiting_since else _waiting(package, at).lower()
    return (
        f"{_waiting(package, at)}. SLA: {package.sla(at)}. {urgency}",
        f"{nearest}; {waiting}. {urgency}",
        f"{nearest}; {waiting}",
        nearest,
    )


def _waiting(package: ContextPackage, at: datetime) -> str:
    if package.waiting_since is None:
        return "Nobody is waiting for a reply" if not package.unanswered else "Waiting, since when is not known"
    many = f", {package.unanswered} messages" if package.unanswered > 1 else ""
    return f"Waiting {package.waiting(at)} for a person (since {utc_words(package.waiting_since, at)}{many})"


def _next(package: ContextPackage) -> tuple[str, ...]:
    """Three steps, the right that is needed and what a model suggests; fewer steps; the first step alone.

    A model's suggestion comes last: what is to be done first by rule, such as securing an account, is never pushed away.
    """
    authority = [f"Needs the right {package.authority}"] if package.authority else []
    worded = [told] if (told := _worded_next(package)) else []
    steps = package.next_steps[:_MOST_STEPS]
    ways = [[*steps, *authority, *worded], *([*steps[:most], *authority] for most in range(_MOST_STEPS, 0, -1))]
    return tuple(". ".join(words) or "Read the thread and reply in person" for words in [*ways, steps[:1]])


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


def _chain(package: ContextPackage, at: datetime, *, reasons: bool) -> tuple[Line, ...]:
    """How it came here; ``reasons``: with all of them, for the first line has them cut."""
    below = package.reasons[0 if reasons else _MOST_REASONS :]
    why = (Line("Reason", f"{r.words} [rule {r.rule}]" if r.rule else r.words) for r in below)
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
    return (*hops, *why, *(line for line in rest if line.text))


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
