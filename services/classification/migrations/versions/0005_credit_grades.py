"""Whom to grow, hold, shrink or stop."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
