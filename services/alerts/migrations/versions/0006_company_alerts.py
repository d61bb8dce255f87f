"""Warnings about a source, an area, an article or a salesperson."""

from alembic import op

from services.alerts.read_models import bought_articles, log_places, spoken_days
from services.alerts.read_models.common_marks import COMMON_MARKS
from services.alerts.read_models.company_alerts import COMPANY_ALERTS
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0006"
down_revision = "0005"

SHOWN = (
    "alert_id, rule_id, subject_kind, subject_id, channel, level, state, began_on, true_on, children, opened_at, changed_at,"
    " next_check_on, ended_on, cause, outcome"
)
LIVE = "SELECT {shown} FROM {table} WHERE (SELECT live FROM alerts.routing WHERE read_model = 'company_alerts') = '{slot}'"


def upgrade() -> None:
    made = [*log_places.create_table(), *spoken_days.create_table(), *bought_articles.create_table()]
    made += create_read_model("alerts", COMMON_MARKS, ["complained_on"])
    made += create_read_model("alerts", COMPANY_ALERTS, ["opened_at, alert_id"])
    # The view follows the live slot.
    live = (LIVE.format(shown=SHOWN, table=table_name("alerts", "company_alerts", slot), slot=slot) for slot in SLOTS)
    made.append("CREATE VIEW alerts.public_company_alerts AS " + " UNION ALL ".join(live))
    made.append("GRANT SELECT ON alerts.public_company_alerts TO dashboards")
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
