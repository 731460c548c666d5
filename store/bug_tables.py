"""The tables of bugs, beside ``store.tables``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables import Json, Table


class BugRow(Table):
    """One fault reported to engineering; ``body`` is the core's Bug as it was reported."""

    __tablename__ = "bugs"
    id: Mapped[str] = mapped_column(primary_key=True)
    tracker: Mapped[str]
    fingerprint: Mapped[str]
    state: Mapped[str]  # filing | open | closed
    external_id: Mapped[str] = mapped_column(server_default="")  # the tracker's; "" until it is filed
    key: Mapped[str] = mapped_column(server_default="")
    url: Mapped[str] = mapped_column(server_default="")
    count: Mapped[int] = mapped_column(server_default="0")  # tickets linked
    error: Mapped[str] = mapped_column(server_default="")
    body: Mapped[Json]
    opened_at: Mapped[datetime]
    state_at: Mapped[datetime | None]  # when the tracker last told of another state
    state_key: Mapped[str] = mapped_column(server_default="")  # by which news
    __table_args__ = (
        # domain.md §5: filed once. Two tickets on one fault at the same moment meet here.
        Index("one_bug_per_fault", "tracker", "fingerprint", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("bugs_by_external_id", "tracker", "external_id", unique=True, postgresql_where=text("external_id <> ''")),
        Index("bugs_by_tracker", "tracker", "id"),
        Index("bugs_by_state", "state", "id"),
    )


class BugLinkRow(Table):
    """One ticket of a bug; ``body`` is the core's BugLink."""

    __tablename__ = "bug_links"
    id: Mapped[int] = mapped_column(primary_key=True)
    bug_id: Mapped[str] = mapped_column(ForeignKey("bugs.id"))
    connection: Mapped[str]
    ticket_id: Mapped[str]
    handoff_id: Mapped[str]
    told: Mapped[bool] = mapped_column(server_default=text("false"))  # the tracker shows it
    body: Mapped[Json]
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("bug_id", "connection", "ticket_id"),
        Index("bug_links_by_bug", "bug_id", "id"),
        Index("bug_links_by_ticket", "connection", "ticket_id"),
    )
