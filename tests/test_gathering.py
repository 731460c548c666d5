"""Account facts and earlier tickets come in the background: into the ticket, the package, the cards and, late, one note more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from escalation.account import EARLIER, NOT_MAPPED, gathered, important, in_words, learned, remembered
from escalation.events import Accept
from escalation.playbook import Mode
from escalation.ports import GiveUp, TryLater
from escalation.ticket import Account, Customer, Group, Money, Person, Ticket
from tests.floor import START, URGENT
from tests.gathering_world import (
    GOLD,
    KIM,
    LATE,
    NOW,
    PAST,
    UPGRADED,
    VIP,
    Remembers,
    bench,
    close_all,
    fact,
    looks,
)

# --- what counts, without a store ---


def test_facts_fill_what_the_helpdesk_does_not_know_and_differ_visibly() -> None:
    own = Customer(Group("5", "Acme"), tier="silver", health="good", contract_value=Money(Decimal(900)))
    ticket = Ticket("zendesk", "1", requester=KIM, customer=own)
    worth = Money(Decimal(900), "EUR")
    account = Account(
        (
            fact("tier", "gold"),
            fact("health", "bad", over=False),
            fact("contract_value", worth),
            fact("disputes", 2),
        ),
        {"usage": "stripe: timed out", "renewal_on": NOT_MAPPED, "preferences": "stripe: is empty there"},
    )
    seen = gathered(ticket, account, PAST)
    assert (seen.customer.tier, seen.customer.health, seen.customer.disputes, seen.customer.past) == ("gold", "good", 2, PAST)
    assert seen.account.conflicts == (
        "Tier: stripe says gold, zendesk says silver; stripe counts",
        "Health: stripe says bad, zendesk says good; zendesk counts",
    )
    again = gathered(seen, replace(account, facts=(fact("tier", "platinum"),)), ())
    assert again.customer.tier == "platinum" and again.customer.disputes is None and again.customer.past == PAST


def test_what_was_gathered_outlives_the_next_read_but_not_another_customer() -> None:
    bare = Ticket("zendesk", "1", requester=KIM, customer=Customer(Group("5", "Acme"), tier="silver"))
    known = gathered(bare, Account((fact("tier", "gold"), fact("disputes", 2))), PAST)
    read = remembered(known, replace(bare, subject="News"))
    assert (read.subject, read.customer.tier, read.customer.disputes, read.customer.past) == ("News", "gold", 2, PAST)
    assert read.account == known.account
    other = remembered(known, replace(known, requester=Person("d", "Lee", "lee@example.com")))
    assert other.account == Account() and other.customer.disputes is None and other.customer.tier == ""


def test_to_learn_of_a_tier_is_not_to_see_it_change() -> None:
    evaluated = Ticket("zendesk", "1", requester=KIM, customer=Customer(tier="silver"), known=frozenset({"customer"}))
    first = gathered(evaluated, Account((fact("tier", "gold"),)), ())
    assert (then := learned(evaluated, first)) is not None and then.customer.tier == "gold"
    second = gathered(first, Account((fact("tier", "platinum"),)), ())
    assert (then := learned(first, second)) is not None and then.customer.tier == "gold", "this is a change"


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (Customer(tier="gold"), ("tier",)),
        (Customer(disputes=1), ("disputes",)),
        (Customer(disputes=0), ()),
        (Customer(renewal_on="2026-03-20"), ("renewal_on",)),
        (Customer(renewal_on="2026-05-20"), ()),
        (Customer(renewal_on="2026-02-20"), ()),
        (Customer(renewal_on="soon"), ()),
        (Customer(usage="7 seats", health="bad"), ()),
    ],
)
def test_what_is_important(after: Customer, told: tuple[str, ...]) -> None:
    assert important(Customer(), after, NOW) == told


def test_in_words() -> None:
    assert in_words(Money(Decimal("48000.50"), "EUR")) == "48,000.50 EUR"
    assert in_words("2026-03-20", NOW) == "2026-03-20 (in 18 days)" and in_words(None) == "" and in_words(("a", "b")) == "a; b"


def test_a_source_that_falls_silent_takes_nothing_back(db: Engine) -> None:
    half = Account((fact("tier", "gold"),), {"usage": "crm: timed out"}, late=("crm: timed out",), silent=("crm",))
    down = Account(gaps={"tier": "stripe: timed out", "usage": "crm: timed out"}, silent=("stripe", "crm"))
    ticket = Ticket("zendesk", "1", requester=KIM)
    seen = gathered(gathered(ticket, half, ()), down, ())
    assert seen.customer.tier == "gold" and seen.account.gaps == {"usage": "crm: timed out"}
    knows = Account(gaps={"tier": "stripe: does not know this customer"}, silent=("crm",))
    assert gathered(seen, knows, ()).customer.tier == "", "it told that it knows nothing"
    other = replace(seen, requester=Person("d", "Lee", "lee@example.com"))
    assert gathered(other, down, ()).customer.tier == "", "another customer's is nobody's"


# --- the whole of it ---


@pytest.fixture(autouse=True)
def _tidy(db: Engine) -> Iterator[None]:
    """What the intake holds between webhooks is given back before the database goes."""
    yield
    close_all()


def test_what_is_gathered_is_shown(db: Engine) -> None:
    room = bench(db)
    assert room.line("Tier") == "" and len(room.planned("alert")) == 1, "the card waits for nothing"
    room.gather()
    assert room.line("Tier") == "gold [stripe, 09:00 UTC]" and room.line("Open disputes") == "2 [stripe, 09:00 UTC]"
    package = room.package()
    assert package["customer"]["tier"] == "gold" and "account" not in package["lacking"]
    assert package["earlier"][0]["label"] == "#7"
    assert {"field": "Usage", "why": "stripe: timed out", "cause": "connector"} in package["missing"]
    [told] = room.timeline("gathered")
    assert "Tier gold (stripe, 09:00 UTC)" in told and "1 earlier tickets" in told and "Usage: stripe: timed out" in told
    assert len(room.planned("update_alert")) == 1, "the open card is edited once"
    assert room.planned("write") == [] and room.accounts.asked == ["kim@example.com"]
    assert [row.state for row in room.planned("gather")] == ["done"]


def test_it_outlives_the_next_webhook(db: Engine) -> None:
    room = bench(db)
    room.gather()
    room.floor.now += timedelta(minutes=1)
    room.floor.webhook("1", by="customer", text="Still broken")
    assert room.line("Tier") == "gold [stripe, 09:00 UTC]" and room.package()["earlier"]
    assert len(room.planned("gather")) == 1


def test_nothing_new_changes_no_card(db: Engine) -> None:
    room = bench(db, Account(gaps={"tier": "stripe: does not know this customer"}), helpdesk=Remembers())
    room.gather()
    assert room.planned("update_alert") == [] and room.timeline("gathered") == [
        "Gathered: nothing new. Missing: Tier: stripe: does not know this customer"
    ]


def test_what_is_late_is_asked_again_until_time_is_up(db: Engine) -> None:
    late = Account(gaps={"tier": "stripe: timed out after 2 s"}, late=("stripe: timed out after 2 s",))
    room = bench(db, late, late, GOLD)
    for _ in range(2):
        with pytest.raises(TryLater, match="stripe"):
            room.gather()
        room.floor.now += timedelta(seconds=2)
    room.gather()
    assert room.line("Tier").startswith("gold") and len(room.accounts.asked) == 3


def test_what_does_not_come_in_twenty_seconds_is_missing(db: Engine) -> None:
    room = bench(db, helpdesk=Remembers(error=TryLater("zendesk: no answer in 10 s")))
    with pytest.raises(TryLater, match="earlier tickets"):
        room.gather()
    room.floor.now = START + timedelta(seconds=20)
    room.gather()
    assert {"field": "Earlier tickets", "why": "zendesk: no answer in 10 s", "cause": "connector"} in room.package()["missing"]
    assert room.line("Tier").startswith("gold"), "the rest is there"


def test_who_asks_to_wait_for_longer_is_not_waited_for(db: Engine) -> None:
    room = bench(db, helpdesk=Remembers(error=TryLater("rate limit", wait=timedelta(minutes=1))))
    room.gather()
    assert (
        room.line("Tier").startswith("gold")
        and {"field": "Earlier tickets", "why": "rate limit", "cause": "connector"} in room.package()["missing"]
    )


def test_a_helpdesk_that_refuses_is_not_asked_again(db: Engine) -> None:
    room = bench(db, helpdesk=Remembers(error=GiveUp("zendesk: no right to search")))
    room.gather()
    assert {"field": "Earlier tickets", "why": "zendesk: no right to search", "cause": "connector"} in room.package()["missing"]


def test_a_ticket_that_is_over_is_not_asked_about(db: Engine) -> None:
    room = bench(db)
    room.floor.now += timedelta(seconds=1)
    room.floor.webhook("1", status="solved")
    room.gather()
    assert [row.state for row in room.planned("gather")] == ["moot"] and room.accounts.asked == []


def test_whoever_has_the_note_gets_one_more_when_it_is_important(db: Engine) -> None:
    room = bench(db)
    handoff = room.floor.handoff_of("1")
    [asked] = room.floor.rows("SELECT agent FROM offers")
    assert room.floor.press(handoff, Accept(asked.agent, via="page")).ok
    assert len(room.planned("write")) == 1
    room.gather()
    [_, more] = room.planned("write")
    note = more.data["write"]["note"]
    assert [(line["label"], line["text"]) for line in note["lines"]] == [
        ("Tier", "gold [stripe, 09:00 UTC]"),
        ("Renewal", "2026-03-20 (in 18 days) [stripe, 09:00 UTC]"),
        ("Open disputes", "2 [stripe, 09:00 UTC]"),
    ]
    assert more.data["write"]["fields"] == {} and not more.data["write"]["add_tags"], "facts never become fields of the helpdesk"


def test_whoever_has_the_note_is_not_told_of_trifles(db: Engine) -> None:
    room = bench(db, Account((fact("usage", "7 seats"),)))
    handoff = room.floor.handoff_of("1")
    [asked] = room.floor.rows("SELECT agent FROM offers")
    room.floor.press(handoff, Accept(asked.agent, via="page"))
    room.gather()
    assert len(room.planned("write")) == 1 and room.line("Usage") == "7 seats [stripe, 09:00 UTC]"


def test_rules_look_again_only_when_one_asks_for_what_came(db: Engine) -> None:
    room = bench(db, rules=(URGENT, replace(VIP, mode=Mode.OFF)))
    before = looks(room)
    room.gather()
    assert looks(room) == before


def test_a_rule_on_what_came_late_fires_and_the_card_is_edited_once(db: Engine) -> None:
    room = bench(db, LATE, GOLD, rules=(URGENT, VIP, UPGRADED))
    before = looks(room)
    room.gather()
    assert looks(room) == before + 1
    [row] = room.floor.rows("SELECT rules FROM escalations")
    assert row.rules == ["urgent", "vip"], "to learn of a tier is no upgrade"
    assert len(room.planned("update_alert")) == 1


def test_without_sources_earlier_tickets_come_all_the_same(db: Engine) -> None:
    room = bench(db)
    room.floor.pipeline = replace(room.floor.pipeline, accounts=None)
    room.gather()
    assert room.package()["earlier"] and room.line("Tier") == ""
    stored = room.floor.journal.known("zendesk", "1").ticket
    assert stored is not None and stored.customer.past == PAST and EARLIER not in stored.account.gaps
