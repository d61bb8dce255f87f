"""Whose customers they are, without their rows; and the cards of a customer beside each other."""

from alembic import op

from services.classification.read_models.credit_standings import CREDIT_STANDINGS
from services.classification.read_models.served import SERVED
from shared.projections.ddl import SLOTS, table_name

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for slot in SLOTS:
        served, standings = (table_name("classification", model.name, slot) for model in (SERVED, CREDIT_STANDINGS))
        op.get_bind().exec_driver_sql(f"DROP INDEX {served}_salesperson_id_idx")
        op.get_bind().exec_driver_sql(f"CREATE INDEX ON {served} (salesperson_id, customer_id)")
        op.get_bind().exec_driver_sql(f"CREATE INDEX ON {standings} ((coalesce(lead_id, customer_id)))")
