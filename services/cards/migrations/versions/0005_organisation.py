"""The hierarchy of dealers, what they sell, and purchase intents, with what dashboards may see of them."""

from alembic import op

from services.cards.read_models.hierarchy import HIERARCHY
from services.cards.read_models.intents import INTENTS
from services.cards.read_models.sub_sales import SUB_SALES
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0005"
down_revision = "0004"

VIEWS = """
-- One row a customer who is under a dealer now.
CREATE VIEW {schema}.public_sub_distributors AS
    SELECT customer_id, dealer_id, since FROM {schema}.hierarchy_a
     WHERE dealer_id IS NOT NULL AND (SELECT live FROM {schema}.routing WHERE read_model = 'hierarchy') = 'a'
    UNION ALL
    SELECT customer_id, dealer_id, since FROM {schema}.hierarchy_b
     WHERE dealer_id IS NOT NULL AND (SELECT live FROM {schema}.routing WHERE read_model = 'hierarchy') = 'b';

CREATE VIEW {schema}.public_intents AS
    SELECT intent_id, customer_id, number, intent_class, grade, state, opened_on, expected_on, expected, currency, graded_at, ended_on,
           outcome
      FROM {schema}.intents_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'intents') = 'a'
    UNION ALL
    SELECT intent_id, customer_id, number, intent_class, grade, state, opened_on, expected_on, expected, currency, graded_at, ended_on,
           outcome
      FROM {schema}.intents_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'intents') = 'b';

-- What a dealer sold to a sub-distributor in a month (YYYY-MM). None of it is our trade.
CREATE VIEW {schema}.public_sub_sales AS
    SELECT s.dealer_id, s.customer_id, y.key AS currency, m.key AS month, (m.value ->> 'net')::numeric AS net,
           (m.value ->> 'sales')::int AS sales
      FROM (SELECT * FROM {schema}.sub_sales_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'sub_sales') = 'a'
            UNION ALL
            SELECT * FROM {schema}.sub_sales_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'sub_sales') = 'b') s
     CROSS JOIN LATERAL jsonb_each(s.months) y CROSS JOIN LATERAL jsonb_each(y.value) m;
GRANT SELECT ON {schema}.public_sub_distributors, {schema}.public_intents, {schema}.public_sub_sales TO dashboards;
"""


def upgrade() -> None:
    made = [
        *create_read_model("cards", HIERARCHY, indexes=["dealer_id"]),
        *create_read_model(
            "cards",
            INTENTS,
            indexes=[
                "grade, opened_on, intent_id",
                "customer_id, grade, opened_on, intent_id",
                "state, grade, opened_on, intent_id",
            ],
        ),
        *create_read_model("cards", SUB_SALES, indexes=["dealer_id, customer_id"]),
        *statements(VIEWS, "cards"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
