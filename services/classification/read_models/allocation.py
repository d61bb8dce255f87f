"""Where are staff and vehicles needed most? Areas, salespeople or customers, by value and potential against the support they got."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.potentials import POTENTIALS
from services.classification.read_models.profiles import profiles_table
from services.classification.read_models.scoping import Question, scoped_sales
from services.classification.read_models.served import SERVED
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

Whom = Literal["area_id", "salesperson_id", "customer_id"]


class Need(NamedTuple):
    """Of whom: sales and support of the period, potential as the cards say (1 to 5, summed). Shares are of the scope; None where nobody has any.

    `need` is the mean of the shares of value and potential, less the mean of the shares of cost and of visits: above 0 it gets less
    than it deserves.
    """

    whom: str
    customers: int
    net: Decimal
    potential: int
    cost: Decimal
    hours: Decimal
    visits: int
    value_share: Decimal | None
    potential_share: Decimal | None
    cost_share: Decimal | None
    visit_share: Decimal | None
    need: Decimal


_NEEDS = """
WITH bought AS (SELECT s.customer_id, sum(s.net) AS net FROM ({sales}) s GROUP BY s.customer_id),
supported AS (
  SELECT customer_id, sum(cost) FILTER (WHERE currency = $3) AS cost, sum(hours) AS hours, count(*) FILTER (WHERE kind = 'VISIT') AS visits
    FROM {investments} WHERE spent_on BETWEEN $1 AND $2 GROUP BY customer_id),
sums AS (
  SELECT coalesce({whom}, 'UNKNOWN') AS whom, count(*) AS customers, coalesce(sum(greatest(b.net, 0)), 0) AS net,
         coalesce(sum(o.potential), 0)::int AS potential, coalesce(sum(u.cost), 0) AS cost, coalesce(sum(u.hours), 0) AS hours,
         coalesce(sum(u.visits), 0)::int AS visits
    FROM {profiles} p LEFT JOIN {served} v USING (customer_id) LEFT JOIN bought b USING (customer_id)
    LEFT JOIN {potentials} o USING (customer_id) LEFT JOIN supported u USING (customer_id)
   WHERE {scope} GROUP BY 1),
shares AS (
  SELECT *, net / nullif(sum(net) OVER (), 0) AS value_share, potential / nullif(sum(potential) OVER (), 0)::numeric AS potential_share,
         cost / nullif(sum(cost) OVER (), 0) AS cost_share, visits / nullif(sum(visits) OVER (), 0)::numeric AS visit_share
    FROM sums),
needs AS (
  SELECT whom, customers, net, potential, cost, hours, visits, round(value_share, 6) AS value_share, round(potential_share, 6) AS potential_share,
         round(cost_share, 6) AS cost_share, round(visit_share, 6) AS visit_share,
         round(coalesce((coalesce(value_share, potential_share) + coalesce(potential_share, value_share)) / 2, 0)
             - coalesce((coalesce(cost_share, visit_share) + coalesce(visit_share, cost_share)) / 2, 0), 6) AS need
    FROM shares)
SELECT * FROM needs WHERE {conditions} ORDER BY need DESC, whom LIMIT {limit:d}"""
_WHOM = {"area_id": "v.area_id", "salesperson_id": "v.salesperson_id", "customer_id": "p.customer_id::text"}


async def needs(
    c: Connection, schema: str, asked: Question, by: Whom, after: tuple[Decimal, str] | None, limit: int
) -> Sequence[Need]:
    """Whoever needs most comes first."""
    sales = await scoped_sales(c, schema, asked)
    scope = Conditions(list(sales.arguments))
    scope.add("v.area_id = {}", asked.scope.area_id)
    scope.add("v.salesperson_id = {}", asked.scope.salesperson_id)
    where = Conditions(scope.values)
    where.behind("-need, whom", None if after is None else (-after[0], after[1]))
    statement = _NEEDS.format(
        sales=sales.sql,
        investments=await live_table(c, schema, INVESTMENTS),
        profiles=await profiles_table(c, schema),
        served=await live_table(c, schema, SERVED),
        potentials=await live_table(c, schema, POTENTIALS),
        whom=_WHOM[by],
        scope=scope.sql,
        conditions=where.sql,
        limit=limit,
    )
    return [Need(*row) for row in await c.fetch(statement, *where.values)]
