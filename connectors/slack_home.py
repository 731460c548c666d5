"""The Home tab as Slack Block Kit: my offers, my handoffs with their clocks, whether I am away, what waits for my team.

Pure: nothing is sent from here. https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.slack_blocks import (
    FACT,
    HEADER,
    LABEL,
    STATE,
    Block,
    buttons,
    links,
    literal,
    marked,
    plain,
    text_blocks,
    tidy,
)
from connectors.slack_shift import hand_over_button
from escalation.actions import Press

AWAY = "baton_away"  # action_ids are this, a colon and the number of the button
MOST_BLOCKS = 100  # https://docs.slack.dev/reference/views/home-tab-views
MOST_ROWS = 9  # of a list; three lists of three blocks a row and their frames stay below MOST_BLOCKS
_AWAY_BUTTONS = (("Away 1 h", "1h"), ("Away until tomorrow", "until tomorrow"))
_BACK_BUTTON = ("I am back", "back")


@dataclass(frozen=True, slots=True)
class Row:
    """One handoff on the tab; ``clock`` says until when what has to happen, ``late`` that it should have."""

    handoff: str
    title: str
    clock: str
    facts: tuple[str, ...] = ()
    offer: str = ""
    presses: tuple[Press, ...] = ()
    ticket_url: str = ""
    page_url: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """What the tab shows. ``stranger``: what somebody has to do whom the roster does not know; nothing else is shown then.

    ``away``: "" while they are not; ``note``: what became of their last press.
    """

    stranger: str = ""
    note: str = ""
    away: str = ""
    offers: tuple[Row, ...] = ()
    handoffs: tuple[Row, ...] = ()
    queue: tuple[Row, ...] = ()
    page_url: str = ""


def view(home: Home) -> Block:
    """The tab as a view to publish."""
    parts = text_blocks(home.stranger) if home.stranger else [*_top(home), *_lists(home)]
    return {"type": "home", "blocks": parts}


def _top(home: Home) -> list[Block]:
    said: Block = {"type": "section", "text": plain(home.note, STATE, one_line=False)}
    note: list[Block] = [said, {"type": "divider"}] if tidy(home.note) else []
    state = literal(f"You are {home.away}. You get no new offers." if home.away else "You are not away.", STATE)
    choices = (*_AWAY_BUTTONS, _BACK_BUTTON) if home.away else _AWAY_BUTTONS
    pressable = [_away_button(number, *choice) for number, choice in enumerate(choices)]
    pressable += [hand_over_button()] if home.handoffs else []
    return [*note, {"type": "section", "text": marked(state)}, {"type": "actions", "elements": pressable}]


def _away_button(number: int, label: str, value: str) -> Block:
    return {"type": "button", "action_id": f"{AWAY}:{number}", "text": plain(label, LABEL), "value": value}


def _lists(home: Home) -> Iterable[Block]:
    yield from _list("Offered to me", home.offers, "Nothing is waiting for your answer.", home.page_url)
    yield from _list("My handoffs", home.handoffs, "You have no open handoff.", home.page_url)
    yield from _list("Waiting for my team", home.queue, "Nothing waits for your team.", home.page_url)


def _list(title: str, rows: tuple[Row, ...], nothing: str, page_url: str) -> Iterable[Block]:
    count = f" ({len(rows)})" if rows else ""
    yield {"type": "header", "text": plain(f"{title}{count}", HEADER)}
    if not rows:
        yield {"type": "context", "elements": [plain(nothing, STATE)]}
    for row in rows[:MOST_ROWS]:
        yield from _row(row)
    if len(rows) > MOST_ROWS:
        yield from _more(len(rows) - MOST_ROWS, page_url)


def _row(row: Row) -> Iterable[Block]:
    facts = " · ".join(literal(fact, FACT) for fact in row.facts if tidy(fact))
    clock = literal(row.clock, STATE)
    lines = (f"*{literal(row.title, HEADER) or 'Handoff'}*", facts, f"*{clock}*" if row.late and clock else clock)
    yield {"type": "section", "text": marked("\n".join(line for line in lines if line))}
    yield from buttons(row.handoff, row.offer, row.presses, row.ticket_url)
    yield from links(("See the whole handoff", row.page_url))


def _more(count: int, page_url: str) -> list[Block]:
    return links((f"And {count} more, on the page", page_url)) or text_blocks(f"And {count} more, on the page.")
