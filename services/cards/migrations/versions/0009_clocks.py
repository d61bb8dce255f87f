"""How well each card is kept, and what dashboards may see of it."""

from alembic import op

from services.cards.read_models.card_health import CARD_HEALTH
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0009"
down_revision = "0008"

VIEWS = """
CREATE VIEW {schema}.public_card_health AS
    SELECT customer_id, name, area_id, salesperson_id, stage, missing, missing_count, first_traded_on, missing_then
      FROM {schema}.card_health_a
     WHERE listed AND (SELECT live FROM {schema}.routing WHERE read_model = 'card_health') = 'a'
    UNION ALL
    SELECT customer_id, name, area_id, salesperson_id, stage, missing, missing_count, first_traded_on, missing_then
      FROM {schema}.card_health_b
     WHERE listed AND (SELECT live FROM {schema}.routing WHERE read_model = 'card_health') = 'b';
GRANT SELECT ON {schema}.public_card_health TO dashboards;
"""


def upgrade() -> None:
    indexes = ["missing_count, customer_id", "salesperson_id, missing_count, customer_id"]
    for statement in [*create_read_model("cards", CARD_HEALTH, indexes=indexes), *statements(VIEWS, "cards")]:
        op.get_bind().exec_driver_sql(statement)
