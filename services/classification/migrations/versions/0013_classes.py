"""How long and how firmly a class holds."""

from alembic import op

from shared.postgres.ddl import statements

revision = "0013"
down_revision = "0012"

TABLES = """
ALTER TABLE {schema}.value_class_runs ADD COLUMN margin numeric NOT NULL DEFAULT 0;
ALTER TABLE {schema}.value_class_findings ADD COLUMN to_fall numeric, ADD COLUMN by_margin boolean NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    for statement in statements(TABLES, "classification"):
        op.get_bind().exec_driver_sql(statement)
