"""Watched customers, the list of alerts, and what dashboards may see of it."""

from alembic import op

from services.alerts.read_models.alerts import ALERTS
from services.alerts.read_models.customers import CUSTOMERS
from services.alerts.read_models.watched_customers import create_tables
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0002"
down_revision = "0001"

SHOWN = (
    "alert_id, customer_id, kind, rule_id, rule_version, channel, level, state, true_on, opened_at, changed_at, next_check_on, cause,"
    " measure, outcome"
)
LIVE = "SELECT {shown} FROM {table} WHERE (SELECT live FROM alerts.routing WHERE read_model = 'alerts') = '{slot}'"


def statements() -> list[str]:
    found = create_tables()
    found += create_read_model(
        "alerts", ALERTS, ["opened_at, alert_id", "customer_id, opened_at, alert_id", "state, opened_at, alert_id"]
    )
    found += create_read_model("alerts", CUSTOMERS)
    found += [f"CREATE INDEX ON {table_name('alerts', 'customers', slot)} USING gin (external_ids)" for slot in SLOTS]
    # The view follows the live slot.
    live = (LIVE.format(shown=SHOWN, table=table_name("alerts", "alerts", slot), slot=slot) for slot in SLOTS)
    found.append("CREATE VIEW alerts.public_alerts AS " + " UNION ALL ".join(live))
    found.append("GRANT SELECT ON alerts.public_alerts TO dashboards")
    return found


def upgrade() -> None:
    for statement in statements():
        op.get_bind().exec_driver_sql(statement)
