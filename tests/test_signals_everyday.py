"""What customers say in the plainest words: how urgent it is, calls that are taken up, leaving, remedies that worked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from escalation.ticket import Message, Person, Role
from signals.acts import acts
from signals.languages import detect
from signals.model import words_only
from signals.reader import TextReader

READER = TextReader(words_only)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
WHO = {name: Person(name, name, role=Role(name)) for name in ("customer", "agent")}


def read(*said: tuple[str, str]) -> dict[str, Any]:
    messages = tuple(Message(f"m{n}", WHO[who], text, at=NOW) for n, (who, text) in enumerate(said))
    return {signal.name: signal.value for signal in READER.read(messages, NOW)}


URGENCY: list[tuple[str, str | None]] = [
    ("This is urgent.", "high"),
    ("urgent!!! can't log in", "high"),
    ("Please fix this ASAP.", "high"),
    ("please help as soon as possible", "high"),
    ("Whole team can't post invoices, month end is today. Please treat as urgent.", "high"),
    ("This cannot wait until Monday.", "high"),
    ("No rush at all, but the logo on the login page looks blurry on my tablet.", "low"),
    ("whenever you have time: can you change the name on my badge to Liz?", "low"),
    ("Low priority: typo on the pricing page", "low"),
    ("This is not urgent.", "low"),
    ("It can wait until Monday.", "low"),
    ("It is urgent. No wait, my colleague found a way, so no rush.", "low"),
    ("Our urgent tickets do not get the red label in your tool.", None),
    ("If it's urgent I know whom to call.", None),
    ("Where do I set the priority of a case to urgent?", None),
    ("Das ist wirklich dringend, bitte helfen Sie mir mit meinem Konto.", "high"),
    ("Es ist nicht dringend, aber ich finde den Knopf auf der Seite nicht.", "low"),
    ("C'est urgent, je ne peux plus me connecter à mon compte.", "high"),
    ("Ce n'est pas urgent, mais je ne trouve plus le bouton sur la page.", "low"),
    ("Es urgente, no puedo entrar en mi cuenta desde ayer.", "high"),
    ("No es urgente, pero no encuentro el botón en la página.", "low"),
    ("È urgente, non riesco a entrare nel mio account da ieri.", "high"),
    ("Non è urgente, ma non riesco a trovare il pulsante nella pagina.", "low"),
    ("Preciso de ajuda o mais rápido possível com a minha conta.", "high"),
    ("Não é urgente, mas não encontro o botão na página.", "low"),
    ("Het is dringend, ik kan sinds gisteren niet in mijn account.", "high"),
    ("Het heeft geen haast, maar ik kan de knop niet vinden op de pagina.", "low"),
]


@pytest.mark.parametrize(("text", "level"), URGENCY)
def test_how_urgent_it_is(text: str, level: str | None) -> None:
    assert read(("customer", text)).get("urgency", {}).get("level") == level


OFFERS = ["I can sort it out by mail, or give you a quick call if you prefer. Which suits you?", "Would you like me to call you?"]
TAKEN = ["A call would be great, thanks. Any time after 2.", "Yes please.", "Yes, that would be great, thanks.", "sure, thanks"]


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize(("answer", "wanted"), [*((answer, True) for answer in TAKEN), ("No thanks, mail is fine.", None)])
def test_a_call_that_is_offered_and_taken_up(offer: str, answer: str, wanted: bool | None) -> None:
    said = read(("customer", "My invoice has the wrong company name."), ("agent", offer), ("customer", answer))
    assert said.get("explicit_human_request") is wanted


PLAIN: list[tuple[str, str, Any]] = [
    ("Last time i order flowers from you. They arrived brown.", "churn_risk", True),
    ("That was the last time I ordered from you.", "churn_risk", True),
    ("Last time I ordered from you it came in two days.", "churn_risk", None),
    ("Please wipe all my data.", "privacy_request", True),
]


@pytest.mark.parametrize(("text", "name", "value"), PLAIN)
def test_plain_words(text: str, name: str, value: Any) -> None:
    assert read(("customer", text)).get(name) is value


@pytest.mark.parametrize("answer", ["Updating the driver fixed it. Great help, cheers.", "Restarting did the trick!"])
def test_a_remedy_that_worked_did_not_fail(answer: str) -> None:
    said = read(("customer", "Screen flickers."), ("agent", "Please update the graphics driver."), ("customer", answer))
    assert "failed_attempts" not in said


def test_thanks_in_advance_are_less_content_than_thanks() -> None:
    told = "The thermostat loses wifi each night. I restarted the router, but this morning it was gone again."
    plain, ahead, done = (
        read(("customer", f"{told}{end}"))["sentiment"]["score"] for end in ("", " Thanks for any hint.", " Thanks.")
    )
    assert abs(ahead - plain) < 0.1 < done - plain


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("I descaled it and changed the water filter.", 2),
        ("I took it out and put the battery back in.", 1),
        ("I removed it and re-added the profile.", 1),
        ("Logged out and logged in again.", 1),
    ],
)
def test_how_many_actions(sentence: str, count: int) -> None:
    assert len(acts(sentence)) == count


@pytest.mark.parametrize("text", ["please help as soon as possible", "as soon as possible please", "cant login"])
def test_short_english_is_english(text: str) -> None:
    assert detect(text).code == "en"
