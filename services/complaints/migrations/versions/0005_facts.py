"""Facts, cases and prevention."""

from alembic import op

from services.complaints.read_models.cases import CASES
from services.complaints.read_models.company_promises import COMPANY_PROMISES
from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.preventions import PREVENTIONS
from services.complaints.read_models.served import SERVED
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0005"
down_revision = "0004"

SCHEMA = "complaints"


def statements() -> list[str]:
    found = create_read_model(SCHEMA, MATTERS, ["customer_id, received_on", "received_on, complaint_id"])
    found += create_read_model(SCHEMA, CASES, ["customer_id, received_on", "received_on, case_id"])
    found += create_read_model(SCHEMA, PREVENTIONS, ["due_on, measure_id"])
    found += create_read_model(SCHEMA, COMPANY_PROMISES, ["kind, due_on"])
    found += create_read_model(SCHEMA, SERVED)
    for slot in SLOTS:
        table = table_name(SCHEMA, MATTERS.name, slot)
        found.append(f"CREATE INDEX ON {table} USING gin (commitments) WHERE commitments <> '{{}}'")
        found.append(f"CREATE INDEX ON {table} (received_on) WHERE ended_on IS NULL")
    return found


def upgrade() -> None:
    for statement in statements():
        op.get_bind().exec_driver_sql(statement)
