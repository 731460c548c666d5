"""Conditions that can never hold, or always hold, are refused in words; those that can hold are taken, as they are evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from config import named
from config.conditions import ConditionModel, compile_pattern, threshold_named
from config.kinds import COMPARING
from config.playbook import load_playbook
from config.yamldoc import Problems, parse
from escalation.compare import Incomparable
from escalation.operators import OPERATORS, Look
from escalation.ticket import ChangeKind, Money, Priority, Status
from escalation.vocabulary import FIELDS, KINDS, SIGNALS, VOCABULARY, Kind, kind_of, pattern_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEAD = "guard: false\npaths: {default: {levels: [{name: One, offering: one}]}}\nrules:\n"


def playbook(condition: str, more: str = "") -> str:
    return f"{more}{HEAD}  - {{id: a, title: A, when: {{all: [{{{condition}}}]}}}}\n"


def told(text: str) -> str:
    with pytest.raises(Problems) as found:
        load_playbook(text)
    return str(found.value)


def test_every_field_has_a_kind() -> None:
    names = [name for name in FIELDS if name not in ("signals.*", "before.*")]
    names += [f"signals.{signal}" for signal in SIGNALS]
    names += [f"signals.{signal}.{part}" for signal, parts in SIGNALS.items() for part in parts]
    assert {name for name in names if name not in KINDS and pattern_of(name) not in KINDS} == set()
    assert KINDS.keys() - {*names} == set()
    words = {name for name, kind in KINDS.items() if kind in (Kind.WORD, Kind.RANK, Kind.WORDS)}
    assert words == VOCABULARY.keys()


NEVER = [  # condition, what is told
    (
        "field: signals.churn_risk, op: changed",
        "changed asks what signals.churn_risk was at the last look, which nobody remembers",
    ),
    ("field: history.reopened, op: increased", "increased asks what history.reopened was at the last look"),
    ("field: segment, op: changed_to, value: a", "changed_to asks what segment was at the last look"),
    ("field: before.signals.sentiment.score, op: lt, value: 0", "nobody remembers what signals.sentiment.score was"),
    ("field: before.waiting, op: absent", "nobody remembers what waiting was"),
    ("field: messages.customer.count, op: increased", "increased asks what messages.customer.count was at the last look"),
    ("field: text, op: changed", "changed asks what text was at the last look"),
    (
        "field: subject, op: gte, value: 5",
        "subject is text and cannot be compared with 5. Use contains, is, matches or starts_with",
    ),
    ("field: subject, op: gt, value: 2h", "subject is text and cannot be compared with '2h'"),
    ("field: tags, op: gte, value: 5", "tags is a list and cannot be compared with 5. Use has, has_any or count_gte"),
    ("field: language, op: gte, value: 3", "language is text and cannot be compared with 3"),
    ("field: customer.tier, op: gte, value: 3", "customer.tier is a word of your own and cannot be compared with 3"),
    ("field: status, op: gte, value: open", "status is a word of a closed list and cannot be compared with 'open'"),
    ("field: age, op: gte, value: 5", "age is a length of time and cannot be compared with 5. Write a length of time"),
    ("field: age, op: gte, value: 500 EUR", "age is a length of time and cannot be compared with '500 EUR'"),
    ("field: age, op: is, value: 5", "age is a length of time, and never 5"),
    ("field: age, op: between, value: [1h, 5]", "age is a length of time and cannot be compared with 5"),
    ("field: created_at, op: gt, value: 5", "created_at is a date and time and cannot be compared with 5. Write a date"),
    ("field: created_at, op: gt, value: 2h", "created_at is a date and time and cannot be compared with '2h'"),
    (
        "field: created_at, op: contains, value: 2026",
        "contains needs text, or a list of texts, and created_at is a date and time",
    ),
    ("field: customer.contract_value, op: gte, value: 2h", "a sum of money and cannot be compared with '2h'. Write a sum"),
    ("field: messages.count, op: gte, value: 2h", "messages.count is a number and cannot be compared with '2h'"),
    ("field: messages.count, op: gte, value: 2026-01-01", "messages.count is a number and cannot be compared with"),
    ("field: messages.count, op: is, value: many", "messages.count is a number, and never 'many'"),
    ("field: messages.count, op: matches, value: x+", "matches needs text, or a list of texts, and messages.count is a number"),
    ("field: messages.count, op: contains, value: 5", "contains needs text, or a list of texts, and messages.count is a number"),
    ("field: signals.churn_risk, op: gte, value: 2", "signals.churn_risk is true or false and cannot be compared with 2"),
    ("field: signals.churn_risk, op: is, value: maybe", "signals.churn_risk is true or false, and never 'maybe'"),
    ('field: signals.churn_risk, op: is, value: "true"', "never 'true'. Use is with true or false, without quotes"),
    ("field: signals.failed_attempts, op: is, value: true", "signals.failed_attempts is a number, and never true"),
    ("field: signals.failed_attempts.count, op: gte, value: high", "is a number and cannot be compared with 'high'"),
    ("field: signals.failed_attempts.items, op: has, value: a", "has needs a list"),
    ("field: signals.sentiment.confidence, op: gte, value: 80", "is a share from 0 to 1, and never 80"),
    ("field: tags, op: increased", "increased needs something with an order, and tags is a list"),
    ("field: subject, op: increased", "increased needs something with an order, and subject is text"),
    ("field: before.subject, op: gte, value: 5", "before.subject is text and cannot be compared with 5"),
    ("field: priority, op: starts_with, value: x", "no word of priority starts with 'x'. Use one of: high, low"),
    ("field: priority, op: matches, value: 'urgnt'", "no word of priority matches it. Its words are: high, low"),
    ("field: tags, op: has, value: true", "tags holds text, and true is none. Put the word in quotes"),
    ('field: subject, op: contains, value: ""', "this text is empty: it is in every text, and no field is equal to it"),
    ('field: subject, op: contains, value: "  "', "this text is empty"),
    ("field: subject, op: contains_any, value: ['']", "this text is empty"),
    ("field: custom.x, op: is, value: ''", "absent and present ask whether there is one"),
    ("field: tags, op: has, value: ''", "this text is empty"),
    ("field: subject, op: contains_any, value: [null]", "this is no value"),
    ("field: subject, op: matches, value: '.*'", "this pattern is found in every text, even in an empty one"),
    ("field: subject, op: matches, value: 'a|'", "this pattern is found in every text, even in an empty one"),
    ('field: subject, op: matches, value: "\\bfoo"', "Put the pattern in single quotes"),
    ("field: custom.x, op: in, value: [$a, $b]", "the threshold 'a' stands in a list. Write a condition of its own for it"),
    ("field: subject, op: contains_any, value: [$refund]", "the threshold 'refund' stands in a list"),
    ("field: custom.x, op: between, value: [$a, $b]", "the threshold 'a' stands in a list"),
]


@pytest.mark.parametrize(("condition", "words"), NEVER, ids=[row[0] for row in NEVER])
def test_what_can_never_hold_is_refused_in_words(condition: str, words: str) -> None:
    assert words in told(playbook(condition))


UNFIT = [("age, op: gte", 500), ("messages.count, op: gte", "2h"), ("subject, op: gte", 5), ("last_message.public, op: is", 5)]


@pytest.mark.parametrize(("asked", "value"), UNFIT)
def test_a_threshold_has_to_be_of_the_fields_kind(asked: str, value: object) -> None:
    assert f"{asked.split(',')[0]} is " in told(playbook(f"field: {asked}, value: $limit", f"thresholds: {{limit: {value}}}\n"))


@pytest.mark.parametrize(("value", "name"), [("$refund", "refund"), ("$500 bill", ""), ("$Refund", ""), ("$a b", ""), (5, "")])
def test_only_a_name_after_the_sign_is_a_threshold(value: object, name: str) -> None:
    assert threshold_named(value) == name


TAKEN = [  # field, op, value as written, operand
    ("customer.contract_value", "is", "500 EUR", Money(Decimal(500), "EUR")),
    ("customer.renewal_on", "is", "2026-03-31", datetime(2026, 3, 31, tzinfo=UTC)),
    ("business.waiting", "is", "0m", timedelta(0)),
    ("customer.health", "gte", "amber", "amber"),
    ("group.id", "is", 12345678901234567, "12345678901234567"),
    ("signals.repeated_question.pairs", "count_gte", 1, 1),
    ("signals.sentiment.score", "lte", -0.2, -0.2),
    ("before.priority", "gte", "high", "high"),
    ("subject", "contains", "$500 bill", "$500 bill"),
]


@pytest.mark.parametrize(("field", "op", "value", "operand"), TAKEN)
def test_what_can_hold_is_taken(field: str, op: str, value: object, operand: object) -> None:
    assert ConditionModel.model_validate({"field": field, "op": op, "value": value}).value == operand


# ------------------------------------------------------------------ the loader agrees with how conditions are evaluated

OPERANDS: tuple[object, ...] = (5, 0.5, True, "5", "0.5", "many", "high", "2h", "500 EUR", "2026-01-01", "yes", "open", "created")
WRITTEN = tuple(word for word in OPERANDS if isinstance(word, str))
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SUMS = tuple(Money(Decimal(n), c) for n, c in (("0.1", ""), ("0.5", ""), ("4", ""), ("5", ""), ("499", "EUR"), ("500", "EUR")))
HELD: Mapping[str, tuple[object, ...]] = {  # a field of each kind → values that it may hold
    "subject": WRITTEN,
    "customer.health": (*WRITTEN, "urgent", "low"),
    "status": tuple(set(Status) - {Status.UNKNOWN}),
    "priority": tuple(set(Priority) - {Priority.UNKNOWN}),
    "tags": (WRITTEN,),
    "change.kind": (tuple(ChangeKind),),
    "signals.failed_attempts.items": (({"step": "reset"},),),
    "messages.count": (0, 0.5, 4, 5, 6),
    "signals.sentiment.confidence": (0.4, 0.5, 0.6),
    "age": (HOUR, 2 * HOUR, 3 * HOUR),
    "created_at": (YEAR - HOUR, YEAR, YEAR + HOUR, NOW - HOUR, NOW),
    "customer.contract_value": (*SUMS, Money(Decimal(501), "EUR")),
    "last_message.public": (True, False),
}
TRIED = ("is", "contains", "starts_with", "matches", "gt", "gte", "lt", "lte", "has", "older_than", "within")


def loaded(field: str, op: str, value: object) -> tuple[bool, object]:
    """Whether the loader takes a condition, and its operand."""
    try:
        return True, ConditionModel.model_validate({"field": field, "op": op, "value": value}).value
    except ValidationError:
        return False, compile_pattern(str(value)) if op == "matches" else value


def can_hold(field: str, op: str, wanted: object) -> bool:
    def holds(value: object) -> bool:
        try:
            return OPERATORS[op].test(Look(value, wanted, None, False, True, NOW))
        except Incomparable:
            return False

    return any(map(holds, HELD[field]))


def is_meant(field: str, op: str, value: object) -> bool:
    """Refused although the evaluator finds a way: it is not what was meant."""
    kind = kind_of(field)
    number_as_text = op in ("starts_with", "matches") and not isinstance(value, str)
    prose_in_order = kind is Kind.TEXT and op in COMPARING and value == "high"
    truth_as_yes = kind in (Kind.TEXT, Kind.OWN_WORD, Kind.LIST) and value is True
    count_in_euros = kind in (Kind.NUMBER, Kind.SHARE) and op in COMPARING and value == "500 EUR"
    share_always_less = kind is Kind.SHARE and op in ("lt", "lte") and value == 5
    return number_as_text or prose_in_order or truth_as_yes or count_in_euros or share_always_less


@pytest.mark.parametrize("op", TRIED)
@pytest.mark.parametrize("field", HELD)
def test_the_loader_takes_what_can_hold(field: str, op: str) -> None:
    assert {kind_of(name) for name in HELD} == set(Kind) - {Kind.UNKNOWN}
    wrongly = []
    for value in OPERANDS:
        taken, wanted = loaded(field, op, value)
        if not taken:
            wanted = loaded("custom.x", op, value)[1]
        if taken != can_hold(field, op, wanted) and not (not taken and is_meant(field, op, value)):
            wrongly.append((value, "taken" if taken else "refused"))
    assert wrongly == []


NAMED = [  # condition on a segment, problems
    ("op: is, value: entreprise", ["there is no segment 'entreprise'"]),
    ("op: is, value: Enterprise", []),
    ("op: in, value: [enterprise, smal]", ["there is no segment 'smal'"]),
    ("op: contains, value: enter", []),
    ("op: absent", []),
    ("op: is, value: $name", []),
]


@pytest.mark.parametrize(("condition", "found"), NAMED)
@pytest.mark.parametrize("around", ["{%s}", "{all: [{%s}]}", "{any: [{score: {at_least: 1, of: [{weight: 1, when: {%s}}]}}]}"])
def test_names_that_conditions_compare_with_are_defined(around: str, condition: str, found: list[str]) -> None:
    parsed = parse("rules:\n  - when: " + around % f"field: segment, {condition}", "escalation")
    told = list(named.problems(parsed, "segment", {"enterprise", "small"}, "segment"))
    assert [problem.problem for problem in told] == found
    assert all(problem.line == 2 and "Did you mean" in problem.remedy for problem in told)
