"""How does each purchase intent stand on a day: what is known of money, authority and need, both grades, the last review?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.served import SERVED
from shared.contracts.intents import Grade
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

SHOWN: tuple[ReadModel[Any], ...] = (INTENTS, STEPS, INVESTMENTS, SERVED)
"""What a list of intents is read from."""


class Day(NamedTuple):
    """A business day and the moment at which it is over: steps are moments, intents are opened and ended on days."""

    day: date
    end: datetime


@dataclass(frozen=True, slots=True)
class Prospect:
    """`stated` is the grade that persons gave, `grade` that of the standard. Times are those from which something holds.

    `contact_at`: when somebody last found something out; `visited_on`: the last visit recorded. `missed_due_on`: the latest due day
    of which the review was missed. `further`: the customer had an intent before this one.
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None for any. `man`: what money, authority and need are; `open_now`: as the intents stand now."""

    salesperson_id: str | None = None
    area_id: str | None = None
    customer_id: UUID | None = None
    grade: str | None = None
    money: str | None = None
    authority: str | None = None
    need: str | None = None
    ungraded: bool = False


_CONDITIONS: Mapping[str, str] = {
    "salesperson_id": "v.salesperson_id = {}",
    "area_id": "v.area_id = {}",
    "customer_id": "i.customer_id = {}",
    "grade": "s.grade = {}",
    "money": "coalesce(s.money, 'UNKNOWN') = {}",
    "authority": "coalesce(s.authority, 'UNKNOWN') = {}",
    "need": "coalesce(s.need, 'UNKNOWN') = {}",
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
_FROM_STEPS = [
    name for name in Prospect.__slots__ if name not in {*_FROM_INTENT, "salesperson_id", "area_id", "visited_on", "further"}
]
_COLUMNS = ", ".join(
    [*(f"i.{name}" for name in _FROM_INTENT), "v.salesperson_id", "v.area_id", *(f"s.{name}" for name in _FROM_STEPS)]
)
_STANDING = """
SELECT {columns},
       (SELECT max(e.spent_on) FROM {investments} e WHERE e.customer_id = i.customer_id AND e.kind = 'VISIT' AND e.spent_on <= $1) AS visited_on,
       EXISTS (SELECT FROM {intents} o WHERE o.customer_id = i.customer_id AND o.intent_id <> i.intent_id
                 AND (o.opened_on, o.intent_id) < (i.opened_on, i.intent_id)) AS further
  FROM {intents} i LEFT JOIN {served} v ON v.customer_id = i.customer_id
 CROSS JOIN LATERAL (SELECT {said} FROM {steps} x WHERE x.intent_id = i.intent_id AND x.at < $2) s
 WHERE i.opened_on <= $1 AND (i.state = 'OPEN' OR i.ended_on > $1) AND {conditions}"""


async def standing(c: Connection, schema: str, at: Day, wanted: Wanted, after: UUID | None, limit: int) -> Sequence[Prospect]:
    """Intents that were open at the end of a day, by id, as they stood then."""
    where = Conditions([at.day, at.end])
    where.add_all(_CONDITIONS, {name: getattr(wanted, name) for name in _CONDITIONS})
    if wanted.ungraded:
        where.hold("i.graded_man IS NULL OR i.graded_man < i.man_version")
    where.behind("i.intent_id", None if after is None else (after,))
    statement = f"{await _statement(c, schema, where)} ORDER BY i.intent_id LIMIT {limit:d}"
    return [Prospect(**row) for row in await c.fetch(statement, *where.values)]


async def _statement(c: Connection, schema: str, where: Conditions) -> str:
    tables = {
        name: await live_table(c, schema, model)
        for name, model in (("intents", INTENTS), ("steps", STEPS), ("investments", INVESTMENTS), ("served", SERVED))
    }
    return _STANDING.format(columns=_COLUMNS, said=_SAID, conditions=where.sql, **tables)
