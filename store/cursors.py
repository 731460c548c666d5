"""Where a part of a list begins: after the row whose id the part before ended with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Engine, select
from sqlalchemy.orm import InstrumentedAttribute

from store.engine import each_alone


class NoSuchRow(LookupError):
    """What was given as the end of the part before is no row, so nothing can be said to follow it."""


def ended_with(engine: Engine, key: InstrumentedAttribute[Any], after: str) -> int | str:
    """The key of the last row before; raises NoSuchRow. Numbers need no row: each has a place among the others, text has not."""
    if isinstance(key.type, BigInteger):
        return int(after)
    with each_alone(engine) as db:
        if "\x00" in after or db.execute(select(key).where(key == after)).first() is None:
            raise NoSuchRow(after)
    return after
