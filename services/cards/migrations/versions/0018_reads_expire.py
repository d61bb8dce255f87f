"""Reads expire by setting; their seals stay."""

from pathlib import Path

from alembic import op

import shared.audit
from shared.postgres.ddl import statements

revision = "0018"
down_revision = "0017"

_EXPIRY = Path(shared.audit.__file__).parent / "sql" / "expiry.sql"


def upgrade() -> None:
    for statement in statements(_EXPIRY.read_text(), "cards"):
        op.get_bind().exec_driver_sql(statement)
