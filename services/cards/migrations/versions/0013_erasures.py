"""Erasures that wait for a second person, and what holds them."""

from alembic import op

from services.cards.read_models.erasures import CONCERNED
from shared.postgres.ddl import statements

revision = "0013"
down_revision = "0012"

_TYPES = ", ".join(f"'{name}'" for name in CONCERNED)
INDEX = f"CREATE INDEX events_erasing ON {{schema}}.events (customer_id, version) WHERE type IN ({_TYPES})"


def upgrade() -> None:
    for statement in statements(INDEX, "cards"):
        op.get_bind().exec_driver_sql(statement)
