"""The pages in Chromium: nothing that axe finds, nothing wider than a phone, local times, lists that keep themselves fresh."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, StorageState
from sqlalchemy import Engine, update
from werkzeug.serving import make_server

from escalation.thread import UNSEEN
from store.tables import BacktestRow, HandoffRow
from tests import databases
from tests.browser import marks, whole
from tests.web_data import BUG, PASSWORD, ROSTER, people, trials, web
from tests.web_rows import HOSTILE, fill, fill_bugs, fill_rules

pytestmark = marks
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
PAGES = (
    "/sign-in",
    "/handoffs",
    "/handoffs/hf_1",
    "/handoffs/hf_2",
    "/shifts",
    "/shifts/sh_1",
    "/bugs",
    "/handoffs/hf_1/bug",
    "/deliveries",
    "/deliveries/{handled}",
    "/rules",
    "/rules/urgent",
    "/rules/at_risk",
    "/tickets/zendesk/4711",
    "/tickets/zendesk/4713",
    "/rules/backtests",
    "/rules/backtests/{running}",
    "/rules/backtests/{tried}",
    "/rules/backtests/{given_up}",
    "/nope",
)


@pytest.fixture(scope="module")
def server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, int], Engine]]:
    with served(postgres, tmp_path_factory.mktemp("web")) as running:
        yield running


@contextmanager
def served(postgres: str, folder: Path) -> Iterator[tuple[str, dict[str, int], Engine]]:
    """The pages over a database with a bit of everything: their address, ids, and the database."""
    with databases.migrated(postgres) as engine:
        people(engine)
        ids = fill(engine, ROSTER, datetime.now(UTC)) | fill_rules(engine, datetime.now(UTC))
        fill_bugs(engine, BUG, datetime.now(UTC))
        here = web(engine, folder, sandbox=True, backtests=trials(engine))
        http = make_server("127.0.0.1", 0, whole(here.app), threaded=True)
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.port}", ids, engine
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def address(server: tuple[str, dict[str, int], Engine]) -> str:
    return server[0]


_signed_in: dict[tuple[str, str], StorageState] = {}


def opened(browser: Browser, address: str, who: str = "cleo", size: str = "desk") -> Page:
    """A signed-in page in Stockholm, where it is never UTC; each person signs in once."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="light",
        timezone_id="Europe/Stockholm",
        locale="en-GB",
        storage_state=_signed_in.get((address, who)),
    )
    page = context.new_page()
    if who and (address, who) not in _signed_in:
        page.goto(f"{address}/sign-in")
        page.fill("#email", f"{who}@example.com")
        page.fill("#password", PASSWORD)
        page.click("button.primary")
        page.wait_for_url("**/handoffs")
        _signed_in[address, who] = context.storage_state()
    return page


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(browser: Browser, server: tuple[str, dict[str, int], Engine], path: str) -> None:
    address, ids, _ = server
    page = opened(browser, address, who="" if path == "/sign-in" else "cleo")
    page.goto(address + path.format(**ids))
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    found = Axe().run(page, options={"runOnly": ["color-contrast"]})  # the dark scheme changes colours alone
    assert found.violations_count == 0, found.generate_report()
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(browser: Browser, server: tuple[str, dict[str, int], Engine], path: str) -> None:
    address, ids, _ = server
    page = opened(browser, address, who="" if path == "/sign-in" else "cleo", size="phone")
    page.goto(address + path.format(**ids))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_a_button_with_a_long_name_stays_in_its_card(browser: Browser, address: str) -> None:
    page = opened(browser, address, size="phone")
    page.goto(f"{address}/handoffs/hf_1")
    button = page.get_by_role("button", name="Next level now")
    for more in ("", " the people of the second line who speak Swedish and are on shift", "Wolfeschlegelsteinhausenberger" * 4):
        button.evaluate("(one, more) => { one.textContent += more; }", more)
        inside = "one => one.closest('.card').getBoundingClientRect().right - one.getBoundingClientRect().right"
        assert button.evaluate(inside) >= 16
    page.context.close()


def test_times_are_shown_in_the_readers_zone(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    page.goto(f"{address}/deliveries")
    time = page.locator("time").first
    at = datetime.fromisoformat(str(time.get_attribute("datetime")))
    shown = page.evaluate(
        "(at) => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(new Date(at))", at.isoformat()
    )
    assert time.inner_text().endswith(str(shown)) and "UTC" not in time.inner_text()
    page.context.close()


@pytest.mark.parametrize("path", ["/handoffs?state=all", "/handoffs/hf_1", "/handoffs/hf_2", "/tickets/zendesk/4712", "/bugs"])
def test_customers_words_do_not_run(browser: Browser, address: str, path: str) -> None:
    page = opened(browser, address)
    alerts: list[str] = []

    def alerted(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", alerted)
    page.goto(f"{address}{path}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert HOSTILE[:40] in page.locator("main").inner_text()
    made = "main script, main img, a[href^='javascript:'], [onerror], [onload], main iframe, main style"
    assert page.locator(made).count() == 0 and not alerts
    assert not UNSEEN.search(page.locator("main").inner_text()), "what overrides the words beside it is not shown"
    page.context.close()


def test_on_a_phone_no_word_of_the_navigation_is_broken(browser: Browser, address: str) -> None:
    page = opened(browser, address, size="phone")
    page.goto(f"{address}/bugs")
    rows = "links => links.map(one => one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight))"
    assert all(height < 2 for height in page.locator("nav[aria-label=Pages] a").evaluate_all(rows))
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_a_choice_stands_beside_its_words(browser: Browser, address: str, size: str) -> None:
    page = opened(browser, address, size=size)
    page.goto(f"{address}/handoffs/hf_1/bug")
    boxes = page.locator("input[type=radio], input[type=checkbox]")
    assert boxes.count() == 3
    for box in boxes.all():
        place, words = box.bounding_box(), box.locator("xpath=..").bounding_box()
        assert place and words and place["width"] < 30 and place["x"] - words["x"] < 4 and place["y"] - words["y"] < 8
    page.context.close()


def test_a_draft_keeps_what_pages_leave_out(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    page.goto(f"{address}/rules/backtests")
    page.fill("#draft", page.input_value("#draft") + "# a\u202eb\n")
    page.click("button:has-text('Start')")
    page.wait_for_url("**/rules/backtests/*")
    page.click("text=Go on with this draft")
    assert "# a\u202eb" in page.input_value("#draft")
    page.context.close()


def test_a_list_refreshes_itself(browser: Browser, server: tuple[str, dict[str, int], Engine]) -> None:
    address, _, engine = server
    page = opened(browser, address)
    page.clock.install()
    page.goto(f"{address}/handoffs?state=all")
    assert page.locator(".state.answered").count() == 0
    with engine.begin() as db:
        db.execute(update(HandoffRow).where(HandoffRow.id == "hf_2").values(state="answered"))
    try:
        page.clock.run_for(9000)
        page.locator(".state.answered").wait_for()
    finally:
        with engine.begin() as db:
            db.execute(update(HandoffRow).where(HandoffRow.id == "hf_2").values(state="accepted"))
    page.context.close()


def test_a_backtest_tells_how_far_it_is_and_then_what_came_out(
    browser: Browser, server: tuple[str, dict[str, int], Engine]
) -> None:
    address, ids, engine = server
    page = opened(browser, address)
    page.clock.install()
    page.goto(f"{address}/rules/backtests/{ids['running']}")
    bar = page.get_by_label("12,500 of 50,000 tickets")
    assert bar.get_attribute("value") == "12500" and bar.get_attribute("max") == "50000"
    with engine.begin() as db:
        db.execute(update(BacktestRow).where(BacktestRow.id == ids["running"]).values(state="done", done_at=datetime.now(UTC)))
    try:
        page.clock.run_for(9000)
        page.get_by_role("heading", name="What each would escalate").wait_for()
    finally:
        with engine.begin() as db:
            db.execute(update(BacktestRow).where(BacktestRow.id == ids["running"]).values(state="running", done_at=None))
    page.context.close()


def test_a_large_draft_is_sent_as_it_was_written(browser: Browser, address: str) -> None:
    page = opened(browser, address)
    page.goto(f"{address}/rules/backtests")
    draft = page.input_value("#draft")
    page.evaluate("document.querySelector('#draft').value += '# äöü, one of many lines\\n'.repeat(4000)")
    page.click("button:has-text('Start')")
    page.wait_for_url("**/rules/backtests/*")
    page.click("text=Go on with this draft")
    assert page.input_value("#draft").startswith(draft) and page.input_value("#draft").count("äöü, one of many lines\n") == 4000
    page.context.close()


def test_what_somebody_is_writing_is_not_taken_away(browser: Browser, address: str) -> None:
    page = opened(browser, address, who="ada")
    page.clock.install()
    page.goto(f"{address}/handoffs/hf_1")
    page.click("summary:has-text('Decline')")
    page.select_option("#reason", "off_shift")
    with page.expect_response("**/handoffs/hf_1"):
        page.clock.run_for(9000)
    page.clock.run_for(100)
    assert page.locator("#reason").input_value() == "off_shift"
    page.context.close()


def test_without_javascript_everything_can_be_pressed(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/handoffs/hf_1")
    page.fill("#email", "ada@example.com")
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/handoffs/hf_1")
    page.click("button:has-text('Accept')")
    assert page.locator(".told.done").inner_text() == "Ada Lovelace accepted (API)"
    context.close()
