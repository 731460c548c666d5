"""What a bug is known again by and what it says, without a store: fingerprints, similarity, evidence, the text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from config.playbook import load_playbook
from escalation.bug import (
    Bug,
    BugLink,
    BugState,
    Evidence,
    body,
    candidates,
    evidence_of,
    fingerprint,
    lacking,
    link_of,
    signs_of,
    similarity,
    title_of,
)
from escalation.masking import To
from escalation.package import Contact, ContextPackage, Specific, Statement, Turn

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASE = ContextPackage("zendesk", "1", NOW, subject="Export fails", product_area="Export")


def package(*specifics: tuple[str, str], said: str = "", area: str = "Export", subject: str = "Export fails") -> ContextPackage:
    turns = (Turn("m1", "customer", "Kim", said),) if said else ()
    found = tuple(Specific(kind, text, "m1") for kind, text in specifics)
    return replace(BASE, specifics=found, transcript=turns, product_area=area, subject=subject)


CODE = ("error", "ERR-5021")
SAME = [
    ("the same code", package(CODE), package(CODE, subject="HELP!!!")),
    ("in other letters", package(CODE), package(("error", "err-5021"), area="export ")),
    ("not named as an error", package(CODE), package(("reference", "ERR-5021"))),
    ("beside other numbers", package(CODE), package(CODE, ("order", "A-77"), ("amount", "5 EUR"))),
    ("a message with another number", package(("error message", "Job 4711 died")), package(("error message", "job 9 died"))),
    ("a status and the same words", package(("error", "500")), package(("error", "500"))),
]
OTHER = [
    ("another code", package(CODE), package(("error", "ERR-5022"))),
    ("another area", package(CODE), package(CODE, area="Billing")),
    ("one code more", package(CODE), package(CODE, ("error", "ERR-1"))),
    ("a status alone", package(("error", "500")), package(("error", "500"), subject="Dashboard stays empty")),
    ("other words", package(), package(subject="Dashboard stays empty")),
]


@pytest.mark.parametrize(("one", "other"), [(a, b) for _, a, b in SAME], ids=[n for n, _, _ in SAME])
def test_one_fault_has_one_fingerprint(one: ContextPackage, other: ContextPackage) -> None:
    assert fingerprint(signs_of(one)) == fingerprint(signs_of(other)) != ""


@pytest.mark.parametrize(("one", "other"), [(a, b) for _, a, b in OTHER], ids=[n for n, _, _ in OTHER])
def test_other_faults_have_others(one: ContextPackage, other: ContextPackage) -> None:
    assert fingerprint(signs_of(one)) != fingerprint(signs_of(other))


def test_a_ticket_that_tells_nothing_has_none() -> None:
    assert fingerprint(signs_of(package(subject="Help!", area=""))) == ""


def test_similarity_is_symmetric_and_between_nothing_and_all() -> None:
    everything = [signs_of(p) for _, *pair in (*SAME, *OTHER) for p in pair]
    for one in everything:
        for other in everything:
            assert similarity(one, other)[0] == similarity(other, one)[0]
            assert 0 <= similarity(one, other)[0] <= 1
        assert similarity(one, one)[0] == 1
    assert similarity(signs_of(package(CODE)), signs_of(package(CODE, area="Billing")))[0] > 0.8
    assert similarity(signs_of(package(CODE)), signs_of(package(("error", "X-1"), subject="Nothing here")))[0] < 0.5


def bug(of: ContextPackage, **more: object) -> Bug:
    signs = signs_of(of)
    made = Bug("b_1", "github", fingerprint(signs), BugState.OPEN, title_of(of, signs), signs, Evidence(), "h_1", NOW, count=1)
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_most_similar_come_first_and_strangers_not_at_all() -> None:
    near = bug(package(CODE, ("error", "ERR-1")), id="near")
    same = bug(package(CODE), id="same")
    far = bug(package(("error", "ERR-9"), subject="Cannot sign in", area="Login"), id="far")
    found = candidates(signs_of(package(CODE)), [far, near, same])
    assert [c.bug.id for c in found] == ["same", "near"]
    assert found[0].similarity == 1 and "err-5021" in found[1].why


def test_at_most_five_are_shown() -> None:
    assert len(candidates(signs_of(package(CODE)), [bug(package(CODE), id=str(n)) for n in range(20)])) == 5


EVIDENCE = [
    ("Steps to reproduce: open, export", True),
    ("1. Open the report\n2. Press export", True),
    ("It fails every time I click Export", True),
    ("When we upload a file it stops", True),
    ("Open the dashboard, then it hangs", True),
    ("Nothing works and I want my money back", False),
    ("My invoice is wrong", False),
]


@pytest.mark.parametrize(("said", "tells"), EVIDENCE)
def test_steps_are_found_in_what_was_said(said: str, tells: bool) -> None:
    assert bool(evidence_of(package(said=said)).steps) is tells


def test_what_is_lacking_is_a_checklist() -> None:
    assert len(lacking(evidence_of(package()))) == 3
    whole = replace(package(("environment", "Chrome 126"), said="1. Open"), impact=Statement("All users are blocked", "m1"))
    assert lacking(evidence_of(whole)) == ()
    assert lacking(evidence_of(package(), Evidence("Firefox", " ", "all"))) == lacking(Evidence("Firefox", "", "all"))


def test_a_title_tells_the_error_and_fits() -> None:
    for of, title in (
        (package(CODE), "ERR-5021 in Export: Export fails"),
        (package(CODE, subject="Export: err-5021 again"), "Export: err-5021 again"),
        (package(subject="a\n b"), "a b"),
        (package(subject=""), "Ticket 1"),
    ):
        assert title_of(of, signs_of(of)) == title
    assert len(title_of(package(CODE, subject="x" * 500), signs_of(package()))) == 120
    long = title_of(package(subject="the export of invoices fails " * 9), signs_of(package()))
    assert long.endswith("the export of invoices fails…") and len(long) <= 120


def test_a_tracker_is_told_organisations_and_never_people() -> None:
    told = replace(package(CODE), customer=Contact("Kim Park", "kim@acme.test", "enterprise", "Acme"))
    link = link_of(told, "h_1", "https://x.test/1", "Ada")
    note = body(bug(told), told, (link,), "https://baton.test/handoffs/h_1")
    assert "Acme, enterprise" in str(note) and "Kim" not in str(note) and "kim@" not in str(note)
    many = tuple(BugLink("zendesk", str(n), "h", who=f"Org {n}") for n in range(80))
    whole = body(bug(told, count=80), told, many, "")
    assert len(dict(whole.sections)["Linked tickets"]) == 50
    assert "80 until now" in str(whole.lines) and "and 70 more" in str(whole.lines)


def test_what_a_playbook_hides_from_trackers_is_hidden() -> None:
    hides = "masking: {patterns: [{name: customer number, pattern: 'KD-[0-9]{6}'}]}\n"
    masking = load_playbook(f"paths: {{default: {{levels: [{{name: One, offering: one}}]}}}}\nrules: []\n{hides}").masking
    said = package(CODE, said="1. Open KD-123456 with card 4111 1111 1111 1111")
    note = masking.whole(body(bug(said), said, (), ""), To.TRACKER)
    assert "KD-123456" not in str(note) and "4111" not in str(note) and "1. Open" in str(note)
