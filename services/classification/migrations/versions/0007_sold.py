"""What was sold of which article, and what is known of each customer."""

from alembic import op

from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.sold import SOLD
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    made = create_read_model("classification", SOLD)
    # Sales come in the order of their days, mostly: a period is found without an index that every sale would pay for.
    made += [f"CREATE INDEX ON {table_name('classification', SOLD.name, slot)} USING brin (day)" for slot in SLOTS]
    made += create_read_model("classification", PROFILES)
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
