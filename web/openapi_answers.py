"""Schemas of handing on, putting off and judging a handoff."""

from __future__ import annotations

from escalation.verdicts import Verdict
from web.openapi_kit import AGENT, AT, TEXT, Json, object_of, of, word

FEEDBACK: Json = {
    **of("object", "null", description="the receiver's verdict, the newest"),
    "properties": {"verdict": word(Verdict), "by": TEXT, "via": TEXT, "at": AT},
}
SCHEMAS: Json = {
    "Reassign": object_of(
        {
            **AGENT,
            "to": of("string", description="an agent's id, e-mail address or name, or a team: team:billing"),
            "reason": of("string", description="why them; they read it on their card"),
        },
        optional=AGENT,
    ),
    "Snooze": object_of(
        {
            **AGENT,
            "minutes": of("integer", minimum=1, description="how much longer"),
            "until": of("string", format="date-time", description="instead of minutes; in UTC where it names no zone"),
        },
        optional=("agent", "minutes", "until"),
    ),
    "Feedback": object_of({**AGENT, "verdict": word(Verdict)}, optional=AGENT),
}
