"""Facts that are all new are recorded without sorting them first."""

from pathlib import Path

from alembic import op

import shared.event_store
from shared.postgres.ddl import statements

revision = "0012"
down_revision = "0011"

_FUNCTION = Path(shared.event_store.__file__).parent / "sql" / "03_append_facts.sql"


def upgrade() -> None:
    for statement in statements(_FUNCTION.read_text(), "cards"):
        op.get_bind().exec_driver_sql(statement)
