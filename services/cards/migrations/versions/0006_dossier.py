"""Promises, and the dossier of each customer with what dashboards may see of it."""

from alembic import op

from services.cards.read_models.promises import PROMISES
from shared.projections.ddl import create_read_model

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    made = [
        *create_read_model(
            "cards", PROMISES, indexes=["due_on, promise_id", "customer_id, due_on, promise_id", "state, due_on, promise_id"]
        ),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
