"""How an alert is taken to its end: sides, steps that are due, mutes."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
