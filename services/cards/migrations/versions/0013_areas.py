"""Which area lies in which, and who leads it: whom supervisors may know of."""

from alembic import op

from shared.projections.ddl import create_read_model
from shared.reach.areas import AREAS

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for statement in create_read_model("cards", AREAS):
        op.get_bind().exec_driver_sql(statement)
