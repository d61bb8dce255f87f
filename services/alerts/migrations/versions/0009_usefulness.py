"""What the rules' warnings were worth."""

from alembic import op

from services.alerts.read_models.usefulness import USEFULNESS
from shared.projections.ddl import create_read_model

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for statement in create_read_model("alerts", USEFULNESS, ["rule_id, rule_version"]):
        op.get_bind().exec_driver_sql(statement)
