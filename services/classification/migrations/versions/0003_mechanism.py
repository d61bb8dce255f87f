"""Nothing changes: a number in the chain that came to hold nothing."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
