"""A handoff, live or over, with what its cards show, and how its rows are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, Row

from escalation.hop import Handoff, Offer
from escalation.journal import Escalation, Shown
from escalation.ports import Posted
from escalation.roster import Cards
from escalation.ticket import Ticket
from store import feedback
from store import statements as sql
from store.codec import build
from store.engine import each_alone


def load(db: Connection, handoff_id: str) -> Shown | None:
    """The handoff with this id; None when there is none."""
    row = db.execute(sql.SHOWN, {"the_handoff": handoff_id}).one_or_none()
    if row is None:
        return None
    handoff, posted = load_handoff(db, row)
    said = feedback.load(db, handoff_id) if handoff.state.is_taken else None
    threads = _in_threads(db, handoff_id) if any(o.cards is not Cards.DM for o in handoff.offers) else None
    return Shown(handoff, escalation_of(row), build(Ticket, row.ticket), posted, said, threads)


def _in_threads(db: Connection, handoff_id: str) -> dict[str, Posted]:
    """Where cards stand in threads: kept with the actions that posted them."""
    rows = db.execute(sql.IN_THREADS, {"the_handoff": handoff_id})
    return {row.data["data"]["offer"]: build(Posted, row.receipt) for row in rows if row.receipt}


def look_up(engine: Engine, handoff_id: str) -> Shown | None:
    """The same, in a transaction of its own."""
    with each_alone(engine) as db:
        return load(db, handoff_id)


def load_handoff(db: Connection, row: Any) -> tuple[Handoff, dict[str, Posted]]:
    """The handoff of a row with ``handoff_id`` and ``handoff``, and where the cards of its offers were posted."""
    made = db.execute(sql.OFFERS, {"the_handoff": row.handoff_id}).all()
    posted = {o.id: Posted(o.channel, o.ts) for o in made if o.ts}
    return replace(build(Handoff, row.handoff), offers=tuple(build(Offer, o.body) for o in made)), posted


def escalation_of(row: Row[Any]) -> Escalation:
    """The escalation of a row that has its columns."""
    own = {name: row._mapping[name] for name in Escalation.__dataclass_fields__}
    return build(Escalation, own)
