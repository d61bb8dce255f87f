"""The procedure of a complaint, its deadlines and who decides."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
