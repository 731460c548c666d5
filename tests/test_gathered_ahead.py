"""What rules ask for of an account is read before they look; what is silent is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from escalation.playbook import Condition, Conditions, Mode, Rule, Segment
from escalation.ports import TryLater
from tests.floor import URGENT
from tests.gathering_world import GOLD, LATE, UPGRADED, VIP, bench, close_all, looks


@pytest.fixture(autouse=True)
def _tidy(db: Engine) -> Iterator[None]:
    """What the intake holds between webhooks is given back before the database goes."""
    yield
    close_all()


def test_what_rules_ask_for_is_read_before_they_look(db: Engine) -> None:
    room = bench(db, rules=(VIP, UPGRADED))
    [row] = room.floor.rows("SELECT rules FROM escalations")
    assert row.rules == ["vip"] and looks(room) == 1
    assert room.accounts.asked == ["kim@example.com"] and room.line("Tier") == "gold [stripe, 09:00 UTC]"
    told = room.floor.rows("SELECT kind, words FROM timeline WHERE kind IN ('gathered', 'escalated') ORDER BY id")
    assert [t.kind for t in told] == ["gathered", "escalated"] and "Tier gold (stripe, 09:00 UTC)" in told[0].words


def test_a_segment_by_tier_counts_from_the_first_look_on(db: Engine) -> None:
    """Decided for a moment as for anybody else, somebody would have been asked already."""
    gold = Segment("gold", Conditions(all=(Condition("customer.tier", "is", "gold"),)), modes={"urgent": Mode.OFF})
    room = bench(db, segments=(gold,))
    assert room.floor.rows("SELECT 1 FROM escalations") == [] and room.accounts.asked == ["kim@example.com"]


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        (URGENT, 0),
        (replace(VIP, mode=Mode.OFF), 0),
        (replace(VIP, mode=Mode.SHADOW), 1),
        (VIP, 1),
    ],
)
def test_nobody_is_asked_what_no_rule_asks_for(db: Engine, rule: Rule, asked: int) -> None:
    room = bench(db, rules=(rule,))
    assert len(room.accounts.asked) == asked
    room.floor.now += timedelta(minutes=1)
    room.floor.webhook("1", by="customer", text="Still broken")
    assert len(room.accounts.asked) == asked, "once for a customer of a ticket"


def test_a_silent_source_is_asked_again_with_the_next_news_and_beside(db: Engine) -> None:
    room = bench(db, LATE, LATE, GOLD, rules=(VIP,))
    assert room.floor.rows("SELECT 1 FROM escalations") == []
    with pytest.raises(TryLater, match="stripe"):
        room.gather()
    room.floor.now += timedelta(minutes=1)
    room.floor.webhook("1", by="customer", text="Still broken")
    [row] = room.floor.rows("SELECT rules FROM escalations")
    assert row.rules == ["vip"] and len(room.accounts.asked) == 3


def test_what_came_beside_escalates_without_news(db: Engine) -> None:
    room = bench(db, LATE, GOLD, rules=(VIP,))
    room.gather()
    [row] = room.floor.rows("SELECT rules FROM escalations")
    assert row.rules == ["vip"]


def test_earlier_tickets_are_asked_for_ahead_only_where_a_rule_counts_them(db: Engine) -> None:
    known = Rule("known", "Came before", Conditions(all=(Condition("customer.past.count", "gte", 1),)))
    room = bench(db, rules=(known,))
    [row] = room.floor.rows("SELECT rules FROM escalations")
    assert row.rules == ["known"] and room.accounts.asked == []
