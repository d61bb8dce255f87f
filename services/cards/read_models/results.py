"""What was traded and collected in a period, by customer, by who serves them, and altogether? From the rows and totals with books."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID

from services.cards.domain.period import Period, names
from services.cards.domain.spans import Kind, Sums, together
from services.cards.read_models import collected, trade
from services.cards.read_models.collected import COLLECTED_MODEL
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.dossier import DOSSIER
from services.cards.read_models.receivables import RECEIVABLES
from services.cards.read_models.reporting import report
from services.cards.read_models.trade import TRADE, Trade
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowing
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table, whole_totals

Side = Literal["company", "area", "salesperson"]
Which = Literal["trade", "collected"]
Kept = TypeVar("Kept")

_LARGEST_PIECE = 2000
"""Customers looked at in one statement, where few of them are wanted."""


class Scope(NamedTuple):
    """Whose customers: all, or those of an area, of a salesperson, of one in the other."""

    area_id: str | None = None
    salesperson_id: str | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """What is outstanding and overdue on a day."""

    outstanding: Decimal = Decimal(0)
    overdue: Decimal = Decimal(0)


# Behind kind and span, which is as long as any other of its kind, a key says the currency and then who.
_WHO: Mapping[Kind, int] = {"d": len("d/2026-03-02/") + 1, "m": len("m/2026-03/") + 1, "y": len("y/2026/") + 1}
_SUMS = """SELECT substr(group_key, $3) AS who, measure, sum(value) AS units FROM {table}
 WHERE group_key >= $1 AND group_key < $2 GROUP BY 1, 2"""
_MODELS: Mapping[Which, tuple[ReadModel[Any], Sequence[str]]] = {
    "trade": (TRADE, trade.MEASURES),
    "collected": (COLLECTED_MODEL, collected.MEASURES),
}


async def sums_by(
    c: Connection, schema: str, which: Which, side: Side, period: Period, scope: Scope
) -> dict[tuple[str, str], Sums]:
    """(id of the area or salesperson, currency) -> sums of the period; "" for customers whom nobody serves, and for the company."""
    model, measures = _MODELS[which]
    to = narrowing()
    statement = _SUMS.format(table=await whole_totals(c, schema, model))
    found: dict[tuple[str, str], Sums] = {}
    for kind in period.kinds:
        first, last = names(kind, period)
        # The company has months and years of its own.
        begins = kind.upper() if side == "company" and scope == Scope() and to is None and kind != "d" else kind
        # The sign before "0" is the "/" that ends a span in a key.
        for row in await c.fetch(statement, f"{begins}/{first}", f"{begins}/{last}0", _WHO[kind]):
            currency, area, salesperson = _read(row["who"])
            if scope.area_id not in (None, area) or scope.salesperson_id not in (None, salesperson):
                continue
            if to is not None and not to.reaches(area, salesperson):
                continue
            of = {"company": "", "area": area, "salesperson": salesperson}[side], currency
            found[of] = together([found.get(of, (0, 0, 0)), _sums(measures, row["measure"], row["units"])])
    return found


def _read(key: str) -> tuple[str, str, str]:
    """Currency, area and salesperson."""
    area, _, salesperson = key[4:].partition("\n")
    return key[:3], area, salesperson


_COMPANY = """SELECT split_part(group_key, '/', 2) AS span, split_part(group_key, '/', 3) AS currency, measure, sum(value) AS units
  FROM {table} WHERE group_key >= $1 AND group_key < $2 GROUP BY 1, 2, 3"""


async def company_trade(c: Connection, schema: str, first_year: int) -> dict[tuple[str, str], Sums]:
    """The company's trade from a year on: (month or year, currency) -> sums. A year is all of it, whatever is kept as months."""
    statement = _COMPANY.format(table=await whole_totals(c, schema, TRADE))
    found: dict[tuple[str, str], Sums] = {}
    for kind, after in (("M", "N"), ("Y", "Z")):
        for row in await c.fetch(statement, f"{kind}/{first_year:04}", after):
            more = _sums(trade.MEASURES, row["measure"], row["units"])
            for span in {row["span"], row["span"][:4]}:
                found[span, row["currency"]] = together([found.get((span, row["currency"]), (0, 0, 0)), more])
    return found


def _sums(measures: Sequence[str], measure: str, units: Decimal) -> Sums:
    one, two, three = (int(units) if name == measure else 0 for name in measures)
    return one, two, three


# The page is found first: what it joins is looked up for its rows only.
_PAGE = """WITH t AS MATERIALIZED (SELECT {columns} FROM {trade} t WHERE {conditions} ORDER BY t.customer_id LIMIT {limit:d})
SELECT t.*, n.name, {money} FROM t LEFT JOIN {names} n USING (customer_id) {joins} ORDER BY t.customer_id"""
_NO_MONEY = "'{}' AS collected, '{}' AS open_items", ""
_MONEY = (
    "c.books AS collected, r.open_items::text AS open_items",
    "LEFT JOIN {collected} c USING (customer_id) LEFT JOIN {receivables} r USING (customer_id)",
)
_COLUMNS = ", ".join(f"t.{name}" for name in TRADE.columns)
_LEADS = "t.customer_id IN (SELECT lead_id FROM {dossier} WHERE lead_id IS NOT NULL)"
_MERGED = "SELECT d.lead_id, {columns} FROM {dossier} d JOIN {trade} t USING (customer_id) WHERE d.lead_id = ANY($1)"


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer with what a list of results shows. `collected`: books of what was invoiced and collected; `name`: of a company;
    `merged`: the cards that this one leads, where they were wanted."""

    trade: Trade
    collected: str
    open_items: str
    name: str | None
    merged: Sequence[Trade] = ()


class Wanted(NamedTuple):
    """Which customers: `traded_since` bought or returned something on that day or later, `silent_since` bought nothing from that
    day on, `first_since` bought for the first time on that day or later. `bought` False: registered, and never bought. `with_money`: with what is collected and open.
    `with_merged`: with the cards that each one leads. The days are those of the card itself: a leading card that bought nothing
    passes, and who wants the merged ones judges them together."""

    scope: Scope = Scope()
    traded_since: date | None = None
    silent_since: date | None = None
    first_since: date | None = None
    bought: bool | None = None
    with_money: bool = False
    with_merged: bool = False


async def matching(
    c: Connection, schema: str, wanted: Wanted, after: UUID | None, limit: int, keep: Callable[[Listed], Kept | None]
) -> list[Kept]:
    """The first customers behind `after`, in the order of their ids, of whom `keep` makes something."""
    found: list[Kept] = []
    piece = limit
    while True:
        rows = await _customers(c, schema, wanted, after, piece)
        for row in rows:
            if (kept := keep(row)) is not None:
                found.append(kept)
                if len(found) == limit:
                    return found
        if len(rows) < piece:
            return found
        after = rows[-1].trade.customer_id
        piece = min(2 * piece, _LARGEST_PIECE)


async def _customers(c: Connection, schema: str, wanted: Wanted, after: UUID | None, limit: int) -> Sequence[Listed]:
    where = Conditions()
    where.add("t.customer_id > {}", after)
    where.add("t.area_id = {}", wanted.scope.area_id)
    where.add("t.salesperson_id = {}", wanted.scope.salesperson_id)
    where.add("t.newest_on >= {}", wanted.traded_since)
    lead = _LEADS.format(dossier=await live_table(c, schema, DOSSIER)) if wanted.with_merged else "false"
    where.add(f"(t.last_on < {{}} OR t.last_on IS NULL AND {lead}) AND NOT t.gone", wanted.silent_since)
    where.add(f"(t.first_on >= {{}} OR t.first_on IS NULL AND {lead}) AND NOT t.gone", wanted.first_since)
    if wanted.bought is False:
        where.hold("t.first_on IS NULL AND t.registered_at IS NOT NULL AND NOT t.gone")
    money, joins = _MONEY if wanted.with_money else _NO_MONEY
    statement = _PAGE.format(
        columns=_COLUMNS,
        trade=await live_table(c, schema, TRADE),
        names=await live_table(c, schema, CUSTOMERS),
        money=money,
        joins=joins.format(
            collected=await live_table(c, schema, COLLECTED_MODEL), receivables=await live_table(c, schema, RECEIVABLES)
        ),
        conditions=where.sql,
        limit=limit,
    )
    rows = [_listed(row) for row in await c.fetch(statement, *where.values)]
    return await _with_merged(c, schema, rows) if wanted.with_merged else rows


async def _with_merged(c: Connection, schema: str, rows: Sequence[Listed]) -> Sequence[Listed]:
    statement = _MERGED.format(
        columns=_COLUMNS, trade=await live_table(c, schema, TRADE), dossier=await live_table(c, schema, DOSSIER)
    )
    merged: dict[UUID, list[Trade]] = {}
    for row in await c.fetch(statement, [row.trade.customer_id for row in rows]):
        merged.setdefault(row["lead_id"], []).append(_trade(row))
    return [replace(row, merged=merged.get(row.trade.customer_id, ())) for row in rows]


def _listed(row: Any) -> Listed:
    return Listed(_trade(row), row["collected"] or "{}", row["open_items"] or "{}", row["name"])


def _trade(row: Any) -> Trade:
    return Trade(**{name: row[name] for name in TRADE.columns})


_ONE = "SELECT * FROM {table} WHERE customer_id = ANY($1)"


async def trades(c: Connection, schema: str, customer_ids: Sequence[UUID]) -> Sequence[Trade]:
    """The rows of these customers, where there are any."""
    rows = await c.fetch(_ONE.format(table=await live_table(c, schema, TRADE)), list(customer_ids))
    return [_trade(row) for row in rows]


# Items are looked at only where something is overdue.
_OWED = """SELECT {side} AS who, b.key AS currency, sum((b.value ->> 'outstanding')::numeric) AS outstanding,
       coalesce(sum(i.overdue), 0) AS overdue
  FROM {receivables} r JOIN {trade} t USING (customer_id) CROSS JOIN LATERAL jsonb_each(r.open_items) b
 CROSS JOIN LATERAL (SELECT sum(x.open) AS overdue FROM jsonb_to_recordset(b.value -> 'items') AS x(due_on date, open numeric)
                      WHERE r.oldest_due_on < $1 AND x.due_on < $1) i
 WHERE r.oldest_due_on IS NOT NULL AND ($2::text IS NULL OR t.area_id = $2) AND ($3::text IS NULL OR t.salesperson_id = $3)
 GROUP BY 1, 2"""
_COLUMN: Mapping[Side, str] = {
    "company": "''",
    "area": "coalesce(t.area_id, '')",
    "salesperson": "coalesce(t.salesperson_id, '')",
}


async def owed_by(c: Connection, schema: str, side: Side, today: date, scope: Scope) -> dict[tuple[str, str], Owed]:
    """(id of the area or salesperson, currency) -> what their customers owe now, and how much of it was due before `today`."""
    statement = _OWED.format(
        side=_COLUMN[side],
        receivables=await live_table(c, schema, RECEIVABLES),
        trade=await live_table(c, schema, TRADE),
    )
    rows = await report(c, statement, today, scope.area_id, scope.salesperson_id)
    return {(row["who"], row["currency"]): Owed(row["outstanding"], row["overdue"]) for row in rows}
