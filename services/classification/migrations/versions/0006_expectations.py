"""Nothing changes: what was made here is replaced by the expected levels of 0010."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
