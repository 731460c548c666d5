"""The play workspace in a real browser: reading, pressing, forms, news without a reload, and no accessibility faults.

The last tests drive a whole Baton by the browser alone: decline, ask, accept, return, the Home tab, the commands.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from escalation.actions import Press
from tests.browser import marks
from tests.slack_play import Play, card, playing
from tests.system import System, until
from web.slack_kit import Options, Reply

pytestmark = marks
SLACK = {"ada": "U101", "bo": "U102", "chidi": "U103", "dana": "U104", "emil": "U105", "fatima": "U106"}
CHANNELS = {"billing": "C2", "technical": "C3", "security": "C4", "care": "C5"}


@pytest.fixture
def play(empty_database: str) -> Iterator[Play]:
    with playing(empty_database) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": 1300, "height": 900})
    yield made
    made.close()


def test_a_card_is_read_and_pressed(play: Play, page: Page) -> None:
    page.goto(f"{play.url}/sandbox/slack?c=D101")
    play.chat.post("U101", card(), "key-1", look_first=False)
    expect(page.get_by_role("heading", name="Charged twice for October")).to_be_visible()  # without a reload
    play.desk.reply = Reply(False, "Bo Tanaka was quicker")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Bo Tanaka was quicker")).to_be_visible()
    assert [answer["who"].email for answer in play.desk.answers] == ["ada@example.com"]


def test_declining_through_the_form(play: Play, page: Page) -> None:
    play.chat.post("U101", card(), "key-1", look_first=False)
    page.goto(f"{play.url}/sandbox/slack?c=D101")
    page.get_by_role("button", name="Decline").click()
    form = page.get_by_role("dialog", name="Decline this handoff")
    form.get_by_label("Why not you?").select_option("off_shift")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    form.get_by_role("button", name="Decline").click()
    expect(form).to_have_count(0)
    assert [(answer["press"], answer["reason"]) for answer in play.desk.answers] == [("baton_decline", "off_shift")]


def test_escape_closes_the_form_and_a_refused_field_keeps_the_others(play: Play, page: Page) -> None:
    play.desk.reply = Reply(False, "Say more.", "note")
    play.chat.post("U101", card(), "key-1", look_first=False)
    page.goto(f"{play.url}/sandbox/slack?c=D101")
    page.get_by_role("button", name="Decline").click()
    form = page.get_by_role("dialog", name="Decline this handoff")
    form.get_by_label("Why not you?").select_option("off_shift")
    form.get_by_role("button", name="Decline").click()
    expect(form.get_by_role("alert")).to_have_text("Say more.")
    expect(form.get_by_label("Why not you?")).to_have_value("off_shift")
    expect(form.locator("[aria-invalid]")).to_be_focused()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_the_menu_opens_and_its_choice_is_pressed(play: Play, page: Page) -> None:
    play.desk.choosing = {Press.REASSIGN: Options((("bo", "Bo Tanaka"), ("team:care", "Team: Customer care")))}
    play.chat.post("U101", card(), "key-1", look_first=False)
    page.goto(f"{play.url}/sandbox/slack?c=D101")
    page.get_by_label("More actions").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Reassign…").click()
    form = page.get_by_role("dialog", name="Hand it to somebody")
    form.get_by_label("Who?").select_option("bo")
    form.get_by_label("Why them?").fill("Knows her")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    form.get_by_role("button", name="Ask them").click()
    expect(form).to_have_count(0)
    assert [(a["press"], a["reason"], a["note"]) for a in play.desk.answers] == [("baton_reassign", "bo", "Knows her")]


def test_news_closes_no_menu(play: Play, page: Page) -> None:
    play.chat.post("U101", card(), "key-1", look_first=False)
    page.goto(f"{play.url}/sandbox/slack?c=D101")
    page.get_by_label("More actions").click()
    play.chat.post("U101", card(), "key-2", look_first=False)
    expect(page.get_by_label("More actions")).to_have_count(2)
    expect(page.get_by_role("button", name="Reassign…")).to_have_count(1)  # of the first card; the second's is shut


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_accessibility_faults(play: Play, page: Page, scheme: str) -> None:
    play.chat.post("#support-handoffs", card(mention="U101"), "key-1", look_first=False)
    play.chat.post("#support-handoffs", card(live=False), "key-2", look_first=False)
    play.chat.whisper("C1", "U101", "for you alone")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{play.url}/sandbox/slack?c=C1")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_home_tab_and_its_forms_have_no_accessibility_faults(play: Play, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{play.url}/sandbox/slack?c=D101&tab=home")
    expect(page.get_by_role("heading", name="Offered to me (1)")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("link", name="Messages").click()
    type_in(page, "/handoff 4711")
    expect(page.get_by_role("dialog", name="Hand over a ticket").get_by_label("Ticket number")).to_have_value("4711")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_home_tab_shows_what_a_press_has_changed(play: Play, page: Page) -> None:
    page.goto(f"{play.url}/sandbox/slack?c=D101&tab=home")
    page.get_by_role("button", name="Away 1 h").click()
    expect(page.get_by_text("You are away (1h). You get no new offers.")).to_be_visible()
    page.get_by_role("button", name="I am back").click()
    expect(page.get_by_text("You are not away.")).to_be_visible()
    assert [answer["away"] for answer in play.desk.answers] == ["1h", "back"]
    page.get_by_role("button", name="Decline").click()
    form = page.get_by_role("dialog", name="Decline this handoff")
    form.get_by_label("Why not you?").select_option("busy")
    form.get_by_role("button", name="Decline").click()
    expect(form).to_have_count(0)
    expect(page.get_by_role("heading", name="Offered to me (1)")).to_be_visible()


# --- the whole flow ---


@pytest.fixture(scope="module")
def system(place: Path) -> Iterator[System]:
    running = System(place / "slack-flow").start()
    yield running
    assert running.stop() == 0, running.log()[-3000:]


class Flow:
    """A person at a browser who goes from one colleague's Slack to the next."""

    def __init__(self, system: System, page: Page, ticket: int) -> None:
        self.system, self.page, self.ticket = system, page, str(ticket + os.getpid() % 10_000 * 1000)

    def asked(self) -> str:
        """The Slack id of whoever is asked now."""
        return SLACK[str(until(lambda: self.system.handoff(self.ticket)["offered_to"], what="an offer")[0]["agent"])]

    def visit(self, person: str, tab: str = "") -> None:
        self.page.goto(f"{self.system.url}/sandbox/slack?c=D{person[1:]}&tab={tab}")

    def fill(self, title: str, button: str, **fields: str) -> None:
        """Fill the form that has opened, and send it."""
        form = self.page.get_by_role("dialog", name=title)
        for label, value in fields.items():
            enter(form.get_by_label(label.replace("_", " ")), value)
        form.get_by_role("button", name=button).click()
        expect(form).to_have_count(0)

    def sees(self, words: str) -> None:
        expect(self.page.get_by_text(words).last).to_be_visible(timeout=10_000)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).last.click(timeout=10_000)

    def answer(self, name: str) -> None:
        """Press what stands on this ticket's newest card: until it has come, the page shows those of other tickets."""
        self.card.get_by_role("button", name=name, exact=True).click(timeout=10_000)

    def choose(self, name: str) -> None:
        """Press what stands in that card's menu."""
        self.card.get_by_label("More actions").click(timeout=10_000)
        self.answer(name)

    @property
    def card(self) -> Locator:
        link = self.page.locator(f'a[href*="{self.ticket}"]')
        return self.page.get_by_role("listitem").filter(has=link).filter(has=self.page.get_by_label("More actions")).last


def enter(field: Locator, value: str) -> None:
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def type_in(page: Page, words: str) -> None:
    page.get_by_label("Message or command").fill(words)
    page.get_by_role("button", name="Send").click()


@pytest.mark.slow
def test_a_handoff_from_the_offer_to_the_return_by_browser_alone(system: System, page: Page) -> None:
    flow = Flow(system, page, 30_000_000)
    system.send("zendesk", "ticket_created_urgent", flow.ticket)
    first = flow.asked()
    flow.visit(first)
    flow.answer("Decline")
    flow.fill("Decline this handoff", "Decline", Why_not_you="busy", Anything_the_next="Ask me tomorrow")
    flow.sees("Declined (busy: Ask me tomorrow). It went on to the next person.")

    second = str(until(lambda: {flow.asked()} - {first}, what="the next person").pop())
    flow.visit(second)
    flow.choose("Ask the sender…")
    flow.fill("Ask the sender", "Send", Your_question="Which of the two invoices?")
    page.goto(f"{system.url}/sandbox/slack?c={CHANNELS[system.handoff(flow.ticket)['team']]}")
    flow.sees("asks the sender: Which of the two invoices?")
    flow.visit(second)
    flow.answer("Accept")
    flow.sees("First reply due by")
    until(lambda: system.ticket("zendesk", flow.ticket)["assignee"], what="the assignee in the helpdesk")

    flow.visit(second, "home")
    expect(page.get_by_role("heading", name="My handoffs (1)")).to_be_visible()
    flow.press("Return")
    flow.fill("Return this handoff", "Return", What_is_missing="The invoice number")
    expect(page.get_by_text("You have no open handoff.")).to_be_visible()
    timeline = system.api(f"escalations/{system.handoff(flow.ticket)['escalation_id']}")["timeline"]
    pressed = [entry["kind"] for entry in timeline if entry["kind"] in ("declined", "asked", "accepted", "returned")]
    told = "\n".join(f"{e['id']} {e['at']} {e['kind']}: {e['words']}" for e in timeline)
    assert pressed == ["declined", "asked", "accepted", "returned"], told


def begun_by_hand(flow: Flow) -> None:
    """A handoff that nothing makes critical, so that its answer may be put off."""
    system, page = flow.system, flow.page
    system.send("zendesk", "ticket_created_calm", flow.ticket)
    until(lambda: [d for d in system.api("deliveries", status="handled")["items"] if d["ticket_id"] == flow.ticket])
    flow.visit("U106")
    type_in(page, f"/handoff {flow.ticket}")
    flow.fill("Hand over a ticket", "Hand over", Helpdesk="zendesk", Which_team="billing", Why="A refund", How_urgent="high")
    flow.sees(f"Ticket {flow.ticket} goes to Billing.")


@pytest.mark.slow
def test_a_handoff_is_handed_on_accepted_and_judged_by_browser_alone(system: System, page: Page) -> None:
    flow = Flow(system, page, 32_000_000)
    begun_by_hand(flow)
    first = flow.asked()
    flow.visit(first)
    flow.choose("Snooze…")
    flow.fill("Answer later", "Put off", How_much_longer="5")
    flow.sees("Put off once: waiting until")
    flow.answer("Accept")
    flow.sees("First reply due by")
    until(lambda: system.ticket("zendesk", flow.ticket)["assignee"], what="the assignee in the helpdesk")
    before = system.ticket("zendesk", flow.ticket)["assignee"]

    flow.choose("Reassign…")
    colleague = next(agent for agent in ("bo", "ada") if SLACK[agent] != first)
    flow.fill("Hand it to somebody", "Ask them", Who=colleague, Why_them="Knows this customer")
    flow.sees("Taken back: handed to")
    assert system.ticket("zendesk", flow.ticket)["assignee"] == before, "it stays with its owner until somebody accepts"
    assert flow.asked() == SLACK[colleague]
    flow.visit(SLACK[colleague])
    flow.sees("hands it to you: Knows this customer")
    flow.answer("Accept")
    flow.sees("First reply due by")
    until(lambda: system.ticket("zendesk", flow.ticket)["assignee"] != before, what="the colleague in the helpdesk")

    system.act("zendesk", flow.ticket, act="solve")
    flow.press("Wrong team")
    flow.sees("Verdict: wrong team. Another press changes it.")
    flow.press("Correctly escalated")
    flow.sees("Verdict: correctly escalated.")
    handoff = system.handoff(flow.ticket)
    told = system.api(f"handoffs/{handoff['id']}")["feedback"]
    assert (told["verdict"], told["by"], told["via"]) == ("correct", colleague, "Slack")
    timeline = system.api(f"escalations/{handoff['escalation_id']}")["timeline"]
    wanted = ("snoozed", "accepted", "reassigned", "verdict")
    pressed = [entry["kind"] for entry in timeline if entry["kind"] in wanted]
    assert pressed == ["snoozed", "accepted", "reassigned", "accepted", "verdict", "verdict"]


@pytest.mark.slow
def test_away_and_a_handoff_by_hand_by_browser_alone(system: System, page: Page) -> None:
    flow = Flow(system, page, 31_000_000)
    flow.visit("U101")
    type_in(page, "/away 2h dentist")
    flow.sees("You get no new offers, and what you have not answered is offered to others after 30 min.")
    system.send("zendesk", "ticket_created_calm", flow.ticket)
    until(lambda: [d for d in system.api("deliveries", status="handled")["items"] if d["ticket_id"] == flow.ticket])
    type_in(page, f"/handoff {flow.ticket}")
    words = "She wants a call back by six"
    flow.fill("Hand over a ticket", "Hand over", Helpdesk="zendesk", Which_team="billing", Why=words, How_urgent="critical")
    flow.sees(f"Ticket {flow.ticket} goes to Billing.")
    assert flow.asked() == "U102", "Ada is away"
    flow.visit("U102")
    flow.sees(words)
    flow.visit("U101", "home")
    flow.press("I am back")
    flow.sees("You are not away.")
