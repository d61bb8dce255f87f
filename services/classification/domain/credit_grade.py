"""Credit grades: trade with whom is to grow, to go on, to shrink, to stop? Points that add up, each with its reason in numbers.

S0.10: trade of customers with low credit is shrunk, that of customers with high credit is grown. Figures of different currencies
are judged each by itself, and the worst counts. A grade is a proposal: what is done is a measure that a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.classification.domain.credit_figures import ZERO, CreditFigures, Owed
from shared.contracts.alerts import Reason
from shared.contracts.credit_grades import CreditGrade, CreditStandardPublished
from shared.contracts.money import Money, decimals

POINTS_OF_REPORT = {"POOR": 2, "FAIR": 1, "GOOD": 0}


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade with its reasons; `expected_change` of the exposure if the proposal is followed, by currency."""

    grade: CreditGrade
    points: int
    reasons: tuple[Reason, ...]
    exposure: tuple[Money, ...]
    expected_change: tuple[Money, ...]


def graded(known: CreditFigures, standard: CreditStandardPublished) -> Graded | None:
    """None where nothing was ever bought on credit in what is kept of the ledger."""
    if known.known_on is None:
        return None
    found = [
        reason
        for reason in (
            _late(known, standard),
            _share(known, standard),
            _age(known, standard),
            _use(known, standard),
            _warnings(known, standard),
            _report(known, standard),
        )
        if reason is not None
    ]
    points = sum(int(reason.figures["points"]) for reason in found)
    growing = None if points else _growing(known, standard)
    grade = _grade(points, standard, growing=growing is not None)
    exposure = tuple(Money(_whole(one.exposure, one.currency), one.currency) for one in known.owed if one.exposure > 0)
    return Graded(
        grade=grade,
        points=points,
        reasons=(growing,) if growing is not None else tuple(found) or (_no_points(known, standard),),
        exposure=exposure,
        expected_change=_expected(grade, exposure, standard),
    )


def _grade(points: int, standard: CreditStandardPublished, *, growing: bool) -> CreditGrade:
    if points >= standard.stop_points:
        return "STOP"
    if points >= standard.shrink_points:
        return "SHRINK"
    return "GROW" if growing else "HOLD"


def _expected(grade: CreditGrade, exposure: Sequence[Money], standard: CreditStandardPublished) -> tuple[Money, ...]:
    change = {"GROW": standard.grow_by, "HOLD": ZERO, "SHRINK": standard.shrink_to - 1, "STOP": Decimal(-1)}[grade]
    return tuple(Money(_whole(one.amount * change, one.currency), one.currency) for one in exposure) if change else ()


def _points(value: Decimal, borders: Sequence[Decimal]) -> int:
    return sum(1 for border in borders if value >= border)


def _worst(
    known: CreditFigures, value: Callable[[Owed], Decimal | None], borders: Sequence[Decimal]
) -> tuple[Owed, Decimal, int] | None:
    """The currency with the highest value that reaches a border."""
    rated = [(one, found) for one in known.owed if (found := value(one)) is not None]
    if not rated:
        return None
    worst, found = max(rated, key=lambda pair: (pair[1], pair[0].currency))
    points = _points(found, borders)
    return (worst, found, points) if points else None


def _late(known: CreditFigures, standard: CreditStandardPublished) -> Reason | None:
    worst = _worst(known, lambda one: one.days_late, standard.late_days)
    if worst is None:
        return None
    one, days, points = worst
    return Reason(
        code="PAYS_LATE",
        sentence=f"{one.settled} invoices in {one.currency} were paid {_tenth(days)} days late on average, by amount.",
        figures={"days_late": _tenth(days), "settled": one.settled, "currency": one.currency, "points": points},
    )


def _share(known: CreditFigures, standard: CreditStandardPublished) -> Reason | None:
    worst = _worst(known, lambda one: one.overdue / one.open if one.open > 0 else None, standard.overdue_share)
    if worst is None:
        return None
    one, share, points = worst
    return Reason(
        code="OVERDUE_SHARE",
        sentence=f"{_tenth(share * 100)} % of what is open in {one.currency} is overdue and not disputed.",
        figures={
            "overdue": _text(one.overdue, one.currency),
            "open": _text(one.open, one.currency),
            "currency": one.currency,
            "share_percent": _tenth(share * 100),
            "points": points,
        },
    )


def _age(known: CreditFigures, standard: CreditStandardPublished) -> Reason | None:
    def age(one: Owed) -> Decimal | None:
        return None if one.oldest_due_on is None else Decimal((known.day - one.oldest_due_on).days)

    worst = _worst(known, age, standard.overdue_days)
    if worst is None or worst[0].oldest_due_on is None:
        return None
    one, days, points = worst
    return Reason(
        code="OVERDUE_AGE",
        sentence=f"The oldest debt in {one.currency} was due on {one.oldest_due_on}, {days} days before.",
        figures={"days_overdue": int(days), "oldest_due_on": f"{one.oldest_due_on}", "currency": one.currency, "points": points},
    )


def _use(known: CreditFigures, standard: CreditStandardPublished) -> Reason | None:
    limit = known.limit
    if limit is None:
        return None
    exposure = next((one.exposure for one in known.owed if one.currency == limit.currency), ZERO)
    # A limit of nothing is used up by any debt.
    use = exposure / limit.amount if limit.amount > 0 else Decimal(1000 if exposure > 0 else 0)
    points = _points(use, standard.limit_use)
    if not points:
        return None
    open_text, limit_text = _text(exposure, limit.currency), _text(limit.amount, limit.currency)
    return Reason(
        code="LIMIT_USE",
        sentence=f"{open_text} {limit.currency} of the limit of {limit_text} are used.",
        figures={"exposure": open_text, "credit_limit": limit_text, "currency": limit.currency, "points": points},
    )


def _warnings(known: CreditFigures, standard: CreditStandardPublished) -> Reason | None:
    points = _points(Decimal(known.true_warnings), standard.true_warnings)
    if not points:
        return None
    return Reason(
        code="TRUE_WARNINGS",
        sentence=f"Warnings about credit that proved true in {standard.period_days} days: {known.true_warnings}.",
        figures={"true_warnings": known.true_warnings, "period_days": standard.period_days, "points": points},
    )


def _report(known: CreditFigures, standard: CreditStandardPublished) -> Reason | None:
    if known.report is None or known.reported_on is None or not POINTS_OF_REPORT[known.report]:
        return None
    if (known.day - known.reported_on).days > standard.agency_years * 365:
        return None
    return Reason(
        code="AGENCY_REPORT",
        sentence=f"An agency reported on {known.reported_on} that its credit is {known.report}.",
        figures={"report": known.report, "reported_on": f"{known.reported_on}", "points": POINTS_OF_REPORT[known.report]},
    )


def _growing(known: CreditFigures, standard: CreditStandardPublished) -> Reason | None:
    """Why trade may grow: it has paid for long enough, and owes nothing that is overdue."""
    settled = sum(one.settled for one in known.owed)
    if known.known_on is None or settled < standard.grow_settled or any(one.overdue > 0 for one in known.owed):
        return None
    if (known.day - known.known_on).days < standard.grow_known_days:
        return None
    return Reason(
        code="PAYS_WELL",
        sentence=f"{settled} invoices were settled in {standard.period_days} days, none is overdue, on credit since {known.known_on}.",
        figures={"settled": settled, "period_days": standard.period_days, "known_on": known.known_on.isoformat(), "points": 0},
    )


def _no_points(known: CreditFigures, standard: CreditStandardPublished) -> Reason:
    settled = sum(one.settled for one in known.owed)
    since: date | None = known.known_on
    return Reason(
        code="NOTHING_AGAINST",
        sentence=f"Nothing speaks against it, but for growing {standard.grow_settled} settled invoices, {standard.grow_known_days} days "
        f"on credit and nothing overdue are asked; there are {settled} since {since}.",
        figures={"settled": settled, "known_on": f"{since}", "points": 0},
    )


def _tenth(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.1')):f}"


def _whole(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)))


def _text(amount: Decimal, currency: str) -> str:
    return f"{_whole(amount, currency):f}"
