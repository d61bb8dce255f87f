"""The log of reads and its seals."""

from pathlib import Path

from alembic import op

import shared.audit
from shared.postgres.ddl import statements

revision = "0014"
down_revision = "0013"

_TABLES = Path(shared.audit.__file__).parent / "sql" / "reads.sql"


def upgrade() -> None:
    for statement in statements(_TABLES.read_text(), "cards"):
        op.get_bind().exec_driver_sql(statement)
