"""SLA clocks from the event log: bugs other helpdesks are known for, clock changes, holidays, words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation.hours import WEEKDAYS, Calendar
from escalation.roster import ALL_WEEK, Shift
from escalation.sla import Clock, Happened, LogEvent, Policy, Target, clocks, next_change
from escalation.ticket import Priority

BERLIN, NEW_YORK, SYDNEY = "Europe/Berlin", "America/New_York", "Australia/Sydney"
WORKDAYS = (0, 1, 2, 3, 4)
OFFICE = (Shift(WORKDAYS, time(9), time(17)),)
LUNCH = (Shift(WORKDAYS, time(9), time(12)), Shift(WORKDAYS, time(12, 30), time(17)))
NIGHTS = (Shift(ALL_WEEK, time(22), time(6)),)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def target(first: float, following: float, resolution: float) -> Target:
    return Target(first * HOUR, following * HOUR, resolution * HOUR)


TARGETS = {
    Priority.UNKNOWN: target(1, 2, 4),
    Priority.LOW: target(4, 4, 8),
    Priority.URGENT: target(0.5, 1, 1),
}


def office(policy_id: str, shifts: tuple[Shift, ...] = OFFICE, *holidays: date, zone: str = BERLIN) -> Policy:
    return Policy(policy_id, Calendar(f"{policy_id}-hours", zone, shifts, holidays), TARGETS)


POLICIES = {
    "plain": office("plain"),
    "lunch": office("lunch", LUNCH),
    "always": office("always", ()),
    "gold": Policy("gold", Calendar("gold-hours", BERLIN, OFFICE), {Priority.UNKNOWN: target(0.5, 1, 2)}),
    "silent": Policy("silent", Calendar("gold-hours", BERLIN, OFFICE), {Priority.HIGH: target(1, 1, 1)}),
    "restless": Policy("restless", Calendar("plain-hours", BERLIN, OFFICE), TARGETS, pauses=frozenset()),
}
# Days are told by name in the tables: 2025-11-24 is a Monday, "Fri" the one before, "Fri28" the one after.
FRIDAY = date(2025, 11, 21)
DAYS = {(WEEKDAYS[(4 + n) % 7] if n < 7 else f"{WEEKDAYS[(4 + n) % 7]}{21 + n}"): FRIDAY + timedelta(n) for n in range(10)}


def moment(text: str, zone: str = BERLIN) -> datetime:
    """ "Mon 09:00" of that week, or a date and time, in the local time of ``zone``."""
    day, clock = text.split()
    on = DAYS[day] if day in DAYS else date.fromisoformat(day)
    return datetime.combine(on, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


def events(text: str, zone: str = BERLIN) -> list[LogEvent]:
    """ "Mon 09:00 created; Mon 10:00 status pending"."""
    told = [line.split() for line in text.split(";")]
    return [LogEvent(moment(f"{day} {at}", zone), kind, *value) for day, at, kind, *value in told]


def looked_at(log: str, now: str, policy: str = "plain") -> dict[str, Clock]:
    return {clock.name: clock for clock in clocks(events(log), POLICIES, policy, moment(now))}


def shown(clock: Clock | None, zone: str = BERLIN) -> str:
    """ "breached, due Mon 10:00, met Mon 11:00": what the tables tell of a clock; "" for one that is left out."""
    if clock is None:
        return ""
    local = {name: at and at.astimezone(ZoneInfo(zone)) for name, at in (("due", clock.due_at), ("met", clock.met_at))}
    named = {day: name for name, day in DAYS.items()}
    told = [f"{name} {named.get(at.date(), at.date())} {at:%H:%M}" for name, at in local.items() if at]
    return ", ".join([clock.state, *told])


CASES = {
    # https://github.com/sifex/sla-timer/issues/6: the Monday was forgotten when the clock time is earlier than on Friday
    "friday evening": ("Fri 16:30 created", "Fri 16:40", "first_reply", "green, due Mon 09:30"),
    # https://github.com/glpi-project/glpi/issues/687: created outside the calendar, the delay became 0
    "on saturday": ("Sat 11:00 created", "Sat 12:00", "first_reply", "green, due Mon 10:00"),
    "before opening": ("Mon 07:00 created", "Mon 07:30", "first_reply", "green, due Mon 10:00"),
    "up to the last minute": ("Fri 16:00 created", "Fri 16:10", "first_reply", "green, due Fri 17:00"),
    # https://github.com/Nine-Minds/alga-psa/pull/3091: created directly in a paused status, the clock ran; or closed
    "created pending": ("Mon 09:00 created; Mon 09:00 status pending", "Mon 12:00", "resolution", "paused"),
    "created pending owes a reply": (
        "Mon 09:00 created; Mon 09:00 status pending",
        "Mon 09:30",
        "first_reply",
        "green, due Mon 10:00",
    ),
    "created pending, then open": (
        "Mon 09:00 status pending; Mon 09:00 created; Mon 12:00 status open",
        "Mon 12:00",
        "resolution",
        "green, due Mon 16:00",
    ),
    "created closed": ("Mon 09:00 created; Mon 09:00 status closed", "Tue 12:00", "resolution", "met, met Mon 09:00"),
    # https://github.com/glpi-project/glpi/issues/6902 and 15605: a change of policy or urgency forgot the pause
    "policy while paused": (
        "Mon 09:00 created; Mon 10:00 status pending; Mon 15:00 policy gold; Tue 09:00 status open",
        "Tue 09:30",
        "resolution",
        "amber, due Tue 10:00",
    ),
    "policy while paused, still": (
        "Mon 09:00 created; Mon 10:00 status pending; Mon 15:00 policy gold",
        "Fri28 09:30",
        "resolution",
        "paused",
    ),
    "urgent while paused, too late by then": (
        "Mon 09:00 created; Mon 11:00 status on_hold; Mon 15:00 priority urgent",
        "Mon 15:00",
        "resolution",
        "breached, due Mon 10:00",
    ),
    "a policy that does not pause": (
        "Mon 09:00 created; Mon 10:00 status pending; Mon 12:00 policy restless",
        "Mon 12:00",
        "resolution",
        "green, due Mon 15:00",
    ),
    "another calendar counts from now on": (
        "Fri 15:00 created; Sat 10:00 policy always",
        "Sat 11:00",
        "resolution",
        "amber, due Sat 12:00",
    ),
    "a policy taken back": (
        "Mon 09:00 created; Mon 09:10 policy gold; Mon 09:20 policy; Mon 09:30 policy ghost",
        "Mon 09:30",
        "resolution",
        "green, due Mon 13:00",
    ),
    # https://github.com/glpi-project/glpi/pull/9267: the time as solved or closed counted when reopened
    "reopened": (
        "Mon 09:00 created; Mon 10:00 status solved; Wed 09:00 status open",
        "Wed 09:00",
        "resolution",
        "green, due Wed 12:00",
    ),
    "reopened after closing": (
        "Mon 09:00 created; Mon 10:00 status solved; Tue 10:00 status closed; Wed 09:00 status new",
        "Wed 12:30",
        "resolution",
        "breached, due Wed 12:00",
    ),
    "solved in time, reopened, solved late": (
        "Mon 09:00 created; Mon 10:00 status solved; Wed 09:00 status open; Wed 12:30 status solved",
        "Thu 09:00",
        "resolution",
        "breached, due Wed 12:00, met Wed 12:30",
    ),
    "closing what is solved changes nothing": (
        "Mon 09:00 created; Mon 10:00 status solved; Thu 10:00 status closed; Thu 11:00 priority urgent",
        "Fri28 09:00",
        "resolution",
        "met, met Mon 10:00",
    ),
    "solved at the deadline": ("Mon 09:00 created; Mon 13:00 status solved", "Mon 14:00", "resolution", "met, met Mon 13:00"),
    "at the deadline": ("Mon 09:00 created", "Mon 13:00", "resolution", "breached, due Mon 13:00"),
    "the night after the deadline is late": (
        "Mon 13:00 created; Mon 20:00 status solved",
        "Mon 21:00",
        "resolution",
        "breached, due Mon 17:00, met Mon 20:00",
    ),
    "the night before the deadline is not": (
        "Mon 13:01 created; Mon 20:00 status solved",
        "Mon 21:00",
        "resolution",
        "met, met Mon 20:00",
    ),
    # https://github.com/frappe/helpdesk/pull/2449: the pause was added to the time of creation, weekends and all
    "paused over the weekend": (
        "Fri 16:00 created; Fri 16:30 status pending; Mon 10:00 status open",
        "Mon 10:00",
        "resolution",
        "green, due Mon 13:30",
    ),
    # Told late: the helpdesk delivers the reply, or the pause, after what came later.
    "a reply told late": (
        "Mon 09:00 created; Mon 11:00 customer_message; Mon 09:30 human_reply",
        "Mon 11:30",
        "first_reply",
        "met, met Mon 09:30",
    ),
    "a reply told late opens the next wait": (
        "Mon 09:00 created; Mon 11:00 customer_message; Mon 09:30 human_reply",
        "Mon 11:30",
        "next_reply",
        "green, due Mon 13:00",
    ),
    "a pause told late": (
        "Mon 09:00 created; Mon 12:00 status open; Mon 10:00 status pending",
        "Mon 12:30",
        "resolution",
        "green, due Mon 15:00",
    ),
    "a reply told as before the creation": (
        "Mon 09:00 created; Mon 08:59 human_reply",
        "Mon 12:00",
        "first_reply",
        "met, met Mon 09:00",
    ),
    "what is still to come": ("Mon 09:00 created; Mon 09:20 human_reply", "Mon 09:10", "first_reply", "green, due Mon 10:00"),
    # https://github.com/LanternOps/breeze/issues/6691: targets were looked up at the creation only
    "priority raised": ("Mon 09:00 created; Mon 09:30 priority urgent", "Mon 09:30", "resolution", "green, due Mon 10:00"),
    "priority raised too late": (
        "Mon 09:00 created; Mon 11:00 priority urgent",
        "Mon 11:00",
        "resolution",
        "breached, due Mon 10:00",
    ),
    "priority lowered after the breach": (
        "Mon 09:00 created; Mon 14:00 priority low",
        "Mon 14:00",
        "resolution",
        "green, due Mon 17:00",
    ),
    "raised and lowered": (
        "Mon 09:00 created; Mon 09:30 priority urgent; Mon 11:30 priority normal",
        "Mon 11:30",
        "resolution",
        "green, due Mon 13:00",
    ),
    "raised after the reply": (
        "Mon 09:00 created; Mon 09:50 human_reply; Mon 09:50 priority urgent",
        "Mon 10:30",
        "first_reply",
        "met, met Mon 09:50",
    ),
    "an unknown word": (
        "Mon 09:00 created; Mon 09:00 priority P0; Mon 09:00 status triage",
        "Mon 10:00",
        "resolution",
        "green, due Mon 13:00",
    ),
    # https://github.com/zammad/zammad/issues/3140: escalated although the agent had the last word
    "the customer is silent": ("Mon 09:00 created; Mon 09:30 human_reply", "Wed 09:00", "next_reply", ""),
    # https://github.com/zammad/zammad/issues/2082: only the second reply stopped the clock
    "first reply": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 12:00 human_reply",
        "Mon 13:00",
        "first_reply",
        "met, met Mon 09:30",
    ),
    "late first reply": (
        "Mon 09:00 created; Mon 10:01 human_reply",
        "Tue 13:00",
        "first_reply",
        "breached, due Mon 10:00, met Mon 10:01",
    ),
    "bots stop no clock": ("Mon 09:00 created; Mon 09:01 bot_reply", "Mon 09:45", "first_reply", "amber, due Mon 10:00"),
    "a bot's reply is no turn": (
        "Mon 09:00 created; Mon 09:01 bot_reply; Mon 09:02 customer_message",
        "Mon 09:30",
        "next_reply",
        "",
    ),
    "more messages do not restart": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 11:50 customer_message; Mon 11:55 bot_reply",
        "Mon 11:55",
        "next_reply",
        "amber, due Mon 12:00",
    ),
    "the second wait": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 14:00 human_reply; Tue 09:00 customer_message",
        "Tue 09:00",
        "next_reply",
        "green, due Tue 11:00",
    ),
    "next reply goes on in a pause": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 10:10 status on_hold",
        "Mon 11:00",
        "next_reply",
        "green, due Mon 12:00",
    ),
    "thanks, it works": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 10:30 status solved",
        "Tue 12:00",
        "next_reply",
        "",
    ),
    "solved after keeping them waiting": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 12:30 status solved",
        "Tue 12:00",
        "next_reply",
        "breached, due Mon 12:00",
    ),
    "a new wait after thanks": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 10:30 status solved;"
        "Wed 09:00 customer_message; Wed 09:00 status open",
        "Wed 09:00",
        "next_reply",
        "green, due Wed 11:00",
    ),
    "submitted as solved": (
        "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 10:30 status solved; Mon 10:30 human_reply",
        "Tue 12:00",
        "next_reply",
        "met, met Mon 10:30",
    ),
    # https://github.com/zammad/zammad/issues/2949: escalated although closed
    "solved by a bot": ("Mon 09:00 created; Mon 09:05 bot_reply; Mon 09:05 status solved", "Tue 12:00", "first_reply", ""),
    "solved by a bot, not to the customer's mind": (
        "Mon 09:00 created; Mon 09:05 status solved; Mon 14:00 customer_message; Mon 14:00 status open",
        "Mon 14:00",
        "first_reply",
        "green, due Mon 14:55",
    ),
    "restored from spam": (
        "Mon 09:00 created; Mon 09:10 human_reply; Mon 09:20 customer_message; Mon 09:30 status deleted; Tue 09:00 status open",
        "Tue 09:00",
        "next_reply",
        "green, due Tue 10:50",
    ),
    "opened by an agent": ("Mon 09:00 created agent", "Mon 12:00", "first_reply", ""),
    "opened by an agent, answered by the customer": (
        "Mon 09:00 created agent; Mon 10:00 customer_message",
        "Mon 10:30",
        "next_reply",
        "green, due Mon 12:00",
    ),
    "opened by a bot": ("Mon 09:00 created bot", "Mon 09:30", "first_reply", "green, due Mon 10:00"),
    "a policy without this priority": ("Mon 09:00 created; Mon 09:00 policy silent", "Mon 09:30", "resolution", ""),
    "a policy without this priority, for a while": (
        "Mon 09:00 created; Mon 09:00 policy silent; Mon 09:30 priority high",
        "Mon 09:30",
        "resolution",
        "green, due Mon 10:00",
    ),
}


@pytest.mark.parametrize(("log", "now", "name", "expected"), CASES.values(), ids=CASES)
def test_one_clock(log: str, now: str, name: str, expected: str) -> None:
    assert shown(looked_at(log, now).get(name)) == expected


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("Mon 11:45 created", "green, due Mon 13:15"),  # https://github.com/frappe/helpdesk/issues/2212
        ("Mon 12:10 created", "green, due Mon 13:30"),
        ("Mon 11:00 created", "green, due Mon 12:00"),
        ("Mon 16:45 created", "green, due Tue 09:45"),
    ],
)
def test_lunch_breaks(log: str, expected: str) -> None:
    assert shown(looked_at(log, " ".join(log.split()[:2]), "lunch")["first_reply"]) == expected


@pytest.mark.parametrize("end", ["merged", "merged; Mon 09:40 status open", "status deleted"])
def test_a_ticket_that_is_gone_has_no_clocks(end: str) -> None:
    # https://github.com/zammad/zammad/issues/904: a merged ticket stood in the escalated view
    assert looked_at(f"Mon 09:00 created; Mon 09:20 human_reply; Mon 09:30 {end}", "Mon 09:40") == {}
    assert looked_at(f"Mon 09:00 created; Mon 09:20 human_reply; Mon 09:30 {end}", "Mon 09:29") != {}


@pytest.mark.parametrize("log", ["Mon 09:00 status open", "Mon 12:00 created"])
def test_what_was_not_created_yet_has_no_clocks(log: str) -> None:
    assert looked_at(log, "Mon 11:00") == {}


def test_the_policy_is_told_or_chosen_by_priority() -> None:
    log = events("Mon 09:00 created; Mon 10:00 priority urgent")
    now = moment("Mon 10:00")
    chosen = clocks(log, POLICIES, {Priority.URGENT: "gold", Priority.UNKNOWN: "plain"}.__getitem__, now)
    assert [clock.target for clock in chosen] == [0.5 * HOUR, 2 * HOUR]
    assert clocks(log, POLICIES, "nobody's", now) == ()


def test_seconds_count() -> None:
    log = [LogEvent(moment("Fri 16:58"), Happened.CREATED)]
    (_, resolution) = clocks(log, POLICIES, "plain", moment("Mon 09:01") + timedelta(seconds=1))
    assert resolution.spent == timedelta(minutes=3, seconds=1)


@pytest.mark.parametrize(
    ("share", "before", "amber"),
    [
        (0.25, None, "Mon 12:00"),
        (0.5, None, "Mon 11:00"),
        (0, None, "Mon 13:00"),
        (0.25, 30 * MINUTE, "Mon 12:30"),
        (0.25, 9 * HOUR, "Mon 09:00"),
    ],
)
def test_amber(share: float, before: timedelta | None, amber: str) -> None:
    policy = Policy("p", Calendar("c", BERLIN, OFFICE), TARGETS, amber=share, amber_before=before)
    (_, resolution) = clocks(events("Mon 09:00 created"), {"p": policy}, "p", moment("Mon 09:00"))
    assert resolution.amber_at == moment(amber)


def test_timers_wait_for_the_next_change_only() -> None:
    log = "Mon 09:00 created; Mon 09:30 human_reply"
    assert next_change(looked_at(log, "Mon 09:30").values()) == moment("Mon 12:00")  # the resolution turns amber
    assert next_change(looked_at(log, "Mon 12:00").values()) == moment("Mon 13:00")  # and is breached
    assert next_change(looked_at(log, "Mon 13:00").values()) is None
    assert next_change(looked_at(f"{log}; Mon 10:00 status pending", "Mon 10:00").values()) is None


@pytest.mark.parametrize(
    ("zone", "start", "hours", "expected"),
    [
        # the short night: 22:00 to 06:00 are 7 hours, the 8th falls into the next night
        (BERLIN, "2025-03-29 22:00", 7, "2025-03-30 06:00"),
        (BERLIN, "2025-03-29 22:00", 8, "2025-03-30 23:00"),
        (NEW_YORK, "2025-03-08 22:00", 8, "2025-03-09 23:00"),
        (SYDNEY, "2025-10-04 22:00", 8, "2025-10-05 23:00"),
        # the long night has 9 hours
        (BERLIN, "2025-10-25 22:00", 9, "2025-10-26 06:00"),
        (NEW_YORK, "2025-11-01 22:00", 9, "2025-11-02 06:00"),
        (SYDNEY, "2025-04-05 22:00", 9, "2025-04-06 06:00"),
        (SYDNEY, "2025-04-05 22:00", 9.5, "2025-04-06 22:30"),
        # an ordinary night of each
        (NEW_YORK, "2025-03-09 22:00", 8, "2025-03-10 06:00"),
    ],
)
def test_nights_with_a_clock_change(zone: str, start: str, hours: float, expected: str) -> None:
    assert due_of(NIGHTS, zone, start, hours) == moment(expected, zone)


def test_shifts_that_begin_in_the_missing_hour() -> None:
    # On that night 02:45 is shown as 03:45: the shift of 03:00 begins before it, and its first 45 minutes count.
    shifts = (Shift(ALL_WEEK, time(2, 45), time(5)), Shift(ALL_WEEK, time(3), time(4)))
    assert due_of(shifts, BERLIN, "2025-03-30 01:00", 0.5) == moment("2025-03-30 03:30")


@pytest.mark.parametrize(
    ("zone", "friday", "monday"),
    [
        (BERLIN, "2025-03-28", "2025-03-31"),
        (BERLIN, "2025-10-24", "2025-10-27"),
        (NEW_YORK, "2025-03-07", "2025-03-10"),
        (NEW_YORK, "2025-10-31", "2025-11-03"),
        (SYDNEY, "2025-04-04", "2025-04-07"),
        (SYDNEY, "2025-10-03", "2025-10-06"),
    ],
)
def test_a_weekend_with_a_clock_change(zone: str, friday: str, monday: str) -> None:
    assert due_of(OFFICE, zone, f"{friday} 16:30", 1) == moment(f"{monday} 09:30", zone)
    # Round the clock an hour is an hour: 72 of them from Friday end an hour off on Monday.
    round_the_clock = moment(f"{friday} 16:30", zone) + 72 * HOUR
    assert due_of((), zone, f"{friday} 16:30", 72) == round_the_clock != moment(f"{monday} 16:30", zone)


def due_of(shifts: tuple[Shift, ...], zone: str, start: str, hours: float, *holidays: date) -> datetime | None:
    policy = Policy("p", Calendar("c", zone, shifts, holidays), {Priority.UNKNOWN: Target(resolution=hours * HOUR)})
    (clock,) = clocks(events(f"{start} created", zone), {"p": policy}, "p", moment(start, zone))
    return clock.due_at


@pytest.mark.parametrize(
    ("shifts", "start", "hours", "expected"),
    [
        (OFFICE, "2025-12-24 16:30", 1, "2025-12-29 09:30"),  # Thursday and Friday are off, then the weekend
        (OFFICE, "2025-12-25 10:00", 1, "2025-12-29 10:00"),  # created on a holiday
        (OFFICE, "2025-12-24 09:00", 8, "2025-12-24 17:00"),
        (NIGHTS, "2025-12-24 22:00", 2, "2025-12-25 00:00"),  # the night shift ends at midnight
        (NIGHTS, "2025-12-24 22:00", 3, "2025-12-27 23:00"),  # and those of the 25th and 26th never begin
        ((), "2025-12-24 12:00", 13, "2025-12-27 01:00"),
    ],
)
def test_holidays(shifts: tuple[Shift, ...], start: str, hours: float, expected: str) -> None:
    assert due_of(shifts, BERLIN, start, hours, date(2025, 12, 25), date(2025, 12, 26)) == moment(expected)


def test_a_pause_over_a_holiday_costs_nothing() -> None:
    policy = office("plain", OFFICE, date(2025, 11, 24))
    log = events("Fri 16:00 created; Sun 10:00 status pending; Tue 09:00 status open")
    (_, resolution) = clocks(log, {"plain": policy}, "plain", moment("Tue 09:00"))
    assert (resolution.spent, resolution.due_at) == (HOUR, moment("Tue 12:00"))
    assert resolution.words == "4 h from Fri 16:00 + holiday = Tue 12:00"


@pytest.mark.parametrize(
    ("log", "now", "name", "words"),
    [
        ("Fri 16:30 created", "Fri 16:30", "first_reply", "1 h from Fri 16:30 + weekend = Mon 09:30"),
        (
            "Fri 16:30 created; Mon 09:00 status pending; Mon 11:00 status open; Mon 11:00 priority urgent",
            "Mon 11:00",
            "resolution",
            "4 h from Fri 16:30 + weekend, paused 2 h waiting for the customer,"
            " target cut to 1 h when priority became urgent = Mon 11:30",
        ),
        (
            "Fri 16:30 created; Sat 10:00 status on_hold; Sun 10:00 status open",  # two changes, one weekend
            "Mon 09:00",
            "resolution",
            "4 h from Fri 16:30 + weekend = Mon 12:30",
        ),
        (
            "Mon 09:00 created; Mon 10:00 status solved; Wed 09:00 status open",
            "Wed 09:00",
            "resolution",
            "4 h from Mon 09:00 + 2 nights, paused 15 h while solved = Wed 12:00",
        ),
        (
            "Mon 09:00 created; Mon 09:10 priority urgent; Mon 09:20 priority low",
            "Mon 09:20",
            "first_reply",
            "1 h from Mon 09:00, target cut to 30 min when priority became urgent,"
            " target raised to 4 h when priority became low = Mon 13:00",
        ),
        (
            "Mon 09:00 created; Mon 10:00 status pending; Mon 11:00 policy gold",
            "Mon 15:00",
            "resolution",
            "4 h from Mon 09:00, target cut to 2 h when the policy became gold, hours of gold-hours from Mon 11:00 on:"
            " paused since Mon 10:00 waiting for the customer, 1 h left",
        ),
        (
            "Mon 09:00 created; Mon 10:00 status on_hold; Mon 10:30 status open; Mon 11:00 status pending",
            "Mon 15:00",
            "resolution",
            "4 h from Mon 09:00, paused 30 min waiting for a third party:"
            " paused since Mon 11:00 waiting for the customer, 2 h 30 min left",
        ),
        (
            "Mon 09:00 created; Mon 09:30 human_reply; Mon 10:00 customer_message; Mon 10:00 priority urgent",  # one moment
            "Mon 10:00",
            "next_reply",
            "1 h from Mon 10:00 = Mon 11:00",
        ),
        (
            "Mon 09:00 created; Mon 09:20 human_reply",
            "Mon 15:00",
            "first_reply",
            "1 h from Mon 09:00: met Mon 09:20 after 20 min",
        ),
        (
            "Mon 09:00 created; Mon 10:20 human_reply",
            "Mon 15:00",
            "first_reply",
            "1 h from Mon 09:00 = Mon 10:00, stopped Mon 10:20",
        ),
        ("Mon 09:00 created; Mon 10:00 status pending", "Tue 15:00", "first_reply", "1 h from Mon 09:00 = Mon 10:00"),
        ("Mon 09:00 created", "2025-12-05 09:00", "first_reply", "1 h from Mon 24 Nov 09:00 = Mon 24 Nov 10:00"),
    ],
)
def test_words(log: str, now: str, name: str, words: str) -> None:
    assert looked_at(log, now)[name].words == words
