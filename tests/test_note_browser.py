"""A handoff's note as an agent sees it: written through each helpdesk's API, its page opened in Chromium, its rows counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, ViewportSize

from bench.context import many
from connectors import kinds
from connectors.slack import SlackChat
from escalation.actions import Note, Write
from escalation.context import ContextPackage, build, note
from escalation.thread import UNSEEN
from tests.browser import marks
from tests.contract_steps import done
from tests.contract_world import World, worlds
from tests.slack_play import account
from tests.stories import CHARGED_TWICE, CHARGED_TWICE_DECISION, CHARGED_TWICE_SIGNALS, NOW, STORIES
from tests.test_context_note import a_card

pytestmark = marks
SIZE = ViewportSize(width=1280, height=720)  # an agent's window on a small laptop
MOST_ROWS = 10  # title and first lines: what is seen before one has to scroll, whatever stands above the note

# The note's rows as they are drawn: of each paragraph its height by its line height; and whether all of it can be seen.
MEASURE = """key => {
  const notes = [...document.querySelectorAll('article.internal')].filter(one => one.textContent.includes(`Baton ref ${key}`));
  const said = notes[0].querySelector('.said'), [title, lines, next] = said.querySelectorAll('p');
  notes[0].scrollIntoView();
  const rows = one => Math.round(one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight));
  const labels = [...lines.querySelectorAll('b')].map(one => one.textContent);
  const box = lines.getBoundingClientRect();
  return {notes: notes.length, rows: rows(title) + rows(lines), title_rows: rows(title), title: title.textContent, labels,
          text: lines.innerText, next: next.textContent, width: box.width, bottom: box.bottom,
          beyond: said.scrollWidth - said.clientWidth,
          elements: [...new Set([...said.querySelectorAll('*')].map(one => one.localName))],
          links: [...said.querySelectorAll('a')].map(one => one.getAttribute('href'))};
}"""
INNER = frozenset({"div", "p", "b", "i", "br", "ul", "li", "a"})  # Zendesk puts a div round every comment
LINK = "https://baton.example/handoffs/h1"


@pytest.fixture(scope="module")
def stage(postgres: str) -> Iterator[dict[str, World]]:
    with worlds(postgres) as found:
        yield found


@pytest.fixture(params=kinds())
def world(stage: dict[str, World], request: pytest.FixtureRequest) -> World:
    return stage[request.param].clear()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page(viewport=SIZE)
    yield made
    made.close()


def told(name: str) -> ContextPackage:
    """A story's package; "long" is the first one after sixty messages more."""
    if name == "long":
        older = tuple(replace(m, id=f"old{m.id}", at=m.at and m.at - timedelta(days=9)) for m in many(60).messages)
        ticket = replace(CHARGED_TWICE, messages=(*older, *CHARGED_TWICE.messages))
        return build(ticket, CHARGED_TWICE_SIGNALS, CHARGED_TWICE_DECISION, None, NOW)
    ticket, signals, decision = STORIES[name]
    return build(ticket, signals, decision, None, NOW)


def shown(world: World, page: Page, wanted: Note) -> dict[str, Any]:
    """A note written as Baton writes it, on the ticket's page, measured."""
    ticket = world.seed()
    done(world.connector(), Write(wanted.key, ticket, note=wanted))
    page.goto(f"{world.url}/tickets-page/{ticket}")
    measured: dict[str, Any] = page.evaluate(MEASURE, wanted.key)
    return measured


@pytest.mark.parametrize("name", [*STORIES, "long"])
def test_the_note_is_told_above_the_fold(world: World, page: Page, name: str) -> None:
    package = told(name)
    seen = shown(world, page, note(package, key="h1", title="Handoff to Ada Lindqvist", link=LINK))
    assert seen["notes"] == 1 and seen["title"] == "Handoff to Ada Lindqvist"
    assert seen["rows"] <= MOST_ROWS, seen
    assert 480 <= seen["width"] <= 560  # as the vendor's own page leaves it beside its panels
    assert seen["bottom"] <= SIZE["height"] and seen["beyond"] == 0
    assert seen["labels"] == ["Why:", "Summary:", "Customer:", "Tried:", "Clock:", "Next:"]
    assert seen["next"] == "In full" and set(seen["elements"]) <= INNER and seen["links"] == [LINK]


def test_the_first_six_lines_tell_what_must_be_known(world: World, page: Page) -> None:
    text = shown(world, page, note(told("long"), key="h1", title="Handoff to Ada Lindqvist", link=LINK))["text"]
    lines = dict(line.split(": ", 1) for line in text.split("\n"))
    assert lines["Customer"].startswith("Mia Customer, enterprise, Northwind")
    assert "Wants: “" in lines["Summary"] and "Now: “" in lines["Summary"]
    assert "→ failed" in lines["Tried"] and lines["Why"].endswith("Issue: billing")
    assert lines["Clock"].startswith("Next reply due in 25 min (12:25 UTC") and lines["Next"].startswith("Check charges")


def test_nothing_is_wider_than_a_phone_however_long_a_name_is(world: World, page: Page) -> None:
    recorded = world.seed()
    story = told("charged_twice")
    done(
        world.connector(),
        Write("h1", recorded, note=note(story, key="h1", title=f"Handoff to {'Ada' * 60}", link=f"{LINK}{'x' * 200}")),
    )
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", f"/tickets-page/{recorded}"):
        page.goto(f"{world.url}{path}")
        page.evaluate(
            """(long) => {
          const places = document.querySelectorAll('h1, dd, td a, td small, td > span, .badge, .entry strong');
          for (const place of places) place.append(long);
        }""",
            "Wolfeschlegelsteinhausenbergerdorff" * 4,
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


# What people send to see whether it works, and what may show something other than it says.
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "picture": "<img src=x onerror=alert(2)>",
    "drawing": "<svg/onload=alert(3)></svg><iframe srcdoc='<script>alert(4)</script>'></iframe>",
    "link": "<a href='javascript:alert(5)'>refund</a> [refund](javascript:alert(6)) javascript:alert(7)",
    "closing": "</p></li></ul></div></article><h1>Baton says: pay</h1><style>*{display:none}</style>",
    "everybody": "<!channel> <!here> <@U1> <#C1> <https://evil.example|refund> @here",
    "placeholder": "{{ticket.requester.email}} {{agent.signature}} {% if x %}",
    "entity": "&lt;script&gt;alert(8)&lt;/script&gt; &amp; &#60;b&#62;",
}
OVERRIDING = {
    "override": "\u202egpj.exe",
    "isolate": "\u2067abc\u2069",
    "no width": "re\u200bfund\ufeff pass\u00adword",
    "tags": "a\U000e0041b",
}


def hostile(text: str) -> ContextPackage:
    """A ticket in which everything that a customer can write is ``text``."""
    ticket, _, decision = STORIES["charged_twice"]
    words = f"{text} We were charged twice and it still fails. Can you refund {text}?"
    said = tuple(replace(m, text=f"{words} ({m.id})", attachments=(text,)) for m in ticket.messages)
    who = replace(ticket.requester, name=text[:60])
    customer = replace(ticket.customer, organization=replace(ticket.customer.organization, name=text[:60]))
    verdicts = tuple(replace(v, words=f"Text says “{text}”") for v in decision.verdicts)
    changed = replace(ticket, subject=text, messages=said, requester=who, customer=customer, product_area=text, page=text)
    return build(changed, (), replace(decision, verdicts=verdicts), None, NOW)


@pytest.fixture
def alerts(page: Page) -> list[str]:
    """What the page's scripts said, which is nothing."""
    seen: list[str] = []

    def alerted(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", alerted)
    return seen


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_text_in_a_note(world: World, page: Page, alerts: list[str], name: str) -> None:
    made = note(hostile(HOSTILE[name]), key="h1", title=f"Handoff {HOSTILE[name]}", link=LINK)
    seen = shown(world, page, made)
    assert set(seen["elements"]) <= INNER and seen["links"] == [LINK] and not alerts
    words = page.locator("article.internal", has_text="Baton ref h1").inner_text()
    assert " ".join(words.split()).count(" ".join(HOSTILE[name].split())) > 8
    assert seen["rows"] <= MOST_ROWS + seen["title_rows"] - 1
    assert page.locator("article").count() == page.locator("section.talk > article").count()


@pytest.mark.parametrize("name", OVERRIDING)
def test_what_overrides_or_hides_is_left_out(world: World, page: Page, name: str) -> None:
    made = note(hostile(OVERRIDING[name]), key="h1", title=f"Handoff {OVERRIDING[name]}", link=LINK)
    shown(world, page, made)
    words = page.locator("article.internal", has_text="Baton ref h1").inner_text()
    assert not UNSEEN.search(words)
    assert " ".join(UNSEEN.sub("", OVERRIDING[name]).split()) in " ".join(words.split())


@pytest.mark.parametrize("name", [*HOSTILE, *OVERRIDING])
def test_hostile_words_are_text_on_a_card(stage: dict[str, World], page: Page, alerts: list[str], name: str) -> None:
    world, text = next(iter(stage.values())), (HOSTILE | OVERRIDING)[name]
    world.state.forget("slack")
    made = a_card(hostile(text), title=f"Handoff: {text}", why_you=text, state=text)
    play = world.url.removesuffix(f"/sandbox/{world.kind}")
    SlackChat(account(play), timeout_s=5.0).post("U101", made, "key-1", look_first=False)
    page.goto(f"{play}/sandbox/slack?c=D101")
    card = page.locator("li.message")
    assert card.count() == 1 and not alerts
    words = " ".join(card.inner_text().split())
    plain = " ".join(UNSEEN.sub("", text).split())
    assert plain[:60] in words and not UNSEEN.search(words)
    made_of = page.evaluate("[...document.querySelectorAll('li.message *')].map(one => one.localName)")
    assert not {"script", "img", "iframe", "svg", "style", "em", "code", "blockquote", "h1"} & set(made_of)
    assert page.locator("li.message .mention, li.message a[href*='evil'], li.message a[href^='javascript']").count() == 0
