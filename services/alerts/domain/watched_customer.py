"""What the warnings remember of one customer: a pure fold of facts, O(1) state beside the open items.

Folds facts only: what persons do about an alert never enters it. Sealed personal values are not looked at.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from services.alerts.domain.agreements import AGREEMENTS, Agreed, agreed
from services.alerts.domain.article_range import Bought, listed
from services.alerts.domain.belonging import SORTING, Belongs, sorted_by
from services.alerts.domain.contacts import CONTACTS, contact_day
from services.alerts.domain.customer_grade import Credit, graded
from services.alerts.domain.expectations import Expected, expected
from services.alerts.domain.grievances import Grievances, remembered
from services.alerts.domain.late_odds import Paid, paid
from services.alerts.domain.missed_steps import MissedStep, missed_steps
from services.alerts.domain.order_sizes import Sizes, ordered
from services.alerts.domain.payment_habit import Habit, settled
from services.alerts.domain.rhythm import Purchases, bought
from services.alerts.domain.turnover import Month, moved
from shared.contracts.agreements import ClosureCancelled, ClosurePlanned, ExpectationSet, NextOrderAgreed
from shared.contracts.alerts import Level
from shared.contracts.cards import (
    BasicsRevised,
    CustomerRegistered,
    MarksAssigned,
    SalespersonAssigned,
    StubOpened,
    TradeTermsAgreed,
)
from shared.contracts.claims import days_disputed, is_over
from shared.contracts.classification import ValueClassChanged
from shared.contracts.complaint_steps import ComplaintDeadlineCaughtUp, ComplaintDeadlineMissed
from shared.contracts.complaints import ClaimSettled, ComplaintClosed, ComplaintReceived, ComplaintWithdrawn
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.open_items import Account, Claims, Settlement, apply, apply_claim
from shared.contracts.settling import INVOICE, PAYMENT
from shared.contracts.transactions import (
    CreditNoted,
    GoodsReturned,
    InvoiceIssued,
    InvoiceRef,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    SaleRecorded,
    WrittenOff,
)


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """An invoice of the window: its event, and whether its settlement has been scored (once, as first seen)."""

    event_id: UUID
    scored: bool = False


class Spell(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open alert as the data see it. `below_since`: the day since which its condition no longer holds."""

    alert_id: UUID
    began: UUID
    level: Level
    below_since: date | None = None


class Watch(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule and channel: the open spell, and the latest alerts that have recovered and may come back."""

    open: Spell | None = None
    recovered: tuple[UUID, ...] = ()


class WatchedCustomer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Keys: `invoices` by invoice_key, `habits`, `paid`, `turnover`, `moved_by` (last event of the ledger) by currency, `watches` by
    watch_key, `belongs` by the name of a mark, `sizes` of orders by currency. `sales_sources` delivered this customer's sales.
    `payments` and `contacts` are rhythms of days like `purchases`; `ranges` the articles of each month."""

    customer_id: UUID
    purchases: Purchases | None = None
    sales_sources: tuple[str, ...] = ()
    account: Account = Account()
    claims: Claims = Claims()
    invoices: dict[str, Seen] = {}
    habits: dict[str, Habit] = {}
    paid: dict[str, Paid] = {}
    turnover: dict[str, tuple[Month, ...]] = {}
    moved_by: dict[str, UUID] = {}
    limit: Money | None = None
    limit_by: UUID | None = None
    watches: dict[str, Watch] = {}
    payments: Purchases | None = None
    contacts: Purchases | None = None
    belongs: Belongs = {}
    credit: Credit | None = None
    sizes: dict[str, Sizes] = {}
    ranges: tuple[Bought, ...] = ()
    grievances: Grievances = Grievances()
    agreed: Agreed = Agreed()
    expected: dict[str, tuple[Expected, ...]] = {}
    limit_on: date | None = None
    missed: tuple[MissedStep, ...] = ()


LEDGER = (InvoiceIssued, PaymentReceived, PaymentReversed, PaymentMade, CreditNoted, WrittenOff)
COMPLAINTS = (ComplaintReceived, ClaimSettled, ComplaintClosed, ComplaintWithdrawn)
DEADLINES = (ComplaintDeadlineMissed, ComplaintDeadlineCaughtUp)
CARD = (CustomerRegistered, StubOpened, TradeTermsAgreed)

FOLDED_TYPES = frozenset(
    cls.type
    for cls in (
        SaleRecorded,
        GoodsReturned,
        *LEDGER,
        *COMPLAINTS,
        *DEADLINES,
        *CARD,
        *CONTACTS,
        *SORTING,
        *AGREEMENTS,
        ExpectationSet,
        CreditGraded,
    )
)
"""Event types of which something is remembered, if only that the customer exists."""


def invoice_key(source: str, number: str) -> str:
    return f"{source}\x1f{number}"


def watch_key(rule_id: str, channel: str) -> str:
    return f"{rule_id}/{channel}"


def evolve(before: WatchedCustomer, envelope: Envelope, recorded_on: date) -> WatchedCustomer:
    """Fold one event. `recorded_on` is the business day of its recording: no fact takes effect before that."""
    event = envelope.event
    match event:
        case SaleRecorded():
            return _sold(before, event, envelope.event_id, envelope.recorded_at, recorded_on)
        case GoodsReturned():
            on, currency = min(event.returned_on, recorded_on), event.net.currency
            months = moved(before.turnover.get(currency, ()), on, sold=-event.net.amount)
            return msgspec.structs.replace(before, turnover={**before.turnover, currency: months})
        case PaymentReceived():
            posted = _posted(before, event, envelope.event_id, recorded_on)
            on = min(event.received_on, recorded_on)
            days = bought(before.payments, on, envelope.event_id, envelope.recorded_at)
            return msgspec.structs.replace(posted, payments=days)
        case InvoiceIssued() | PaymentReversed() | PaymentMade() | CreditNoted() | WrittenOff():
            return _posted(before, event, envelope.event_id, recorded_on)
        case ComplaintReceived() | ClaimSettled() | ComplaintClosed() | ComplaintWithdrawn():
            grievances = remembered(before.grievances, event, envelope.event_id, recorded_on)
            before = msgspec.structs.replace(before, claims=apply_claim(before.claims, event), grievances=grievances)
            if isinstance(event, ComplaintClosed | ComplaintWithdrawn) and before.missed:
                before = msgspec.structs.replace(before, missed=missed_steps(before.missed, event, envelope.event_id))
        case ComplaintDeadlineMissed() if is_over(before.claims, event.complaint_id):
            # Told while the complaint was being closed: nothing would ever say that it is owed no more.
            return before
        case ComplaintDeadlineMissed() | ComplaintDeadlineCaughtUp():
            return msgspec.structs.replace(before, missed=missed_steps(before.missed, event, envelope.event_id))
        case TradeTermsAgreed():
            on = envelope.occurred_at.date()
            if before.limit_on is not None and on < before.limit_on:
                # Terms of an earlier day that are said late: those of the later day stand.
                return before
            return msgspec.structs.replace(before, limit=event.credit_limit, limit_by=envelope.event_id, limit_on=on)
        case CustomerRegistered() | BasicsRevised() | MarksAssigned() | SalespersonAssigned() | ValueClassChanged():
            belongs = sorted_by(before.belongs, event, envelope.occurred_at.date())
            before = msgspec.structs.replace(before, belongs=belongs)
        case ClosurePlanned() | ClosureCancelled() | NextOrderAgreed():
            return msgspec.structs.replace(before, agreed=agreed(before.agreed, event, envelope.occurred_at.date()))
        case ExpectationSet():
            said = expected(before.expected.get(event.currency, ()), event, envelope.event_id)
            return msgspec.structs.replace(before, expected={**before.expected, event.currency: said})
        case CreditGraded():
            return msgspec.structs.replace(before, credit=graded(before.credit, event, envelope.event_id))
    touched_on = contact_day(event, recorded_on)
    if touched_on is None:
        return before
    return msgspec.structs.replace(before, contacts=bought(before.contacts, touched_on, envelope.event_id, envelope.recorded_at))


def _sold(
    before: WatchedCustomer, sale: SaleRecorded, event_id: UUID, recorded_at: datetime, recorded_on: date
) -> WatchedCustomer:
    on = min(sale.sold_on, recorded_on)
    currency = sale.net.currency
    sources = before.sales_sources
    purchases, sizes, ranges = before.purchases, before.sizes, before.ranges
    if sale.net.amount > 0:
        purchases = bought(purchases, on, event_id, recorded_at)
        sizes = {**sizes, currency: ordered(sizes.get(currency, Sizes()), on, sale.net.amount)}
        if sale.lines:
            ranges = listed(ranges, on, [line.article for line in sale.lines])
    return msgspec.structs.replace(
        before,
        purchases=purchases,
        sizes=sizes,
        ranges=ranges,
        sales_sources=sources if sale.source in sources else tuple(sorted((*sources, sale.source))),
        turnover={**before.turnover, currency: moved(before.turnover.get(currency, ()), on, sold=sale.net.amount)},
    )


LedgerEvent = InvoiceIssued | PaymentReceived | PaymentReversed | PaymentMade | CreditNoted | WrittenOff


def _posted(before: WatchedCustomer, fact: LedgerEvent, event_id: UUID, recorded_on: date) -> WatchedCustomer:
    account = apply(before.account, fact, recorded_on)
    invoices, turnover = before.invoices, before.turnover
    currency = None if isinstance(fact, PaymentReversed) else fact.amount.currency
    match fact:
        case InvoiceIssued():
            key = invoice_key(fact.source, fact.number)
            if key not in invoices:
                invoices = {**invoices, key: Seen(event_id)}
        case PaymentReceived():
            turnover = _collected(turnover, fact.amount.currency, min(fact.received_on, recorded_on), fact.amount.amount)
        case CreditNoted():
            # What the company gave up is nothing that the customer fails to pay.
            turnover = _collected(turnover, fact.amount.currency, min(fact.noted_on, recorded_on), fact.amount.amount)
        case PaymentReversed():
            for entry in before.account.facts:
                if entry.kind == PAYMENT and (entry.source, entry.id) == (fact.source, fact.payment):
                    currency = entry.currency
                    turnover = _collected(turnover, currency, min(fact.reversed_on, recorded_on), -entry.amount)
    if account.older != before.account.older:
        kept = {invoice_key(entry.source, entry.number) for entry in account.facts if entry.kind == INVOICE}
        invoices = {key: seen for key, seen in invoices.items() if key in kept}
    invoices, habits, payments = _scored(account, before.claims, invoices, before.habits, before.paid, recorded_on)
    return msgspec.structs.replace(
        before,
        account=account,
        invoices=invoices,
        habits=habits,
        paid=payments,
        turnover=turnover,
        moved_by=before.moved_by if currency is None else {**before.moved_by, currency: event_id},
    )


def _collected(turnover: dict[str, tuple[Month, ...]], currency: str, on: date, amount: Decimal) -> dict[str, tuple[Month, ...]]:
    return {**turnover, currency: moved(turnover.get(currency, ()), on, collected=amount)}


def _scored(
    account: Account, claims: Claims, invoices: dict[str, Seen], habits: dict[str, Habit], payments: dict[str, Paid], today: date
) -> tuple[dict[str, Seen], dict[str, Habit], dict[str, Paid]]:
    fresh = []
    for book in account.books_at(today).by_currency.values():
        for key, one in book.settled.items():
            seen = invoices.get(f"{key.source}\x1f{key.number}")
            if seen is not None and not seen.scored:
                fresh.append(one)
    if not fresh:
        return invoices, habits, payments
    invoices, habits, payments = dict(invoices), dict(habits), dict(payments)
    for one in sorted(fresh, key=lambda s: (s.settled_on, s.due_on, s.source, s.number)):
        name = invoice_key(one.source, one.number)
        invoices[name] = Seen(invoices[name].event_id, True)
        habits[one.currency] = settled(habits.get(one.currency, Habit()), _days_late(one, claims))
        payments[one.currency] = paid(payments.get(one.currency, Paid()), one.days_late)
    return invoices, habits, payments


def _days_late(one: Settlement, claims: Claims) -> int:
    # A dispute stops the lateness, unless it was decided against the customer.
    paid_on = one.due_on + timedelta(days=one.days_late)
    return one.days_late - days_disputed(claims, InvoiceRef(one.source, one.number), one.due_on, paid_on)


_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder(WatchedCustomer)


def write(customer: WatchedCustomer) -> bytes:
    return _encoder.encode(customer)


def read(state: bytes | str) -> WatchedCustomer:
    """Raises msgspec.ValidationError when the bytes are no state of a customer."""
    return _decoder.decode(state)
