"""What rules ask for of an account is read before they look; what is silent is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from escalation.account import HELPDESK, Found, Past, informed, remembered, whose
from escalation.conclude import look_at
from escalation.gathering import ahead
from escalation.playbook import Condition, Conditions, Mode, Rule, Segment
from escalation.ports import TryLater
from escalation.ticket import Account, Customer, Group, Person, Role, Ticket
from tests.floor import URGENT
from tests.gathering_world import (
    GOLD,
    KIM,
    LATE,
    PAST,
    UPGRADED,
    VIP,
    Bench,
    PlayAccounts,
    Remembers,
    bench,
    close_all,
    fact,
    looks,
)

KNOWN = Rule("known", "Came before", Conditions(all=(Condition("customer.past.count", "gte", 1),)))


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
    room = bench(db, rules=(KNOWN,))
    [row] = room.floor.rows("SELECT rules FROM escalations")
    assert row.rules == ["known"] and room.accounts.asked == []


def stored(room: Bench) -> Ticket:
    ticket = room.floor.journal.known("zendesk", "1").ticket
    assert ticket is not None
    return ticket


def news(room: Bench, text: str = "Still broken") -> None:
    room.floor.now += timedelta(minutes=1)
    room.floor.webhook("1", by="customer", text=text)


def test_what_came_with_later_news_is_kept_told_and_not_asked_again(db: Engine) -> None:
    """To learn of a tier is no upgrade then either."""
    room = bench(db, LATE, GOLD, rules=(replace(VIP, mode=Mode.SHADOW), UPGRADED))
    for _ in range(4):
        news(room)
    assert len(room.accounts.asked) == 2 and room.floor.rows("SELECT 1 FROM escalations") == []
    known = stored(room)
    assert known.customer.tier == "gold" and known.account.silent == () and {f.field for f in known.account.facts} >= {"tier"}
    assert [words for words in room.timeline("gathered") if "Tier gold" in words] == room.timeline("gathered")[:1]


def test_another_customer_of_the_same_tier_is_asked_about_anew(db: Engine) -> None:
    """A look at Lee with Kim's facts, or with none because Kim's were dropped, would both be wrong."""
    room = bench(db, GOLD, rules=(VIP,))
    lee = replace(stored(room), requester=Person("d", "Lee", "lee@example.com", Role.CUSTOMER))
    found = ahead(room.floor.pipeline, room.helpdesk, stored(room), lee)
    assert found is not None and room.accounts.asked == ["kim@example.com", "lee@example.com"]
    with room.floor.journal.case("zendesk", "1", room.floor.now) as case:
        look_at(case, room.floor.pipeline, lee, (), found=found)
    known = stored(room)
    assert (known.customer.tier, known.account.email) == ("gold", "lee@example.com")
    assert informed(stored(room), replace(found, whose="kim@example.com")) == stored(room), "what is late is another's by now"


def test_a_handoff_whose_ticket_is_another_customers_now_shows_that_one(db: Engine) -> None:
    """The card of Kim's ticket showed gold; it is Lee's by now."""
    room = bench(db, GOLD, Account((fact("tier", "bronze"),)))
    room.gather()
    lee = replace(stored(room), requester=Person("d", "Lee", "lee@example.com", Role.CUSTOMER))
    with room.floor.journal.case("zendesk", "1", room.floor.now) as case:
        look_at(case, room.floor.pipeline, lee, ())
    assert room.line("Tier") == "" and len(room.planned("update_alert")) == 2, "nothing of Kim stands on the card"
    room.gather()
    assert room.line("Tier") == "bronze [stripe, 09:00 UTC]" and room.accounts.asked == ["kim@example.com", "lee@example.com"]
    assert len(room.planned("update_alert")) == 3
    with room.floor.journal.case("zendesk", "1", room.floor.now) as case:
        look_at(case, room.floor.pipeline, lee, ())
    assert len(room.planned("gather")) == 2 and len(room.planned("update_alert")) == 3, "once a customer"


def test_a_handoff_whose_customer_cannot_be_read_for_once_keeps_what_is_known(db: Engine) -> None:
    room = bench(db)
    room.gather()
    unknown = replace(stored(room), requester=Person(""))
    with room.floor.journal.case("zendesk", "1", room.floor.now) as case:
        look_at(case, room.floor.pipeline, unknown, ())
    assert room.line("Tier") == "gold [stripe, 09:00 UTC]" and room.accounts.asked == ["kim@example.com"]
    assert len(room.planned("gather")) == 1 and len(room.planned("update_alert")) == 1, "nobody is asked, no card is edited"


KIM_BY_PHONE, ACME, OTHER = Person("c", "Kim", role=Role.CUSTOMER), Customer(Group("o1", "Acme")), Customer(Group("o2", "Other"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Ticket("z", "1", requester=KIM_BY_PHONE, customer=ACME), Ticket("z", "1", requester=KIM_BY_PHONE, customer=OTHER)),
        (Ticket("z", "1", requester=KIM, customer=ACME), Ticket("z", "1", requester=KIM_BY_PHONE, customer=OTHER)),
        (Ticket("z", "1", requester=KIM_BY_PHONE), Ticket("z", "1", requester=replace(KIM_BY_PHONE, id="d"))),
        (Ticket("z", "1", requester=KIM), Ticket("z", "1", requester=Person("d", "Lee", "lee@example.com"))),
    ],
    ids=["another organisation", "known by phone alone", "another number", "another address"],
)
def test_facts_and_earlier_tickets_of_one_customer_are_no_others(before: Ticket, after: Ticket) -> None:
    known = informed(before, Found(whose(before), GOLD, Past(PAST)))
    assert known.customer.tier == "gold" and known.customer.past == PAST
    woven = replace(
        after, customer=replace(after.customer, tier="gold", past=PAST)
    )  # as a webhook's change is laid over the stored
    other = remembered(known, woven)
    assert (other.customer.tier, other.customer.past, other.account) == ("", (), Account())


@dataclass
class Breaks(PlayAccounts):
    """Sources with a mistake of their own."""

    def look(self, requester: Person, organization: Group) -> Account:
        raise ValueError("nobody expected this")


class Loses(Remembers):
    def past_tickets(self, ticket: Ticket) -> Ticket:
        raise KeyError("nobody expected this")


def test_a_mistake_of_a_source_keeps_no_ticket_from_its_rules(db: Engine, caplog: pytest.LogCaptureFixture) -> None:
    room = bench(db, rules=(replace(VIP, mode=Mode.SHADOW), KNOWN, URGENT))
    room.floor.pipeline = replace(room.floor.pipeline, accounts=Breaks([]), helpdesks=lambda: {"zendesk": Loses()})
    room.floor.webhook("2", priority="urgent", by="customer", text="Broken")
    assert room.floor.rows("SELECT rules FROM escalations WHERE ticket_id = '2'")[0].rules == ["urgent"]
    known = room.floor.journal.known("zendesk", "2").ticket
    assert known is not None and known.account.gaps["tier"] == "failed (ValueError)"
    assert known.account.gaps["earlier_tickets"] == "failed (KeyError)" and "nobody expected this" in caplog.text


@pytest.mark.parametrize(("first", "then", "asked", "searched"), [(KNOWN, VIP, 1, 1), (VIP, KNOWN, 1, 1), (VIP, VIP, 1, 0)])
def test_what_new_rules_ask_for_comes_with_the_next_news(db: Engine, first: Rule, then: Rule, asked: int, searched: int) -> None:
    desk = Counts(*PAST)
    room = bench(db, helpdesk=desk, rules=(replace(first, mode=Mode.SHADOW),))
    later = replace(room.floor.pipeline.playbook(), rules=tuple({r.id: r for r in (first, then)}.values()))
    room.floor.pipeline = replace(room.floor.pipeline, playbook=lambda: later)
    for _ in range(3):
        news(room)
    assert (len(room.accounts.asked), desk.searches) == (asked, searched)


class Counts(Remembers):
    searches = 0

    def past_tickets(self, ticket: Ticket) -> Ticket:
        self.searches += 1
        return super().past_tickets(ticket)


def test_a_customer_without_earlier_tickets_is_looked_up_once(db: Engine) -> None:
    desk = Counts()
    room = bench(db, helpdesk=desk, rules=(KNOWN,))
    for _ in range(3):
        news(room)
    assert desk.searches == 1


def test_a_search_that_failed_is_made_again_and_leaves_the_rest_as_it_was(db: Engine) -> None:
    desk = Remembers(error=TryLater("rate limit"))
    room = bench(db, GOLD, helpdesk=desk, rules=(replace(VIP, mode=Mode.SHADOW), KNOWN))
    news(room)
    before = stored(room).account
    assert before.gaps["earlier_tickets"] == "rate limit" and before.silent == (HELPDESK,)
    desk.error, desk.past = None, PAST
    news(room)
    after = stored(room)
    assert after.customer.past == PAST and after.account.silent == () and "earlier_tickets" not in after.account.gaps
    assert (after.account.facts, after.account.conflicts) == (before.facts, before.conflicts)
    assert room.floor.rows("SELECT rules FROM escalations")[0].rules == ["known"]
