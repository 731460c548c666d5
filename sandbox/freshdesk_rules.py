"""What the play Freshdesk refuses: 400 with one entry per wrong field, in the words of the real API.

https://developers.freshdesk.com/api/#error
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.freshdesk_world import CUSTOM_FIELDS, GROUPS, PRIORITIES, SOURCES, STATUSES, TYPES
from sandbox.state import Body

Problem = dict[str, str]
_NAMES = {int: "Integer", str: "String", list: "Array", dict: "key/value pair", bool: "Boolean", float: "Number"}
_JSON_NAMES = {**_NAMES, type(None): "Null"}


def _problem(field: str, message: str, code: str) -> Problem:
    return {"field": field, "message": message, "code": code}


def typed(wanted: type) -> Callable[[str, Any], list[Problem]]:
    def check(field: str, value: Any) -> list[Problem]:
        fits = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
        if fits:
            return []
        found, name = _JSON_NAMES.get(type(value), "Number"), _NAMES[wanted]
        return [_problem(field, f"Value set is of type {found}.It should be a/an {name}", "datatype_mismatch")]

    return check


def one_of(values: Mapping[Any, Any] | tuple[str, ...]) -> Callable[[str, Any], list[Problem]]:
    kind = type(next(iter(values)))
    listed = ",".join(map(str, values))

    def check(field: str, value: Any) -> list[Problem]:
        wrong = typed(kind)(field, value)
        if wrong or value in values:
            return wrong
        return [_problem(field, f"It should be one of these values: '{listed}'", "invalid_value")]

    return check


def _tags(field: str, value: Any) -> list[Problem]:
    wrong = typed(list)(field, value)
    if wrong:
        return wrong
    if not all(isinstance(tag, str) for tag in value):
        return [_problem(field, "It should contain elements of type String only", "datatype_mismatch")]
    if any(len(tag) > 32 for tag in value):
        return [_problem(field, "It should only contain elements that have maximum of 32 characters", "invalid_value")]
    return []


def _custom(field: str, value: Any) -> list[Problem]:
    wrong = typed(dict)(field, value)
    if wrong:
        return wrong
    return [problem for name, one in value.items() for problem in _one_custom(name, one)]


def _one_custom(name: str, value: Any) -> list[Problem]:
    kinds = CUSTOM_FIELDS.get(name)
    if kinds is None:
        return [_problem(name, "Unexpected/invalid field in request", "invalid_field")]
    if value is None or (isinstance(value, kinds) and not isinstance(value, bool)):
        return []
    found = _JSON_NAMES.get(type(value), "Number")
    return [_problem(name, f"Value set is of type {found}.It should be a/an {_NAMES[kinds[-1]]}", "datatype_mismatch")]


def or_null(check: Callable[[str, Any], list[Problem]]) -> Callable[[str, Any], list[Problem]]:
    return lambda field, value: [] if value is None else check(field, value)


Checks = Mapping[str, Callable[[str, Any], list[Problem]]]

UPDATE: Checks = {
    "subject": typed(str), "description": typed(str), "status": one_of(STATUSES), "priority": one_of(PRIORITIES),
    "source": one_of(SOURCES), "type": or_null(one_of(TYPES)), "responder_id": or_null(typed(int)),
    "group_id": or_null(one_of(GROUPS)), "tags": _tags, "custom_fields": _custom, "due_by": typed(str), "fr_due_by": typed(str),
    "requester_id": typed(int), "company_id": or_null(typed(int)), "product_id": or_null(typed(int)), "email": typed(str),
    "name": typed(str), "phone": typed(str), "internal_agent_id": or_null(typed(int)), "parent_id": typed(int),
    "internal_group_id": or_null(typed(int)), "related_ticket_ids": typed(list), "attachments": typed(list),
}  # fmt: skip
CREATE: Checks = {**UPDATE, "cc_emails": typed(list)}
NOTE: Checks = {
    "body": typed(str), "private": typed(bool), "incoming": typed(bool), "user_id": typed(int), "notify_emails": typed(list),
    "attachments": typed(list),
}  # fmt: skip
REPLY: Checks = {
    "body": typed(str), "from_email": typed(str), "user_id": typed(int), "cc_emails": typed(list), "bcc_emails": typed(list),
    "attachments": typed(list),
}  # fmt: skip


def problems(body: Body, checks: Checks, required: tuple[str, ...] = ()) -> list[Problem]:
    """Every wrong field of a request."""
    missing = [name for name in required if body.get(name) in (None, "")]
    found = [_problem(name, "It should be a/an String", "missing_field") for name in missing]
    for name, value in body.items():
        check = checks.get(name)
        if check is None:
            found.append(_problem(name, "Unexpected/invalid field in request", "invalid_field"))
        elif name not in missing:
            found += check(name, value)
    return found


def assignment(body: Body, agents: Mapping[int, Body]) -> list[Problem]:
    """The agent must exist, and belong to the group when both are set."""
    agent, group = body.get("responder_id"), body.get("group_id")
    if not isinstance(agent, int):
        return []
    if agent not in agents:
        return [_problem("responder_id", "There is no agent matching the given responder_id", "invalid_value")]
    if isinstance(group, int) and group in GROUPS and group not in agents[agent]["group_ids"]:
        return [_problem("responder_id", f"The agent is not a member of the group {GROUPS[group]}", "invalid_value")]
    return []
