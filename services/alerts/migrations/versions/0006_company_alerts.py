"""Warnings about a source, an area, an article or a salesperson."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
