"""The routes of ``/api/v1/shift-handovers``."""

from __future__ import annotations

from store.accounts import Role
from web.api_route import Route

ROUTES = (
    Route(
        "GET",
        "/shift-handovers",
        "shift_handovers",
        Role.VIEWER,
        "Packets of what somebody had open at a shift's end, newest first",
        "ShiftHandovers",
        query=("shift_agent", "shift_state", "limit", "cursor"),
        refusals=(400,),
    ),
    Route(
        "POST",
        "/shift-handovers",
        "hand_over_shift",
        Role.AGENT,
        "Hand over now what somebody has; what waits in an earlier packet stays in that",
        "ShiftHanded",
        body="ShiftHandOver",
        refusals=(400, 409, 422),
        status=201,
    ),
    Route(
        "GET",
        "/shift-handovers/<packet>",
        "shift_handover",
        Role.VIEWER,
        "One packet: every item with its owner, who is asked, what is due, promises made, notes",
        "ShiftHandover",
        refusals=(404,),
    ),
    Route(
        "POST",
        "/shift-handovers/<packet>/notes",
        "note_shift",
        Role.AGENT,
        "A note for the next shift, on an item or on the whole: the outgoing person, or a lead",
        "ShiftAnswered",
        body="ShiftNote",
        refusals=(400, 404, 409, 422),
    ),
    Route(
        "POST",
        "/shift-handovers/<packet>/items/<handoff>/acknowledge",
        "acknowledge_shift_item",
        Role.AGENT,
        "Take an item over: the handoff and the ticket become theirs",
        "ShiftAnswered",
        body="Accept",
        refusals=(400, 404, 409, 422),
    ),
    Route(
        "POST",
        "/shift-handovers/<packet>/items/<handoff>/decline",
        "decline_shift_item",
        Role.AGENT,
        "Whoever is asked cannot take an item: the next one is asked at once",
        "ShiftAnswered",
        body="ShiftDecline",
        refusals=(400, 404, 409, 422),
    ),
)
