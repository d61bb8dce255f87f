"""Back-tests that were asked for, and their results."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
