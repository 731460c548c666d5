"""A handoff note as the HTML a helpdesk keeps: title, first lines, sections, link, and a last line by which it is found again.

The text of a note quotes customers, so it is hostile: every character is escaped, braces too (helpdesks fill in
``{{placeholders}}`` when they show a comment). Shortening happens before escaping, so no tag or entity is ever cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from escalation.actions import Line, Note
from escalation.thread import UNSEEN

_FIRST = 6  # domain.md §5: the first six lines tell it, so they are never left out
_WORTH_CLIPPING = 80  # below this a clipped line says nothing
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "{": "&#123;", "}": "&#125;"}
_SURROGATES = [chr(n) for n in range(0xD800, 0xE000)]  # halves of a character: no vendor can store them
_UNSEEN = [chr(n) for n in (*range(0xD800), *range(0xE000, 0x10000), *range(0xE0000, 0xE0080)) if UNSEEN.match(chr(n))]


def mark(key: str) -> str:
    """The visible last line of a note; it contains ``key`` literally, which is how a note is found before it is repeated."""
    return f"Baton ref {key}"


def is_marked(text: str, key: str) -> bool:
    """Whether ``text`` (plain or HTML) carries the mark of exactly this key: h7:1 is not found in a note of h7:10."""
    return re.search(re.escape(mark(key)) + r"(?![\w:./-])", text) is not None


def to_html(note: Note, *, tags: frozenset[str], limit: int) -> str:
    """``note`` as HTML of at most ``limit`` characters that uses only ``tags`` (of p, b, i, ul, li, a, br).

    What does not fit is left out with a line that says so: first the oldest lines of the last section (the transcript),
    then the last lines of the sections before it. Title, first six lines and the mark always stay, at worst with their
    texts clipped; ValueError when ``limit`` has no room even for that.
    """
    paint = _Paint(tags)
    foot = paint.link(note.link) + paint.block(paint.wrap("i", paint.text(mark(note.key))))
    head = _head(paint, note, limit - len(foot))
    blocks = [_Block("", note.lines[_FIRST:]), *(_Block(heading, lines) for heading, lines in note.sections)]
    if note.sections:
        blocks[-1] = _Block(*note.sections[-1], newest_last=True)
    return head + _middle(paint, blocks, limit - len(head) - len(foot)) + foot


def plain_html(text: str) -> str:
    """Plain text as the HTML of a helpdesk: every character escaped, its line breaks kept."""
    return _Paint(frozenset({"br"})).text(text)


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading with lines; ``newest_last`` says which end may be left out."""

    heading: str
    lines: tuple[Line, ...]
    newest_last: bool = False

    def left_out(self, count: int) -> Line:
        what = "message" if self.newest_last else "line"
        which = "earlier" if self.newest_last else "more"
        return Line("", f"… {count} {which} {what}{'' if count == 1 else 's'} left out, see link")


class _Paint:
    """Turns plain text into HTML with the allowed tags only; an absent tag leaves its content as it is."""

    def __init__(self, tags: frozenset[str]) -> None:
        self._tags = tags
        self._break = "<br>" if "br" in tags else "\n"
        table = _ENTITIES | dict.fromkeys(_UNSEEN, "") | dict.fromkeys(_SURROGATES, "\ufffd") | {"\n": self._break}
        self._table = {ord(char): safe for char, safe in table.items()}

    def wrap(self, tag: str, inner: str) -> str:
        return f"<{tag}>{inner}</{tag}>" if tag in self._tags else inner

    def block(self, inner: str) -> str:
        return self.wrap("p", inner) if "p" in self._tags else inner + self._break

    def text(self, plain: str, most: int | None = None) -> str:
        """``plain`` escaped, its line breaks kept; with ``most`` clipped to that many characters of HTML."""
        plain = plain.replace("\r\n", "\n").replace("\r", "\n")
        whole = plain.translate(self._table)
        if most is None or len(whole) <= most:
            return whole
        kept, used = 0, 1  # the ellipsis
        for char in plain:
            used += len(char.translate(self._table))
            if used > most:
                break
            kept += 1
        return plain[:kept].translate(self._table) + "…" if most > 0 else ""

    def line(self, line: Line, most: int | None = None) -> str:
        label = self.text(line.label, None if most is None else min(most, _WORTH_CLIPPING))
        return (self.wrap("b", f"{label}:") + " " if label else "") + self.text(line.text, most)

    def item(self, line: Line, most: int | None = None) -> str:
        return self.wrap("li", self.line(line, most)) if self._lists else self.block(self.line(line, most))

    def paragraph(self, lines: Iterable[Line], most: int | None = None) -> str:
        return self.block(self._break.join(self.line(line, most) for line in lines))

    def section(self, heading: str, items: Iterable[str]) -> str:
        title = self.block(self.wrap("b", self.text(heading))) if heading else ""
        inner = "".join(items)
        return title + (self.wrap("ul", inner) if self._lists else inner)

    def link(self, url: str) -> str:
        if not url:
            return ""
        shown = self.text(url)
        if "a" in self._tags and url.startswith(("https://", "http://")):
            return self.block(f'<a href="{shown}">Open the handoff in Baton</a>')
        return self.block(shown)

    @property
    def _lists(self) -> bool:
        return {"ul", "li"} <= self._tags


def _head(paint: _Paint, note: Note, room: int) -> str:
    """Title and first six lines, their texts clipped evenly to the longest length that fits into ``room``."""

    def painted(most: int | None) -> str:
        title = paint.block(paint.wrap("b", paint.text(note.title, most)))
        return title + (paint.paragraph(note.lines[:_FIRST], most) if note.lines else "")

    whole = painted(None)
    if len(whole) <= room:
        return whole
    fits, too_long = 1, max(room, 2)
    if len(painted(fits)) > room:
        raise ValueError(f"a note cannot be shown in {room} characters")
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        fits, too_long = (middle, too_long) if len(painted(middle)) <= room else (fits, middle)
    return painted(fits)


def _middle(paint: _Paint, blocks: list[_Block], room: int) -> str:
    """The blocks in order; each may use what is left after the later ones could at least say what they left out."""
    blocks = [block for block in blocks if block.lines]
    least = [len(paint.section(b.heading, [paint.item(b.left_out(len(b.lines)))])) for b in blocks]
    shown = []
    for nth, block in enumerate(blocks):
        html = _fit(paint, block, room - sum(least[nth + 1 :]))
        room -= len(html)
        shown.append(html)
    return "".join(shown)


def _fit(paint: _Paint, block: _Block, room: int) -> str:
    items = [paint.item(line) for line in block.lines]
    whole = paint.section(block.heading, items)
    if len(whole) <= room:
        return whole
    room -= len(paint.section(block.heading, [paint.item(block.left_out(len(items)))]))
    if room < 0:
        return ""
    count, kept = len(items), []
    for item in reversed(items) if block.newest_last else items:
        if len(item) > room:
            break
        room -= len(item)
        kept.append(item)
    if not kept:
        kept = _clipped(paint, block, room)
    notice = paint.item(block.left_out(count - len(kept))) if len(kept) < count else ""
    return paint.section(block.heading, [notice, *reversed(kept)] if block.newest_last else [*kept, notice])


def _clipped(paint: _Paint, block: _Block, room: int) -> list[str]:
    """The most important line alone, clipped, when not even that one fits whole."""
    line = block.lines[-1] if block.newest_last else block.lines[0]
    most = room - len(paint.item(Line(line.label[:_WORTH_CLIPPING], ""), most=_WORTH_CLIPPING)) - 1
    return [paint.item(line, most)] if most >= _WORTH_CLIPPING else []
