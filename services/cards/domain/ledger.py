"""Facts of the ledger: what a well-formed fact is, and what it looks like when it is kept. Pure.

A fact is not refused for what it says about the business (a payment that happened is recorded even if nobody knows the
customer); it is refused when it cannot be true: a date outside of living trade, money finer than its currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shared.contracts.cards import ExternalId, FactKind
from shared.contracts.event import encode
from shared.contracts.money import Money, checked, decimals
from shared.contracts.transactions import (
    Allocation,
    CreditNoted,
    Fact,
    GoodsReturned,
    InvoiceIssued,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    SaleLine,
    SaleRecorded,
    SubSaleReported,
    WrittenOff,
)

EARLIEST_DAY = date(1990, 1, 1)
DAYS_AHEAD = 1
"""A fact may be dated tomorrow: somewhere it is tomorrow already."""
LONGEST_TERMS_DAYS = 3660

KINDS: Mapping[str, type[Fact]] = {
    "sale": SaleRecorded,
    "return": GoodsReturned,
    "invoice": InvoiceIssued,
    "payment": PaymentReceived,
    "payment_reversal": PaymentReversed,
    "refund": PaymentMade,
    "credit_note": CreditNoted,
    "write_off": WrittenOff,
    "sub_sale": SubSaleReported,
}
"""Kinds of fact by the names of the API; the name is part of a fact's identity."""

KIND_OF: Mapping[type[Fact], str] = {cls: name for name, cls in KINDS.items()}

_COMPLETENESS: Mapping[str, FactKind] = {"sale": "sales", "return": "returns", "invoice": "invoices"}


def completeness_kind(kind: str) -> FactKind | None:
    """Under which kind a source declares that it has delivered facts of this kind; None where nothing is concluded from their absence."""
    return None if kind == "sub_sale" else _COMPLETENESS.get(kind, "payments")


class Seller(msgspec.Struct, frozen=True, gc=False):
    """The dealer who sold, by id or by external id."""

    customer_id: UUID | None
    external_id: ExternalId | None


class Delivered(msgspec.Struct, frozen=True, gc=False):
    """A fact as a source delivered it. Who the customer is stands beside it: by id, or by external id; `fact` names nobody yet.

    `seller` where the sale was a dealer's.
    """

    kind: str
    customer_id: UUID | None
    external_id: ExternalId | None
    fact: Fact
    seller: Seller | None = None


class Written(msgspec.Struct, frozen=True, gc=False):
    """A delivered fact of which nothing is left to check. `rest`: as JSON as it is kept, from behind the customer's id on."""

    kind: str
    customer_id: UUID | None
    external_id: ExternalId | None
    source: str
    source_event_id: str
    day: date
    rest: bytes


_NOBODY = UUID(int=0)
_BEHIND_CUSTOMER = len(f'{{"customer_id":"{_NOBODY}",')


def written(one: Delivered, today: date) -> Written:
    """Check a fact and write it down. Raises FactFlawed with everything that is wrong."""
    fact = replace(normalised(one.fact, today), customer_id=_NOBODY)
    rest = encode(fact)[_BEHIND_CUSTOMER:]
    return Written(one.kind, one.customer_id, one.external_id, fact.source, fact.source_event_id, business_day(fact), rest)


def body_of(customer_id: bytes, one: Written) -> bytes:
    """The fact as JSON, as it is kept. `customer_id` as text."""
    return b'{"customer_id":"%b",%b' % (customer_id, one.rest)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field. `pointer` is an RFC 6901 fragment; the offending value is never repeated."""

    pointer: str
    code: str
    detail: str


class FactFlawed(Exception):
    """The fact cannot be true as it was sent."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        super().__init__(", ".join(f"{flaw.pointer} {flaw.code}" for flaw in flaws))
        self.flaws = flaws


def business_day(fact: Fact) -> date:
    """The company's business day on which the fact happened."""
    match fact:
        case SaleRecorded() | SubSaleReported():
            return fact.sold_on
        case GoodsReturned():
            return fact.returned_on
        case InvoiceIssued():
            return fact.issued_on
        case PaymentReceived():
            return fact.received_on
        case PaymentReversed():
            return fact.reversed_on
        case PaymentMade():
            return fact.paid_on
        case CreditNoted():
            return fact.noted_on
        case WrittenOff():
            return fact.written_off_on
    raise AssertionError(f"no ledger fact: {type(fact).__name__}")


def normalised(fact: Fact, today: date) -> Fact:
    """The fact with its money in the currency's own scale. Raises FactFlawed with everything that is wrong."""
    flaws: list[Flaw] = []
    day_field = _DAY_FIELD[type(fact)]
    _check_day(business_day(fact), f"#/{day_field}", today, flaws)
    kept = _with_money(fact, today, flaws)
    if flaws:
        raise FactFlawed(tuple(flaws))
    return kept


_DAY_FIELD: Mapping[type[Fact], str] = {
    SaleRecorded: "sold_on",
    GoodsReturned: "returned_on",
    InvoiceIssued: "issued_on",
    PaymentReceived: "received_on",
    PaymentReversed: "reversed_on",
    PaymentMade: "paid_on",
    CreditNoted: "noted_on",
    WrittenOff: "written_off_on",
    SubSaleReported: "sold_on",
}


def _with_money(fact: Fact, today: date, flaws: list[Flaw]) -> Fact:
    match fact:
        case SaleRecorded() | GoodsReturned() | SubSaleReported():
            net = _money(fact.net, "#/net", flaws, zero_allowed=True)
            return replace(fact, net=net, lines=_lines(fact.lines, net.currency, flaws))
        case InvoiceIssued():
            if not fact.issued_on <= fact.due_on <= fact.issued_on + timedelta(days=LONGEST_TERMS_DAYS):
                flaws.append(Flaw("#/due_on", "DUE_DATE_IMPOSSIBLE", "must lie within ten years from the invoice's day"))
            return replace(fact, amount=_money(fact.amount, "#/amount", flaws))
        case PaymentReceived() | CreditNoted():
            amount = _money(fact.amount, "#/amount", flaws)
            return replace(fact, amount=amount, allocations=_allocations(fact.allocations, amount, flaws))
        case PaymentMade() | WrittenOff():
            return replace(fact, amount=_money(fact.amount, "#/amount", flaws))
    return fact


def _check_day(day: date, pointer: str, today: date, flaws: list[Flaw]) -> None:
    if day < EARLIEST_DAY:
        flaws.append(Flaw(pointer, "DATE_TOO_EARLY", f"no fact is older than {EARLIEST_DAY.isoformat()}"))
    elif day > today + timedelta(days=DAYS_AHEAD):
        flaws.append(Flaw(pointer, "DATE_IN_FUTURE", "a fact has happened; it cannot lie in the future"))


def _money(money: Money, pointer: str, flaws: list[Flaw], *, zero_allowed: bool = False) -> Money:
    try:
        kept = checked(money.amount, money.currency)
    except ValueError as error:
        flaws.append(_money_flaw(pointer, error))
        return money
    if kept.amount < 0:
        flaws.append(Flaw(f"{pointer}/amount", "AMOUNT_NEGATIVE", "the kind of fact says the direction; amounts are positive"))
    elif not kept.amount and not zero_allowed:
        flaws.append(Flaw(f"{pointer}/amount", "AMOUNT_ZERO", "must be more than zero"))
    return kept


def _money_flaw(pointer: str, error: ValueError) -> Flaw:
    text = str(error)
    if "ISO 4217" in text:
        return Flaw(f"{pointer}/currency", "CURRENCY_UNKNOWN", text)
    return Flaw(f"{pointer}/amount", "AMOUNT_TOO_PRECISE" if "decimals" in text else "AMOUNT_IMPOSSIBLE", text)


def _scaled(amount: Decimal, currency: str, pointer: str, flaws: list[Flaw]) -> Decimal:
    try:
        return checked(amount, currency).amount
    except ValueError as error:
        flaw = _money_flaw(pointer, error)
        flaws.append(Flaw(pointer, flaw.code, flaw.detail))
        return amount


def _lines(lines: tuple[SaleLine, ...], currency: str, flaws: list[Flaw]) -> tuple[SaleLine, ...]:
    if not lines or not _known(currency):
        return lines
    return tuple(
        replace(line, quantity=plain(line.quantity), net=_scaled(line.net, currency, f"#/lines/{at}/net", flaws))
        for at, line in enumerate(lines)
    )


def _allocations(allocations: tuple[Allocation, ...], amount: Money, flaws: list[Flaw]) -> tuple[Allocation, ...]:
    if not allocations or not _known(amount.currency):
        return allocations
    kept = []
    for at, allocation in enumerate(allocations):
        pointer = f"#/allocations/{at}/amount"
        if allocation.amount <= 0:
            flaws.append(Flaw(pointer, "AMOUNT_NEGATIVE" if allocation.amount else "AMOUNT_ZERO", "must be more than zero"))
        kept.append(replace(allocation, amount=_scaled(allocation.amount, amount.currency, pointer, flaws)))
    if sum(a.amount for a in kept) > amount.amount:
        flaws.append(Flaw("#/allocations", "ALLOCATED_TOO_MUCH", "the allocations add up to more than the amount"))
    return tuple(kept)


def _known(currency: str) -> bool:
    try:
        decimals(currency)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def plain(number: Decimal) -> Decimal:
    """The same number without needless zeros and without an exponent: 1.50 and 1.5 are one content."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
