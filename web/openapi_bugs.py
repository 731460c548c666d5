"""The schemas of ``/handoffs/<id>/bug`` and ``/bugs``."""

from __future__ import annotations

from escalation.bug import BugState
from web.openapi_kit import AT, TEXT, YES, Json, list_of, object_of, of, page_of, ref, word

_EVIDENCE = {"environment": TEXT, "steps": TEXT, "impact": TEXT}
_REPORT = {
    "bug": of("string", description="link the ticket to this bug"),
    "new": of("boolean", description="file another one whatever is similar"),
    "anyway": of("boolean", description="file it although evidence is lacking"),
    **_EVIDENCE,
}
REFUSED: Json = {"lacking": list_of(TEXT), "candidates": list_of(ref("BugCandidate"))}  # in a problem's details

SCHEMAS: Json = {
    "Bug": object_of(
        {
            "id": TEXT,
            "tracker": TEXT,
            "state": word(BugState),
            "title": TEXT,
            "count": of("integer", description="tickets linked"),
            "error": of("string", description="why it could not be filed until now"),
            "opened_at": AT,
            "handoff_id": of("string", description="the handoff it was first reported with"),
            "key": of("string", description="in the tracker, empty until it is filed"),
            "url": TEXT,
        }
    ),
    "Bugs": page_of("Bug"),
    "BugCandidate": object_of({"bug": ref("Bug"), "similarity": of("number", description="0 to 1"), "why": TEXT}),
    "BugOutlook": object_of(
        {
            "tracker": of("string", description="where it would be filed, empty when no tracker is set up"),
            "title": TEXT,
            "evidence": object_of(_EVIDENCE),
            "lacking": list_of(TEXT, description="a checklist for the sender"),
            "candidates": list_of(ref("BugCandidate")),
            "linked": list_of(ref("Bug")),
        }
    ),
    "BugReport": object_of(_REPORT, optional=_REPORT),
    "BugReported": object_of({"text": TEXT, "new": YES, "bug": ref("Bug")}),
}
