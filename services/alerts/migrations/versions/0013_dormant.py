"""What the dormant list is found by: columns that an ordinary purchase leaves as they are.

An update that changes no indexed column writes no index. The day of the last purchase and the number of orders change with
every sale, and indexes that name them, if only in their condition, had every sale write all indexes of the row.
"""

from alembic import op

from services.alerts.read_models.watched_customers import SLOTS

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    execute = op.get_bind().exec_driver_sql
    for slot in SLOTS:
        name = f"watched_customers_{slot}"
        table = f"alerts.{name}"
        execute(f"""
            ALTER TABLE {table}
              ADD bought boolean NOT NULL GENERATED ALWAYS AS (orders > 0) STORED,
              ADD quiet_last_on date GENERATED ALWAYS AS (CASE WHEN quiet_since IS NOT NULL THEN last_purchase_on END) STORED""")
        execute(f"DROP INDEX alerts.{name}_last_purchase_on_customer_id_idx")
        execute(f"DROP INDEX alerts.{name}_customer_id_idx")
        execute(f"CREATE INDEX ON {table} (quiet_last_on, customer_id) WHERE quiet_last_on IS NOT NULL")
        execute(f"CREATE INDEX ON {table} (customer_id) WHERE NOT bought")
