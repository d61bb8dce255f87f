"""Marks of customers and the company's own grade."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
