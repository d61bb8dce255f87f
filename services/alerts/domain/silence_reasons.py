"""Why a silence is one: the own rhythm, how long it is silent, and how likely it stays so; of orders, payments, contacts."""

from __future__ import annotations

from datetime import date
from statistics import median, quantiles
from typing import NamedTuple

from services.alerts.domain.agreements import Agreed, closed_days
from services.alerts.domain.figures import days_text, decimal_text, percent
from services.alerts.domain.rhythm import Purchases, gaps, known_pause, rhythm
from services.alerts.domain.signs import Terms
from services.alerts.domain.silence_score import Rhythm, stays_away
from shared.contracts.alerts import Reason


class Words(NamedTuple):
    """`does`: what the customer does in its rhythm. `code` and `noun` name one such deed, `last` the figure with the day of the last."""

    does: str
    noun: str
    code: str
    last: str


ORDERS_WORDS = Words("Buys", "order", "CHANCE_OF_NO_ORDER", "last_purchase_on")
PAYMENTS_WORDS = Words("Pays", "payment", "CHANCE_OF_NO_PAYMENT", "last_payment_on")
CONTACTS_WORDS = Words("Is in touch", "contact", "CHANCE_OF_NO_CONTACT", "last_contact_on")


def silence_reasons(words: Words, days: Purchases, terms: Terms, forward: float, on: date, known: Agreed) -> tuple[Reason, ...]:
    """`forward`: days ahead for which the chance is given. `on`: the day through which nothing has come. Days on which the
    customer was closed as planned are no silence."""
    own = gaps(days)
    middle, silent = median(own), on.toordinal() - days.last
    low, _, high = quantiles(own, n=4, method="inclusive") if len(own) > 1 else (middle, middle, middle)
    closed = closed_days(known.closures, days.last, on.toordinal())
    chance = stays_away(rhythm(days, terms.population), terms.population, forward)(silent - closed)
    typical = stays_away(Rhythm(0, 0, 0.0, 0.0, 0.0), terms.population, forward)(silent - closed)
    found = [
        Reason(
            code="OWN_RHYTHM",
            sentence=f"{words.does} every {days_text(middle)} (median of {len(own)} gaps, middle half {decimal_text(low, 1)} to {decimal_text(high, 1)}).",
            figures={
                "median_gap_days": decimal_text(middle, 1),
                "gaps": len(own),
                "lower_quartile_days": decimal_text(low, 1),
                "upper_quartile_days": decimal_text(high, 1),
            },
        ),
        Reason(
            code="SILENT_DAYS",
            sentence=f"Silent for {days_text(silent)} since {days.last_on} = {decimal_text(silent / middle, 1)} x; longest pause of these so far {days_text(max(own))}.",
            figures={
                "silent_days": silent,
                words.last: days.last_on.isoformat(),
                "as_of": on.isoformat(),
                "times_own_gap": decimal_text(silent / middle, 1),
                "longest_gap_days": max(own),
            },
        ),
        Reason(
            code=words.code,
            sentence=f"Chance of no {words.noun} within the next {days_text(round(forward))}: {percent(chance)} (a customer of whom nothing is known: {percent(typical)}).",
            figures={
                "forward_days": round(forward),
                "probability": decimal_text(chance, 4),
                "typical_probability": decimal_text(typical, 4),
                "population_version": terms.population_version,
            },
        ),
    ]
    pause = known_pause(days)
    if pause is not None:
        back = date.fromordinal(pause[1])
        sentence = f"Made the same pause in an earlier year; it would have been back by {back}."
        found.append(Reason(code="KNOWN_PAUSE_OVER", sentence=sentence, figures={"back_by": back.isoformat()}))
    if closed:
        sentence = f"Closed as planned on {days_text(closed)} of these, which are not counted."
        found.append(Reason(code="CLOSURES_LEFT_OUT", sentence=sentence, figures={"closed_days": closed}))
    return tuple(found)
