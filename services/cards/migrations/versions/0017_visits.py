"""Visits and where the cards are, and what dashboards may see of it."""

from alembic import op

from services.cards.read_models.visits import VISITS
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0017"
down_revision = "0016"

VIEWS = """
CREATE VIEW {schema}.public_visits AS
    SELECT visit_id, customer_id, salesperson_id, planned_on, cancelled, card, out_at, back_at
      FROM {schema}.visits_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'visits') = 'a'
    UNION ALL
    SELECT visit_id, customer_id, salesperson_id, planned_on, cancelled, card, out_at, back_at
      FROM {schema}.visits_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'visits') = 'b';
GRANT SELECT ON {schema}.public_visits TO dashboards;
"""


def upgrade() -> None:
    indexes = ["planned_on, salesperson_id, visit_id", "card, planned_on", "customer_id, planned_on"]
    for statement in [*create_read_model("cards", VISITS, indexes=indexes), *statements(VIEWS, "cards")]:
        op.get_bind().exec_driver_sql(statement)
