"""How many requests a model may get in an hour: one row an hour, counted up by whoever asks, on however many machines."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from store.engine import each_alone
from store.tables import Table

_KEPT = timedelta(days=31)


class LlmHourRow(Table):
    """The requests made in one hour, which begins at ``hour``."""

    __tablename__ = "llm_hours"
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    requests: Mapped[int]


class HourlyBudget:
    """``escalation.ports.Budget`` in the database; thread-safe."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine, self._most = engine, most

    def spend(self, now: datetime) -> str:
        # One statement counts and judges: two that ask for the last request of an hour cannot both have it.
        hour = now.replace(minute=0, second=0, microsecond=0)
        first = insert(LlmHourRow).values(hour=hour, requests=1)
        one_more = first.on_conflict_do_update(
            index_elements=["hour"], set_={"requests": LlmHourRow.requests + 1}, where=LlmHourRow.requests < self._most
        )
        with each_alone(self._engine) as db:
            spent = db.execute(one_more.returning(LlmHourRow.requests)).scalar()
            if spent == 1:
                db.execute(delete(LlmHourRow).where(LlmHourRow.hour < hour - _KEPT))
        return "" if spent is not None else f"the hour's budget of {self._most} requests is used up (LLM_REQUESTS_PER_HOUR)"

    def spent(self, now: datetime) -> int:
        """The requests of this hour."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        with each_alone(self._engine) as db:
            return db.execute(select(LlmHourRow.requests).where(LlmHourRow.hour == hour)).scalar() or 0
