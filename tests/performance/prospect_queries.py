"""Purchase intents, what is put into customers, and who brings whom: made in mass, each question beside a query written by hand.

`bench.steps` holds what was said about each intent flat, so that the query, too, can be asked for any day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.performance.analysis_queries import Analysis, Rows, amount

PROSPECT_STEPS = (
    # Every fourth customer thinks of buying, three times on the way; four of five have ended.
    """CREATE TABLE bench.intents AS
    SELECT md5('intent/' || customer_id || k)::uuid AS intent_id, customer_id, area_id, salesperson_id, date '{last}' - 700 + h * 2 + k AS opened_on,
           CASE WHEN h % 5 > 0 OR k < 3 THEN date '{last}' - h % 180 END AS ended_on, h % 3 = 0 AS won, 1000 + h * 7 + k AS expected
      FROM (SELECT *, get_byte(uuid_send(customer_id), 1) AS h FROM bench.customers) c, generate_series(1, 3) k
     WHERE get_byte(uuid_send(customer_id), 0) % 4 = 0""",
    """CREATE TABLE bench.steps AS
    SELECT md5('step/' || intent_id || k)::uuid AS step_id, intent_id, customer_id, (opened_on + k * 20)::timestamp AT TIME ZONE 'Asia/Shanghai' AS at, k,
           CASE WHEN k % 3 = 2 THEN 'REVIEWED' ELSE 'GRADED' END AS kind,
           (ARRAY['C', 'B', 'A'])[1 + (get_byte(uuid_send(intent_id), 2) + k) % 3] AS grade
      FROM bench.intents, generate_series(0, 5) k""",
    """CREATE INDEX ON bench.steps (intent_id)""",
    """CREATE INDEX ON bench.intents (customer_id)""",
    """CREATE INDEX ON bench.customers (salesperson_id)""",
    """INSERT INTO classification.purchase_intents_a (intent_id, customer_id, number, intent_class, state, opened_on, expected_on, expected, currency,
           ended_on, man_version, graded_man, part)
    SELECT intent_id, customer_id, intent_id, 'SHOWROOM', CASE WHEN ended_on IS NULL THEN 'OPEN' WHEN won THEN 'WON' ELSE 'LOST' END, opened_on,
           opened_on + 90, expected, '{currency}', ended_on, 0, 0, 0 FROM bench.intents""",
    """INSERT INTO classification.intent_steps_a (step_id, intent_id, customer_id, kind, at, version, grade, part)
    SELECT step_id, intent_id, customer_id, kind, at, k, grade, 0 FROM bench.steps""",
    """CREATE TABLE bench.investments AS
    SELECT md5('investment/' || customer_id || k)::uuid AS investment_id, customer_id, date '{last}' - (h * 3 + k * 7) % 700 AS spent_on,
           10 + h AS cost, k::numeric AS hours FROM (SELECT *, get_byte(uuid_send(customer_id), 3) AS h FROM bench.customers) c, generate_series(1, 2) k""",
    """CREATE INDEX ON bench.investments (spent_on)""",
    """INSERT INTO classification.investments_a (investment_id, customer_id, kind, spent_on, currency, cost, hours, part)
    SELECT investment_id, customer_id, 'VISIT', spent_on, '{currency}', cost, hours, 0 FROM bench.investments""",
    """CREATE TABLE bench.introductions AS
    SELECT md5('{seed}/' || (2 + n * 20))::uuid AS customer_id, md5('{seed}/' || (1 + n % 997))::uuid AS introduced_by
      FROM generate_series(1, {customers} / 20 - 1) n""",
    """CREATE INDEX ON bench.introductions (introduced_by)""",
    """INSERT INTO classification.introductions_a (customer_id, introduced_by, since, part)
    SELECT customer_id, introduced_by, date '{first}', 0 FROM bench.introductions""",
)

_OPPORTUNITIES = """
WITH ended AS (SELECT intent_id, won FROM bench.intents WHERE ended_on <= $1),
had AS (SELECT DISTINCT e.intent_id, e.won, x.grade FROM ended e JOIN bench.steps x USING (intent_id)
         WHERE x.kind = 'GRADED' AND x.at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'),
total AS (SELECT (count(*) FILTER (WHERE won) + 1)::numeric / (count(*) + 2) AS share FROM ended),
likely AS (SELECT grade, round((count(*) FILTER (WHERE won) + 5 * share) / (count(*) + 5), 4) AS probability FROM had, total GROUP BY grade, share)
SELECT i.intent_id, probability, i.expected
  FROM bench.intents i CROSS JOIN LATERAL (
       SELECT (array_agg(grade ORDER BY k DESC))[1] AS grade FROM bench.steps x
        WHERE x.intent_id = i.intent_id AND x.kind = 'GRADED' AND x.at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') s
  JOIN likely USING (grade)
 WHERE i.opened_on <= $1 AND (i.ended_on IS NULL OR i.ended_on > $1) ORDER BY i.expected * probability DESC, i.intent_id LIMIT 50"""

_EFFORT = """
WITH bought AS (SELECT DISTINCT customer_id FROM bench.lines WHERE day BETWEEN $1 AND $2 AND currency = $3 AND net > 0),
traded AS (SELECT count(*) FILTER (WHERE first_sale_on >= $1) AS won, count(*) FILTER (WHERE first_sale_on < $1) AS kept
             FROM bought JOIN bench.customers USING (customer_id)),
spent AS (SELECT e.*, first_sale_on IS NULL OR spent_on < first_sale_on + 180 AS is_new
            FROM bench.investments e JOIN bench.customers USING (customer_id) WHERE spent_on BETWEEN $1 AND $2)
SELECT count(DISTINCT customer_id) FILTER (WHERE is_new), sum(cost) FILTER (WHERE is_new), count(DISTINCT customer_id) FILTER (WHERE NOT is_new),
       sum(cost) FILTER (WHERE NOT is_new), (SELECT won FROM traded), (SELECT kept FROM traded) FROM spent"""

_REFERRALS = """
SELECT r.introduced_by, count(*), count(*) FILTER (WHERE b.net > 0), coalesce(sum(b.net), 0)
  FROM bench.introductions r LEFT JOIN (SELECT customer_id, sum(net) AS net FROM bench.lines
        WHERE customer_id IN (SELECT customer_id FROM bench.introductions) AND day BETWEEN $1 AND $2 AND currency = $3 GROUP BY 1) b USING (customer_id)
 GROUP BY 1 ORDER BY 4 DESC, 2 DESC, 1 LIMIT 50"""

_REVIEWS_DUE = """
SELECT i.intent_id, read_as, due_on
  FROM bench.intents i
 CROSS JOIN LATERAL (
       SELECT (array_agg(grade ORDER BY k DESC) FILTER (WHERE kind = 'GRADED'))[1] AS grade, max(at) FILTER (WHERE kind = 'REVIEWED') AS reviewed_at
         FROM bench.steps x WHERE x.intent_id = i.intent_id AND x.at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') s
 CROSS JOIN LATERAL (SELECT coalesce(grade, 'C') AS read_as) g
 CROSS JOIN LATERAL (SELECT coalesce((reviewed_at AT TIME ZONE 'Asia/Shanghai')::date, opened_on)
                            + CASE read_as WHEN 'A' THEN 1 WHEN 'B' THEN 7 ELSE 30 END AS due_on) d
 WHERE {of} i.opened_on <= $1 AND (i.ended_on IS NULL OR i.ended_on > $1) AND due_on <= $1 ORDER BY due_on, i.intent_id LIMIT 50"""
# Who serves the customer now, as elsewhere: customers change hands, and their open intents go with them.
_HERS = "i.customer_id IN (SELECT customer_id FROM bench.customers WHERE salesperson_id = $2) AND"


def _opportunities(body: Any) -> Rows:
    return [(UUID(one["intent_id"]), Decimal(one["probability"]), amount(one["expected"])) for one in body["items"]]


def _effort(body: Any) -> Rows:
    new, old = body["new"], body["old"]
    return [(new["customers"], amount(new["cost"]), old["customers"], amount(old["cost"]), new["won"], old["kept"])]


def _referrals(body: Any) -> Rows:
    return [(UUID(one["customer_id"]), one["introduced"], one["buying"], amount(one["net"])) for one in body["items"]]


def _due(body: Any) -> Rows:
    return [(UUID(one["intent_id"]), one["read_as"], date.fromisoformat(one["review_due_on"])) for one in body["items"]]


PROSPECT_ANALYSES = (
    Analysis("most probable opportunities", "/v1/opportunities", _OPPORTUNITIES, _opportunities, {}, ("as_of",), ("last",)),
    Analysis("effort on new and old customers", "/v1/effort", _EFFORT, _effort),
    Analysis("who brings customers", "/v1/referrals", _REFERRALS, _referrals),
    Analysis("reviews due", "/v1/reviews/due", _REVIEWS_DUE.format(of=""), _due, {}, ("as_of",), ("last",)),
    Analysis(
        "reviews due of a salesperson",
        "/v1/reviews/due",
        _REVIEWS_DUE.format(of=_HERS),
        _due,
        {"salesperson_id": "{salesperson}"},
        ("as_of",),
        ("last", "salesperson"),
    ),
)
