"""The types of a mapping: what each accepts, gives, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.ticket import Money
from mappings.html import MOST_CHARS
from mappings.paths import WrongType
from mappings.values import list_of, money_in, to_bool, to_date, to_html, to_id, to_number, to_plain, to_time

EUR = money_in("EUR")
COMMAS, SPACES = list_of(","), list_of(" ")
ALL: list[Callable[[object], object]] = [
    to_id, to_plain, to_html, to_bool, to_number, to_time, to_date, EUR, COMMAS, SPACES
]  # fmt: skip
TEN = datetime(2025, 1, 8, 10, 12, 7, tzinfo=UTC)


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (to_id, 7, "7"),
        (to_id, " 58789189659033 ", "58789189659033"),
        (to_id, "0", None),
        (to_id, 0, None),
        (to_id, "", None),
        (to_id, 7.0, "7"),
        (to_plain, "  a\x00b ", "ab"),
        (to_plain, "a\ud800b\udfff😀", "ab😀"),
        (to_plain, 12.5, "12.5"),
        (to_plain, "", ""),
        (to_html, "<p>a</p>", "a"),
        (to_html, 5, "5"),
        (to_bool, True, True),
        (to_bool, "False", False),
        (to_bool, "yes", True),
        (to_bool, 0, False),
        (to_bool, " 1 ", True),
        (to_bool, "", None),
        (to_number, 3, 3),
        (to_number, "3", 3),
        (to_number, " -3.50 ", -3.5),
        (to_number, "1e3", 1000.0),
        (to_number, "", None),
        (to_number, 0, 0),
        (COMMAS, "a, b,,a ", ("a", "b")),
        (COMMAS, ["a", None, " b ", 3, ""], ("a", "b", "3")),
        (COMMAS, "", ()),
        (COMMAS, "needs review", ("needs review",)),
        (SPACES, "a  b\nc", ("a", "b", "c")),
        (COMMAS, [], ()),
        (to_date, "2026-03-01", "2026-03-01"),
        (to_date, "2026-03-01T23:30:00-02:00", "2026-03-02"),
        (to_date, 1736331127, "2025-01-08"),
        (to_date, "", None),
    ],
)
def test_accepted(convert: Callable[[object], object], value: object, expected: object) -> None:
    found = convert(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-01-08T10:12:07Z", TEN),
        ("2025-01-08T10:12:07.304701605Z", TEN.replace(microsecond=304701)),
        ("2025-01-08T10:12:07,5+00:00", TEN.replace(microsecond=500000)),
        ("2025-01-08T12:12:07+02:00", TEN),
        ("2025-01-08T05:42:07-0430", TEN),
        ("2025-01-08 10:12:07 UTC", TEN),
        ("2025-01-08 11:12:07 +0100", TEN),
        ("2025-01-08 12:12:07 +02", TEN),
        ("2025-01-08 10:12:07", TEN),
        ("2025-01-08T10:12Z", TEN.replace(second=0)),
        ("2025-01-08", TEN.replace(hour=0, minute=0, second=0)),
        (1736331127, TEN),
        (1736331127000, TEN),
        ("1736331127", TEN),
        ("1736331127000", TEN),
        (1736331127.5, TEN.replace(microsecond=500000)),
        (0, None),
        ("0", None),
        (" ", None),
    ],
)
def test_times(value: object, expected: datetime | None) -> None:
    found = to_time(value)
    assert found == expected
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, euros("12")),
        (12.5, euros("12.5")),
        ("12.50", euros("12.50")),
        ("1,200.50 EUR", euros("1200.50")),
        ("1.200,50 €", euros("1200.50")),
        ("€1.200", euros("1200")),
        ("1.200", euros("1.200")),
        ("1,200", euros("1200")),
        ("1,2", euros("1.2")),
        ("0,125 €", euros("0.125")),
        ("1 200,5", euros("1200.5")),
        ("1\u00a0200\u202f300", euros("1200300")),
        ("1.200.300", euros("1200300")),
        ("-5", euros("-5")),
        ("USD 1,200.50", Money(Decimal("1200.50"), "USD")),
        ("CHF 1'200.50", Money(Decimal("1200.50"), "CHF")),
        ("1200 GBP refund", Money(Decimal(1200), "GBP")),
        ("£5", Money(Decimal(5), "GBP")),
        ("$5.00", euros("5.00")),
        ("", None),
    ],
)
def test_money(value: object, expected: Money | None) -> None:
    assert EUR(value) == expected


@pytest.mark.parametrize(
    ("convert", "values"),
    [
        (to_plain, [True, [], {}, [["a"]]]),
        (to_html, [False, ["<p>"]]),
        (to_id, [True, 1.5, [], {}, "x" * 256, 10**5000]),
        (to_bool, ["maybe", 2, [], 1.5]),
        (to_number, ["x", "1,5", True, [], float("inf"), float("nan"), "1" * 40, "\u0661"]),
        (
            to_time,
            ["soon", "10:12", True, -1, 1e20, float("nan"), [], "2025-13-01", "2025-01-08T25:00Z", "0001-01-01T00:00:00+10:00"],
        ),
        (to_time, ["2025-01-08T10:00+99:00", "9999-12-31T23:59:59-10:00"]),
        (to_date, ["2025-02-30", "x", {}]),
        (EUR, ["free", [], True, float("inf"), 10**20, "9" * 30, 10**5000]),
        (COMMAS, [3, {}, [{}], [["a"]], True]),
    ],
)
def test_refused(convert: Callable[[object], object], values: list[object]) -> None:
    for value in values:
        with pytest.raises(WrongType, match=r"^expected .+, found .+"):
            convert(value)


def test_text_is_cut() -> None:
    assert len(to_plain("x" * 5_000_000)) == MOST_CHARS


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists)


@pytest.mark.slow
@settings(deadline=None)
@given(anything, st.sampled_from(ALL))
def test_anything_is_converted_or_refused(value: object, convert: Callable[[object], object]) -> None:
    try:
        convert(value)
    except WrongType as refused:
        assert str(refused)


@settings(deadline=None)
@given(st.text("0123456789.,'€$EURT:Z+- \u00a0"), st.sampled_from(ALL))
def test_number_like_text_is_converted_or_refused(value: str, convert: Callable[[object], object]) -> None:
    try:
        convert(value)
    except WrongType as refused:
        assert str(refused)


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)), zones)
def test_every_iso_time_is_read(moment: datetime, zone: timezone) -> None:
    local = moment.replace(tzinfo=zone)
    assert to_time(local.isoformat()) == local.astimezone(UTC)
