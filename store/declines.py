"""How often people declined for which reason, counted from the timeline by index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from store.engine import each_alone

# A handoff is counted once, however often somebody declined it.
_COUNTED = text("""
SELECT t.actor AS agent, h.body ->> 'issue_type' AS issue_type, count(DISTINCT t.handoff_id) AS times
FROM timeline t JOIN handoffs h ON h.id = t.handoff_id
WHERE t.kind = 'declined' AND t.at >= :since AND t.data ->> 'reason' = :reason
GROUP BY 1, 2 HAVING count(DISTINCT t.handoff_id) >= :least ORDER BY 3 DESC, 1, 2
""")


@dataclass(frozen=True, slots=True)
class Declined:
    agent: str
    issue_type: str
    times: int


def counted(engine: Engine, reason: str, since: datetime, least: int) -> Sequence[Declined]:
    """Who declined handoffs of an issue type for this reason at least so many times, most often first."""
    with each_alone(engine) as db:
        rows = db.execute(_COUNTED, {"reason": reason, "since": since, "least": least})
        return [Declined(row.agent, row.issue_type, row.times) for row in rows]
