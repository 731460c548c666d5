"""Since when rules stand as they do, read from the versions of their document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Engine, select

from config.playbook import load_playbook
from config.yamldoc import Problems
from escalation import hygiene
from escalation.playbook import Playbook
from store.documents import StoredDocuments
from store.engine import each_alone
from store.tables import DocumentRow


def stood(engine: Engine, playbook: Playbook, now: datetime, days: int) -> Mapping[str, int]:
    """Rule → days, at most ``days``, for which its conditions and mode have been what they are; see ``hygiene.SETTLED``."""
    asked = sorted(d for d in {*hygiene.SETTLED, days} if hygiene.SETTLED[0] <= d <= days)
    refused = frozenset(version for name, version in StoredDocuments(engine).refused() if name == "escalation")
    return hygiene.stood(playbook, {ago: _then(engine, now - timedelta(days=ago), refused) for ago in asked})


def _then(engine: Engine, at: datetime, refused: frozenset[int]) -> Playbook | None:
    """The rules that were in force at a moment; None where there were none, or none that can be read today."""
    text = select(DocumentRow.text).where(DocumentRow.name == "escalation", DocumentRow.at <= at)
    newest = text.where(DocumentRow.version.not_in(refused)).order_by(DocumentRow.version.desc()).limit(1)
    with each_alone(engine) as db:
        told = db.execute(newest).scalar()
    return _loaded(told) if told is not None else None


@lru_cache(maxsize=8)
def _loaded(text: str) -> Playbook | None:
    try:
        return load_playbook(text)
    except Problems:
        return None
