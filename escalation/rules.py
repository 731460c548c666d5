"""Rules against facts: every condition with the value it saw and a sentence; nothing here raises or does I/O (domain.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from escalation.compare import Incomparable, cut, is_list, normal, plain, show
from escalation.decision import Seen, Verdict
from escalation.facts import Facts, customer_messages, facts
from escalation.operators import OPERATORS, Look, Operand, Operator
from escalation.playbook import Condition, Conditions, Mode, Playbook, Rule
from escalation.ticket import Ticket
from escalation.vocabulary import FIELDS, LISTS, SIGNALS, VOCABULARY, pattern_of

__all__ = ["FIELDS", "OPERATORS", "SIGNALS", "VOCABULARY", "Facts", "evaluate", "explain", "facts", "issue_type_of", "pattern_of"]

_JOIN = {"all": " and ", "any": " or ", "none": " or "}
_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS_READ = 20_000  # characters of the customer's text that are read for a first intent
_SUBJECT_WEIGHT = 2
_SAYS_IS = ("is", "is_not", "becomes")
_MOST_SHOWN = 60  # a longer value is not repeated in a sentence


def evaluate(playbook: Playbook, facts: Facts) -> tuple[Verdict, ...]:
    """A verdict for every rule that is not off, in the playbook's order. Never raises: what cannot be compared does not hold.

    ``Seen.wanted`` and ``Seen.value`` are ready for JSON.
    """
    return tuple(_verdict(rule, facts) for rule in playbook.rules if rule.mode is not Mode.OFF)


def explain(rule: Rule) -> str:
    """What the rule does, in one sentence made from the rule itself."""
    owner = f"the team that owns {rule.issue_type}" if rule.issue_type else "the team of the ticket's issue type"
    goes = f"to {f'team {rule.team}' if rule.team else owner}"
    return f"When {_says(rule.when)}: {rule.severity.value} escalation along the path {rule.path}, {goes}."


def issue_type_of(ticket: Ticket, issue_words: Mapping[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """First intent by words: (issue type, the words found). Words in the subject count double, long phrases more than words.

    A word that ends in * stands for all its endings. "other" when nothing is found; equal scores go by the alphabet.
    """
    subject = _spaced(ticket.subject)
    text = _spaced("\n".join(m.text for m in customer_messages(ticket))[:_MOST_WORDS_READ])
    best: tuple[int, str, tuple[str, ...]] = (0, "other", ())
    for issue_type in sorted(issue_words):
        hits = {word: score for word in issue_words[issue_type] if (score := _score(word, subject, text))}
        if sum(hits.values()) > best[0]:
            best = (sum(hits.values()), issue_type, tuple(hits))
    return best[1], best[2]


def _spaced(text: str) -> str:
    """The words of a text in lower case, one space around each."""
    return f" {' '.join(_WORD.findall(normal(text)))} "


def _score(word: str, subject: str, text: str) -> int:
    sought = _spaced(word)
    if sought.isspace():
        return 0
    weight = sought.count(" ") - 1
    if word.endswith("*"):
        sought = sought.rstrip()
    return weight * (_SUBJECT_WEIGHT * (sought in subject) + (sought in text))


def _verdict(rule: Rule, facts: Facts) -> Verdict:
    seen = _groups(rule.when, facts)
    fired = all(part.held for part in seen)
    reasons = "; ".join(dict.fromkeys(_telling(seen, fired)))
    is_said = reasons.casefold() == rule.title.casefold()  # "Priority is urgent: priority is urgent" tells nothing more
    words = f"did not fire: {reasons}" if not fired else rule.title if is_said else f"{rule.title}: {reasons}"
    return Verdict(
        rule.id, rule.title, rule.mode, fired, rule.severity, rule.path, rule.team, rule.issue_type, seen, words.rstrip(": ")
    )


def _groups(when: Conditions, facts: Facts) -> tuple[Seen, ...]:
    """One Seen for each list that has conditions; all of them must hold."""
    lists = (("all", when.all), ("any", when.any), ("none", when.none))
    return tuple(_group(op, tuple(_node(node, facts) for node in nodes)) for op, nodes in lists if nodes)


def _group(op: str, parts: tuple[Seen, ...]) -> Seen:
    holds = [part.held for part in parts]
    held = {"all": all(holds), "any": any(holds), "none": not any(holds)}[op]
    words = f"{op} of {len(parts)}: {sum(holds)} hold" + ("s" if sum(holds) == 1 else "")
    return Seen("", op, None, None, held, words, parts)


def _node(node: Condition | Conditions, facts: Facts) -> Seen:
    if isinstance(node, Condition):
        return _look(node, facts)
    groups = _groups(node, facts)
    return groups[0] if len(groups) == 1 else _group("all", groups)


def _telling(seen: Iterable[Seen], held: bool) -> Iterable[str]:
    """Sentences of the conditions that made the outcome: of a group only the parts that decided it."""
    for part in seen:
        if part.held is not held:
            continue
        if not part.parts:
            yield part.words
        elif part.op == "none":
            yield from () if held else _telling(part.parts, True)
        else:
            yield from _telling(part.parts, held)


def _look(condition: Condition, facts: Facts) -> Seen:
    operator = OPERATORS.get(condition.op)
    value, wanted = facts.value(condition.field), condition.value
    held, words = _tested(condition, operator, facts) if operator else (False, f"there is no operator {condition.op}")
    return Seen(condition.field, condition.op, plain(wanted), plain(value), held, words)


def _tested(condition: Condition, operator: Operator, facts: Facts) -> tuple[bool, str]:
    name, value = condition.field, facts.value(condition.field)
    if value is None and not operator.unknown_ok:
        return False, f"no {_label(name)}" if name.startswith("signals.") else f"{_label(name)} is not known"
    was = facts.before(name)
    look = Look(value, condition.value, was, facts.was_told(name), facts.first, facts.now)
    try:
        held = operator.test(look)
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
    """The customer's words behind a signal."""
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


def _says(when: Conditions) -> str:
    lists = (("all", when.all), ("any", when.any), ("none", when.none))
    groups = [(op, _JOIN[op].join(_said(node, len(nodes) > 1) for node in nodes)) for op, nodes in lists if nodes]
    told = [f"not ({words})" if op == "none" else words for op, words in groups]
    return (
        told[0]
        if len(told) == 1
        else " and ".join(f"({words})" if op == "any" else words for (op, _), words in zip(groups, told, strict=True))
    )


def _said(node: Condition | Conditions, inner: bool) -> str:
    if isinstance(node, Conditions):
        return f"({_says(node)})" if inner else _says(node)
    operator = OPERATORS.get(node.op)
    of_list = pattern_of(node.field) in LISTS and "*" not in pattern_of(node.field)
    says = _verb(node.op, operator, True, of_list) if operator else node.op
    if node.op == "becomes" and not of_list:
        says = "is or becomes"
    value = "" if operator and operator.operand is Operand.NONE else f" {cut(show(node.value))}"
    return f"{_label(node.field)} {says}{value}"
