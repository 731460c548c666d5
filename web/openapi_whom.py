"""The schemas of ``GET /who`` and ``POST /simulate``."""

from __future__ import annotations

from escalation.hop import State
from web.openapi_kit import ANY, AT, NUMBER, TEXT, Json, list_of, object_of, of, word

_PERSON = {"agent": of("string", description='id, "" for nobody'), "name": TEXT, "words": TEXT}
_CANDIDATE = {**_PERSON, "score": of("number"), "parts": ANY, "excluded": of("string", description="why not, or empty")}
_RUNG = {
    "name": TEXT,
    "offering": TEXT,
    "offers": list_of(object_of({"agent": TEXT, "name": TEXT, "channel": TEXT, "at": AT, "until": AT, "why": TEXT})),
    "words": TEXT,
    "people": list_of(object_of(_CANDIDATE)),
}

_RECOGNISED = of("boolean", description="false where no issue type has that name or a word of the issue")

SCHEMAS: Json = {
    "Who": object_of(
        {
            "issue": TEXT,
            "issue_type": TEXT,
            "recognised": _RECOGNISED,
            "team": TEXT,
            "team_name": TEXT,
            "channel": TEXT,
            "path": TEXT,
            "level": of("string", description="the path's first level, whose people these are"),
            "lead": object_of(_PERSON),
            "watch": object_of(_PERSON),
            "people": list_of(object_of(_CANDIDATE), description="best first, then those who cannot be asked now"),
            "others": TEXT,
            "words": of("string", description="the same for people"),
        }
    ),
    "Simulation": object_of(
        {
            "issue": of("string", description="an issue type, or a few words; this or ticket"),
            "ticket": {"description": "as in rules/dry-run"},
            "at": of("string", description='ISO time, or "Sun 03:00 Europe/Berlin" for the next one; now if left out'),
            "zone": of("string", description="of a time that names none; UTC if left out"),
            "connection": TEXT,
            "language": TEXT,
            "tier": of("string", description="the customer's"),
        },
        optional=("issue", "ticket", "at", "zone", "connection", "language", "tier"),
    ),
    "Simulated": object_of(
        {
            "at": AT,
            "issue_type": TEXT,
            "recognised": _RECOGNISED,
            "team": TEXT,
            "team_name": TEXT,
            "path": TEXT,
            "decision": of("object", "null", description="what the rules say of a ticket; null for an issue"),
            "levels": list_of(object_of(_RUNG)),
            "told": list_of(object_of({"at": AT, "agent": TEXT, "name": TEXT, "channel": TEXT, "text": TEXT})),
            "timeline": list_of(object_of({"at": AT, "kind": TEXT, "words": TEXT})),
            "ends": object_of({"state": word(State), "at": AT, "whole": of("boolean", description="false if cut off")}),
            "playbook_version": NUMBER,
            "roster_version": NUMBER,
        }
    ),
}
