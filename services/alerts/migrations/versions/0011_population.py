"""Parameters learnt from the company's own history."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    pass
