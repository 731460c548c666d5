"""The schemas of ``POST /handoffs``: the published ones, and what is answered."""

from __future__ import annotations

from escalation.handover import HandoverState
from web import shapes
from web.handovers import SCHEMA
from web.openapi_kit import AT, TEXT, TEXT_OR_NONE, Json, list_of, object_of, of, ref, word

SCHEMAS: Json = {
    "Handover": {name: value for name, value in shapes.schema(SCHEMA).items() if not name.startswith("$")},
    "HandoverKept": object_of(
        {
            "id": of("string", description="also the id of the handoff it begins"),
            "connection": TEXT,
            "ticket": of("string", "null", description="as sent; null where a ticket is made"),
            "state": word(HandoverState),
            "ignored": list_of(TEXT, description="paths of fields that nothing knows"),
        }
    ),
    "HandoverOnItsWay": object_of(
        {
            "id": TEXT,
            "state": word((HandoverState.RECEIVED, HandoverState.FAILED)),
            "connection": TEXT,
            "ticket_id": TEXT,
            "handoff_id": TEXT_OR_NONE,
            "why": of("string", description="why it failed"),
            "received_at": AT,
        }
    ),
    "HandoffOrHandover": {"anyOf": [ref("Handoff"), ref("HandoverOnItsWay")]},
    "JsonSchema": object_of({"$schema": TEXT, "$id": TEXT}, description="https://json-schema.org"),
}
