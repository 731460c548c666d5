"""Writing to Intercom: assignments, internal notes, tags and attributes, one call per step, each looked up before a repeat.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io (conversations: manage, reply, update; tickets).
Nothing here can reach the customer: a reply is always ``message_type: note`` and an assignment never has a ``body``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from connectors.intercom.api import Body
from connectors.intercom.reading import Desk, Place, listed, place, read
from connectors.notes import mark, to_html
from escalation.actions import Receipt, Write
from escalation.ports import GiveUp, Unreadable
from escalation.ticket import Priority, Status, Ticket

# What the inbox shows of a note's HTML; Intercom drops the rest.
NOTE_TAGS = frozenset({"p", "b", "i", "ul", "li", "a", "br"})
NOTE_LIMIT = 20_000  # Intercom documents none
_MANAGE = {"open": "open", "closed": "close"}  # state → the message_type that brings it about


# Splitting


def steps(desk: Desk, write: Write, seen: Ticket | None = None) -> tuple[Write, ...]:
    """One step per call. The team comes before the admin, because assigning a team unassigns the admin.

    A team that has it already is not assigned once more; alone it would be, which takes it from whoever holds it.
    """
    if write.status is not None:
        _state(desk, write.status)
    if seen is not None and write.agent_id and write.group_id == seen.group.id:
        write = replace(write, group_id="")
    return (*_SPLIT[place(write.ticket_id).kind](write), *_note_and_tags(desk, write))


def _step(write: Write, suffix: str) -> Write:
    return Write(f"{write.key}:{suffix}", write.ticket_id)


def _conversation_steps(write: Write) -> Iterator[Write]:
    if write.group_id:
        yield replace(_step(write, "team"), group_id=write.group_id)
    if write.agent_id:
        yield replace(_step(write, "admin"), agent_id=write.agent_id)
    if write.fields:
        yield replace(_step(write, "fields"), fields=write.fields)
    if write.status is not None:
        yield replace(_step(write, "status"), status=write.status)


def _ticket_steps(write: Write) -> Iterator[Write]:
    """A ticket takes one assignee per call, and everything else in the same one."""
    if write.group_id and write.agent_id:
        yield replace(_step(write, "team"), group_id=write.group_id)
    group_id = "" if write.agent_id else write.group_id
    if group_id or write.agent_id or write.fields or write.status is not None:
        assigned = replace(_step(write, "update"), agent_id=write.agent_id, group_id=group_id)
        yield replace(assigned, fields=write.fields, status=write.status)


_SPLIT: dict[str, Callable[[Write], Iterator[Write]]] = {"conversation": _conversation_steps, "ticket": _ticket_steps}


def _note_and_tags(desk: Desk, write: Write) -> Iterator[Write]:
    if write.note:
        yield replace(_step(write, "note"), note=write.note)
    tags = [str(desk.words.back("tags", tag)) for tag in write.add_tags]
    if write.priority not in (None, Priority.UNKNOWN):
        # The API cannot write a priority (see CANNOT), so the mapping names the tag that stands for it.
        tags.append(str(desk.words.back("priority", write.priority)))
    for tag in dict.fromkeys(tags):
        yield replace(_step(write, f"tag:{tag}"), add_tags=(tag,))
    for tag in dict.fromkeys(str(desk.words.back("tags", tag)) for tag in write.remove_tags):
        yield replace(_step(write, f"untag:{tag}"), remove_tags=(tag,))


# Carrying out


@dataclass(frozen=True)
class _Job:
    """One step on its way: which desk, which ticket, what is wanted."""

    desk: Desk
    where: Place
    step: Write

    def send(self, verb: str, *path: str, body: Body) -> Body:
        return self.desk.api.call(verb, (*self.where.path, *path), body)


Found = Callable[[_Job, Body], Receipt | None]
Do = Callable[[_Job], Receipt]


def carry_out(desk: Desk, step: Write, *, look_first: bool) -> Receipt:
    """Do one step with one writing call; with ``look_first`` read the ticket before, and do nothing if it is so already."""
    before = desk.api.calls
    job = _Job(desk, place(step.ticket_id), step)
    found, do = _method(job)
    receipt = found(job, desk.api.get(*job.where.path)) if look_first else None
    receipt = receipt or do(job)
    return replace(receipt, actor_id=desk.our_id(), calls=desk.api.calls - before)


def _method(job: _Job) -> tuple[Found, Do]:
    step, kind = job.step, job.where.kind
    notes, tags = int(step.note is not None), len(step.add_tags)
    counts = {"note": notes, "tag": tags, "untag": len(step.remove_tags), kind: len(list(_SPLIT[kind](step)))}
    if sum(counts.values()) != 1:
        raise GiveUp(f"{job.desk.api.name}: the write {step.key} is not one step; write what steps() returned")
    return _METHODS[max(counts, key=lambda name: counts[name])]


# Assignee, attributes, state


def _already(job: _Job, item: Body) -> Receipt | None:
    """Found when the ticket as read shows everything that is wanted."""
    return None if _differences(job, item) else Receipt(found=True, ticket=_shown(job, item))


def _manage(job: _Job) -> Receipt:
    """A conversation is assigned, opened and closed through its parts; attributes have a call of their own."""
    step, us = job.step, job.desk.our_id()
    if step.fields:
        return _judged(job, job.send("PUT", body={"custom_attributes": job.desk.words.back_fields(step.fields)}))
    if step.status is not None:
        body = {"message_type": _MANAGE[_state(job.desk, step.status)], "type": "admin", "admin_id": us}
    else:
        kind, assignee = ("admin", step.agent_id) if step.agent_id else ("team", step.group_id)
        body = {"message_type": "assignment", "type": kind, "admin_id": us, "assignee_id": assignee}
    return _judged(job, job.send("POST", "parts", body=body))


def _update(job: _Job) -> Receipt:
    """A ticket takes all in one call; the customer is told only of a changed state, never of an assignment."""
    step, us = job.step, job.desk.our_id()
    body: Body = {"admin_id": int(us) if us.isdecimal() else us}
    if step.agent_id or step.group_id:
        body["assignee_id"] = step.agent_id or step.group_id
    if step.fields:
        body["ticket_attributes"] = job.desk.words.back_fields(step.fields)
    if step.status is None:
        body["skip_notifications"] = True
    else:
        body["open"] = _state(job.desk, step.status) == "open"
    return _judged(job, job.send("PUT", body=body))


def _state(desk: Desk, status: Status) -> str:
    word = str(desk.words.back("status", status))
    if word not in _MANAGE:
        raise GiveUp(f"{desk.api.name}: {word!r} in back.status of the mapping is not one of {', '.join(_MANAGE)}")
    return word


def _judged(job: _Job, answer: Body) -> Receipt:
    return Receipt(ticket=_shown(job, answer), mismatch=tuple(_differences(job, answer)))


def _differences(job: _Job, item: Body) -> list[str]:
    """In words, what is wanted and not so."""
    step = job.step
    wanted: dict[str, tuple[str, str]] = {}
    if step.agent_id:
        wanted["the admin"] = (step.agent_id, _id(item.get("admin_assignee_id")))
    if step.group_id:
        wanted["the team"] = (step.group_id, _id(item.get("team_assignee_id")))
    if step.status is not None:
        is_open = item.get("state") == "open" if job.where.kind == "conversation" else item.get("open") is not False
        wanted["the state"] = (_state(job.desk, step.status), "open" if is_open else "closed")
    attributes = item.get("custom_attributes" if job.where.kind == "conversation" else "ticket_attributes")
    shown = attributes if isinstance(attributes, dict) else {}
    for name, value in job.desk.words.back_fields(step.fields).items() if step.fields else ():
        wanted[f"the attribute {name}"] = (str(value), str(shown.get(name)))
    return [
        f"{what} should be {asked}, Intercom shows {is_so or 'nobody'}"
        for what, (asked, is_so) in wanted.items()
        if asked != is_so
    ]


def _id(value: object) -> str:
    return "" if value in (None, 0, "0") else str(value)


def _shown(job: _Job, item: Body) -> Ticket | None:
    """An answer through the mapping; an odd one must not turn a write that worked into a failure."""
    try:
        return read(job.desk, job.where, item)
    except Unreadable:
        return None


# Notes


def _note_found(job: _Job, item: Body) -> Receipt | None:
    notes = [part for part in _parts(job, item) if str(part.get("part_type")).startswith("note")]
    mine = next((part for part in reversed(notes) if _is_ours(job, part)), None)
    return Receipt(found=True, note_id=str(mine.get("id"))) if mine else None


def _add_note(job: _Job) -> Receipt:
    assert job.step.note is not None  # noqa: S101 - _method chose by it
    text = to_html(job.step.note, tags=NOTE_TAGS, limit=NOTE_LIMIT)
    body = {"message_type": "note", "type": "admin", "admin_id": job.desk.our_id(), "body": text}
    answer = job.send("POST", "reply", body=body)
    parts = [answer] if answer.get("type") == "ticket_part" else _parts(job, answer)
    mine = next((part for part in reversed(parts) if _is_ours(job, part)), None)
    if mine is None:
        return Receipt(mismatch=("Intercom's answer does not show the note",))
    kind = str(mine.get("part_type"))
    wrong = () if kind.startswith("note") else (f"the note became a {kind}, which the customer may see",)
    return Receipt(note_id=str(mine.get("id")), mismatch=wrong)


def _parts(job: _Job, item: Body) -> list[Body]:
    parts = f"{job.where.kind}_parts"
    return listed(item, parts, parts)


def _is_ours(job: _Job, part: Body) -> bool:
    """Whether a part carries the reference of our note, whole: a longer key may begin with ours."""
    key = mark(job.step.note.key) if job.step.note else ""
    return bool(re.search(re.escape(key) + r"(?![\w:.-])", html.unescape(str(part.get("body") or ""))))


# Tags


def _tagged(job: _Job, item: Body) -> Receipt | None:
    return Receipt(found=True, ticket=_shown(job, item)) if job.step.add_tags[0] in _tags_of(item) else None


def _untagged(job: _Job, item: Body) -> Receipt | None:
    return None if job.step.remove_tags[0] in _tags_of(item) else Receipt(found=True, ticket=_shown(job, item))


def _tags_of(item: Body) -> set[str]:
    return {str(tag.get("name")) for tag in listed(item, "tags", "tags")}


def _add_tag(job: _Job) -> Receipt:
    """Adding leaves the other tags alone; the API takes the tag's id, and a name is created when it is new."""
    name, desk = job.step.add_tags[0], job.desk
    id = _known_tags(desk).get(name) or _new_tag(desk, name)
    try:
        answer = job.send("POST", "tags", body={"id": id, "admin_id": desk.our_id()})
    except GiveUp:
        desk.tags.forget()  # it may have been deleted since we looked
        raise
    shown = str(answer.get("id"))
    return Receipt(mismatch=() if shown == id else (f"the tag {name} has the id {id}, Intercom added {shown}",))


def _new_tag(desk: Desk, name: str) -> str:
    id = str(desk.api.call("POST", ("tags",), {"name": name}).get("id") or "")
    desk.tags.put("all", {**_known_tags(desk), name: id})
    return id


def _remove_tag(job: _Job) -> Receipt:
    name, desk = job.step.remove_tags[0], job.desk
    id = _known_tags(desk).get(name)
    if id is None:
        return Receipt(found=True)
    try:
        job.send("DELETE", "tags", id, body={"admin_id": desk.our_id()})
    except GiveUp as over:
        if "tag_not_found" not in str(over):
            raise
        return Receipt(found=True)
    return Receipt()


def _known_tags(desk: Desk) -> dict[str, str]:
    """Tag names and their ids, kept for five minutes."""
    return desk.tags.get(
        "all", lambda: {str(tag.get("name")): str(tag.get("id")) for tag in listed(desk.api.get("tags"), "data")}
    )


_METHODS: dict[str, tuple[Found, Do]] = {
    "note": (_note_found, _add_note),
    "tag": (_tagged, _add_tag),
    "untag": (_untagged, _remove_tag),
    "conversation": (_already, _manage),
    "ticket": (_already, _update),
}
