"""What a measure came to, as the data tell: the figures of the day of its decision against those of now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from services.alerts.domain.alert_state import Alert, Measure
from services.alerts.domain.at_stake import amount_in
from services.alerts.domain.figures import amount_text
from shared.contracts.alert_steps import MeasureVerified
from shared.contracts.alerts import CustomerFigures, Reason
from shared.contracts.money import Money


def verify(alert: Alert, measure: Measure, now: CustomerFigures, today: date, *, recovered: bool) -> MeasureVerified:
    """SETTLE worked when nothing undisputed is overdue, SHRINK when open items sank, HOLD when they did not rise, STOP when nothing
    was bought after it, GROW when a year's sales rose, VISIT when the customer buys or pays again. What recovered, worked."""
    before = measure.figures or CustomerFigures(as_of=today)
    worked, reasons = _judged(measure, before, now)
    if measure.measure == "VISIT" and not recovered and alert.kind == "credit":
        reasons = _compared("OVERDUE", before.overdue, now.overdue)
        worked = bool(reasons) and all(_sank(one) for one in reasons)
    if recovered:
        reasons = (*reasons, Reason(code="RECOVERED", sentence="The data say that the warning is over."))
    return MeasureVerified(
        alert_id=alert.alert_id,
        customer_id=alert.customer_id,
        kind=alert.kind,
        measure_id=measure.measure_id,
        worked=worked or recovered,
        verified_on=today,
        reasons=reasons,
    )


def _judged(measure: Measure, before: CustomerFigures, now: CustomerFigures) -> tuple[bool, tuple[Reason, ...]]:
    match measure.measure:
        case "SETTLE":
            return not any(money.amount > 0 for money in now.overdue), _compared("OVERDUE", before.overdue, now.overdue)
        case "SHRINK":
            reasons = _compared("EXPOSURE", before.exposure, now.exposure)
            return any(map(_sank, reasons)) and not any(map(_rose, reasons)), reasons
        case "HOLD":
            reasons = _compared("EXPOSURE", before.exposure, now.exposure)
            return not any(map(_rose, reasons)), reasons
        case "GROW":
            reasons = _compared("SOLD", before.sold, now.sold)
            return any(map(_rose, reasons)), reasons
    return _bought(measure, now)


def _bought(measure: Measure, now: CustomerFigures) -> tuple[bool, tuple[Reason, ...]]:
    taken_on, last = measure.taken_on, now.last_purchase_on
    after = taken_on is not None and last is not None and last > taken_on
    figures: dict[str, str | int] = {} if taken_on is None else {"taken_on": taken_on.isoformat()}
    if last is not None:
        figures["last_purchase_on"] = last.isoformat()
    sentence = f"Bought on {last}, after it was taken." if after else "Nothing was bought after it was taken."
    return after if measure.measure == "VISIT" else not after, (Reason(code="BOUGHT", sentence=sentence, figures=figures),)


_SAYS = {"OVERDUE": "Overdue and undisputed", "EXPOSURE": "Open items", "SOLD": "Sales of a year"}


def _compared(code: str, before: Sequence[Money], now: Sequence[Money]) -> tuple[Reason, ...]:
    """One reason a currency, with the figure of then and of now."""
    found = []
    for currency in sorted({money.currency for money in (*before, *now)}):
        was, there = amount_in(before, currency), amount_in(now, currency)
        sentence = f"{_SAYS[code]}: {amount_text(was, currency)} when it was decided, {amount_text(there, currency)} now."
        found.append(Reason(code=code, sentence=sentence, figures={"before": str(was), "now": str(there), "currency": currency}))
    return tuple(found)


def _sank(reason: Reason) -> bool:
    return Decimal(reason.figures["now"]) < Decimal(reason.figures["before"])


def _rose(reason: Reason) -> bool:
    return Decimal(reason.figures["now"]) > Decimal(reason.figures["before"])
