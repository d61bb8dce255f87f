"""The read models of complaints, and what dashboards may see of them."""

from alembic import op

from services.complaints.read_models.complaints import COMPLAINTS
from services.complaints.read_models.customers import CUSTOMERS
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0002"
down_revision = "0001"

SCHEMA = "complaints"
SHOWN = (
    "complaint_id, customer_id, kind, channel, state, received_on, remedy_sought, claimed, currency, article, batch, founded, severity,"
    " settled_on, agreed, disputed"
)
LIVE = "SELECT {shown} FROM {table} WHERE ended_on IS NULL AND (SELECT live FROM {schema}.routing WHERE read_model = '{name}') = '{slot}'"


def statements() -> list[str]:
    found = create_read_model(SCHEMA, COMPLAINTS, ["customer_id, received_on", "received_on, complaint_id"])
    found += create_read_model(SCHEMA, CUSTOMERS)
    for slot in SLOTS:
        found.append(f"CREATE INDEX ON {table_name(SCHEMA, 'customers', slot)} USING gin (external_ids)")
        found.append(
            f"CREATE INDEX ON {table_name(SCHEMA, 'complaints', slot)} (received_on, complaint_id) WHERE ended_on IS NULL"
        )
    # Open complaints; the view follows the live slot.
    live = (
        LIVE.format(shown=SHOWN, table=table_name(SCHEMA, "complaints", slot), schema=SCHEMA, name="complaints", slot=slot)
        for slot in SLOTS
    )
    found.append(f"CREATE VIEW {SCHEMA}.public_complaints AS " + " UNION ALL ".join(live))
    found.append(f"GRANT SELECT ON {SCHEMA}.public_complaints TO dashboards")
    return found


def upgrade() -> None:
    for statement in statements():
        op.get_bind().exec_driver_sql(statement)
