"""The event store, the state of the relay and of the projections."""

from alembic import op

from shared.postgres.ddl import mechanism

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in mechanism("cards"):
        op.get_bind().exec_driver_sql(statement)
