"""The rules of the extraction one by one: mail tails, sums, codes, verdicts, asks and promises, notes, completeness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.playbook import load_playbook
from config.yamldoc import Problems
from escalation import money
from escalation.asks import asks, promises
from escalation.codes import kind_of
from escalation.completeness import BASE, DETAILS, Needs
from escalation.context import ContextPackage, build, card, note
from escalation.package import Gap
from escalation.phrases import Phrases
from escalation.remedies import verdict
from escalation.thread import Said, clean
from escalation.ticket import Role, Ticket
from tests.stories import NOW, fired, talk, thread

CUSTOMER, AGENT = Role.CUSTOMER, Role.AGENT


def said(text: str, role: Role = CUSTOMER) -> Said:
    return Said("m1", role, "Mia", text)


def package(*words: str, issue: str = "", needs: dict[str, Needs] | None = None) -> ContextPackage:
    ticket = Ticket("zendesk", "1", messages=talk(*words))
    return build(ticket, (), fired(("r", "Rule"), issue=issue), None, NOW, needs=needs)


# ------------------------------------------------------------------ phrases


@pytest.mark.parametrize(
    ("table", "sentence", "found"),
    [
        ("fail*", "It failed", True),
        ("fail*", "unfailing", False),
        ("i (just |)reset", "I just reset it", True),
        ("i (just |)reset", "I reset it", True),
        ("(no|not) _ luck", "no such bad luck", True),
        ("(no|not) _ luck", "no such very bad old luck", False),
        ("^moved", "Moved it", True),
        ("^moved", "We moved it", False),
        ("doesn't", "it doesnt work", True),
        (r"\w+n\'t", "it couldn't be", True),
        (r"\w+n\'t", "went to our accountant", False),
        (r"we\'ll", "works as well", False),
        ("não é", "nao e o banco", True),
        (r"i \w+ed", "I rebooted", True),
        (r"\\d+ users".replace("\\\\", "\\"), "about 30 users", True),
        ("*en sie bitte", "Starten Sie bitte neu", True),
        ("", "anything", False),
    ],
)
def test_a_table_of_phrases(table: str, sentence: str, found: bool) -> None:
    assert Phrases(table).search(sentence) is found


@pytest.mark.parametrize(
    "calm",
    ["There is no rush.", "Es ist nicht eilig.", "No hay prisa.", "Pas d'urgence pour nous.", "Não há pressa.", "Non c'è fretta.",
     "Er is geen haast."],
)  # fmt: skip
def test_that_nothing_presses_is_no_verdict_in_any_language(calm: str) -> None:
    assert verdict(said(calm), (calm,)).worked is None
    assert verdict(said(calm), (calm, "Still the same error.")).worked is False


def test_what_is_denied_is_not_asserted() -> None:
    working = Phrases("working")
    assert working.asserted("It is working")
    assert not working.asserted("It is not working")
    assert not working.asserted("Nothing here")


# ------------------------------------------------------------------ mail


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See below.\n\n---------- Forwarded message ---------\nFrom: Elif <e@x.example>\nDate: Thu\n\nIt returns 500.",
         "See below.\n\nIt returns 500."),
        ("Begin forwarded message:\n\nVon: Elif\nBetreff: v2\n\nFehler 500", "Fehler 500"),
        ("From: Elif <e@x.example>\nSent: Thursday\nTo: Mia\n\nIt returns 500.", "It returns 500."),  # all of it forwarded
        ("No luck.\n\nFrom: Ada <a@x.example>\nSent: Monday\n\nTry again", "No luck."),
        ("It fails.\n\nThis e-mail and any attachments are confidential and intended solely for Mia.", "It fails."),
        ("Geht nicht.\n\nDiese E-Mail enthält vertrauliche Informationen.\nBitte löschen.", "Geht nicht."),
        ("Ça ne marche pas.\n\nCe message est strictement confidentiel.", "Ça ne marche pas."),
        ("No funciona.\n\nEste mensaje es confidencial y va dirigido a su destinatario.", "No funciona."),
        ("Não funciona.\n\nEsta mensagem é confidencial.", "Não funciona."),
        ("It fails.\n\nMia | Registrar's Office | Ext. 4417\nCONFIDENTIALITY NOTICE: only for you.", "It fails."),
        ("It fails.\nThis message is confidential, why is it shown to everybody?",
         "It fails.\nThis message is confidential, why is it shown to everybody?"),
        ("Não sai.\n\nCumprimentos,\nInês Duarte", "Não sai."),
        ("Sigue igual.\n\nUn saludo,\nMarta Gil", "Sigue igual."),
        ("Reste bloqué.\n\nBien cordialement,\nClaire", "Reste bloqué."),
    ],
)  # fmt: skip
def test_tails_go_and_what_is_forwarded_stays(text: str, left: str) -> None:
    assert clean(text) == left


# ------------------------------------------------------------------ sums and codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R$ 4.780,00 e 3.500 reais", ["R$ 4.780,00", "3.500 reais"]),
        ("environ 1 500 € par jour", ["1 500 €"]),
        ("ZAR 1,450.00 for a reissue", ["ZAR 1,450.00"]),
        ("I pay 9.99 a month", ["9.99"]),
        ("version 9.99 of it", []),
        ("the total is 1,184,220.75", ["1,184,220.75"]),
        ("at 10.30 on 3.11.", []),
        ("€50 now, 250 USD later", ["€50", "250 USD"]),
        ("18,240 rows", []),
        ("no figures", []),
    ],
)
def test_sums(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in money.sums(text)] == expected


@pytest.mark.parametrize(
    ("before", "word", "expected"),
    [
        ("Order no. ", "48213377", ("order", "48213377")),
        ("Kundennummer ", "C-448120", ("account", "C-448120")),
        ("Contrat ", "7712-0098", ("contract", "7712-0098")),
        ("we get HTTP ", "429", ("error", "HTTP 429")),
        ("con el código ", "57", ("error", "código 57")),
        ("error ", "BIL-402", ("error", "BIL-402")),
        ("the order code ", "12345", ("order", "12345")),
        ("firmware ", "3.18", ("version", "3.18")),
        ("it is ", "7.4.0", ("version", "7.4.0")),
        ("at ", "3.18", ("", "")),
        ("range ", "203.0.113.0/24", ("address", "203.0.113.0/24")),
        ("id ", "run_88f21c", ("reference", "run_88f21c")),
        ("says ", "invalid_audience", ("error", "invalid_audience")),
        ("file ", "contacts_nov.csv", ("file", "contacts_nov.csv")),
        ("call ", "/v2/orders", ("url", "/v2/orders")),
        ("to ", "a.b@c.example", ("e-mail", "a.b@c.example")),
        ("use ", "urn:acme:prod", ("address", "urn:acme:prod")),
        ("flight IB ", "558201", ("reference", "IB 558201")),
        ("on the ", "2nd", ("", "")),
        ("at ", "14:10", ("", "")),
        ("in ", "2025", ("", "")),
        ("by ", "50%", ("", "")),
        ("about ", "250Mbit", ("", "")),
        ("the ", "2FA", ("", "")),
        ("on ", "2025-11-03", ("", "")),
        ("call +", "4755501122", ("", "")),
    ],
)
def test_what_a_word_is(before: str, word: str, expected: tuple[str, str]) -> None:
    assert kind_of(word, before, "") == expected


# ------------------------------------------------------------------ verdicts


@pytest.mark.parametrize(
    ("answer", "worked"),
    [
        ("That worked, thanks.", True),
        ("It is not working now.", False),
        ("That worked for me, but 11 of 40 people still get it.", True),
        ("No change. With another card it works now.", False),  # what failed first was the remedy
        ("It went through this time and then stopped again.", False),
        ("Slightly better at first, now 150 minutes again.", False),
        ("The bucket has 4 TB free, so that is not it.", False),
        ("Nuevo intento, sigue igual.", False),
        ("Reiniciei o modem e não adiantou.", False),
        ("Service redémarré, cela reste bloqué à 62 %.", False),
        ("Haben wir gemacht, leider bricht es weiterhin ab.", False),
        ("Jetzt geht es, es läuft wieder.", True),
        ("Thursday is fine.", None),
        ("", None),
    ],
)
def test_whether_a_remedy_helped(answer: str, worked: bool | None) -> None:
    spoken = said(answer)
    assert verdict(spoken, spoken.sentences).worked is worked


Tried = list[tuple[str, str, bool | None]]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # an internal note tells an act and its result
        ("== 1 ada 9m internal\nMoved the endpoint to shard 9. Lag is unchanged.",
         [("agent", "Moved the endpoint to shard 9.", False)]),
        ("== 1 ada 9m internal\nFlushed the cache, run went through.", [("agent", "Flushed the cache, run went through.", True)]),
        ("== 1 ada 9m internal\nTry restarting the server", []),
        # items of a list are attempts of their own
        ("== 1 ada 9m\nPlease do this:\n1. Clear your cache.\n2. Restart the phone.\n== 2 cust 5m\nno luck",
         [("agent", "Clear your cache.", False), ("agent", "Restart the phone.", False)]),
        # what our side itself finds out
        ("== 1 ada 9m\nI e-mailed the hotel.\n== 2 ada 5m\nThe hotel has not answered, no luck.",
         [("agent", "I e-mailed the hotel.", False)]),
        # besides what was proposed
        ("== 1 bot 9m\nPlease check the cables.\n== 2 cust 5m\nChanged the cables last week too, no improvement.",
         [("bot", "Please check the cables.", False), ("customer", "Changed the cables last week too, no improvement.", False)]),
        # to ask how it is going is no remedy
        ("== 1 ada 9m\nCould you tell me whether it is better?", []),
        ("== 1 ada 9m\nHe actualizado los parámetros.\n== 2 cust 5m\nSigue igual.",
         [("agent", "He actualizado los parámetros.", False)]),
        ("== 1 ada 9m\nJ'ai redémarré le serveur.\n== 2 cust 5m\nÇa marche !", [("agent", "J'ai redémarré le serveur.", True)]),
    ],
)  # fmt: skip
def test_attempts(told: str, expected: Tried) -> None:
    found = build(Ticket("zendesk", "1", messages=thread(told)), (), fired(("r", "Rule")), None, NOW).tried
    assert [(a.role, a.step.text, a.worked) for a in found] == expected


# ------------------------------------------------------------------ asks and promises


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It fails. When will this be fixed?", ["When will this be fixed?"]),
        ("Please lock the account. Thanks!", ["Please lock the account."]),
        ("Hello? Any news?", []),
        ("Please help!", []),
        ("My lawyer wants the log by tomorrow noon.", ["My lawyer wants the log by tomorrow noon."]),
        ("¿Nos van a compensar?", ["¿Nos van a compensar?"]),
        ("Je souhaite être remboursée.", ["Je souhaite être remboursée."]),
        ("When will this be fixed? So when will this be fixed?", ["When will this be fixed?"]),
        ("What about the invoice? What about the refund?", ["What about the invoice?", "What about the refund?"]),
    ],
)
def test_asks(text: str, expected: list[str]) -> None:
    assert [s.text for s in asks((said(text),))] == expected


def test_many_asks_are_the_first_and_the_newest() -> None:
    names = "alpha bravo charlie delta echo foxtrot golfing hotel india juliet kilo limas mikes november".split()  # noqa: SIM905
    found = asks(tuple(said(f"What about {name} {name}ish?") for name in names))
    assert [s.text.split()[2] for s in found] == names[:4] + names[-8:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sorry! I'll call you on Wednesday.", ["I'll call you on Wednesday."]),
        ("Ich melde mich morgen bei Ihnen.", ["Ich melde mich morgen bei Ihnen."]),
        ("Je reviens vers vous demain matin.", ["Je reviens vers vous demain matin."]),
        ("Te avisaré en cuanto haya una corrección.", ["Te avisaré en cuanto haya una corrección."]),
        ("Enviarei um retorno até amanhã.", ["Enviarei um retorno até amanhã."]),
        ("Shall I call you?", []),
        ("You will be notified when it changes.", []),
    ],
)
def test_promises(text: str, expected: list[str]) -> None:
    assert [s.text for s in promises((said(text, AGENT),))] == expected
    assert promises((said(text, Role.BOT),)) == ()


def test_a_note_tells_what_is_owed() -> None:
    found = package(
        "cust: The export fails. Can you send me a dump?", "ada: I'll send it tomorrow.", "cust: It is not the key. When?"
    )
    sections = {
        name: [(line.label, line.text) for line in lines] for name, lines in note(found, key="k", title="t", link="l").sections
    }
    owed = [text for _, text in sections["Asked and promised"]]
    assert "“I'll send it tomorrow.”" in owed
    assert [text for label, text in sections["Tried in detail"] if label.startswith("Ruled out")] == ["“It is not the key.”"]


# ------------------------------------------------------------------ completeness


@pytest.mark.parametrize(
    ("issue", "text", "needs", "gaps"),
    [
        ("bug", "It crashes.", None, ["error", "environment"]),
        ("bug", "It crashes with HTTP 500 on iOS 18.1.", None, []),
        ("billing", "I was charged $5 for invoice INV-2214.", None, []),
        ("bug", "It crashes.", {"bug": Needs({"tried": 10, "impact": 10})}, ["tried", "impact"]),
        ("other", "It crashes.", {"bug": Needs({"tried": 10})}, []),
    ],
)
def test_what_a_kind_of_handoff_needs(issue: str, text: str, needs: dict[str, Needs] | None, gaps: list[str]) -> None:
    found = package(f"cust: {text}", issue=issue, needs=needs)
    assert [gap.field for gap in found.missing if gap.field in DETAILS] == gaps
    assert all(gap.cause == "person" for gap in found.missing if gap.field in DETAILS)


def test_points_and_minimum_of_the_playbook() -> None:
    needs = {"bug": Needs({"error": 100}, minimum=90)}
    short, whole = package("cust: It crashes.", issue="bug", needs=needs), package("cust: HTTP 500.", issue="bug", needs=needs)
    assert short.completeness + round(100 * 100 / (sum(BASE.values()) + 100)) == whole.completeness
    lines = [x.text for name, part in note(short, key="k", title="t", link="l").sections if name == "Missing" for x in part]
    assert lines[0].endswith("; 90 are wanted for bug")


def test_a_card_names_what_is_missing() -> None:
    found = package("cust: It crashes.", issue="bug")
    shown = card(found, "h", "o", state="s", why_you="", presses=(), ticket_url="", page_url="", live=True, title="t")
    assert [x.text for x in shown.lines if x.label == "Missing"] == ["account, contact, SLA, error, … (58 of 100)"]


def test_what_is_missing_reads_as_one_list() -> None:
    gaps = (Gap("messages", "x"), Gap("Tier, contract value", "x"), Gap("Earlier tickets", "x"), Gap("SLA", "x"))
    found = replace(package("cust: It crashes."), missing=gaps)
    shown = card(found, "h", "o", state="s", why_you="", presses=(), ticket_url="", page_url="", live=True, title="t")
    (missing,) = (x.text for x in shown.lines if x.label == "Missing")
    assert missing.startswith("messages, tier, contract value, earlier tickets, SLA (")


PLAYBOOK = "paths: {default: {levels: [{name: a, offering: one}]}}\nrules: []\n"


def test_the_playbook_says_what_is_needed() -> None:
    told = load_playbook(PLAYBOOK + "completeness:\n  bug: {points: {error: 20}, minimum: 70}\n")
    assert told.completeness == {"bug": Needs({"error": 20}, 70)}


@pytest.mark.parametrize(
    ("needs", "what"),
    [
        ("{points: {eror: 20}}", "no part 'eror'"),
        ("{points: {error: 200}}", "100"),
        ("{minimum: -1}", "0"),
        ("{least: 3}", "least"),
    ],
)
def test_needs_that_cannot_be_are_refused(needs: str, what: str) -> None:
    with pytest.raises(Problems) as refused:
        load_playbook(PLAYBOOK + f"completeness:\n  bug: {needs}\n")
    assert any(what in str(problem) for problem in refused.value.problems)
    assert all(problem.line == 4 for problem in refused.value.problems)
