"""Subscriptions of other systems and what is delivered to them."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
