"""HTML of a helpdesk's message to plain text, by inscriptis with its known hazards closed (tests/test_mappings_html.py).

Inscriptis pads table cells and nested blocks, which lets one hostile mail fill the memory; it keeps its canvas in the shared
style sheet, which mixes texts of two threads; and it decodes entities twice. So: own flat styles, made new for every call.
"""

from __future__ import annotations

import html
import re
from typing import Any

import inscriptis  # type: ignore[import-untyped]
from inscriptis.html_properties import Display, WhiteSpace  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]
from inscriptis.model.html_element import HtmlElement  # type: ignore[import-untyped]
from inscriptis.model.tag import CustomHtmlTagHandlerMapping  # type: ignore[import-untyped]

MOST_CHARS = 200_000

_HIDDEN = "head script style title noscript template iframe object embed svg math audio video canvas link meta img map"
_BLOCKS = (
    "div section article aside header footer main nav address hgroup figure figcaption form fieldset dl dt dd ul ol li "
    "table thead tbody tfoot tr caption center hr blockquote details summary"
)
_APART = "p h1 h2 h3 h4 h5 h6"
_INLINE = (
    "html body a abbr acronym b bdi bdo big br button cite code col colgroup data datalist del dfn em font i input ins kbd label "
    "legend mark meter nobr optgroup option output progress q rp rt ruby s samp select small source span strike strong sub sup "
    "td textarea th time tt u var wbr picture area base param track"
)
_PRE = "pre xmp listing plaintext"
_NAMES = "|".join(" ".join((_HIDDEN, _BLOCKS, _APART, _INLINE, _PRE)).split())
# Anything else that begins with "<" is text somebody typed: "a < b", "<ada@example.com>", "if x<y".
_TAG = rf"/?(?:{_NAMES}|(?:o|v|w|m|st1):\w+)(?:\s*/?>|\s+[\w:-]+\s*=|\s[^<>]*>)|!--|!doctype\b|!\[|\?xml\b"
_TYPED = re.compile(rf"<(?!{_TAG})", re.IGNORECASE)
_HAS_TAG = re.compile(rf"<(?:{_TAG})", re.IGNORECASE)
_OPENS = re.compile(r"<(/?)[a-z][^<>]*?(/?)>", re.IGNORECASE)
_FLATTENED = re.compile(
    rf"</?(?:{'|'.join(f'{_BLOCKS} {_APART} a b big em font i small span strong td th u'.split())})\b[^<>]*>", re.IGNORECASE
)
_ANY_TAG = re.compile(r"<[^<>]*>")
_MOST_NESTING = 200  # the HTML parser drops all text below 256
_BLANKS = re.compile(r"\n{4,}")
_VOID = ("<br", "<hr", "<im", "<in", "<me", "<li")  # they nest nothing; <li> because people leave it open
_QUOTE, _UNQUOTE = "\ue000", "\ue001"  # private characters that mark quoted blocks until the lines are final
_PRIVATE = re.compile(f"[{_QUOTE}{_UNQUOTE}]")


def to_text(source: str) -> str:
    """The readable text of ``source``: at most 200,000 characters are read, quoted blocks begin with "> ", never raises.

    Text without any HTML tag keeps its own line breaks; its entities are decoded all the same.
    """
    source = _PRIVATE.sub("", _cut(source))
    if not _HAS_TAG.search(source):
        return tidy(html.unescape(source))
    try:
        text = inscriptis.get_text(f"<div>{_harmless(source)}</div>", _config())
    except (RecursionError, ValueError, TypeError, AttributeError, LookupError):  # nesting or bytes no browser would show
        text = html.unescape(_ANY_TAG.sub(" ", source))
    return tidy(_quoted(text))


def tidy(text: str) -> str:
    """Lines without trailing spaces, no more than two blank ones in a row, nothing blank around the whole."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
    return _BLANKS.sub("\n\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _cut(source: str) -> str:
    if len(source) <= MOST_CHARS:
        return source
    kept = source[:MOST_CHARS]
    opened = kept.rfind("<")
    return kept[:opened] if opened > kept.rfind(">") and opened > MOST_CHARS - 2000 else kept


def _harmless(source: str) -> str:
    typed = _TYPED.sub("&lt;", source)
    closed = typed.rfind("-->") + 1  # a comment nobody closes would swallow the rest
    typed = typed[:closed] + typed[closed:].replace("<!--", "&lt;!--")
    if typed.count("<") > _MOST_NESTING and _nesting(typed) > _MOST_NESTING:
        typed = _FLATTENED.sub("<br>", typed)
    return typed.replace("&amp;", "&amp;amp;").replace("&#38;", "&amp;amp;")


def _nesting(source: str) -> int:
    deepest = depth = 0
    for tag in _OPENS.finditer(source):
        if tag[1]:
            depth = max(0, depth - 1)
        elif not tag[2] and tag[0][:3].lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _quoted(text: str) -> str:
    """Lines inside the marks of quoted blocks with "> " before them; a mark adds no blank line of its own."""
    lines: list[str] = []
    depth, at_mark = 0, False
    for line in text.split("\n"):
        opened, closed = line.count(_QUOTE), line.count(_UNQUOTE)
        depth = max(0, depth + opened - closed)
        bare = _PRIVATE.sub("", line)
        if bare.strip():
            lines.append(f"> {bare}" if depth or opened or closed else bare)
            at_mark = False
        elif opened or closed:
            at_mark = True
        elif not (at_mark and lines[-1:] in ([], [""])):
            lines.append("")
    return "\n".join(lines)


def _style(value: str, element: Any) -> None:
    told = value[:2000].lower().replace(" ", "")
    if "display:none" in told:
        element.display = Display.none
    elif "white-space:pre" in told and element.display is not Display.none:
        element.whitespace = WhiteSpace.pre


def _cell(state: Any, _: Any) -> None:
    state.tags[-1].write(" ")


def _mark(character: str) -> Any:
    def handler(state: Any, _: Any = None) -> None:
        canvas = state.tags[-1].canvas
        canvas.flush_inline()
        state.tags[-1].write(character)
        canvas.flush_inline()

    return handler


_HANDLERS: Any = CustomHtmlTagHandlerMapping(
    {"table": None, "tr": None, "td": _cell, "th": _cell, "blockquote": _mark(_QUOTE)},
    {"table": None, "td": None, "th": None, "blockquote": _mark(_UNQUOTE)},
)


def _element(**kept: Any) -> HtmlElement:
    # whitespace None is inherited, so that <pre><code> keeps its lines
    return HtmlElement(**{"whitespace": None, **kept})


_CSS: dict[str, HtmlElement] = {
    **{tag: _element(display=Display.none) for tag in _HIDDEN.split()},
    **{tag: _element(display=Display.block) for tag in _BLOCKS.split()},
    **{tag: _element(display=Display.block, margin_before=1, margin_after=1) for tag in _APART.split()},
    **{tag: _element() for tag in _INLINE.split()},
    **{tag: _element(display=Display.block, whitespace=WhiteSpace.pre) for tag in _PRE.split()},
}


def _config() -> ParserConfig:
    # <body> is what inscriptis writes its canvas to: shared, it would mix the texts of two threads
    css = {**_CSS, "body": HtmlElement(whitespace=WhiteSpace.normal)}
    config = ParserConfig(css=css, custom_html_tag_handler_mapping=_HANDLERS)
    config.attribute_handler.attribute_mapping = {"style": _style}
    return config
