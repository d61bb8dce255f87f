"""What each customer buys, and what is invoiced and comes in."""

from alembic import op

from services.cards.read_models.collected import COLLECTED_MODEL
from services.cards.read_models.trade import TRADE
from shared.projections.ddl import create_read_model

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    made = [
        # No index on what a sale changes: rows are rewritten with every sale.
        *create_read_model("cards", TRADE, indexes=["salesperson_id, customer_id", "first_on, customer_id"]),
        *create_read_model("cards", COLLECTED_MODEL),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
