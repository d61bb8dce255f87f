"""Back-tests that were asked for, and their results."""

from alembic import op

from services.alerts.read_models.backtests import create_tables

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for statement in create_tables():
        op.get_bind().exec_driver_sql(statement)
