"""Block Kit as strict as Slack's: what of a message's blocks or a form would be refused with ``invalid_blocks``.

Limits: https://docs.slack.dev/reference/block-kit/blocks and /reference/block-kit/block-elements. Each problem ends with the
JSON pointer Slack gives in ``response_metadata.messages``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.state import Body

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
_ELEMENT_TEXTS = {  # element type → its own texts and their limits
    "button": {"value": 2000, "url": 3000, "action_id": 255, "accessibility_label": 75},
    "plain_text_input": {"action_id": 255, "initial_value": 3000},
}
_CHOICES = {  # element type → (most options, longest value)
    "static_select": (100, 150),
    "multi_static_select": (100, 150),
    "overflow": (5, 150),
    "radio_buttons": (10, 150),
    "checkboxes": (10, 150),
}
_ELEMENTS = frozenset(_ELEMENT_TEXTS) | frozenset(_CHOICES) | {
    "image", "datepicker", "timepicker", "users_select", "conversations_select", "channels_select",
}  # fmt: skip
Problems = Iterator[str]


def problems(blocks: Any, surface: str = "message") -> list[str]:
    """All that is wrong with ``blocks``, empty when Slack would take them; ``surface`` is message, modal or home."""
    return list(_blocks(blocks, surface))


def view_problems(view: Any) -> list[str]:
    """All that is wrong with a modal."""
    return list(_modal(view))


def home_problems(view: Any) -> list[str]:
    """All that is wrong with a Home tab."""
    return list(_home(view))


def _blocks(blocks: Any, surface: str) -> Problems:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        yield _at("must be a list of blocks", "/blocks")
        return
    if len(blocks) > MOST_BLOCKS[surface]:
        yield _at(f"no more than {MOST_BLOCKS[surface]} items allowed", "/blocks")
    ids = Counter(block["block_id"] for block in blocks if "block_id" in block)
    yield from (_at(f"duplicate block_id {id}", "/blocks") for id, times in ids.items() if times > 1)
    for number, block in enumerate(blocks):
        check = _BLOCKS.get(block.get("type", ""))
        where = f"/blocks/{number}"
        yield from check(block, where) if check else [_at(f"unsupported type: {block.get('type')}", where)]


def _at(words: str, where: str) -> str:
    return f"[ERROR] {words} [json-pointer:{where}]"


def _length(value: Any, most: int, where: str, least: int = 1) -> Problems:
    if not isinstance(value, str):
        yield _at("must be a string", where)
    elif len(value) < least:
        yield _at(f"must be more than {least - 1} characters", where)
    elif len(value.encode("utf-16-le")) // 2 > most:
        yield _at(f"must be less than {most + 1} characters", where)


def _text(text: Any, most: int, where: str, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Problems:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield _at(f"must be a text object of type {' or '.join(kinds)}", where)
        return
    yield from _length(text.get("text"), most, f"{where}/text")
    only = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}[text["type"]]
    yield from (_at(f"no more properties than {sorted(only)} allowed", where) for key in set(text) - only if key)


def _plain(text: Any, most: int, where: str) -> Problems:
    return _text(text, most, where, ("plain_text",))


def _header(block: Body, where: str) -> Problems:
    return _plain(block.get("text"), 150, f"{where}/text")


def _section(block: Body, where: str) -> Problems:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield _at("missing required field: text or fields", where)
    if "text" in block:
        yield from _text(block["text"], 3000, f"{where}/text")
    if fields is not None:
        if not 1 <= len(fields) <= 10:
            yield _at("1 to 10 items allowed", f"{where}/fields")
        for number, field in enumerate(fields):
            yield from _text(field, 2000, f"{where}/fields/{number}")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{where}/accessory")


def _context(block: Body, where: str) -> Problems:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield _at("1 to 10 items allowed", f"{where}/elements")
    for number, element in enumerate(elements):
        if element.get("type") != "image":
            yield from _text(element, 3000, f"{where}/elements/{number}")


def _actions(block: Body, where: str) -> Problems:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield _at("1 to 25 items allowed", f"{where}/elements")
    ids = Counter(element.get("action_id") for element in elements)
    yield from (_at(f"duplicate action_id {id}", f"{where}/elements") for id, times in ids.items() if id and times > 1)
    for number, element in enumerate(elements):
        yield from _element(element, f"{where}/elements/{number}")


def _input(block: Body, where: str) -> Problems:
    yield from _plain(block.get("label"), 2000, f"{where}/label")
    if "hint" in block:
        yield from _plain(block["hint"], 2000, f"{where}/hint")
    yield from _element(block.get("element"), f"{where}/element")


def _image(block: Body, where: str) -> Problems:
    yield from _length(block.get("image_url"), 3000, f"{where}/image_url")
    yield from _length(block.get("alt_text"), 2000, f"{where}/alt_text")


def _nothing(block: Body, where: str) -> Problems:
    return iter(())


def _element(element: Any, where: str) -> Problems:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in _ELEMENTS:
        yield _at(f"unsupported type: {kind}", where)
        return
    for name, most in _ELEMENT_TEXTS.get(kind, {}).items():
        if name in element:
            yield from _length(element[name], most, f"{where}/{name}", least=0)
    if kind == "button":
        yield from _plain(element.get("text"), 75, f"{where}/text")
        if element.get("style", "primary") not in ("primary", "danger"):
            yield _at("must be primary or danger", f"{where}/style")
    if "placeholder" in element:
        yield from _plain(element["placeholder"], 150, f"{where}/placeholder")
    yield from _options(element, kind, where)


def _options(element: Body, kind: str, where: str) -> Problems:
    if kind not in _CHOICES:
        return
    most, longest = _CHOICES[kind]
    options = element.get("options") or []
    if not 1 <= len(options) <= most:
        yield _at(f"1 to {most} items allowed", f"{where}/options")
    for number, option in enumerate(options):
        yield from _text(option.get("text"), 75, f"{where}/options/{number}/text")
        yield from _length(option.get("value"), longest, f"{where}/options/{number}/value")
    values = Counter(str(option.get("value")) for option in options)
    yield from (_at(f"duplicate value {value}", f"{where}/options") for value, times in values.items() if times > 1)


_BLOCKS: dict[str, Callable[[Body, str], Problems]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _image,
    "divider": _nothing,
    "rich_text": _nothing,
}


def _home(view: Any) -> Problems:
    if not isinstance(view, dict) or view.get("type") != "home":
        yield _at("must be a home view", "/view/type")
        return
    yield from (_at("no such property on a home view", f"/view/{name}") for name in ("title", "submit", "close") if name in view)
    yield from _metadata(view)
    if view.get("blocks") == []:
        yield _at("must provide at least 1 block", "/view/blocks")
    yield from _blocks(view.get("blocks"), "home")


def _metadata(view: Body) -> Problems:
    yield from _length(view.get("private_metadata", ""), 3000, "/view/private_metadata", least=0)
    yield from _length(view.get("callback_id", ""), 255, "/view/callback_id", least=0)


def _modal(view: Any) -> Problems:
    if not isinstance(view, dict) or view.get("type") != "modal":
        yield _at("must be a modal", "/view/type")
        return
    yield from _plain(view.get("title"), 24, "/view/title")
    for name in ("submit", "close"):
        if name in view:
            yield from _plain(view[name], 24, f"/view/{name}")
    yield from _metadata(view)
    blocks = view.get("blocks")
    yield from _blocks(blocks, "modal")
    if isinstance(blocks, list) and "submit" not in view and any(b.get("type") == "input" for b in blocks if isinstance(b, dict)):
        yield _at("missing required field: submit", "/view")
