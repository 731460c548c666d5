"""Verdicts on handoffs: one row each, the newest; every word of it on the timeline (domain.md §6)."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from escalation.verdicts import Feedback, Verdict
from store.tables import FeedbackRow

_COLUMNS: tuple[Any, ...] = (FeedbackRow.verdict, FeedbackRow.by, FeedbackRow.via, FeedbackRow.at)
OF = select(*_COLUMNS).where(FeedbackRow.handoff_id == bindparam("the_handoff"))
_new = insert(FeedbackRow)
_KEEP = _new.on_conflict_do_update(
    index_elements=["handoff_id"], set_={name: _new.excluded[name] for name in ("verdict", "by", "via", "at")}
)


def load(db: Connection, handoff_id: str) -> Feedback | None:
    """The verdict on a handoff, None while there is none."""
    row = db.execute(OF, {"the_handoff": handoff_id}).one_or_none()
    return Feedback(Verdict(row.verdict), row.by, row.via, row.at.astimezone(UTC)) if row else None


def keep(db: Connection, handoff_id: str, said: Feedback) -> None:
    """Keep a verdict; the one before is replaced."""
    values = {"verdict": said.verdict.value, "by": said.by, "via": said.via, "at": said.at}
    db.execute(_KEEP, {"handoff_id": handoff_id, **values})
