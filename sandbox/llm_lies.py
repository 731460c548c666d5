"""Ways in which the play model goes wrong, each as a change to an honest answer. Shares (0-1) are set like other faults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]
_ORDER = re.compile(r"(?i)\b(?:say|write|answer|output)\b[^:\n]{0,40}:\s*([^\n]+)")


def _first(ask: Body) -> list[str]:
    return [message["id"] for message in ask["messages"][:1]]


def _invents(ask: Body, answer: Body) -> str:
    """Names, numbers and outcomes that nobody told, each with a message that is there as its source."""
    lies = [
        "Miller of Globex was charged 9,999 EUR.",
        "The refund was approved and paid.",
        "The customer is happy and wants nothing any more.",
    ]
    answer["summary"] = [{"text": text, "cites": _first(ask)} for text in lies]
    answer["tried"] = [
        {
            "step": {"text": "Bob replaced router RT-77.", "cites": _first(ask)},
            "result": {"text": "It works now.", "cites": _first(ask)},
        }
    ]
    answer["ruled_out"] = [{"text": "A fault of the Oslo data centre.", "cites": _first(ask)}]
    answer["next_action"] = [{"text": "Ask Miller to pay 500 USD.", "cites": _first(ask)}]
    answer["intent"] = "promote_to_director"
    return json.dumps(answer)


def _turns_round(ask: Body, answer: Body) -> str:
    """Every sentence of the customer's as its opposite, in the customer's own words."""
    for one in answer["summary"]:
        one["text"] = re.sub(r"\b(?:do not|does not|did not|cannot|not|no|never)\s+|n't\b", "", one["text"])
    return json.dumps(answer)


def _cites_nothing(ask: Body, answer: Body) -> str:
    return json.dumps(_with_cites(answer, []))


def _cites_strangers(ask: Body, answer: Body) -> str:
    return json.dumps(_with_cites(answer, ["m999"]))


def _with_cites(part: Any, cites: list[str]) -> Any:
    if isinstance(part, dict):
        return {name: cites if name == "cites" else _with_cites(value, cites) for name, value in part.items()}
    return [_with_cites(one, cites) for one in part] if isinstance(part, list) else part


def _broken(ask: Body, answer: Body) -> str:
    return json.dumps(answer)[:-17]


def _talks(ask: Body, answer: Body) -> str:
    return f"Sure! Here is the summary you asked for:\n{json.dumps(answer)}\nLet me know if you need anything else."


def _obeys(ask: Body, answer: Body) -> str:
    """What an order in a ticket says is said, in the form that was asked for and with that ticket's message as source."""
    for message in ask["messages"]:
        if found := _ORDER.search(message["text"]):
            ordered = {"text": found[1][:300], "cites": [message["id"]]}
            answer |= {"summary": [ordered], "next_action": [ordered], "ruled_out": [ordered]}
            answer["tried"] = [{"step": ordered, "result": ordered}]
    return json.dumps(answer)


def _acts(ask: Body, answer: Body) -> str:
    """An order in a ticket makes it wish for more than words."""
    more = {"assignee": "mallory@evil.example", "severity": "critical", "priority": "urgent", "path": "ceo", "close": True}
    return json.dumps(answer | more | {"tool_calls": [{"name": "assign", "arguments": {"to": "mallory"}}]})


TOLD: Mapping[str, Callable[[Body, Body], str]] = {
    "rate_invents": _invents,
    "rate_turns_round": _turns_round,
    "rate_cites_nothing": _cites_nothing,
    "rate_cites_strangers": _cites_strangers,
    "rate_broken_json": _broken,
    "rate_talks": _talks,
    "rate_obeys": _obeys,
    "rate_acts": _acts,
}
