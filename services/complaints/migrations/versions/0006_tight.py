"""What is due next, credit notes of complaints, and every carrier that is held responsible."""

from alembic import op

from services.complaints.read_models.credit_notes import CREDIT_NOTES
from services.complaints.read_models.matters import MATTERS
from services.complaints.read_models.next_steps import TABLE
from shared.postgres.ddl import statements
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0006"
down_revision = "0005"

SCHEMA = "complaints"


def upgrade() -> None:
    made = [*statements(TABLE, SCHEMA), *create_read_model(SCHEMA, CREDIT_NOTES, ["complaint_id", "customer_id"])]
    for slot in SLOTS:
        # An installation that begins with an earlier revision today has the column already.
        made.append(f"ALTER TABLE {table_name(SCHEMA, MATTERS.name, slot)} ADD COLUMN IF NOT EXISTS carriers text[]")
        made.append(f"CREATE INDEX ON {table_name(SCHEMA, CREDIT_NOTES.name, slot)} (credit_id) WHERE differs <> '{{}}'")
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
