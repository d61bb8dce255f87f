"""A regular customer orders at longer intervals, or less at a time, than is usual for itself: before it falls silent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.alerts.domain.business_days import business_day
from services.alerts.domain.conditions import Condition, at_least
from services.alerts.domain.fading import COUNTED, RECENT, Faded, rarer, smaller
from services.alerts.domain.figures import amount_text, days_text, decimal_text, percent
from services.alerts.domain.rhythm import Purchases
from services.alerts.domain.rules.silent_beyond_own_rhythm import at_stake
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "orders_fading"
CHANNEL = "orders"
FEWEST_DAYS = 12
ONE_DAY = timedelta(days=1)
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


class _Found(NamedTuple):
    """What fades: the intervals (`currency` None), or the amounts in a currency."""

    currency: str | None
    faded: Faded


def orders_fading(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """The last five orders without the worst against all before: at most 70 % as frequent or as large as usual, and that by
    three standard errors of the customer's own (watch) or four and a half (act). Twelve purchase days are needed; the day
    itself is not whole yet and left out."""
    purchases = customer.purchases
    if purchases is None or purchases.count < FEWEST_DAYS:
        return ()
    parameters = terms.parameters[RULE_ID]
    found = _found(customer, purchases, parameters, on)
    level, last_on, began = None, purchases.last_on, purchases.began
    if found:
        last_on = _last_before(purchases, on)
        known = max(business_day(purchases.began_at, terms.zone), terms.live_on)
        if (known - last_on).days <= parameters.number("grace_days"):
            score = found[0].faded.score
            level = next((one for one in reversed(_RULE_LEVELS) if score >= parameters.number(f"{one}_spreads")), None)
    return (
        Sign(
            channel=CHANNEL,
            began=began,
            level=level,
            true_on=None if level is None else last_on,
            over=False,
            changes_on=lambda: purchases.last_on + ONE_DAY if purchases.last_on >= on else None,
            reasons=lambda: (*(_reason(one) for one in found), *at_stake(customer, last_on)),
            evidence=lambda: (began,),
        ),
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """Twelve purchase days, and for each level how far the last orders fell behind."""
    purchases = customer.purchases
    count = 0 if purchases is None else purchases.count
    sentence = f"{count} purchase days; what is usual is known from {FEWEST_DAYS}."
    enough = at_least(CHANNEL, "watch", "PURCHASE_DAYS", sentence, count, FEWEST_DAYS)
    if purchases is None or not enough.holds:
        return (enough,)
    parameters = terms.parameters[RULE_ID]
    found = _found(customer, purchases, parameters, on)
    score = max((one.faded.score for one in found), default=0.0)
    sentence = f"Standard errors by which {COUNTED} of the last orders are rarer or smaller, where at most {percent(parameters.number('share'))} is left."
    return (
        enough,
        *(
            at_least(CHANNEL, level, "FADING_SCORE", sentence, score, parameters.number(f"{level}_spreads"))
            for level in _RULE_LEVELS
        ),
    )


def _found(customer: WatchedCustomer, purchases: Purchases, parameters: Parameters, on: date) -> list[_Found]:
    """What has fallen to the share or below, the worst first."""
    share = parameters.number("share")
    voices = [_Found(None, one) for one in [rarer(purchases, on, share, customer.agreed.closures)] if one is not None]
    for currency, sizes in customer.sizes.items():
        one = smaller(sizes, on, share)
        if one is not None:
            voices.append(_Found(currency, one))
    return sorted(voices, key=lambda voice: (-voice.faded.score, voice.currency or ""))


def _last_before(purchases: Purchases, on: date) -> date:
    end = on.toordinal()
    return date.fromordinal(next((day for day in reversed(purchases.days) if day < end), purchases.days[0]))


def _reason(found: _Found) -> Reason:
    faded, currency = found.faded, found.currency
    score = decimal_text(faded.score, 2)
    figures: dict[str, str | int] = {
        "orders_compared": COUNTED,
        "share_left": decimal_text(faded.share, 4),
        "spread_of_logarithms": decimal_text(faded.spread, 4),
        "score": score,
    }
    if currency is None:
        sentence = f"{COUNTED} of the last {RECENT} intervals are {days_text(faded.recent)} in the mean, usually {days_text(faded.usual)}"
        figures |= {"recent_gap_days": decimal_text(faded.recent, 1), "usual_gap_days": decimal_text(faded.usual, 1)}
        return Reason(code="ORDERS_RARER", sentence=f"{sentence}: {score} standard errors.", figures=figures)
    recent, usual = (Decimal(f"{one:.2f}") for one in (faded.recent, faded.usual))
    sentence = f"{COUNTED} of the last {RECENT} orders are {amount_text(recent, currency)} in the mean, usually {amount_text(usual, currency)}"
    figures |= {"recent_order": str(recent), "usual_order": str(usual), "currency": currency}
    return Reason(code="ORDERS_SMALLER", sentence=f"{sentence}: {score} standard errors.", figures=figures)


ORDERS_FADING = Rule(
    id=RULE_ID,
    kind="silence",
    title="Orders less often, or less at a time, than usual",
    waits_for=("sales",),
    defaults={
        "watch_spreads": Decimal(3),
        "act_spreads": Decimal("4.5"),
        "share": Decimal("0.7"),
        "grace_days": Decimal(30),
        "calm_days": Decimal(30),
    },
    judge=orders_fading,
    why_not=why_not,
)
