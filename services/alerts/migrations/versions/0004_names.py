"""From which day a customer's name holds."""

from alembic import op

from shared.projections.ddl import SLOTS, table_name

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for slot in SLOTS:
        # An installation that begins with this revision has the column already: the tables are made from the read model as it is now.
        table = table_name("alerts", "customers", slot)
        op.get_bind().exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS named_at timestamptz")
