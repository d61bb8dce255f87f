"""Which cards are led by another one: whoever serves the leading card knows of those that were merged into it."""

from alembic import op

from services.alerts.read_models.customers import CUSTOMERS
from shared.projections.ddl import SLOTS, table_name

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    execute = op.get_bind().exec_driver_sql
    for slot in SLOTS:
        # An installation that begins with an earlier revision today has the column already. Until a rebuild a merged card stays with who served it.
        table = table_name("alerts", CUSTOMERS.name, slot)
        execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS merged_into uuid")
        execute(f"CREATE INDEX ON {table} (merged_into) WHERE merged_into IS NOT NULL")
