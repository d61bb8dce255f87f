"""How old what stands on a card is, and how soon after a visit it was entered. Pure.

Age counts in calendar months: from the month in which something was last seen to be so to the month of the day that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from services.cards.domain.health import Entry

STALE_AFTER_MONTHS = 12
"""Once a year somebody has to have looked."""
_SOONER: Mapping[str, int] = {"business": 6, "trade": 6, "decision_maker": 6}
"""How a customer does and who decides there changes faster than who it is."""


def limit_of(field: str) -> int:
    """After how many months the field is stale."""
    return _SOONER.get(field.partition(".")[0], STALE_AFTER_MONTHS)


def seen_on(entry: Entry) -> date:
    """The last day on which somebody saw that it is so: the verification, the visit, else the day from which it holds."""
    told = entry.observed_on or _begun(entry.holds_from)
    looked = entry.verified_on if entry.confirmed and entry.looked_at >= entry.version else None
    return told if looked is None else max(told, looked)


def _begun(moment: datetime) -> date:
    # The day that begins at the moment, wherever the company is: from ten hours behind UTC to thirteen before it.
    return (moment.astimezone(UTC) + timedelta(hours=13)).date()


def month_of(day: date) -> str:
    return day.isoformat()[:7]


def is_stale(months: int, month: str, today: date) -> bool:
    """`months`: the limit of the field; `month` as 2026-05: in which it was last seen."""
    return (today.year - int(month[:4])) * 12 + today.month - int(month[5:]) > months


@dataclass(frozen=True, slots=True)
class Delay:
    """Days from the visit or the change to the entry, over so many statements that name the day of the visit."""

    statements: int
    mean: Decimal
    median: int


def delay_of(counts: Mapping[int, int]) -> Delay | None:
    """`counts`: how many statements took how many days. None without any. The median of an even number is the lower middle one."""
    statements = sum(counts.values())
    if not statements:
        return None
    middle, passed, median = (statements + 1) // 2, 0, 0
    for days in sorted(counts):
        passed += counts[days]
        if passed >= middle:
            median = days
            break
    whole = sum(days * count for days, count in counts.items())
    return Delay(statements, Decimal(whole) / statements, median)
