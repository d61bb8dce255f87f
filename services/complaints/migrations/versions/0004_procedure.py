"""The procedure of a complaint, its deadlines and who decides."""

from alembic import op

from shared.projections.ddl import create_read_model
from shared.reach.areas import AREAS

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for statement in create_read_model("complaints", AREAS):
        op.get_bind().exec_driver_sql(statement)
