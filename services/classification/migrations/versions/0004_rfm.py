"""Who serves each customer, and RFM for dashboards."""

from alembic import op

from services.classification.read_models.served import SERVED
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0004"
down_revision = "0003"

VIEWS = """
-- RFM of the 365 days through the server's current date, one row a buyer and currency. A score is 1 plus the whole fifths of the
-- buyers of that currency who are worse.
CREATE VIEW {schema}.public_rfm AS
    SELECT b.customer_id, v.area_id, v.salesperson_id, b.currency, b.last_purchase_on, current_date - b.last_purchase_on AS recency_days,
           b.frequency, b.monetary,
           1 + 5 * (rank() OVER (PARTITION BY b.currency ORDER BY b.last_purchase_on) - 1) / count(*) OVER (PARTITION BY b.currency) AS recency_score,
           1 + 5 * (rank() OVER (PARTITION BY b.currency ORDER BY b.frequency) - 1) / count(*) OVER (PARTITION BY b.currency) AS frequency_score,
           1 + 5 * (rank() OVER (PARTITION BY b.currency ORDER BY b.monetary) - 1) / count(*) OVER (PARTITION BY b.currency) AS monetary_score
      FROM (SELECT s.customer_id, c.key AS currency, max(d.key::date) FILTER (WHERE (d.value ->> 1)::int > 0) AS last_purchase_on,
                   count(*) FILTER (WHERE (d.value ->> 1)::int > 0) AS frequency, sum((d.value ->> 0)::numeric) AS monetary
              FROM {sales} s CROSS JOIN LATERAL jsonb_each(s.sales::jsonb) c CROSS JOIN LATERAL jsonb_each(c.value) d
             WHERE s.newest > current_date - 365 AND length(d.key) = 10
               AND d.key BETWEEN (current_date - 364)::text AND current_date::text
             GROUP BY s.customer_id, c.key) b
      LEFT JOIN {served} v ON v.customer_id = b.customer_id
     WHERE b.frequency > 0;
GRANT SELECT ON {schema}.public_rfm TO dashboards;
"""
_SLOT = """SELECT * FROM {{schema}}.{model}_{slot}
 WHERE (SELECT live FROM {{schema}}.routing WHERE read_model = '{model}') = '{slot}'"""


def _slots(model: str) -> str:
    return f"({' UNION ALL '.join(_SLOT.format(model=model, slot=slot) for slot in 'ab')})"


def upgrade() -> None:
    views = VIEWS.replace("{sales}", _slots("customer_sales")).replace("{served}", _slots("served"))
    made = [
        *create_read_model("classification", SERVED, indexes=["salesperson_id"]),
        *statements(views, "classification"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
