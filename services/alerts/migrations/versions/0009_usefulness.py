"""What the rules' warnings were worth."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    pass
