"""Which area lies in which, and who leads it: whom supervisors may know of."""

from alembic import op

from services.classification.read_models.served import SERVED
from shared.projections.ddl import SLOTS, create_read_model, table_name
from shared.reach.areas import AREAS

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    execute = op.get_bind().exec_driver_sql
    for statement in create_read_model("classification", AREAS):
        execute(statement)
    for slot in SLOTS:
        execute(f"CREATE INDEX ON {table_name('classification', SERVED.name, slot)} (area_id, customer_id)")
