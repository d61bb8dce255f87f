"""How long and how firmly a class holds."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    pass
