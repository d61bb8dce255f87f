"""What was sold of which article, and what is known of each customer."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
