"""Facts in bulk are admitted by a function and written by a COPY."""

from pathlib import Path

from alembic import op

import shared.event_store
from shared.postgres.ddl import statements

revision = "0017"
down_revision = "0016"

_FUNCTIONS = Path(shared.event_store.__file__).parent / "sql" / "03_append_facts.sql"


def upgrade() -> None:
    for statement in statements(_FUNCTIONS.read_text(), "classification"):
        op.get_bind().exec_driver_sql(statement)
