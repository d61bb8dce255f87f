"""One append without a claim, which nearly every command is, takes a shorter way through the store."""

from pathlib import Path

from alembic import op

import shared.event_store
from shared.postgres.ddl import statements

revision = "0021"
down_revision = "0020"

_FUNCTIONS = Path(shared.event_store.__file__).parent / "sql" / "02_append_many.sql"


def upgrade() -> None:
    for statement in statements(_FUNCTIONS.read_text(), "classification"):
        op.get_bind().exec_driver_sql(statement)
