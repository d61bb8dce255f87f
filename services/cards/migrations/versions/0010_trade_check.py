"""The credit grade beside the value class, for the dossier and for what an order is checked against."""

from alembic import op

from shared.projections.ddl import SLOTS, table_name

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for slot in SLOTS:
        # An installation that begins with this revision has the column already: the tables are made from the read model as it is now.
        table = table_name("cards", "dossier", slot)
        op.get_bind().exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS graded text")
