"""The play workspace in a real browser: reading, pressing, the form, news without a reload, and no accessibility faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import marks
from tests.slack_play import Play, card, playing
from web.slack import Reply

pytestmark = marks


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_accessibility_faults(play: Play, page: Page, scheme: str) -> None:
    play.chat.post("#support-handoffs", card(mention="U101"), "key-1", look_first=False)
    play.chat.post("#support-handoffs", card(live=False), "key-2", look_first=False)
    play.chat.whisper("C1", "U101", "for you alone")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{play.url}/sandbox/slack?c=C1")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
