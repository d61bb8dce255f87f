"""A customer that still buys takes fewer and fewer different articles."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.alerts.domain.article_range import MONTHS, Narrowed, narrowed
from services.alerts.domain.conditions import Condition, at_least, at_most
from services.alerts.domain.figures import days_text, decimal_text, percent
from services.alerts.domain.rhythm import PAUSE_DAYS, Purchases
from services.alerts.domain.rules.silent_beyond_own_rhythm import at_stake
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.turnover import first_day, month_of
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "range_of_articles_narrowing"
CHANNEL = "articles"
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


def range_of_articles_narrowing(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """The last three whole months against what was usual in three months of the nine before: 40 % of the articles gone
    (watch) or 60 % (act), by at least two standard deviations. A range of fewer than six articles is none.

    A customer that buys nothing, or whose sales no longer say which articles, is not judged; nor are months with a pause of
    six weeks and more, in which there was less to choose.
    """
    months, purchases = customer.ranges, customer.purchases
    if not months or purchases is None:
        return ()
    parameters = terms.parameters[RULE_ID]
    found, began = narrowed(months, month_of(on) - 1), purchases.began
    level = None if found is None else _level(found, parameters)
    if level is not None and _paused(purchases, on):
        level = None

    def changes_on() -> date | None:
        # Judged at the turn of the month, while the months compared still hold anything.
        return first_day(month_of(on) + 1) if months[-1].number >= month_of(on) - MONTHS else None

    def reasons() -> tuple[Reason, ...]:
        return () if found is None else (_reason(found, on), *at_stake(customer, purchases.last_on))

    return (
        Sign(
            channel=CHANNEL,
            began=began,
            level=level,
            true_on=None if level is None else first_day(month_of(on)),
            over=found is None,
            changes_on=changes_on,
            reasons=reasons,
            evidence=lambda: (began,),
        ),
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """Months to compare, a range worth the name, and for each level the share of it that is gone."""
    purchases = customer.purchases
    found = narrowed(customer.ranges, month_of(on) - 1) if customer.ranges and purchases is not None else None
    sentence = f"Three whole months with articles, and half a year before them, up to {first_day(month_of(on))}."
    known = at_least(CHANNEL, "watch", "MONTHS_COMPARED", sentence, int(found is not None), 1)
    if found is None or purchases is None:
        return (known,)
    parameters = terms.parameters[RULE_ID]
    sentence = f"{decimal_text(found.recent, 1)} articles in three months, usually {decimal_text(found.usual, 1)}."
    paused = _paused(purchases, on)
    return (
        known,
        at_most(CHANNEL, "watch", "DAYS_OF_PAUSE", f"Paused for {days_text(paused)} in these months.", paused, 0),
        at_least(CHANNEL, "watch", "USUAL_ARTICLES", sentence, found.usual, parameters.number("articles")),
        at_least(CHANNEL, "watch", "SPREADS", sentence, found.spreads, parameters.number("spreads")),
        *(
            at_least(CHANNEL, level, "SHARE_LOST", sentence, found.lost, parameters.number(f"{level}_share"))
            for level in _RULE_LEVELS
        ),
    )


def _paused(purchases: Purchases, on: date) -> int:
    """The longest pause, of those worth the name, that touches the three whole months before `on`; 0: none."""
    first, end = first_day(month_of(on) - MONTHS).toordinal(), first_day(month_of(on)).toordinal()
    silent = (purchases.last, on.toordinal())
    return max(
        (
            back - begun
            for begun, back in (*purchases.pauses, silent)
            if back > first and begun < end - 1 and back - begun >= PAUSE_DAYS
        ),
        default=0,
    )


def _level(found: Narrowed, parameters: Parameters) -> Level | None:
    if found.usual < parameters.number("articles") or found.spreads < parameters.number("spreads"):
        return None
    return next((level for level in reversed(_RULE_LEVELS) if found.lost >= parameters.number(f"{level}_share")), None)


def _reason(found: Narrowed, on: date) -> Reason:
    return Reason(
        code="FEWER_ARTICLES",
        sentence=f"About {decimal_text(found.recent, 0)} articles in the last three months, usually {decimal_text(found.usual, 0)} in three: {percent(found.lost)} fewer.",
        figures={
            "articles": decimal_text(found.recent, 1),
            "usual_articles": decimal_text(found.usual, 1),
            "share_lost": decimal_text(found.lost, 4),
            "spreads": decimal_text(found.spreads, 2),
            "windows_before": found.windows,
            "months_through": first_day(month_of(on) - 1).isoformat()[:7],
        },
    )


def _ended(_customer: WatchedCustomer, on: date) -> Reason:
    through = first_day(month_of(on) - 1).isoformat()[:7]
    return Reason(
        code="NO_ARTICLES",
        sentence=f"No articles are known of the three months through {through}: a silence is told of by its own rule.",
        figures={"months_through": through},
    )


RANGE_OF_ARTICLES_NARROWING = Rule(
    id=RULE_ID,
    kind="silence",
    title="Buys fewer and fewer different articles",
    waits_for=("sales",),
    defaults={
        "watch_share": Decimal("0.4"),
        "act_share": Decimal("0.6"),
        "articles": Decimal(6),
        "spreads": Decimal(2),
        "calm_days": Decimal(30),
    },
    judge=range_of_articles_narrowing,
    ended=_ended,
    why_not=why_not,
)
