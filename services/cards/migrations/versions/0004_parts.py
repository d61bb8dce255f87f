"""Figures of cards that wait to be verified, with what dashboards may see of them."""

from alembic import op

from services.cards.read_models.verifications import VERIFICATIONS
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0004"
down_revision = "0003"

VIEWS = """
CREATE VIEW {schema}.public_verifications AS
    SELECT task_id, customer_id, field, stated, known, known_from, currency, source, observed_on, entered_at
      FROM {schema}.verifications_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'verifications') = 'a'
    UNION ALL
    SELECT task_id, customer_id, field, stated, known, known_from, currency, source, observed_on, entered_at
      FROM {schema}.verifications_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'verifications') = 'b';
GRANT SELECT ON {schema}.public_verifications TO dashboards;
"""


def upgrade() -> None:
    made = [
        *create_read_model("cards", VERIFICATIONS, indexes=["entered_at, task_id", "customer_id"]),
        *statements(VIEWS, "cards"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
