"""Targets and plans."""

from alembic import op

from services.classification.read_models.class_changes import CLASS_CHANGES
from services.classification.read_models.distribution_targets import DISTRIBUTION_TARGETS
from services.classification.read_models.expected_levels import EXPECTED_LEVELS
from services.classification.read_models.sales_plans import SALES_PLANS
from services.classification.read_models.sub_sold import SUB_SOLD
from shared.projections.ddl import create_read_model, drop_read_model

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    made = [
        # Where it was made before, expected levels say all that it said.
        *drop_read_model("classification", "expectations"),
        *create_read_model("classification", EXPECTED_LEVELS, indexes=["customer_id, currency, from_on"]),
        *create_read_model("classification", CLASS_CHANGES, indexes=["customer_id, since"]),
        *create_read_model("classification", SUB_SOLD, indexes=["dealer_id, day"]),
        *create_read_model("classification", DISTRIBUTION_TARGETS, indexes=["customer_id, from_on"]),
        *create_read_model("classification", SALES_PLANS, indexes=["year"]),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
