"""One dealer of the sample and its books, as the bodies that an ERP would send to the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from deploy.local.sample.organisation import salesperson_of
from deploy.local.sample.places import Place, place_of
from shared.contracts.money import decimals

Body = dict[str, Any]

SYSTEM = "erp"
SOURCE = "erp-sample"
_TAX = Decimal("1.13")
_RATE = {"CNY": Decimal(1), "USD": Decimal("0.14"), "EUR": Decimal("0.13"), "JPY": Decimal(21)}
# Article, price and unit cost in CNY.
_ARTICLES = tuple(
    (f"{family}-{size}", Decimal(price) * size / 40, Decimal(price) * size * share / 4000)
    for family, price, share in (
        ("HINGE", "8.40", 62),
        ("BRACKET", "6.20", 66),
        ("LAMP", "31.00", 58),
        ("TAP", "54.00", 71),
        ("HANDLE", "11.50", 60),
        ("RAIL", "23.00", 74),
    )
    for size in (20, 40, 65)
)


@dataclass
class Dealer:
    """A dealer, how it pays, and what its books hold so far. Amounts asked for are in CNY and turned into its currency."""

    number: str
    rng: Random
    anchor: date
    currency: str = "CNY"
    payment_days: int = 30
    credit_limit: int | None = None
    person: bool = False
    since: date | None = None
    facts: list[tuple[date, Body]] = field(default_factory=list)
    _counted: int = 0

    def money(self, yuan: Decimal) -> Decimal:
        unit = Decimal(1).scaleb(-decimals(self.currency))
        return (yuan * _RATE[self.currency]).quantize(unit, ROUND_HALF_UP)

    def order(self, day: date, yuan: Decimal, paid_on: date | None, *, allocated: bool = True) -> str:
        """A sale, its invoice the same day, and its payment when that day has come. Returns the invoice's number."""
        self._counted += 1
        mark = f"{self.number.removeprefix('K-')}-{self._counted:03d}"
        lines = list(self._lines(yuan))
        net = sum((Decimal(line["net"]) for line in lines), Decimal(0))
        gross = (net * _TAX).quantize(Decimal(1).scaleb(-decimals(self.currency)), ROUND_HALF_UP)
        self._fact(
            day,
            f"SO-{mark}",
            {"type": "sale", "sold_on": str(day), "net": self.amount(net), "lines": lines, "order_number": f"SO-{mark}"},
        )
        due = day + timedelta(days=self.payment_days)
        number = f"INV-{mark}"
        self._fact(
            day,
            number,
            {"type": "invoice", "number": number, "issued_on": str(day), "due_on": str(due), "amount": self.amount(gross)},
        )
        if paid_on is not None and paid_on <= self.anchor:
            to = [{"invoice": {"source": SOURCE, "number": number}, "amount": str(gross)}] if allocated else []
            self._fact(
                paid_on,
                f"PAY-{mark}",
                {"type": "payment", "received_on": str(paid_on), "amount": self.amount(gross), "allocations": to},
            )
        return number

    def bounced(self, invoice: str, paid_again_on: date) -> None:
        """The payment of an invoice did not stand: reversed three days later, paid again later."""
        mark = invoice.removeprefix("INV-")
        found = [(day, fact) for day, fact in self.facts if fact["source_event_id"] == f"PAY-{mark}"]
        for day, fact in found:
            reversed_on = day + timedelta(days=3)
            if reversed_on <= self.anchor and paid_again_on <= self.anchor:
                self._fact(
                    reversed_on,
                    f"REV-{mark}",
                    {"type": "payment_reversal", "payment": f"PAY-{mark}", "reversed_on": str(reversed_on)},
                )
                self._fact(paid_again_on, f"PAY-{mark}-2", {**fact, "received_on": str(paid_again_on)})

    def took_back(self, invoice: str, day: date, share: Decimal) -> None:
        """Some goods of an order came back; a credit note settles that part of its invoice."""
        mark = invoice.removeprefix("INV-")
        sale = next(fact for _, fact in self.facts if fact["source_event_id"] == f"SO-{mark}")
        unit = Decimal(1).scaleb(-decimals(self.currency))
        net = (Decimal(sale["net"]["amount"]) * share).quantize(unit, ROUND_HALF_UP)
        gross = (net * _TAX).quantize(unit, ROUND_HALF_UP)
        if day > self.anchor or net <= 0:
            return
        self._fact(
            day,
            f"RET-{mark}",
            {"type": "return", "returned_on": str(day), "net": self.amount(net), "order_number": f"SO-{mark}"},
        )
        to = [{"invoice": {"source": SOURCE, "number": invoice}, "amount": str(gross)}]
        self._fact(
            day,
            f"CN-{mark}",
            {
                "type": "credit_note",
                "number": f"CN-{mark}",
                "noted_on": str(day),
                "amount": self.amount(gross),
                "allocations": to,
            },
        )

    def bought(self, through: date) -> Decimal:
        """Net sales less returns of the year that ends on a day."""
        year = [
            (fact["type"], Decimal(fact["net"]["amount"]))
            for day, fact in self.facts
            if fact["type"] in ("sale", "return") and through - timedelta(days=365) < day <= through
        ]
        return sum((net if kind == "sale" else -net for kind, net in year), Decimal(0))

    def unpaid(self) -> list[Body]:
        """Invoices whose payment has not come, the oldest first."""
        paid = {fact["source_event_id"] for _, fact in self.facts if fact["type"] == "payment"}
        invoices = [fact for _, fact in self.facts if fact["type"] == "invoice"]
        return [fact for fact in invoices if fact["number"].replace("INV-", "PAY-") not in paid]

    @property
    def digits(self) -> int:
        return int(self.number.partition("-")[2])

    @property
    def place(self) -> Place:
        return place_of(self.digits, self.currency)

    @property
    def salesperson(self) -> str:
        return salesperson_of(self.place.area, self.digits)

    def _lines(self, yuan: Decimal) -> Iterator[Body]:
        chosen = self.rng.sample(_ARTICLES, self.rng.choice((1, 2, 2, 3)))
        for article, price, cost in chosen:
            quantity = max(1, int(yuan / price / len(chosen)))
            yield {
                "article": article,
                "quantity": str(quantity),
                "net": str(self.money(price * quantity)),
                "unit_cost": str(self.money(cost)),
            }

    def amount(self, amount: Decimal) -> Body:
        return {"amount": str(amount), "currency": self.currency}

    def _fact(self, day: date, fact_id: str, body: Body) -> None:
        customer = {"system": SYSTEM, "value": self.number}
        self.facts.append((day, {**body, "source": SOURCE, "source_event_id": fact_id, "customer": customer}))
