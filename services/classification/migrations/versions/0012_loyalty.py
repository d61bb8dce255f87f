"""Surveys and loyalty."""

from alembic import op

from services.classification.read_models.quality_incidents import QUALITY_INCIDENTS
from services.classification.read_models.relation_types import RELATION_TYPES
from services.classification.read_models.surveys import SURVEYS
from shared.projections.ddl import create_read_model

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    made = [
        *create_read_model("classification", SURVEYS, indexes=["customer_id, answered_on"]),
        *create_read_model("classification", RELATION_TYPES, indexes=["customer_id, stated_on"]),
        *create_read_model("classification", QUALITY_INCIDENTS, indexes=["customer_id, received_on"]),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
