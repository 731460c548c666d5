"""tests/data/triggers.yaml → docs/triggers.md. ``python scripts/triggers.py`` writes it, ``--check`` exits 1 when it is stale."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "tests" / "data" / "triggers.yaml"
PAGE = ROOT / "docs" / "triggers.md"
SECTIONS = {"event": "Evaluated on every change", "time": "Evaluated when time passes"}
HELPDESKS = {"zendesk": "Zendesk", "freshdesk": "Freshdesk", "intercom": "Intercom"}
_HEAD = """\
# Triggers: what makes Baton look for somebody else

<!-- Made by `python scripts/triggers.py` from tests/data/triggers.yaml; change that file, not this one. -->

Every trigger, with its condition as it is written in a rule ([rules.md](rules.md) explains the keys), a ticket that fires it and
one that nearly does and must not. All of them run in the test suite: `test_fires` and `test_near_miss` judge the tickets shown
here, `test_webhook` what the helpdesks really send (recorded deliveries in `tests/fixtures`, named where one is used).

Copy a condition into a rule of `config/escalation.yaml`; keys shown under "in the document" belong at its top level.
"""

Entry = dict[str, Any]


def page(source: str) -> str:
    """The document made from the YAML text."""
    entries: list[Entry] = yaml.load(source, yaml.BaseLoader)["triggers"]  # noqa: S506 - the base loader makes text only
    parts = [_HEAD, *_contents(entries)]
    for section, title in SECTIONS.items():
        parts += [f"## {title}\n", *(_trigger(entry) for entry in entries if entry["section"] == section)]
    return "\n".join(parts).rstrip() + "\n"


def is_fresh() -> bool:
    """Whether docs/triggers.md is what the YAML makes."""
    return PAGE.exists() and PAGE.read_text("utf-8") == page(SOURCE.read_text("utf-8"))


def _contents(entries: list[Entry]) -> Iterator[str]:
    """A table of all triggers; a tick where a delivery or an answer of that helpdesk runs in the suite."""
    yield f"| trigger | in words | {' | '.join(HELPDESKS.values())} |\n|---|---|{'---|' * len(HELPDESKS)}"
    for entry in entries:
        marks = " | ".join(_mark(entry, helpdesk) for helpdesk in HELPDESKS)
        yield f"| [{entry['id']}](#{entry['id']}) | {_text(entry['says'])} | {marks} |"
    yield "\n✓ told, ✓✓ told and tried with what that helpdesk sends, ✗ cannot be told; each trigger says how and why.\n"


def _mark(entry: Entry, helpdesk: str) -> str:
    if entry["helpdesks"][helpdesk].startswith("cannot:"):
        return "✗"
    return "✓✓" if helpdesk in entry.get("webhooks", {}) else "✓"


def _trigger(entry: Entry) -> str:
    """One trigger's chapter."""
    lines = [f"### {entry['id']}\n", f"{_text(entry['says'])}\n", _yaml(entry)]
    lines += [f"**Fires** ({_test('fires', entry)}):\n", *_example(entry["fires"]), ""]
    near = entry["near_miss"]
    lines += [f"**Near miss** ({_test('near_miss', entry)}): {_text(near['because'])}\n", *_example(near), ""]
    lines += ["| helpdesk | what tells it | tried with |\n|---|---|---|"]
    lines += [f"| {name} | {entry['helpdesks'][key]} | {_tried(entry, key)} |" for key, name in HELPDESKS.items()]
    return "\n".join([*lines, ""])


def _test(name: str, entry: Entry) -> str:
    return f"`tests/test_triggers.py::test_{name}[{entry['id']}]`"


def _text(words: str) -> str:
    """Words of people, of which nothing is markup."""
    return re.sub(r"([<*|])", r"\\\1", words)


def _yaml(entry: Entry) -> str:
    """The condition, below what the document and the rule need beside it."""
    rule = f"{entry.get('rule', '')}when:\n" + "".join(f"  {line}\n" for line in entry["when"].rstrip().splitlines())
    beside = f"# in the document\n{entry['playbook']}# in the rule\n" if "playbook" in entry else ""
    return f"```yaml\n{beside}{rule}```\n"


def _example(example: Entry) -> Iterator[str]:
    """A ticket in short form: its fields, what was before, what is known beside it, and the thread."""
    ticket = dict(example["ticket"])
    thread = ticket.pop("messages", [])
    told = {"ticket": ticket, **{name: example.get(name) for name in ("before", "kinds", "log", "contacts", "now")}}
    yield from (f"- {name}: `{_flow(value)}`" for name, value in told.items() if value)
    yield from (f"- {_author(message)}: “{_text(message['text'])}”" for message in thread)


def _author(message: Entry) -> str:
    note = ", internal note" if message.get("public") == "false" else ""
    at = f", {message['at']}" if "at" in message else ""
    return f"{message['role']}{note}{at}"


def _tried(entry: Entry, helpdesk: str) -> str:
    """The delivery and the answer that a webhook test uses."""
    case = entry.get("webhooks", {}).get(helpdesk)
    if case is None:
        return ""
    changed = ", with other values" if "edit" in case else ""
    told = [f"`{helpdesk}/{case['delivery']}`{changed}"] if "delivery" in case else []
    told += ["the ticket as read"] if "read" in case else []
    return "; ".join(told + ([f"looked at {case['after']} later"] if "after" in case else []))


def _flow(value: Any) -> str:
    """A value on one line, as YAML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]" if isinstance(value, list) else str(value)


def main(arguments: list[str]) -> int:
    """Write the page, or only look whether it is fresh."""
    if "--check" in arguments:
        if is_fresh():
            return 0
        sys.stderr.write("docs/triggers.md is stale. Run: python scripts/triggers.py\n")
        return 1
    PAGE.write_text(page(SOURCE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
