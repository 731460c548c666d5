"""Cards and forms as Slack Block Kit. Pure: nothing is sent from here.

Customer text is hostile (architecture.md rule 10). Wherever it can be it stands in ``plain_text`` objects, which Slack neither
formats nor links; in ``mrkdwn`` its control characters are escaped and its formatting characters replaced by look-alikes,
because a zero-width character beside them is itself a word boundary and may switch formatting on.
Escaping: https://docs.slack.dev/messaging/formatting-message-text#escaping
Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from escalation.actions import Card, Line, Press
from escalation.thread import UNSEEN
from escalation.verdicts import WORDS, Verdict

Block = dict[str, Any]  # one Block Kit object, as it goes over the wire

# Slack's own limits, in characters of the escaped text.
HEADER, TEXT, FIELD, LABEL, URL, VALUE, MODAL_TITLE, METADATA = 150, 3000, 2000, 75, 3000, 2000, 24, 3000
FIELDS_PER_SECTION = 10
# Ours: a card is read in ten seconds, and Slack refuses a message of more than about 13,000 characters (msg_blocks_too_long).
MOST_FACTS, MOST_LINES, FACT, LINE, STATE, FALLBACK = 20, 10, 160, 700, 300, 600
MOST_ENTERED = 1000  # characters of a field of a form

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NONE = "-"  # Slack refuses empty text objects
# What shows like a formatting character and is none. An underscore inside a word is left alone, by Slack and by us.
_LOOK_ALIKES = (
    (re.compile(r"\*"), "\N{ASTERISK OPERATOR}"),
    (re.compile(r"~"), "\N{TILDE OPERATOR}"),
    (re.compile(r"`"), "\N{MODIFIER LETTER GRAVE ACCENT}"),
    (re.compile(r"(?<![^\W_])_|_(?![^\W_])"), "\N{MODIFIER LETTER LOW MACRON}"),
    (re.compile(r":(?=:*[^\s:]+:|//)"), "\N{RATIO}"),  # emoji short codes, web addresses
    (re.compile(r"@(?=here|channel|everyone|group)", re.I), "\N{FULLWIDTH COMMERCIAL AT}"),
    (re.compile(r"^>"), "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"),  # quotes at the start of a line, even escaped
)
_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}")
_USER_GROUP = re.compile(r"S[A-Z0-9]{1,20}")

BUTTONS = {
    Press.ACCEPT: "Accept",
    Press.DECLINE: "Decline",
    Press.RETURN: "Return",
}  # Press.OPEN is a link and is shown wherever there is an address to open
MENU = {
    Press.ASK: "Ask the sender…",
    Press.REASSIGN: "Reassign…",
    Press.SNOOZE: "Snooze…",
    Press.NEXT_LEVEL: "Next level now",
}  # behind the three dots: at most five, https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element
MORE = "baton_more"  # the menu's action_id


def tidy(text: str, *, one_line: bool = True) -> str:
    """``text`` without invisible and overriding characters; white space collapsed."""
    kept = UNSEEN.sub("", text)
    if one_line:
        return " ".join(kept.split())
    lines = [" ".join(line.split()) for line in kept.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def escape(text: str, limit: int) -> str:
    """``text`` with & < > escaped, cut with … so that the escaped form has at most ``limit`` UTF-16 units."""
    pieces: list[str] = []
    used = 0
    for char in text:
        piece = _ESCAPES.get(char, char)
        used += len(piece) + (char > "\uffff")
        if used > limit:
            return _shortened(pieces, limit)
        pieces.append(piece)
    return "".join(pieces)


def _shortened(pieces: list[str], limit: int) -> str:
    size = sum(len(p) + (p > "\uffff") for p in pieces)
    while pieces and size > limit - 1:
        last = pieces.pop()
        size -= len(last) + (last > "\uffff")
    return "".join(pieces).rstrip() + "…"


def literal(text: str, limit: int) -> str:
    """``text`` on one line for a ``mrkdwn`` object: nothing in it formats, links, mentions or becomes an emoji."""
    shown = tidy(text)[: limit + 1]  # escaping only makes it longer; cut before, so that long runs of colons cost nothing
    for pattern, look_alike in _LOOK_ALIKES:
        shown = pattern.sub(look_alike, shown)
    return escape(shown, limit)


def plain(text: str, limit: int, *, one_line: bool = True) -> Block:
    """A ``plain_text`` object; never empty, as Slack refuses that."""
    shown = escape(tidy(text, one_line=one_line), limit)
    return {"type": "plain_text", "text": shown or _NONE, "emoji": False}


def marked(text: str) -> Block:
    """A ``mrkdwn`` object of our own mark-up around literal() pieces; verbatim, so that Slack links nothing by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def link(url: str, label: str) -> str:
    """``<url|label>`` for mrkdwn, or "" when ``url`` is no web address."""
    target = web_address(url)
    return f"<{escape(target, URL)}|{literal(label, LABEL)}>" if target else ""


def web_address(url: str) -> str:
    """``url`` if it is an http(s) address Slack will take as a link, with whatever could end the link encoded; else ""."""
    safe = quote(tidy(url), safe="/:?#[]@!$&'()*+,;=%~-._")
    try:
        parts = urlsplit(safe)
    except ValueError:
        return ""
    fits = len(safe) + 4 * safe.count("&") <= URL - LABEL * 5
    return safe if parts.scheme in ("http", "https") and parts.netloc and fits else ""


def blocks(card: Card) -> list[Block]:
    """The card as Block Kit blocks (at most 50): full while it is live, muted once it is settled."""
    return _live(card) if card.live else _settled(card)


def fallback_text(card: Card) -> str:
    """The card in one line, for notifications and clients without blocks."""
    facts = " · ".join(f"{line.label}: {line.text}" for line in card.facts[:4])
    return literal(" | ".join(filter(None, (card.title, card.state, facts))) or "Handoff", FALLBACK)


def text_blocks(text: str) -> list[Block]:
    """A plain message as blocks: shown as it is, whatever it holds."""
    return [{"type": "section", "text": plain(text, TEXT, one_line=False)}]


def _live(card: Card) -> list[Block]:
    parts: list[Block] = [{"type": "header", "text": plain(card.title or "Handoff", HEADER)}]
    parts.append({"type": "section", "text": marked(_state(card))})
    parts += _grid(card.facts[:MOST_FACTS])
    for line in card.lines[:MOST_LINES]:
        parts += _labelled(line)
    return parts + _buttons(card) + links(("See the whole handoff", card.page_url))


def _settled(card: Card) -> list[Block]:
    facts = " · ".join(literal(line.text, FACT) for line in card.facts[:4] if tidy(line.text))
    rows = [f"*{literal(card.title, HEADER) or 'Handoff'}*", literal(card.state, STATE), facts]
    parts = [{"type": "context", "elements": [marked(row)]} for row in rows if row]
    asked = _verdicts(card) if Press.VERDICT in card.presses else []
    return [*parts, *asked, *links(("Open ticket", card.ticket_url), ("See the whole handoff", card.page_url))]


def _verdicts(card: Card) -> list[Block]:
    """One button per verdict; the one that was given stands out and can be changed."""
    given = WORDS[Verdict(card.verdict)].lower() if card.verdict in tuple(Verdict) else ""
    words = f"Verdict: {given}. Another press changes it." if given else "Was it right to hand this over? One press tells."
    about = {"handoff": card.handoff_id, "offer": card.offer_id}
    pressable = [
        {"type": "button", "action_id": f"{Press.VERDICT.value}:{verdict.value}", "text": plain(words, LABEL)}
        | {"value": json.dumps({**about, "verdict": verdict.value})}
        | ({"style": "primary"} if verdict == card.verdict else {})
        for verdict, words in WORDS.items()
    ]
    return [{"type": "section", "text": plain(words, STATE)}, {"type": "actions", "elements": pressable}]


def _state(card: Card) -> str:
    mention = f"<@{card.mention}> " if _PERSON.fullmatch(card.mention) else ""
    mention = mention or (f"<!subteam^{card.mention}> " if _USER_GROUP.fullmatch(card.mention) else "")
    state = literal(card.state, STATE)
    return mention + (f"*{state}*" if state else "") or _NONE


def _grid(facts: Sequence[Line]) -> list[Block]:
    fields = [marked(f"*{literal(f.label, FACT) or _NONE}*\n{literal(f.text, FACT) or _NONE}") for f in facts]
    chunks = [fields[i : i + FIELDS_PER_SECTION] for i in range(0, len(fields), FIELDS_PER_SECTION)]
    return [{"type": "section", "fields": chunk} for chunk in chunks]


def _labelled(line: Line) -> list[Block]:
    label = {"type": "context", "elements": [plain(line.label, FACT)]}
    return [label, {"type": "section", "text": plain(line.text, LINE, one_line=False)}]


def _buttons(card: Card) -> list[Block]:
    return buttons(card.handoff_id, card.offer_id, card.presses, card.ticket_url)


def buttons(handoff: str, offer: str, presses: Iterable[Press], ticket_url: str) -> list[Block]:
    """The row about an offer: large buttons, a link to its ticket, the rest under a menu; empty when nothing can be pressed."""
    value, pressable = json.dumps({"handoff": handoff, "offer": offer}), set(presses)
    elements = [_button(press, value) for press in BUTTONS if press in pressable]
    if address := web_address(ticket_url):
        elements.append({"type": "button", "action_id": Press.OPEN.value, "text": plain("Open ticket", LABEL), "url": address})
    elements += _menu(handoff, offer, pressable)
    return [{"type": "actions", "elements": elements}] if elements else []


def _menu(handoff: str, offer: str, pressable: Iterable[Press]) -> list[Block]:
    """The rest behind three dots. Its options have no action_id of their own: what was chosen stands in the value."""
    values = {
        press: json.dumps({"press": press.value, "handoff": handoff, "offer": offer}) for press in MENU if press in pressable
    }
    options = [{"text": plain(MENU[press], LABEL), "value": value} for press, value in values.items()]
    return [{"type": "overflow", "action_id": MORE, "options": options}] if options else []


def _button(press: Press, value: str) -> Block:
    button = {"type": "button", "action_id": press.value, "text": plain(BUTTONS[press], LABEL), "value": value}
    return button | ({"style": "primary"} if press is Press.ACCEPT else {})


def links(*links: tuple[str, str]) -> list[Block]:
    shown = [made for label, url in links if (made := link(url, label))]
    return [{"type": "context", "elements": [marked(text) for text in shown]}] if shown else []


def modal(title: str, parts: Iterable[Block], **more: object) -> Block:
    """A modal; https://docs.slack.dev/reference/views/modal-views"""
    close = plain("Close" if "submit" not in more else "Cancel", MODAL_TITLE)
    return {"type": "modal", "title": plain(title, MODAL_TITLE), "close": close, "blocks": list(parts)} | more


def text_input(name: str, label: str, hint: str = "", *, optional: bool = False, lines: bool = True, given: str = "") -> Block:
    """A field for text, of several lines or one; ``given`` stands in it at first."""
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": lines, "max_length": MOST_ENTERED}
    element |= {"initial_value": escape(tidy(given), MOST_ENTERED)} if tidy(given) else {}
    return _input(name, label, hint, element) | {"optional": optional}


def choice_input(name: str, label: str, hint: str, options: Iterable[tuple[str, str]]) -> Block:
    """A field that takes one of (value, words)."""
    listed = [{"text": plain(words, LABEL), "value": value} for value, words in options]
    element = {"type": "static_select", "action_id": name, "options": listed, "placeholder": plain("Choose", LABEL)}
    return _input(name, label, hint, element)


def _input(name: str, label: str, hint: str, element: Block) -> Block:
    made = {"type": "input", "block_id": name, "label": plain(label, 200), "element": element}
    return made | ({"hint": plain(hint, 200)} if hint else {})
