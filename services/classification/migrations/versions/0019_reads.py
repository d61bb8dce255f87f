"""The log of reads and its seals; reads expire by setting, their seals stay."""

from pathlib import Path

from alembic import op

import shared.audit
from shared.postgres.ddl import statements

revision = "0019"
down_revision = "0018"

_SQL = Path(shared.audit.__file__).parent / "sql"


def upgrade() -> None:
    for file in ("reads.sql", "expiry.sql"):
        for statement in statements((_SQL / file).read_text(), "classification"):
            op.get_bind().exec_driver_sql(statement)
