"""Customers and their ledger lines, as many as one likes, put where the analyses look for them: made by PostgreSQL itself, by a seed.

Trade as it is: few large customers and many small ones, few articles that sell well, some returns, costs that are known for two
articles of three. `bench.lines` and `bench.customers` hold the same flat, with fitting indexes, for queries written by hand.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg

from tests.performance.prospect_queries import PROSPECT_STEPS

CURRENCY = "CNY"
DAYS = 730
ARTICLES = 2000

_STEPS = (
    """CREATE SCHEMA bench""",
    """SELECT setseed({seed})""",
    # A customer's number is also its rank by size.
    """CREATE TABLE bench.customers AS
    SELECT md5('{seed}/' || n)::uuid AS customer_id,
           (ARRAY['CHAIN', 'STORE', 'KIOSK', 'MARKET', 'WHOLESALE', 'ONLINE', NULL])[1 + (random() * 6.99)::int % 7] AS shop_kind,
           (ARRAY['PRIVATE', 'STATE', 'FOREIGN', NULL])[1 + (random() * 3.99)::int % 4] AS ownership,
           'AREA-' || (random() * 19)::int AS area_id, 'seller-' || (random() * 99)::int AS salesperson_id
      FROM generate_series(1, {customers}) n""",
    """CREATE UNLOGGED TABLE bench.lines AS
    SELECT md5('{seed}/' || customer)::uuid AS customer_id, l.day, '{currency}'::text COLLATE "C" AS currency, ('A-' || l.article)::text COLLATE "C" AS article,
           l.quantity, round(l.quantity * l.price, 2) AS net, CASE WHEN l.article % 3 > 0 THEN round(l.price * 0.7, 4) END AS unit_cost
      FROM (SELECT n, date '{first}' + (n * {days}::bigint / ({lines} + 1))::int AS day,
                   1 + floor(power(random(), 3) * {customers})::int AS customer, 1 + floor(power(random(), 2) * {articles})::int AS article,
                   ((1 + floor(random() * 40)) * (CASE WHEN random() < 0.03 THEN -1 ELSE 1 END))::numeric AS quantity,
                   round((1 + 200 * power(random(), 4))::numeric, 2) AS price FROM generate_series(1, {lines}) n) l""",
    """ALTER TABLE bench.customers ADD PRIMARY KEY (customer_id)""",
    """CREATE INDEX ON bench.lines USING brin (day)""",
    """CREATE INDEX ON bench.lines (customer_id, day, currency) INCLUDE (net)""",
    """ALTER TABLE bench.lines ALTER customer_id SET STATISTICS 1000""",
    """ALTER TABLE classification.sold_a DROP CONSTRAINT sold_a_pkey""",
    """INSERT INTO classification.sold_a (customer_id, day, currency, article, quantity, net, cost, costed_net, part)
    SELECT customer_id, day, currency, article, sum(quantity), sum(net), coalesce(sum(quantity * unit_cost), 0),
           coalesce(sum(net) FILTER (WHERE unit_cost IS NOT NULL), 0), 0
      FROM bench.lines GROUP BY day, customer_id, currency, article ORDER BY day""",
    """ALTER TABLE classification.sold_a ADD PRIMARY KEY (customer_id, day, currency, article) INCLUDE (net)""",
    """ALTER TABLE bench.customers ADD first_sale_on date, ADD last_sale_on date, ADD value_class text""",
    """UPDATE bench.customers c SET first_sale_on = s.first_on, last_sale_on = s.last_on,
           value_class = CASE WHEN s.before < 0.8 * s.whole THEN 'A' WHEN s.before < 0.95 * s.whole THEN 'B' ELSE 'C' END
      FROM (SELECT customer_id, first_on, last_on, sum(net) OVER () AS whole,
                   sum(net) OVER (ORDER BY net DESC, customer_id ROWS UNBOUNDED PRECEDING) - net AS before
              FROM (SELECT customer_id, min(day) FILTER (WHERE net > 0) AS first_on, max(day) FILTER (WHERE net > 0) AS last_on, sum(net) AS net
                      FROM bench.lines GROUP BY customer_id) x) s
     WHERE s.customer_id = c.customer_id""",
    """INSERT INTO classification.profiles_a (customer_id, registered, kind, shop_kind, ownership, marks_on, stage, stages, dealers, part)
    SELECT customer_id, true, 'COMPANY', shop_kind, ownership, date '{first}', 'TRADING', '{{}}', '{{}}', 0 FROM bench.customers""",
    """INSERT INTO classification.served_a (customer_id, area_id, salesperson_id, assigned_at, part)
    SELECT customer_id, area_id, salesperson_id, date '{first}', 0 FROM bench.customers""",
    """INSERT INTO classification.customer_sales_a (customer_id, registered, sales, newest, first_sale_on, last_sale_on, part)
    SELECT customer_id, true, '{{}}', last_sale_on, first_sale_on, last_sale_on, 0 FROM bench.customers""",
    """INSERT INTO classification.customer_sales_totals_a (group_key, part, measure, value)
    SELECT currency || '/' || to_char(day, 'YYYY-MM'), 0, 'net', sum(net) FROM bench.lines GROUP BY 1
    UNION ALL SELECT currency || '/' || to_char(day, 'YYYY-MM'), 0, 'sales', count(*) FROM bench.lines GROUP BY 1""",
    """INSERT INTO classification.value_classes_a (customer_id, value_class, reason, since, standard_version, run_id, part)
    SELECT customer_id, value_class, 'SALES', date '{last}', 0, '00000000-0000-0000-0000-000000000000', 0
      FROM bench.customers WHERE value_class IS NOT NULL""",
    # Every second customer had another class before the last three months.
    """CREATE TABLE bench.classes AS
    SELECT customer_id, since, value_class FROM (
        SELECT customer_id, date '{last}' - 400 AS since, CASE WHEN n % 2 = 0 THEN value_class ELSE (ARRAY['A', 'B', 'C'])[1 + n % 3] END AS value_class
          FROM (SELECT *, get_byte(uuid_send(customer_id), 0) AS n FROM bench.customers) c UNION ALL SELECT customer_id, date '{last}' - 100, value_class FROM bench.customers) x
     WHERE value_class IS NOT NULL""",
    """CREATE INDEX ON bench.classes (customer_id, since)""",
    """INSERT INTO classification.class_changes_a (change_id, customer_id, since, version, value_class, part)
    SELECT md5(customer_id || '/' || since)::uuid, customer_id, since, 1, value_class, 0 FROM bench.classes""",
    # One customer of a thousand is a dealer with sub-dealers of its own, who report a tenth as many lines as we sell.
    """CREATE TABLE bench.sub_lines AS
    SELECT md5('dealer/' || (random() * ({customers} / 1000))::int)::uuid AS dealer_id, md5('sub/' || (random() * ({customers} / 20))::int)::uuid AS customer_id,
           date '{first}' + (random() * ({days} - 1))::int AS day, 'A-' || (random() * 300)::int AS article
      FROM generate_series(1, {lines} / 10)""",
    """CREATE INDEX ON bench.sub_lines (dealer_id, day)""",
    """INSERT INTO classification.sub_sold_a (customer_id, dealer_id, day, currency, article, quantity, net, part)
    SELECT customer_id, dealer_id, day, '{currency}', article, count(*), 10 * count(*), 0 FROM bench.sub_lines GROUP BY 1, 2, 3, 5""",
    *PROSPECT_STEPS,
    """GRANT USAGE ON SCHEMA bench TO classification""",
    """GRANT SELECT ON ALL TABLES IN SCHEMA bench TO classification""",
)


async def fill(admin: asyncpg.Connection[Any], customers: int, lines: int, last: date, seed: float = 0.5) -> None:
    """Fill the live tables of a migrated and empty database; the lines lie within the `DAYS` days that end on `last`."""
    first = last - timedelta(days=DAYS - 1)
    words = {"customers": customers, "lines": lines, "first": first, "last": last, "days": DAYS}
    words |= {"articles": ARTICLES, "currency": CURRENCY, "seed": seed}
    await admin.execute("SET maintenance_work_mem = '1GB'; SET work_mem = '512MB'; SET synchronous_commit = off")
    for step in _STEPS:
        await admin.execute(step.format(**words), timeout=3600)
    await admin.execute("VACUUM ANALYZE", timeout=3600)
