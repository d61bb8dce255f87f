"""The planted stories: one dealer each, whose end is known beforehand.

Each function writes the dealer's books up to the anchor day. `expected` is the kind of the warning that this trade
deserves, or None where a careless rule would warn and a careful one does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from deploy.local.sample.dealer import SOURCE, SYSTEM, Body, Dealer

YEARS_DAYS = 730


@dataclass(frozen=True, slots=True)
class Story:
    """What is planted: its name, the warning it must end with (None: no warning), and who writes the books."""

    name: str
    expected: str | None
    write: Callable[[Dealer], list[Body]]


def rhythm(rng: Random, first: date, last: date, gap: float, spread: float) -> Iterator[date]:
    """Days of purchase from `first` to `last`: gaps are log-normal around `gap` days with this spread of their logarithm."""
    day = first
    while day <= last:
        yield day
        day += timedelta(days=max(1, round(gap * rng.lognormvariate(0, spread))))


def order_value(rng: Random, typical: int) -> Decimal:
    return Decimal(round(typical * rng.lognormvariate(0, 0.25)))


def fading(dealer: Dealer) -> list[Body]:
    """Bought every nine days for two years; the last gaps grew, then came nothing. Pays as ever."""
    rng, anchor = dealer.rng, dealer.anchor
    last = anchor - timedelta(days=50 + rng.randrange(5))
    days = list(rhythm(rng, anchor - timedelta(days=YEARS_DAYS - 10), last - timedelta(days=46), 9, 0.18))
    days += [last - timedelta(days=ago) for ago in (35, 21, 0)]
    for day in days:
        dealer.order(day, order_value(rng, 9000), day + timedelta(days=dealer.payment_days + rng.randrange(-4, 4)))
    return []


def paying_later(dealer: Dealer) -> list[Body]:
    """Paid on the day for a year and a half; since then every invoice later than the one before, while the orders grow."""
    rng, anchor = dealer.rng, dealer.anchor
    turn = anchor - timedelta(days=200)
    for day in rhythm(rng, anchor - timedelta(days=YEARS_DAYS - 5), anchor - timedelta(days=3), 10, 0.2):
        weeks = max(0, (day - turn).days) // 7
        late = rng.randrange(-3, 3) + 2 * weeks
        growth = Decimal(100 + 5 * weeks) / 100
        dealer.order(day, order_value(rng, 8000) * growth, day + timedelta(days=dealer.payment_days + late))
    return []


def withholding(dealer: Dealer) -> list[Body]:
    """Pays everything on the day but one large invoice: a batch was bad, the complaint is open, the amount is claimed."""
    rng, anchor = dealer.rng, dealer.anchor
    bad_day = anchor - timedelta(days=95)
    for day in rhythm(rng, anchor - timedelta(days=YEARS_DAYS - 8), anchor - timedelta(days=2), 12, 0.2):
        if abs((day - bad_day).days) > 4:
            dealer.order(day, order_value(rng, 7000), day + timedelta(days=dealer.payment_days + rng.randrange(-4, 2)))
    invoice = dealer.order(bad_day, Decimal(26000), None)
    claimed = next(fact["amount"] for _, fact in dealer.facts if fact["source_event_id"] == invoice)
    return [
        {
            "customer": {"system": SYSTEM, "value": dealer.number},
            "kind": "QUALITY",
            "channel": "HOTLINE",
            "received_on": str(bad_day + timedelta(days=11)),
            "remedy_sought": "REPLACEMENT",
            "claimed": claimed,
            "invoices": [{"source": SOURCE, "number": invoice}],
            "article": "HINGE-65",
            "batch": f"B-{bad_day:%y%m}",
            "source": SOURCE,
            "source_event_id": f"C-{dealer.number}",
        }
    ]


def seasonal(dealer: Dealer) -> list[Body]:
    """Buys every week, and pauses at this time of every year as it does now."""
    rng, anchor = dealer.rng, dealer.anchor
    pause_began = [anchor - timedelta(days=34 + 365 * year) for year in (0, 1, 2)]
    for day in rhythm(rng, anchor - timedelta(days=YEARS_DAYS + 200), anchor, 7, 0.15):
        if not any(began <= day < began + timedelta(days=70) for began in pause_began):
            dealer.order(day, order_value(rng, 6000), day + timedelta(days=dealer.payment_days + rng.randrange(-4, 2)))
    return []


def new_and_quiet(dealer: Dealer) -> list[Body]:
    """A first order, a second one soon, then nothing for far longer than new dealers usually wait."""
    rng, anchor = dealer.rng, dealer.anchor
    first = anchor - timedelta(days=82 + rng.randrange(3))
    for day in (first, first + timedelta(days=12)):
        dealer.order(day, order_value(rng, 3000), day + timedelta(days=dealer.payment_days - 2))
    return []


def new_and_starting(dealer: Dealer) -> list[Body]:
    """Two orders in the last three weeks: a new dealer who is doing well."""
    rng, anchor = dealer.rng, dealer.anchor
    for ago in (19 + rng.randrange(3), 6 + rng.randrange(3)):
        day = anchor - timedelta(days=ago)
        dealer.order(day, order_value(rng, 4000), day + timedelta(days=dealer.payment_days))
    return []


STORIES = (
    Story("fading", "silence", fading),
    Story("paying-later", "credit", paying_later),
    Story("withholding", None, withholding),
    Story("seasonal", None, seasonal),
    Story("new-and-quiet", "silence", new_and_quiet),
    Story("new-and-starting", None, new_and_starting),
)
