"""What each customer buys, what is invoiced and comes in, and what dashboards may see of it."""

from alembic import op

from services.cards.read_models.collected import COLLECTED_MODEL
from services.cards.read_models.trade import TRADE
from shared.contracts.money import OTHER_EXPONENTS
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0007"
down_revision = "0006"

VIEWS = """
-- One row a customer and currency, and one without a currency for who never bought. Months and years are those of the server's
-- current date; amounts are sales less returns.
CREATE VIEW {schema}.public_trade AS
    SELECT t.customer_id, t.area_id, t.salesperson_id, t.registered_at, t.first_on, t.last_on, b.key AS currency,
           coalesce(sum(m.net) FILTER (WHERE m.month = n.month), 0) * {unit_of_key} AS this_month,
           coalesce(sum(m.net) FILTER (WHERE m.month = n.month - 1), 0) * {unit_of_key} AS last_month,
           coalesce(sum(m.net) FILTER (WHERE m.month / 12 = n.month / 12), 0) * {unit_of_key} AS this_year,
           coalesce(sum(m.net) FILTER (WHERE m.month / 12 = n.month / 12 - 1), 0) * {unit_of_key} AS last_year
      FROM {trade} t
     CROSS JOIN (SELECT (extract(year FROM current_date) * 12 + extract(month FROM current_date) - 1)::int AS month) n
      LEFT JOIN LATERAL jsonb_each(t.books::jsonb) b ON true
      LEFT JOIN LATERAL (SELECT (b.value -> 1 ->> i)::int AS month,
                                (b.value -> 1 ->> (i + 1))::numeric - (b.value -> 1 ->> (i + 3))::numeric AS net
                           FROM generate_series(0, jsonb_array_length(b.value -> 1) - 4, 4) i) m ON true
     WHERE NOT t.gone
     GROUP BY t.customer_id, t.area_id, t.salesperson_id, t.registered_at, t.first_on, t.last_on, b.key;

-- By day (of the last 62), month (of the last 25) and year: `grain` is d, m or y, `span` 2026-03-02, 2026-03 or 2026. Areas and
-- salespeople are those who serve the customers now; "" where nobody does.
CREATE VIEW {schema}.public_results AS
    SELECT grain, span, currency, area_id, salesperson_id,
           coalesce(sum(value) FILTER (WHERE measure = 'sales'), 0) AS sales,
           coalesce(sum(value) FILTER (WHERE measure = 'sold'), 0) * {unit} AS sold,
           coalesce(sum(value) FILTER (WHERE measure = 'returned'), 0) * {unit} AS returned,
           (coalesce(sum(value) FILTER (WHERE measure = 'sold'), 0) - coalesce(sum(value) FILTER (WHERE measure = 'returned'), 0))
           * {unit} AS net
      FROM ({trade_spans}) s GROUP BY grain, span, currency, area_id, salesperson_id;

-- Sales against collections, by the same spans. invoiced - credited - collected is what the customers' debts, less their credit,
-- grew by. What is overdue now stands in public_receivables.
CREATE VIEW {schema}.public_balance AS
    SELECT grain, span, currency, area_id, salesperson_id,
           (coalesce(sum(value) FILTER (WHERE measure = 'sold'), 0) - coalesce(sum(value) FILTER (WHERE measure = 'returned'), 0))
           * {unit} AS sales,
           coalesce(sum(value) FILTER (WHERE measure = 'invoiced'), 0) * {unit} AS invoiced,
           coalesce(sum(value) FILTER (WHERE measure = 'credited'), 0) * {unit} AS credited,
           coalesce(sum(value) FILTER (WHERE measure = 'collected'), 0) * {unit} AS collected
      FROM ({trade_spans} UNION ALL {collected_spans}) s GROUP BY grain, span, currency, area_id, salesperson_id;
GRANT SELECT ON {schema}.public_trade, {schema}.public_results, {schema}.public_balance TO dashboards;
"""

# A key is kind/span/currency/area\nsalesperson; spans of one kind are as long as one another. A year is all of its months and
# what is older than those.
_SPANS = """
SELECT g.grain, substr(k.group_key, 3, g.length) AS span, substr(k.group_key, k.span_length + 4, 3) AS currency,
       split_part(substr(k.group_key, k.span_length + 8), E'\\n', 1) AS area_id,
       split_part(substr(k.group_key, k.span_length + 8), E'\\n', 2) AS salesperson_id, k.measure, k.value
  FROM (SELECT *, left(group_key, 1) AS kind, CASE left(group_key, 1) WHEN 'd' THEN 10 WHEN 'm' THEN 7 ELSE 4 END AS span_length
          FROM {totals}) k
  JOIN (VALUES ('d', 'd', 10, (current_date - 61)::text), ('m', 'm', 7, left((current_date - interval '24 months')::text, 7)),
               ('y', 'm', 4, ''), ('y', 'y', 4, '')) g (grain, kind, length, since)
    ON g.kind = k.kind AND substr(k.group_key, 3, k.span_length) >= g.since"""

_SLOT = """SELECT * FROM {{schema}}.{name}_{slot}
 WHERE (SELECT live FROM {{schema}}.routing WHERE read_model = '{model}') = '{slot}'"""


def _slots(model: str, suffix: str = "") -> str:
    tables = (_SLOT.format(name=model + suffix, model=model, slot=slot) for slot in "ab")
    return f"({' UNION ALL '.join(tables)})"


def _unit(column: str) -> str:
    """The smallest unit of a currency, as a decimal."""
    others = "".join(
        f" WHEN {column} IN ({', '.join(repr(code) for code, digits in OTHER_EXPONENTS.items() if digits == places)})"
        f" THEN 1e-{places}"
        for places in sorted(set(OTHER_EXPONENTS.values()))
    )
    return f"(CASE{others} ELSE 1e-2 END)::numeric"


def upgrade() -> None:
    views = (
        VIEWS.replace("{trade_spans}", _SPANS.replace("{totals}", _slots("trade", "_totals") + " x"))
        .replace("{collected_spans}", _SPANS.replace("{totals}", _slots("collected", "_totals") + " x"))
        .replace("{trade}", _slots("trade"))
        .replace("{unit_of_key}", _unit("b.key"))
        .replace("{unit}", _unit("currency"))
    )
    made = [
        # No index on what a sale changes: rows are rewritten with every sale.
        *create_read_model("cards", TRADE, indexes=["salesperson_id, customer_id", "first_on, customer_id"]),
        *create_read_model("cards", COLLECTED_MODEL),
        *statements(views, "cards"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
