"""The schemas of ``/shift-handovers``."""

from __future__ import annotations

from escalation.hop import State
from escalation.shift import ItemState
from web.openapi_kit import AT, AT_OR_NONE, NUMBER, TEXT, Json, list_of, object_of, of, page_of, word

_AGENT = of("string", description="id or e-mail address from the roster; the caller if left out")
_PACKET = {"id": TEXT, "outgoing": TEXT, "at": AT, "why": TEXT, "made_by": TEXT, "note": TEXT, "waiting": NUMBER}
_ITEM = {
    "handoff": TEXT,
    "connection": TEXT,
    "ticket_id": TEXT,
    "subject": TEXT,
    "customer": TEXT,
    "severity": TEXT,
    "handoff_state": word(State),
    "state": word(ItemState),
    "owner": of("string", description="agent id; the outgoing person until somebody takes it over"),
    "asked": of("string", description="agent id; empty for the team's channel"),
    "asked_at": AT_OR_NONE,
    "due": of("object", "null", description="what is due next, and at when"),
    "words": TEXT,
    "promises": list_of(object_of({"text": TEXT, "message": TEXT, "by": TEXT, "at": AT_OR_NONE})),
    "notes": list_of(object_of({"text": TEXT, "by": TEXT, "at": AT})),
}

SCHEMAS: Json = {
    "ShiftPacket": object_of({**_PACKET, "items": of("integer", description="how many")}),
    "ShiftHandovers": page_of("ShiftPacket"),
    "ShiftHandover": object_of({**_PACKET, "items": list_of(object_of(_ITEM))}),
    "ShiftHandOver": object_of({"agent": _AGENT}, optional=("agent",)),
    "ShiftHanded": object_of({"id": TEXT, "agent": TEXT, "items": NUMBER, "text": TEXT}),
    "ShiftNote": object_of(
        {"text": TEXT, "handoff": of("string", description="the item; the whole packet if left out")}, optional=("handoff",)
    ),
    "ShiftDecline": object_of({"agent": _AGENT, "reason": TEXT}, optional=("agent", "reason")),
    "ShiftAnswered": object_of({"packet": TEXT, "handoff": TEXT, "text": TEXT, "holder": TEXT, "holder_name": TEXT}),
}
