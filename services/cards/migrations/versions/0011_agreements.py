"""Pauses and next orders that were agreed."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    pass
