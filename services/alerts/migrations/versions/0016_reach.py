"""Areas as all services keep them, and the customers of a caller by index."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    execute = op.get_bind().exec_driver_sql
    # The rows are those of before, declared once for all services: nothing has to be rebuilt.
    execute("UPDATE alerts.routing SET version = 2 WHERE read_model = 'areas' AND version = 1")
    execute("UPDATE alerts.positions SET version = 2 WHERE read_model = 'areas' AND version = 1")
    for slot in ("a", "b"):
        execute(f"CREATE INDEX ON alerts.customers_{slot} (salesperson_id, customer_id)")
        execute(f"CREATE INDEX ON alerts.customers_{slot} (area_id, customer_id)")
