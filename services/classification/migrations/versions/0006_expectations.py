"""What a customer is expected to buy."""

from alembic import op

from services.classification.read_models.expectations import EXPECTATIONS
from shared.projections.ddl import create_read_model

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for statement in create_read_model("classification", EXPECTATIONS):
        op.get_bind().exec_driver_sql(statement)
