"""Decision trees: where a ticket goes by a few questions, told in words; and every mistake with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from config.playbook import Problems, check_together, load_playbook, load_roster
from escalation.decide import decide
from escalation.decision import Decision
from escalation.facts import Facts
from escalation.playbook import Aim, Condition, Conditions, Level, Offering, Path, Playbook, Question, Tree
from escalation.rehearsal import aim
from escalation.routing import choose
from escalation.ticket import Money, Priority, Ticket
from escalation.trees import follow
from tests.floor import URGENT, Floor, people
from tests.support import ROOT

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STARTER = load_playbook((ROOT / "config" / "escalation.yaml").read_text())
ROSTER = load_roster((ROOT / "config" / "roster.yaml").read_text())


def decided(
    subject: str = "Invoice", amount: int = 0, rule: Mapping[str, Any] | None = None, tree: Tree | None = None
) -> Decision:
    """What the starter's tree makes of an urgent ticket about billing."""
    urgent = replace(next(r for r in STARTER.rules if r.id == "urgent"), **(rule or {}))
    custom = {"refund_amount": Money(Decimal(amount), "EUR")} if amount else {}
    ticket = Ticket("zendesk", "1", subject=subject, priority=Priority.URGENT, issue_type="billing", custom=custom)
    playbook = replace(STARTER, rules=(urgent,), trees={"billing": tree} if tree else STARTER.trees)
    return decide(playbook, ticket, None, (), (), NOW)


LEADS: list[tuple[str, Decision, tuple[str, str, str, tuple[str, ...]]]] = [  # team, path, issue type, skills
    ("as usual", decided(), ("", "default", "billing", ())),
    ("the first question", decided(amount=1000), ("billing", "lead_first", "billing", ())),
    ("the second", decided("About our contract"), ("", "lead_first", "billing", ())),
    ("the rule names the same team", decided(amount=1000, rule={"team": "billing"}), ("billing", "lead_first", "billing", ())),
    ("the rule names another", decided(amount=1000, rule={"team": "security"}), ("security", "default", "billing", ())),
    ("the rule has its own path", decided(amount=1000, rule={"path": "vip"}), ("billing", "vip", "billing", ())),
    ("the rule knows the issue type", decided(amount=1000, rule={"issue_type": "bug"}), ("", "default", "bug", ())),
]  # fmt: skip


@pytest.mark.parametrize(("decision", "goes"), [row[1:] for row in LEADS], ids=[row[0] for row in LEADS])
def test_where_it_goes(decision: Decision, goes: tuple[str, str, str, tuple[str, ...]]) -> None:
    assert (decision.team, decision.path, decision.issue_type, decision.skills) == goes


def words(decision: Decision) -> str:
    assert decision.branch is not None
    return decision.branch.words


def test_the_way_is_told_with_every_value_it_saw() -> None:
    assert words(decided(amount=1200)) == (
        "billing → Is a large sum wanted back? yes (refund amount is at least 1000 (it is 1200 EUR)) → "
        "team billing, path lead_first"
    )
    assert words(decided()).endswith("→ Is it about a contract? no (subject contains none of contract, renewal, framework "
                                     "agreement (it is Invoice)) → as usual")  # fmt: skip
    assert words(decided(amount=1200, rule={"team": "security"})).endswith(
        "→ not taken, for the rule or a note sends it to team security"
    )
    assert words(decided(amount=1200, rule={"path": "vip"})).endswith("→ team billing, the rule's own path vip")


def test_whoever_lacks_a_skill_of_the_branch_is_not_asked() -> None:
    first, second = STARTER.trees["billing"].questions
    able = Tree("billing", (first, replace(second, yes=Aim(skills=("contracts",)))))
    decision = decided("About our contract", tree=able)
    team, path = aim(decision, STARTER, ROSTER)
    assert (decision.skills, path.levels[0].skills) == (("contracts",), ("contracts",))
    route = choose(Ticket("zendesk", "1"), "billing", team, ROSTER, {}, NOW, level=path.levels[0])
    assert [c.agent for c in route.available()] == ["ada"]
    assert {c.agent: c.excluded for c in route.candidates}["bo"] == "no skill contracts"


def test_what_trees_ask_counts_as_needed() -> None:
    assert "custom" in replace(STARTER, rules=()).needs()


# --- the way ends, whatever the tree ---

ASKED = Conditions(all=(Condition("custom.x", "is", 1),))
AIMS = st.sampled_from([Aim(), Aim(team="a"), Aim(path="p")])


@st.composite
def any_tree(draw: st.DrawFn) -> Tree:
    """A tree as the loader lets it through: branches lead on, never back."""
    size = draw(st.integers(1, 8))
    questions = []
    for n in range(size):
        later = [f"q{m}" for m in range(n + 1, size)]
        yes, no = (draw(st.one_of(AIMS, st.sampled_from(later)) if later else AIMS) for _ in range(2))
        when = draw(st.sampled_from([ASKED, Conditions(none=(Condition("custom.x", "is", 1),))]))
        questions.append(Question(f"q{n}", f"Q{n}?", when, yes, no))
    return Tree("billing", tuple(questions))


@given(any_tree(), st.sampled_from([1, 2, None]))
def test_every_way_ends_at_a_target_and_asks_nothing_twice(tree: Tree, value: int | None) -> None:
    branch = follow(tree, Facts(NOW, {} if value is None else {"custom.x": value}))
    assert isinstance(branch.aim, Aim)
    assert len(branch.asked) == len({asked.question for asked in branch.asked}) <= len(tree.questions)
    assert branch.words.count("→") == len(branch.asked) + 1


# --- mistakes ---

HEAD = """\
paths: {default: {levels: [{name: a, offering: one}]}}
rules: []
issue_words: {billing: [bill]}
trees:
"""
ASK = "ask: A?, when: {field: priority, op: is, value: urgent}"
WRONG: list[tuple[str, str, str, str, str]] = [  # what, the tree, where, problem, remedy
    ("a circle", f"a: {{{ASK}, yes: b, no: as_usual}}, b: {{{ASK}, yes: as_usual, no: a}}", "billing.b.no",
     "the questions go in a circle: a → b → a", "Lead one of them elsewhere."),
    ("itself", f"a: {{{ASK}, yes: a, no: as_usual}}", "billing.a.yes", "in a circle: a → a", "elsewhere"),
    ("no field", "a: {ask: A?, when: {field: prio, op: is, value: urgent}, yes: as_usual, no: as_usual}", "billing.a.when.field",
     "unknown field 'prio'", "docs/rules.md lists the fields."),
    ("a slip in a key", "a: {ask: A?, when: {field: priority, op: absent, vlaue: low}, yes: as_usual, no: as_usual}",
     "billing.a.when.vlaue", "unknown key 'vlaue'", "Did you mean 'value'?"),
    ("no such question", f"a: {{{ASK}, yes: bee, no: as_usual}}", "billing.a.yes", "no question 'bee'", "as_usual"),
    ("no leaf", f"a: {{{ASK}, yes: as_usual}}", "billing.a.no", "this key is missing", "Add it."),
    ("an empty leaf", f"a: {{{ASK}, yes: as_usual, no: {{}}}}", "billing.a.no", "this branch leads nowhere", "Name the next"),
    ("no such path", f"a: {{{ASK}, yes: {{path: fast}}, no: as_usual}}", "billing.a.yes.path", "no path 'fast'", "default"),
    ("no issue type", f"a: {{{ASK}, yes: {{issue_type: bil}}, no: as_usual}}", "billing.a.yes.issue_type", "'bil'", "billing"),
    ("no such threshold", "a: {ask: A?, when: {field: custom.n, op: gte, value: $many}, yes: as_usual, no: as_usual}",
     "billing.a.when.value", "there is no threshold 'many'", "Define many under thresholds."),
    ("never asked", f"a: {{{ASK}, yes: as_usual, no: as_usual}}, b: {{{ASK}, yes: as_usual, no: as_usual}}", "billing.b",
     "nothing leads to the question 'b'", "Name it in a branch"),
    ("nothing", "", "billing", "this tree has no question", "Add one"),
    ("the word", f"as_usual: {{{ASK}, yes: {{team: a}}, no: {{team: b}}}}", "billing.as_usual", "as usual", "another name"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "where", "problem", "remedy"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_trees_are_refused_with_their_line(tree: str, where: str, problem: str, remedy: str) -> None:
    with pytest.raises(Problems) as found:
        load_playbook(f"{HEAD}  billing: {{{tree}}}\n")
    (wrong,) = found.value.problems
    assert (wrong.line, wrong.path) == (5, f"trees.{where}")
    assert problem in wrong.problem and remedy in wrong.remedy


def test_a_tree_of_no_issue_type_and_targets_that_the_roster_lacks_are_refused() -> None:
    with pytest.raises(Problems, match="there is no issue type 'invoices'"):
        load_playbook(f"{HEAD}  invoices: {{a: {{{ASK}, yes: as_usual, no: as_usual}}}}\n")
    text = f"default_team: care\n{HEAD}  billing: {{a: {{{ASK}, yes: {{team: moon}}, no: {{skills: [tax]}}}}}}\n"
    found = check_together(load_playbook(text), ROSTER, text)
    mine = [(p.line, p.path, p.problem) for p in found if p.path.startswith("trees")]
    assert mine == [
        (6, "trees.billing.a.yes.team", "there is no team 'moon'"),
        (6, "trees.billing.a.no.skills[0]", "there is no agent's skill 'tax'"),
    ]


# --- on the timeline ---


def test_the_timeline_tells_the_way_and_the_handoff_goes_it(db: Engine) -> None:
    enterprise = Conditions(all=(Condition("customer.tier", "is", "enterprise"),))
    vip = Question("vip", "An enterprise customer?", enterprise, Aim(path="team", skills=("contracts",)), Aim())
    paths = {"default": Path("default", (Level("one"),)), "team": Path("team", (Level("team", Offering.CHANNEL),))}
    rules = (replace(URGENT, issue_type="billing"),)
    playbook = Playbook(rules, paths, "care", trees={"billing": Tree("billing", (vip,))})
    floor = Floor(db, paths["default"], people(2, skills={"billing": 3}))
    floor.pipeline = replace(floor.pipeline, playbook=lambda: playbook)
    floor.webhook("7", kind="created", status="open", priority="urgent", by="customer", tier="enterprise")
    (told,) = floor.rows("SELECT words, data FROM timeline WHERE kind = 'tree'")
    assert told.words == "billing → An enterprise customer? yes (customer tier is enterprise) → path team, skills contracts"
    assert told.data["branch"]["asked"][0]["seen"][0]["parts"][0]["value"] == "enterprise"
    shown = floor.journal.shown(floor.handoff_of("7"))
    floor.journal.close()
    assert shown is not None
    assert (shown.handoff.path, shown.handoff.skills) == (paths["team"].needing(("contracts",)), ("contracts",))
    assert [offer.channel for offer in shown.handoff.open_offers] == ["#care"]
