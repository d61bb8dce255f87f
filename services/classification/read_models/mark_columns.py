"""Every mark of a customer as a piece of SQL: the expression that gives it as of the end of a day, and the tables that it needs.

The pieces stand around a query `b` that has a `customer_id`, in a statement that has the currency as one of its arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from services.classification.read_models.credit_grades import CREDIT_GRADES
from services.classification.read_models.customer_grades import CUSTOMER_GRADES
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.mark_statements import MARK_STATEMENTS
from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.served import SERVED
from services.classification.read_models.sold import SOLD, sold_table
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.classification import ValueClassChanged
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.customer_grades import CustomerGraded, MarkStandardPublished
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.narrowing import narrowed
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

CARD_MARKS = ("nature", "ownership", "shop_kind", "location", "industry")
UNKNOWN = "UNKNOWN"


class MarkDay(NamedTuple):
    """As of the end of a business day, `end`; `now`: it is not over yet, so what holds now holds. `currency`: its place, such as $3.

    `average` is what buyers of the company bought on average, where it is known already: then each customer's trade is looked up by
    itself, which is the faster way to few customers; else everybody's is summed.
    """

    day: date
    end: datetime
    now: bool
    standard: MarkStandardPublished
    currency: str = "$3"
    average: Decimal | None = None


class _Piece(NamedTuple):
    expression: str
    tables: tuple[str, ...] = ()


_FIRST_ON = "h.first_sale_on"
_STAGE = "(SELECT max(x) FROM unnest(p.stages) x WHERE left(x, 10) <= {day}::text)"
_LAST_ON = """(CASE WHEN h.last_sale_on <= {day} THEN h.last_sale_on
      ELSE (SELECT max(z.day) FROM {sold} z WHERE z.customer_id = b.customer_id AND z.day <= {day} AND z.net > 0) END)"""
_BEGAN_ON = "least(h.first_sale_on, p.trading_since)"
_PROCESS = f"""(CASE WHEN {_FIRST_ON} IS NULL OR {_FIRST_ON} > {{day}} THEN 'ABOUT_TO_TRADE'
      WHEN substr({_STAGE}, 12) = 'PAST' AND left({_STAGE}, 10) >= {_LAST_ON}::text THEN 'HAS_TRADED'
      WHEN {_LAST_ON} > {{day}} - {{trading_days}} THEN 'TRADING' ELSE 'HAS_TRADED' END)"""
_SERIES = f"""(CASE WHEN {_FIRST_ON} IS NULL OR {_FIRST_ON} > {{day}} THEN 'FUTURE' WHEN {_FIRST_ON} > {{day}} - {{new_days}} THEN 'NEW'
      ELSE 'OLD' END)"""
_POSITION = f"""(CASE WHEN t.net IS NULL OR t.net <= 0 THEN NULL
      WHEN {_BEGAN_ON} <= {{day}} - {{main_days}} AND t.net >= {{main_times}} * t.average THEN 'MAIN'
      WHEN t.buying_days < {{scattered_days}} THEN 'SCATTERED' ELSE 'ORDINARY' END)"""

PIECES: Mapping[str, _Piece] = {
    **{mark: _Piece(f"m.{mark}", ("m",)) for mark in CARD_MARKS},
    "kind": _Piece("p.kind", ("p",)),
    "legal_form": _Piece("p.legal_form", ("p",)),
    "area_id": _Piece("v.area_id", ("v",)),
    "salesperson_id": _Piece("v.salesperson_id", ("v",)),
    "value_class": _Piece("vc.value_class", ("vc",)),
    "class_since": _Piece("vc.since", ("vc",)),
    "customer_grade": _Piece("cg.grade", ("cg",)),
    "credit_grade": _Piece("cr.grade", ("cr",)),
    "trade_process": _Piece(_PROCESS, ("p", "h")),
    "time_series": _Piece(_SERIES, ("h",)),
    "position_class": _Piece(_POSITION, ("p", "h", "t")),
    "first_sale_on": _Piece(f"(CASE WHEN {_FIRST_ON} <= {{day}} THEN {_FIRST_ON} END)", ("h",)),
    "last_sale_on": _Piece(_LAST_ON, ("h",)),
    "began_on": _Piece(_BEGAN_ON, ("p", "h")),
    "credit_points": _Piece("cr.points", ("cr",)),
    "net": _Piece("t.net", ("t",)),
    "buying_days": _Piece("t.buying_days", ("t",)),
    "average": _Piece("t.average", ("t",)),
}
"""Marks, and the figures that they rest on."""

_TABLES: Mapping[str, ReadModel[Any]] = {
    "p": PROFILES,
    "m": PROFILES,
    "v": SERVED,
    "h": CUSTOMER_SALES,
    "vc": VALUE_CLASSES,
    "cg": CUSTOMER_GRADES,
    "cr": CREDIT_GRADES,
    "t": SOLD,
}
_CHANGES = {
    "vc": ("classification", "value_class", "period_to", ValueClassChanged.type),
    "cg": ("customer-grade", "grade", "graded_on", CustomerGraded.type),
    "cr": ("credit-grade", "grade", "graded_on", CreditGraded.type),
}
"""Of grades and classes: streams, the field that says it, the day from which it holds, and the type."""

_TRADE = """(SELECT customer_id, net, buying_days, avg(net) FILTER (WHERE net > 0) OVER () AS average
  FROM (SELECT customer_id, sum(net) AS net, count(DISTINCT day) FILTER (WHERE net > 0) AS buying_days FROM {sold}
         WHERE currency = {currency} AND day BETWEEN {day} - {period_days} + 1 AND {day} GROUP BY customer_id) x)"""
_OWN_TRADE = """LATERAL (SELECT b.customer_id AS customer_id, sum(z.net) AS net,
    count(DISTINCT z.day) FILTER (WHERE z.net > 0) AS buying_days, {average}::numeric AS average
  FROM {sold} z WHERE z.customer_id = b.customer_id AND z.currency = {currency} AND z.day BETWEEN {day} - {period_days} + 1 AND {day})"""
"""What everybody bought in the standard's period, beside the average of all buyers of the company."""
_STATED = """(SELECT DISTINCT ON (customer_id) * FROM {table} WHERE said_at < {end} ORDER BY customer_id, said_at DESC)"""
# Streams of one prefix; "." is the character behind "-".
_TOLD = """(SELECT DISTINCT ON (stream) customer_id, body::jsonb ->> '{field}' AS {field}, (body::jsonb ->> 'points')::int AS points,
    (body::jsonb ->> '{on}')::date AS since FROM {{schema}}.events
  WHERE stream > '{stream}-' AND stream < '{stream}.' AND type = '{type}' AND (body::jsonb ->> '{on}')::date <= {day}
  ORDER BY stream, version DESC)"""


class Marked(NamedTuple):
    """`of` gives the expression of each mark that was wanted; `joins` follows `FROM ... b`."""

    of: Mapping[str, str]
    joins: str


async def mark_columns(c: Connection, schema: str, wanted: Collection[str], at: MarkDay) -> Marked:
    """What is to be put around a query `b`, whose customers are the caller's: so what is joined to them is not narrowed once more, and
    their trade is compared with that of the company."""
    with narrowed(None):
        return await _mark_columns(c, schema, wanted, at)


async def _mark_columns(c: Connection, schema: str, wanted: Collection[str], at: MarkDay) -> Marked:
    standard = at.standard
    words = {
        "day": f"DATE '{at.day.isoformat()}'",
        "end": f"TIMESTAMPTZ '{at.end.isoformat()}'",
        "currency": at.currency,
        "period_days": f"{standard.period_days:d}",
        "trading_days": f"{standard.trading_days:d}",
        "new_days": f"{standard.new_days:d}",
        "main_days": f"{standard.main_days:d}",
        "main_times": f"{standard.main_times:f}",
        "scattered_days": f"{standard.scattered_days:d}",
        "sold": await sold_table(c, schema),
    }
    needed = dict.fromkeys(table for mark in wanted for table in PIECES[mark].tables)
    joins = [
        f"LEFT JOIN {await _table(c, schema, table, at, words)} {table} ON {table}.customer_id = b.customer_id"
        for table in needed
    ]
    return Marked({mark: PIECES[mark].expression.format(**words) for mark in wanted}, "\n  ".join(joins))


async def _table(c: Connection, schema: str, table: str, at: MarkDay, words: Mapping[str, str]) -> str:
    if table == "t":
        return (_TRADE if at.average is None else _OWN_TRADE).format(average=at.average, **words)
    if table == "m" and not at.now:
        return _STATED.format(table=await live_table(c, schema, MARK_STATEMENTS), **words)
    if table in _CHANGES and not at.now:
        stream, field, on, kind = _CHANGES[table]
        return within(schema, _TOLD.format(stream=stream, field=field, on=on, type=kind, **words))
    return await live_table(c, schema, _TABLES[table])


def models_of(wanted: Collection[str], at: MarkDay) -> list[ReadModel[Any]]:
    """The sales, and the read models that these marks come from; changes of a grade before today are read from the store itself."""
    found: dict[str, ReadModel[Any]] = {SOLD.name: SOLD}
    for table in (table for mark in wanted for table in PIECES[mark].tables):
        model = MARK_STATEMENTS if table == "m" and not at.now else _TABLES[table]
        found[model.name] = model
    return list(found.values())
