"""How an alert is taken to its end: sides, steps that are due, mutes."""

from alembic import op

from services.alerts.read_models.alerts import ALERTS
from services.alerts.read_models.customers import CUSTOMERS
from services.alerts.read_models.mutes import MUTES
from shared.projections.ddl import SLOTS, create_read_model, table_name
from shared.reach.areas import AREAS

revision = "0005"
down_revision = "0004"

OF_ALERTS = (
    "asked", "waiting", "persons", "area_id", "salesperson_id", "due_on", "due_step", "look_on", "routed", "held", "muted_by",
    "inhibited_by", "restricts", "ended_at", "procedure",
)  # fmt: skip
OF_CUSTOMERS = ("area_id", "salesperson_id", "assigned_at")
SHOWN = (
    "alert_id, customer_id, kind, rule_id, rule_version, channel, level, state, true_on, opened_at, changed_at, next_check_on, cause,"
    " measure, outcome, asked, waiting, area_id, salesperson_id, due_on, due_step, held, ended_at"
)
LIVE = "SELECT {shown} FROM {table} WHERE (SELECT live FROM alerts.routing WHERE read_model = 'alerts') = '{slot}'"


def _kind(kind: str) -> str:
    return 'text COLLATE "C"' if kind == "text" else kind


def statements() -> list[str]:
    found = []
    for slot in SLOTS:
        # An installation that begins with this revision has the columns already: the tables are made from the read model as it is now.
        for model, names in ((ALERTS, OF_ALERTS), (CUSTOMERS, OF_CUSTOMERS)):
            table = table_name("alerts", model.name, slot)
            found += [f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {_kind(model.columns[name])}" for name in names]
        alerts = table_name("alerts", "alerts", slot)
        found += [
            f"CREATE INDEX ON {alerts} (look_on) WHERE look_on IS NOT NULL",
            f"CREATE INDEX ON {alerts} (customer_id) WHERE held OR state = 'RECOVERED'",
            f"CREATE INDEX ON {alerts} (due_on, opened_at) WHERE due_on IS NOT NULL",
            f"CREATE INDEX ON {alerts} USING gin (persons)",
            f"CREATE INDEX ON {alerts} (group_id) WHERE group_id IS NOT NULL",
        ]
    found += create_read_model("alerts", AREAS)
    found += create_read_model("alerts", MUTES, ["set_at, mute_id"])
    # Columns are added behind those that the view has.
    live = (LIVE.format(shown=SHOWN, table=table_name("alerts", "alerts", slot), slot=slot) for slot in SLOTS)
    found.append("CREATE OR REPLACE VIEW alerts.public_alerts AS " + " UNION ALL ".join(live))
    return found


def upgrade() -> None:
    for statement in statements():
        op.get_bind().exec_driver_sql(statement)
