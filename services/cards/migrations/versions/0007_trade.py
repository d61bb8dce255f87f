"""What each customer buys."""

from alembic import op

from services.cards.read_models.trade import TRADE
from shared.projections.ddl import create_read_model

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # No index on what a sale changes: rows are rewritten with every sale.
    made = create_read_model("cards", TRADE, indexes=["salesperson_id, customer_id", "first_on, registered_at, customer_id"])
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
