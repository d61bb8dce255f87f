"""What the store holds of one customer is found, and answers to old commands are forgotten."""

from pathlib import Path

from alembic import op

import shared.event_store
from shared.postgres.ddl import statements

revision = "0016"
down_revision = "0015"

_HELD = Path(shared.event_store.__file__).parent / "sql" / "04_held.sql"


def upgrade() -> None:
    for statement in statements(_HELD.read_text(), "classification"):
        op.get_bind().exec_driver_sql(statement)
