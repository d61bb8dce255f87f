"""Why a customer has the marks that follow from its trade, in words and numbers. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.contracts.customer_grades import MarkStandardPublished


class Trade(NamedTuple):
    """What is known of a customer's trade as of a day; `net`, `buying_days` and the `average` of all buyers are of the standard's period."""

    day: date
    first_sale_on: date | None
    last_sale_on: date | None
    began_on: date | None
    net: Decimal | None
    buying_days: int | None
    average: Decimal | None


def why_process(process: str, trade: Trade, standard: MarkStandardPublished) -> str:
    match process:
        case "ABOUT_TO_TRADE":
            return "It has not bought anything yet."
        case "TRADING":
            return f"It last bought on {trade.last_sale_on}, within {standard.trading_days} days."
    if trade.last_sale_on is not None and (trade.day - trade.last_sale_on).days < standard.trading_days:
        return f"It last bought on {trade.last_sale_on}; trade was declared to be over."
    return f"It last bought on {trade.last_sale_on}, {standard.trading_days} days ago or more."


def why_series(series: str, trade: Trade, standard: MarkStandardPublished) -> str:
    match series:
        case "FUTURE":
            return "It has not bought anything yet."
        case "NEW":
            return f"It first bought on {trade.first_sale_on}, within {standard.new_days} days."
    return f"It first bought on {trade.first_sale_on}, {standard.new_days} days ago or more."


def why_position(position: str | None, trade: Trade, standard: MarkStandardPublished) -> str:
    if position is None or trade.net is None or trade.average is None or trade.began_on is None:
        return f"It bought nothing in {standard.period_days} days."
    length = (trade.day - trade.began_on).days
    times = (trade.net / trade.average).quantize(Decimal("0.01"))
    bought = f"net sales of {standard.period_days} days are {times} times the average of all buyers"
    if position == "SCATTERED":
        return f"It bought on {trade.buying_days} days of {standard.period_days}, fewer than {standard.scattered_days}; {bought}."
    return f"Trade began {length} days ago ({standard.main_days} for MAIN); {bought} ({standard.main_times:f} for MAIN)."
