"""Erasures that wait for a second person, what the store holds of one customer, and answers to old commands are forgotten."""

from pathlib import Path

from alembic import op

import shared.event_store
from services.cards.read_models.erasures import CONCERNED
from shared.postgres.ddl import statements

revision = "0015"
down_revision = "0014"

_HELD = Path(shared.event_store.__file__).parent / "sql" / "04_held.sql"
_TYPES = ", ".join(f"'{name}'" for name in CONCERNED)
_ERASING = f"CREATE INDEX events_erasing ON {{schema}}.events (customer_id, version) WHERE type IN ({_TYPES})"


def upgrade() -> None:
    for statement in (*statements(_ERASING, "cards"), *statements(_HELD.read_text(), "cards")):
        op.get_bind().exec_driver_sql(statement)
