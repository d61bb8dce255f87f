"""Two years of made-up trade of a few hundred dealers, with planted stories, and what is around them. The same seed gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from deploy.local.sample.customers import customers
from deploy.local.sample.dealer import SOURCE, SYSTEM, Body, Dealer
from deploy.local.sample.organisation import Call, organisation
from deploy.local.sample.stories import STORIES, YEARS_DAYS, order_value, rhythm

__all__ = ["SOURCE", "SYSTEM", "Call", "Expected", "Sample", "make_sample"]


@dataclass(frozen=True, slots=True)
class Expected:
    """How a planted story must end: with a warning of this kind, or without any."""

    story: str
    external_id: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The bodies for the API in the order in which they are sent; what is expected is kept apart.

    A complaint may carry `settled`: the day on which it was settled and closed, which the API is told afterwards. `sub_sales`
    come level by level: who sells on has to be known before. `late_customers` are those whose cards come when their trade is
    on record already. `organisation` comes first, `calls` last.
    """

    organisation: list[Call]
    customers: list[Body]
    transactions: list[Body]
    sub_sales: Sequence[list[Body]]
    late_customers: list[Body]
    complaints: list[Body]
    calls: list[Call]
    expected: list[Expected]


def make_sample(seed: int, anchor: date, dealers: int = 400) -> Sample:
    """Trade that ends on the anchor day. Raises ValueError when there is no room for the stories."""
    if dealers < len(STORIES):
        raise ValueError(f"at least {len(STORIES)} dealers: one for each story")
    drawn = Random(f"regulars/{seed}")
    numbers = [f"K-{number}" for number in drawn.sample(range(1000, 10000), dealers)]
    books: list[Dealer] = []
    complaints: list[Body] = []
    expected = []
    for story, number in zip(STORIES, numbers, strict=False):
        dealer = Dealer(number, Random(f"{seed}/{story.name}"), anchor, payment_days=30, credit_limit=120_000)
        complaints += story.write(dealer)
        books.append(dealer)
        expected.append(Expected(story.name, number, story.expected))
    for number in numbers[len(STORIES) :]:
        dealer = _healthy(number, Random(f"{seed}/{number}"), anchor)
        complaints += _settled_complaints(dealer)
        books.append(dealer)
    for dealer in books:
        dealer.since = min(day for day, _ in dealer.facts)
    books.sort(key=lambda dealer: (dealer.since or anchor, dealer.number))
    facts = sorted(
        ((day, dealer.number, place, fact) for dealer in books for place, (day, fact) in enumerate(dealer.facts)),
        key=lambda row: row[:3],
    )
    left = iter(drawn.sample(sorted({*range(1000, 10000)} - {dealer.digits for dealer in books}), dealers))
    around = customers(books, {one.external_id for one in expected}, left, seed)
    return Sample(
        organisation=list(organisation(anchor - timedelta(days=YEARS_DAYS))),
        customers=around.early,
        transactions=[_by_salesperson(fact, dealer) for fact, dealer in _with_dealer(facts, books)],
        sub_sales=around.sub_sales,
        late_customers=around.late,
        complaints=sorted(complaints, key=lambda body: (body["received_on"], body["customer"]["value"])),
        calls=around.calls,
        expected=expected,
    )


def _with_dealer(facts: list[tuple[date, str, int, Body]], books: list[Dealer]) -> list[tuple[Body, Dealer]]:
    by_number = {dealer.number: dealer for dealer in books}
    return [(fact, by_number[number]) for _, number, _, fact in facts]


def _by_salesperson(fact: Body, dealer: Dealer) -> Body:
    return {**fact, "salesperson_id": dealer.salesperson} if fact["type"] == "sale" else fact


def _healthy(number: str, rng: Random, anchor: date) -> Dealer:
    currency = rng.choices(("CNY", "USD", "EUR", "JPY"), (94, 2, 2, 2))[0]
    typical = round(rng.lognormvariate(8.4, 0.9))
    gap = rng.choice((7, 10, 12, 14, 14, 18, 21))
    dealer = Dealer(
        number,
        rng,
        anchor,
        currency=currency,
        payment_days=rng.choice((15, 30, 30, 30, 45, 60)),
        person=rng.random() < 0.05,
    )
    dealer.credit_limit = 10_000 * max(2, round(typical * (dealer.payment_days + 15) / gap * 2.5 / 10_000))
    habit, spread = rng.choice((-3, -1, 0, 0, 2, 4)), rng.uniform(1.0, 2.5)
    allocates = rng.random() < 0.85
    first = anchor - timedelta(days=rng.randrange(200, YEARS_DAYS))
    regular = rng.uniform(0.1, 0.25)
    for day in rhythm(rng, first, anchor, gap, regular):
        late = round(rng.gauss(habit, spread))
        paid_on = max(day, day + timedelta(days=dealer.payment_days + late))
        invoice = dealer.order(day, order_value(rng, typical), paid_on, allocated=allocates)
        chance = rng.random()
        if chance < 0.004:
            dealer.bounced(invoice, paid_on + timedelta(days=6))
        elif chance < 0.02 and not allocates:
            dealer.took_back(invoice, day + timedelta(days=5), Decimal("0.1"))
    return dealer


def _settled_complaints(dealer: Dealer) -> list[Body]:
    """One dealer in ten once complained; it was settled and closed long before the anchor day."""
    rng = dealer.rng
    if rng.random() >= 0.1:
        return []
    received = dealer.anchor - timedelta(days=rng.randrange(60, 180))
    return [
        {
            "customer": {"system": SYSTEM, "value": dealer.number},
            "kind": rng.choice(("QUALITY", "CONTRACT", "TRANSPORT", "SERVICE")),
            "channel": rng.choice(("HOTLINE", "LETTER", "WEB", "EMAIL", "VISIT")),
            "received_on": str(received),
            "remedy_sought": rng.choice(("REPLACEMENT", "REPAIR", "EXPLANATION")),
            "source": SOURCE,
            "source_event_id": f"C-{dealer.number}",
            "settled": str(received + timedelta(days=rng.randrange(4, 25))),
        }
    ]
