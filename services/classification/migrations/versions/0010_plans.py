"""Targets and plans."""

from alembic import op

from services.classification.read_models.class_changes import CLASS_CHANGES
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.distribution_targets import DISTRIBUTION_TARGETS
from services.classification.read_models.expected_levels import EXPECTED_LEVELS
from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.sub_sold import SUB_SOLD
from shared.projections.ddl import SLOTS, create_read_model, drop_read_model, table_name

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    profiles = [table_name("classification", PROFILES.name, slot) for slot in SLOTS]
    changes = [table_name("classification", CLASS_CHANGES.name, slot) for slot in SLOTS]
    bought = [table_name("classification", CUSTOMER_SALES.name, slot) for slot in SLOTS]
    made = [
        # Where it was made before, expected levels say all that it said.
        *drop_read_model("classification", "expectations"),
        *create_read_model("classification", EXPECTED_LEVELS, indexes=["customer_id, currency, from_on"]),
        *create_read_model("classification", CLASS_CHANGES),
        *create_read_model("classification", SUB_SOLD, indexes=["dealer_id, day"]),
        *create_read_model("classification", DISTRIBUTION_TARGETS, indexes=["customer_id, from_on"]),
        *(f"CREATE INDEX ON {table} (customer_id, since DESC, version DESC) INCLUDE (value_class)" for table in changes),
        # When a customer bought first is asked of everybody, and the rows are wide.
        *(f"CREATE INDEX ON {table} (customer_id) INCLUDE (first_sale_on)" for table in bought),
        # Few customers stand under a dealer, and few cards are merged.
        *(f"CREATE INDEX ON {table} (customer_id) WHERE cardinality(dealers) > 0" for table in profiles),
        *(f"CREATE INDEX ON {table} (merged_into) WHERE merged_into IS NOT NULL" for table in profiles),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
