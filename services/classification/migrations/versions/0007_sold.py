"""What was sold of which article, and what is known of each customer."""

from alembic import op

from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.sold import SOLD
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Most questions sum net by customer: along the key, without the table, and without a hash of a million customers.
    made = create_read_model("classification", SOLD, carried=["net"])
    # Sales come in the order of their days, mostly: a period is found without an index that every sale would pay for.
    # Trade is skewed: by the usual sample there would be a sixth of the customers, and a plan for as many.
    made += [
        f"ALTER TABLE {table_name('classification', SOLD.name, slot)} ALTER customer_id SET STATISTICS 1000" for slot in SLOTS
    ]
    made += [f"CREATE INDEX ON {table_name('classification', SOLD.name, slot)} USING brin (day)" for slot in SLOTS]
    made += create_read_model("classification", PROFILES)
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
