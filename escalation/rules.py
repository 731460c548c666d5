"""Rules against facts: every condition with the value it saw and a sentence; nothing here raises or does I/O (domain.md §2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from escalation import rule_index
from escalation.compare import Incomparable, cut, is_list, plain, show
from escalation.decision import Seen, Verdict
from escalation.facts import Facts, facts
from escalation.kept import Kept
from escalation.operators import OPERATORS, Look, Operand, Operator
from escalation.playbook import Condition, Conditions, Mode, Node, Playbook, Rule, Scored, Segment, Threshold, fields_of
from escalation.vocabulary import FIELDS, LISTS, SIGNALS, VOCABULARY, pattern_of

__all__ = ["FIELDS", "OPERATORS", "SIGNALS", "VOCABULARY", "Facts", "evaluate", "explain", "facts", "pattern_of", "with_segment"]

_JOIN = {"all": " and ", "any": " or ", "none": " or "}
_SAYS_IS = ("is", "is_not", "becomes")
_MOST_SHOWN = 60  # a longer value is not repeated in a sentence
MOST_TOLD = 60  # rules of a playbook up to which a verdict is given for each, also for those that cannot match


def evaluate(playbook: Playbook, facts: Facts, *, every: bool | None = None) -> tuple[Verdict, ...]:
    """A verdict for every rule that is not off, in the playbook's order. Never raises: what cannot be compared does not hold.

    ``every`` False: only for rules that can match at all; by default so for more than MOST_TOLD rules. ``Seen.wanted`` and
    ``Seen.value`` are ready for JSON.
    """
    facts, segment = with_segment(playbook, facts)
    modes: Mapping[str, Mode] = segment.modes if segment else {}
    if every or (every is None and len(playbook.rules) <= MOST_TOLD):
        rules: Iterable[Rule] = playbook.rules
    else:
        rules = [playbook.rules[place] for place in _index(playbook.rules).candidates(facts.values)]
    looked = ((rule, modes.get(rule.id, rule.mode)) for rule in rules)
    return tuple(_verdict(rule, facts, mode) for rule, mode in looked if mode is not Mode.OFF)


def firing(playbook: Playbook, facts: Facts) -> tuple[tuple[Rule, Mode], ...]:
    """The rules that hold, with the mode they have for this customer; without the words and values that verdicts keep."""
    facts, segment = with_segment(playbook, facts)
    modes: Mapping[str, Mode] = segment.modes if segment else {}
    places = _index(playbook.rules).candidates(facts.values)
    looked = ((rule, modes.get(rule.id, rule.mode)) for rule in (playbook.rules[place] for place in places))
    return tuple((rule, mode) for rule, mode in looked if mode is not Mode.OFF and holds(rule.when, facts))


def with_segment(playbook: Playbook, facts: Facts) -> tuple[Facts, Segment | None]:
    """The facts with ``segment`` and its numbers of the grid; the first segment that fits counts."""
    segment = next((s for s in playbook.segments if holds(s.when, facts)), None)
    if segment is None:
        return facts.limited(playbook.thresholds) if playbook.thresholds else facts, None
    return facts.limited({**playbook.thresholds, **segment.thresholds}, segment=segment.id), segment


def holds(when: Conditions, facts: Facts) -> bool:
    """Whether conditions hold; those of no condition do. The same as their verdict, at a fraction of its cost."""
    return (
        all(_holds(node, facts) for node in when.all)
        and (not when.any or any(_holds(node, facts) for node in when.any))
        and not any(_holds(node, facts) for node in when.none)
    )


def _holds(node: Node, facts: Facts) -> bool:
    if isinstance(node, Conditions):
        return holds(node, facts)
    if isinstance(node, Scored):
        return sum(part.weight for part in node.parts if _holds(part.when, facts)) >= node.at_least
    operator, value = OPERATORS.get(node.op), facts.value(node.field)
    if operator is None or (value is None and not operator.unknown_ok):
        return False
    try:
        return operator.test(_looked(node, facts))
    except Incomparable:
        return False


def _looked(condition: Condition, facts: Facts) -> Look:
    wanted = condition.value
    if isinstance(wanted, Threshold):
        wanted = facts.limits.get(wanted.name)
    name = condition.field
    return Look(facts.value(name), wanted, facts.before(name), facts.was_told(name), facts.first, facts.now)


_index: Kept[tuple[Rule, ...], rule_index.RuleIndex] = Kept(rule_index.build)


def explain(rule: Rule, trees: Collection[str] = ()) -> str:
    """What the rule does, in one sentence made from the rule itself; ``trees``: issue types that have a decision tree."""
    return f"When {_says(rule.when)}: {rule.severity.value} escalation along the path {rule.path}, to {_goes(rule, trees)}."


def _goes(rule: Rule, trees: Collection[str]) -> str:
    """Whose turn it is then, as ``decide.aim`` finds it."""
    of_note = "the team that the note names, else " if any(f.startswith("escalate_note") for f in fields_of(rule.when)) else ""
    if rule.team:
        return f"{of_note}team {rule.team}"
    if rule.issue_type:
        tree = " or where its tree leads" if rule.issue_type in trees else ""
        return f"{of_note}the team that owns {rule.issue_type}{tree}"
    return f"{of_note}the team of the ticket's issue type{' or where its tree leads' if trees else ''}"


def looked_at(when: Conditions, facts: Facts) -> tuple[bool, str, tuple[Seen, ...]]:
    """Whether conditions hold, what made it so in words, and every condition with the value it saw."""
    seen = _groups(when, facts)
    held = all(part.held for part in seen)
    return held, "; ".join(dict.fromkeys(_telling(seen, held))), seen


def _verdict(rule: Rule, facts: Facts, mode: Mode) -> Verdict:
    fired, reasons, seen = looked_at(rule.when, facts)
    is_said = reasons.casefold() == rule.title.casefold()  # "Priority is urgent: priority is urgent" tells nothing more
    words = f"did not fire: {reasons}" if not fired else rule.title if is_said else f"{rule.title}: {reasons}"
    return Verdict(
        rule.id, rule.title, mode, fired, rule.severity, rule.path, rule.team, rule.issue_type, seen, words.rstrip(": ")
    )


def _groups(when: Conditions, facts: Facts) -> tuple[Seen, ...]:
    """One Seen for each list that has conditions; all of them must hold."""
    lists = (("all", when.all), ("any", when.any), ("none", when.none))
    return tuple(_group(op, tuple(_node(node, facts) for node in nodes)) for op, nodes in lists if nodes)


def _group(op: str, parts: tuple[Seen, ...]) -> Seen:
    holds = [part.held for part in parts]
    held = {"all": all(holds), "any": any(holds), "none": not any(holds)}[op]
    named = "none may hold" if op == "none" else op
    words = f"{named} of {len(parts)}: {sum(holds)} hold" + ("s" if sum(holds) == 1 else "")
    return Seen("", op, None, None, held, words, parts)


def _node(node: Node, facts: Facts) -> Seen:
    if isinstance(node, Condition):
        return _look(node, facts)
    if isinstance(node, Scored):
        return _scored(node, facts)
    groups = _groups(node, facts)
    return groups[0] if len(groups) == 1 else _group("all", groups)


def _scored(node: Scored, facts: Facts) -> Seen:
    parts = tuple(_node(part.when, facts) for part in node.parts)
    total = sum(part.weight for part, seen in zip(node.parts, parts, strict=True) if seen.held)
    added = [f"{seen.words} ({show(part.weight)})" for part, seen in zip(node.parts, parts, strict=True) if seen.held]
    words = f"score {show(total)} of at least {show(node.at_least)}" + (f": {' + '.join(added)}" if added else "")
    return Seen("", "score", node.at_least, total, total >= node.at_least, words, parts)


def _telling(seen: Iterable[Seen], held: bool) -> Iterable[str]:
    """Sentences of the conditions that made the outcome: of a group only the parts that decided it."""
    for part in seen:
        if part.held is not held:
            continue
        if not part.parts or part.op == "score":
            yield part.words
        elif part.op == "none":
            yield from () if held else _telling(part.parts, True)
        else:
            yield from _telling(part.parts, held)


def _look(condition: Condition, facts: Facts) -> Seen:
    operator = OPERATORS.get(condition.op)
    if isinstance(condition.value, Threshold):
        condition = replace(condition, value=facts.limits.get(condition.value.name))
    value, wanted = facts.value(condition.field), condition.value
    held, words = _tested(condition, operator, facts) if operator else (False, f"there is no operator {condition.op}")
    return Seen(condition.field, condition.op, plain(wanted), plain(value), held, words)


def _tested(condition: Condition, operator: Operator, facts: Facts) -> tuple[bool, str]:
    name, value = condition.field, facts.value(condition.field)
    if value is None and not operator.unknown_ok:
        return False, f"no {_label(name)}" if name.startswith("signals.") else f"{_label(name)} is not known"
    try:
        held = operator.test(_looked(condition, facts))
    except Incomparable as why:
        return False, f"{_label(name)} cannot be judged: {why}"
    return held, _sentence(condition, operator, facts, held)


def _sentence(condition: Condition, operator: Operator, facts: Facts, held: bool) -> str:
    """``priority is urgent (was normal)``, ``age is not over 2h (it is 45m)``, ``legal threat in the text ("my lawyer")``."""
    label = _label(condition.field)
    wanted = "" if operator.operand is Operand.NONE else f" {show(condition.value)}"
    says = f" {_verb(condition.op, operator, held, is_list(facts.value(condition.field)))}{wanted}"
    if held and condition.value is True and facts.value(condition.field) is True:
        says = ""
    aside = ", ".join((*_values(condition, facts), *(_quote(condition, facts) if held else ())))
    return f"{label}{says} ({aside})" if aside else f"{label}{says}"


def _verb(op: str, operator: Operator, held: bool, of_list: bool) -> str:
    """``is`` asks a list whether it has a member, and should read like it."""
    if of_list and op in _SAYS_IS:
        return "includes" if held is not (op == "is_not") else "does not include"
    return operator.yes if held else operator.no


def _values(condition: Condition, facts: Facts) -> Iterable[str]:
    """The value where the sentence does not say it, and what it was before; long texts are left out."""
    value, was = facts.value(condition.field), facts.before(condition.field)
    if value is not None and show(value) != show(condition.value) and len(show(value)) < _MOST_SHOWN:
        yield f"it is {show(value)}"
    if was is not None and show(was) != show(value) and not isinstance(was, bool) and len(show(was)) < _MOST_SHOWN:
        yield f"was {show(was)}"


def _quote(condition: Condition, facts: Facts) -> Iterable[str]:
    """The customer's words behind a signal; no words are evidence of a *no*."""
    if not facts.value(condition.field):
        return ()
    top, _, rest = condition.field.partition(".")
    quote = facts.quotes.get(rest.split(".")[0], "") if top == "signals" else ""
    return (f'"{quote}"',) if quote else ()


def _label(name: str) -> str:
    """A field's name for people: ``signals.legal_threat`` → "legal threat in the text"."""
    if name.startswith("before."):
        return f"{_label(name.removeprefix('before.'))} before"
    parts = [part.replace("_", " ") for part in name.split(".")]
    if parts[0] == "custom":
        return " ".join(parts[1:])
    if parts[0] == "signals":
        return " ".join((*parts[1:], "in the text"))
    return " ".join(parts)


def explain_condition(condition: Condition) -> str:
    """One condition in words: "sentiment label in the text is angry"."""
    return _said(condition, False)


def _says(when: Conditions) -> str:
    lists = (("all", when.all), ("any", when.any), ("none", when.none))
    groups = [(op, _JOIN[op].join(_said(node, len(nodes) > 1) for node in nodes)) for op, nodes in lists if nodes]
    told = [f"not ({words})" if op == "none" else words for op, words in groups]
    return (
        told[0]
        if len(told) == 1
        else " and ".join(f"({words})" if op == "any" else words for (op, _), words in zip(groups, told, strict=True))
    )


def _said(node: Node, inner: bool) -> str:
    if isinstance(node, Conditions):
        return f"({_says(node)})" if inner else _says(node)
    if isinstance(node, Scored):
        parts = " + ".join(f"{show(part.weight)} for {_said(part.when, True)}" for part in node.parts)
        return f"a score of at least {show(node.at_least)} ({parts})"
    operator = OPERATORS.get(node.op)
    of_list = pattern_of(node.field) in LISTS and "*" not in pattern_of(node.field)
    says = _verb(node.op, operator, True, of_list) if operator else node.op
    if node.op == "becomes" and not of_list:
        says = "is or becomes"
    told = f"the segment's {node.value.name}" if isinstance(node.value, Threshold) else cut(show(node.value))
    value = "" if operator and operator.operand is Operand.NONE else f" {told}"
    return f"{_label(node.field)} {says}{value}"
