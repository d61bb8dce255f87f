"""Credit grades: each border from both sides, points that add up, currencies apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from services.classification.domain.credit_figures import CreditFigures, Owed, known_on, owed_on
from services.classification.domain.credit_grade import graded
from services.classification.domain.credit_standard import BUILT_IN, BordersOutOfOrder, decide
from shared.contracts.claims import Claim, Claims
from shared.contracts.credit_grades import CreditStandardPublished
from shared.contracts.money import Money
from shared.contracts.open_items import Account, apply
from shared.contracts.transactions import InvoiceIssued, InvoiceRef, PaymentReceived
from tests.unit.cards.telling import CUSTOMER

DAY = date(2026, 6, 30)
D = Decimal
CALM = Owed("CNY", open=D(1000), exposure=D(1000), settled=6, days_late=D(0))
GOOD = CreditFigures(day=DAY, owed=[CALM], known_on=DAY - timedelta(days=180))


def points(known: CreditFigures) -> dict[str, int]:
    found = graded(known, BUILT_IN)
    assert found is not None
    return {reason.code: int(reason.figures["points"]) for reason in found.reasons}


def with_owed(**changed: Any) -> CreditFigures:
    return replace(GOOD, owed=[replace(CALM, **changed)])


def due(days: int) -> date:
    return DAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("known", "code", "expected"),
    [
        (with_owed(days_late=D("9.9")), "PAYS_LATE", None),
        (with_owed(days_late=D(10)), "PAYS_LATE", 1),
        (with_owed(days_late=D(30)), "PAYS_LATE", 2),
        (with_owed(days_late=D(60)), "PAYS_LATE", 3),
        (with_owed(overdue=D("249.99"), oldest_due_on=due(1)), "OVERDUE_SHARE", None),
        (with_owed(overdue=D(250), oldest_due_on=due(1)), "OVERDUE_SHARE", 1),
        (with_owed(overdue=D(500), oldest_due_on=due(1)), "OVERDUE_SHARE", 2),
        (with_owed(overdue=D(1), oldest_due_on=due(29)), "OVERDUE_AGE", None),
        (with_owed(overdue=D(1), oldest_due_on=due(30)), "OVERDUE_AGE", 1),
        (with_owed(overdue=D(1), oldest_due_on=due(60)), "OVERDUE_AGE", 2),
        (replace(GOOD, limit=Money(D("1000.01"), "CNY")), "LIMIT_USE", None),
        (replace(GOOD, limit=Money(D(1000), "CNY")), "LIMIT_USE", 1),
        (replace(GOOD, limit=Money(D(800), "CNY")), "LIMIT_USE", 2),
        (replace(GOOD, limit=Money(D(0), "CNY")), "LIMIT_USE", 2),
        (replace(GOOD, limit=Money(D(1), "USD")), "LIMIT_USE", None),
        (replace(GOOD, true_warnings=1), "TRUE_WARNINGS", 1),
        (replace(GOOD, true_warnings=2), "TRUE_WARNINGS", 2),
        (replace(GOOD, report="GOOD", reported_on=DAY), "AGENCY_REPORT", None),
        (replace(GOOD, report="FAIR", reported_on=DAY), "AGENCY_REPORT", 1),
        (replace(GOOD, report="POOR", reported_on=DAY - timedelta(days=730)), "AGENCY_REPORT", 2),
        (replace(GOOD, report="POOR", reported_on=DAY - timedelta(days=731)), "AGENCY_REPORT", None),
    ],
)
def test_each_border_gives_its_points(known: CreditFigures, code: str, expected: int | None) -> None:
    assert points(known).get(code) == expected


@pytest.mark.parametrize(
    ("known", "grade"),
    [
        (GOOD, "GROW"),
        (with_owed(settled=5), "HOLD"),
        (replace(GOOD, known_on=DAY - timedelta(days=179)), "HOLD"),
        (with_owed(overdue=D(1), oldest_due_on=due(1)), "HOLD"),
        (with_owed(days_late=D(30)), "HOLD"),
        (with_owed(days_late=D(60)), "SHRINK"),
        (with_owed(days_late=D(60), overdue=D(500), oldest_due_on=due(29)), "SHRINK"),
        (with_owed(days_late=D(60), overdue=D(500), oldest_due_on=due(30)), "STOP"),
    ],
)
def test_points_add_up_to_a_grade(known: CreditFigures, grade: str) -> None:
    found = graded(known, BUILT_IN)
    assert found is not None
    assert found.grade == grade
    assert found.points == sum(int(reason.figures["points"]) for reason in found.reasons)
    assert found.reasons


@pytest.mark.parametrize(("late", "change"), [("0", "250.00"), ("10", None), ("60", "-500.00")])
def test_the_expected_change_of_the_exposure(late: str, change: str | None) -> None:
    found = graded(with_owed(days_late=D(late)), BUILT_IN)
    assert found is not None
    assert found.exposure == (Money(D("1000.00"), "CNY"),)
    assert found.expected_change == (() if change is None else (Money(D(change), "CNY"),))


def test_the_worst_currency_counts_and_none_is_mixed() -> None:
    bad = Owed("USD", open=D(10), overdue=D(10), oldest_due_on=due(90), exposure=D(10))
    found = graded(replace(GOOD, owed=[CALM, bad]), BUILT_IN)
    assert found is not None
    assert {reason.figures["currency"] for reason in found.reasons} == {"USD"}
    assert (found.grade, found.points) == ("SHRINK", 4)
    assert found.exposure == (Money(D("1000.00"), "CNY"), Money(D("10.00"), "USD"))


def test_who_never_had_credit_has_no_grade() -> None:
    assert graded(CreditFigures(day=DAY, owed=[], known_on=None), BUILT_IN) is None


def _invoice(number: str, issued: date, due_on: date, amount: str) -> InvoiceIssued:
    return InvoiceIssued(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=f"I-{number}",
        number=number,
        issued_on=issued,
        due_on=due_on,
        amount=Money(D(amount), "CNY"),
    )


def _account(*facts: Any) -> Account:
    account = Account()
    for fact in facts:
        account = apply(account, fact, DAY)
    return account


def test_figures_leave_out_what_is_disputed_and_keep_the_credit_of_each_card() -> None:
    paid = PaymentReceived(
        customer_id=CUSTOMER, source="erp", source_event_id="P", received_on=date(2026, 3, 12), amount=Money(D(100), "CNY")
    )
    first = _account(
        _invoice("1", date(2026, 2, 1), date(2026, 3, 2), "100"), paid, _invoice("2", date(2026, 5, 1), date(2026, 5, 31), "300")
    )
    claim = Claim(
        complaint_id=CUSTOMER, received_on=date(2026, 6, 1), claimed=D(200), currency="CNY", invoices=(InvoiceRef("erp", "2"),)
    )
    second = _account(_invoice("3", date(2026, 6, 1), date(2026, 7, 1), "50"))
    [owed] = owed_on([(first, Claims((claim,))), (second, Claims())], DAY, 365)
    assert (owed.open, owed.overdue, owed.oldest_due_on, owed.exposure) == (D(150), D(100), date(2026, 5, 31), D(150))
    assert (owed.settled, owed.days_late) == (1, D(10))
    assert known_on([(first, Claims()), (second, Claims())]) == date(2026, 2, 1)
    # Before its day nothing was known of it.
    [before] = owed_on([(first, Claims((claim,)))], date(2026, 5, 31), 365)
    assert (before.open, before.overdue) == (D(300), D(0))


def test_a_standard_is_published_once_and_in_order() -> None:
    wanted = CreditStandardPublished(version=0, shrink_points=2)
    [event] = decide(BUILT_IN, wanted)
    assert isinstance(event, CreditStandardPublished)
    assert (event.version, event.shrink_points) == (1, 2)
    assert decide(event, wanted) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"late_days": (D(30), D(10))},
        {"overdue_share": (D(0),)},
        {"true_warnings": tuple(map(D, range(1, 7)))},
        {"shrink_points": 6},
        {"shrink_points": 0},
        {"shrink_to": D(1)},
        {"grow_by": D("1.01")},
        {"period_days": 732},
    ],
)
def test_a_standard_out_of_order_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BordersOutOfOrder):
        decide(BUILT_IN, msgspec.structs.replace(BUILT_IN, **wrong))
