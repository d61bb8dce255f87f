"""How does each purchase intent stand on a day: what is known of money, authority and need, both grades, the last review?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.classification.read_models.erasures import ERASURES
from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.served import SERVED
from shared.contracts.intents import Grade
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

SHOWN: tuple[ReadModel[Any], ...] = (INTENTS, STEPS, INVESTMENTS, SERVED, ERASURES)
"""What a list of intents is read from."""


class Day(NamedTuple):
    """A business day, the moment at which it is over in the company's `zone`, and how often A, B and C are read, in days.

    Steps are moments, intents are opened and ended on days.
    """

    day: date
    end: datetime
    zone: str
    review_days: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Prospect:
    """`stated` is the grade that persons gave, `grade` that of the standard. Times are those from which something holds.

    `contact_at`: when somebody last found something out; `visited_on`: the last visit recorded. `read_as`: the nearer of both grades,
    after which `due_on` follows from the last review, or the opening. `missed_due_on`: the latest due day of which the review was missed.
    `further`: the customer had an intent before this one.
    """

    intent_id: UUID
    customer_id: UUID
    number: str
    intent_class: str
    opened_on: date
    expected_on: date | None
    expected: Decimal | None
    currency: str | None
    man_version: int
    salesperson_id: str | None
    area_id: str | None
    money: str | None
    money_by: str | None
    money_at: datetime | None
    authority: str | None
    authority_by: str | None
    authority_at: datetime | None
    need: str | None
    need_by: str | None
    need_at: datetime | None
    stated: Grade | None
    grade: Grade | None
    graded_at: datetime | None
    answer: str | None
    reasons: str | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    missed_due_on: date | None
    contact_at: datetime | None
    visited_on: date | None
    further: bool
    read_as: Grade
    due_on: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None for any. `due_by`: a review is due on that day or before; `missed_by`: it was due before that
    day and no miss of it was noted. `ungraded`: something was found out about it since it was graded, or it never was, save those that were
    `seen` with as many answers."""

    salesperson_id: str | None = None
    area_id: str | None = None
    customer_id: UUID | None = None
    grade: str | None = None
    money: str | None = None
    authority: str | None = None
    need: str | None = None
    ungraded: bool = False
    seen: Mapping[UUID, int] = field(default_factory=dict)
    due_by: date | None = None
    missed_by: date | None = None


_CONDITIONS: Mapping[str, str] = {
    "salesperson_id": "p.salesperson_id = {}",
    "area_id": "p.area_id = {}",
    "customer_id": "p.customer_id = {}",
    "grade": "p.grade = {}",
    "money": "coalesce(p.money, 'UNKNOWN') = {}",
    "authority": "coalesce(p.authority, 'UNKNOWN') = {}",
    "need": "coalesce(p.need, 'UNKNOWN') = {}",
    "due_by": "p.due_on <= {}",
    "missed_by": "p.due_on < {} AND (p.missed_due_on IS NULL OR p.missed_due_on < p.due_on)",
}


def _newest(column: str, told: str) -> str:
    return f"(array_agg({column} ORDER BY x.at DESC, x.version DESC) FILTER (WHERE {told}))[1]"


def _kind(name: str) -> str:
    return f"x.kind = '{name}'"


_SAID = ", ".join(
    [
        *(
            f"{_newest(f'x.{source}', f'x.{name} IS NOT NULL')} AS {name}{suffix}"
            for name in ("money", "authority", "need")
            for source, suffix in ((name, ""), ("actor", "_by"), ("at", "_at"))
        ),
        f"{_newest('x.grade', _kind('STATED'))} AS stated",
        *(
            f"{_newest(f'x.{source}', _kind('GRADED'))} AS {name}"
            for source, name in (("grade", "grade"), ("at", "graded_at"), ("answer", "answer"), ("reasons", "reasons"))
        ),
        f"max(x.at) FILTER (WHERE {_kind('REVIEWED')}) AS reviewed_at",
        f"{_newest('x.actor', _kind('REVIEWED'))} AS reviewed_by",
        f"max(x.due_on) FILTER (WHERE {_kind('MISSED')}) AS missed_due_on",
        f"max(x.at) FILTER (WHERE {_kind('MAN')}) AS contact_at",
    ]
)
_FROM_INTENT = "intent_id customer_id number intent_class opened_on expected_on expected currency man_version".split()
_NOT_FROM_STEPS = {*_FROM_INTENT, "salesperson_id", "area_id", "visited_on", "further", "read_as", "due_on"}
_FROM_STEPS = [name for name in Prospect.__slots__ if name not in _NOT_FROM_STEPS]
_COLUMNS = ", ".join(
    [*(f"i.{name}" for name in _FROM_INTENT), "v.salesperson_id", "v.area_id", *(f"s.{name}" for name in _FROM_STEPS)]
)
_STANDING = """
SELECT {columns}, i.graded_man, i.state,
       (SELECT max(e.spent_on) FROM {investments} e WHERE e.customer_id = i.customer_id AND e.kind = 'VISIT' AND e.spent_on <= $1) AS visited_on,
       EXISTS (SELECT FROM {intents} o WHERE o.customer_id = i.customer_id AND o.intent_id <> i.intent_id
                 AND (o.opened_on, o.intent_id) < (i.opened_on, i.intent_id)) AS further,
       n.read_as, coalesce((s.reviewed_at AT TIME ZONE $3)::date, i.opened_on) + ($4::int[])[1 + position(n.read_as IN 'BC')] AS due_on
  FROM {intents} i LEFT JOIN {served} v ON v.customer_id = i.customer_id
 CROSS JOIN LATERAL (SELECT {said} FROM {steps} x WHERE x.intent_id = i.intent_id AND x.at < $2) s
 CROSS JOIN LATERAL (SELECT coalesce(least(s.grade, s.stated), 'C') AS read_as) n
 WHERE i.opened_on <= $1 AND (i.state = 'OPEN' OR i.ended_on > $1)
   AND NOT EXISTS (SELECT FROM {erasures} g WHERE g.customer_id = i.customer_id)"""
# First which intents they are, for which few of the columns are computed, then everything about these.
_PAGE = """
WITH page AS MATERIALIZED (SELECT intent_id FROM ({standing}) p WHERE {conditions} ORDER BY {order} LIMIT {limit:d})
SELECT {names} FROM ({standing}) p WHERE intent_id IN (SELECT intent_id FROM page) ORDER BY {order}"""
Order = Literal["intent_id", "due_on, intent_id"]


async def standing(
    c: Connection,
    schema: str,
    at: Day,
    wanted: Wanted,
    after: Sequence[object] | None,
    limit: int,
    order: Order = "intent_id",
) -> Sequence[Prospect]:
    """Intents that were open at the end of a day, as they stood then. `after`: the place of the last one, in the order."""
    where = Conditions([*at])
    where.add_all(_CONDITIONS, {name: getattr(wanted, name) for name in _CONDITIONS})
    if wanted.ungraded:
        where.hold("p.state = 'OPEN' AND (p.graded_man IS NULL OR p.graded_man < p.man_version)")
        seen = [f"{intent_id}/{answers}" for intent_id, answers in wanted.seen.items()]
        where.add("p.intent_id || '/' || p.man_version <> ALL ({}::text[])", seen or None)
    where.behind(order, after)
    statement = _PAGE.format(
        names=", ".join(Prospect.__slots__), standing=await standing_in(c, schema), conditions=where.sql, order=order, limit=limit
    )
    return [Prospect(**row) for row in await c.fetch(statement, *where.values)]


async def standing_in(c: Connection, schema: str) -> str:
    """The statement behind it; its first values are those of a `Day`."""
    tables = {
        name: await live_table(c, schema, model)
        for name, model in (
            ("intents", INTENTS),
            ("steps", STEPS),
            ("investments", INVESTMENTS),
            ("served", SERVED),
            ("erasures", ERASURES),
        )
    }
    return _STANDING.format(columns=_COLUMNS, said=_SAID, **tables)
