"""Who serves each customer and who leads each area: whom callers with limited rows may know of."""

from alembic import op

from services.complaints.read_models.served import SERVED
from shared.projections.ddl import SLOTS, table_name
from shared.reach.areas import AREAS

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    execute = op.get_bind().exec_driver_sql
    for slot in SLOTS:
        # An installation that begins with an earlier revision today has the columns already. In an older one nobody is anybody's
        # until both are rebuilt: whoever reaches everybody sees what there was.
        served = table_name("complaints", SERVED.name, slot)
        execute(f'ALTER TABLE {served} ADD COLUMN IF NOT EXISTS salesperson_id text COLLATE "C"')
        execute(f"ALTER TABLE {table_name('complaints', AREAS.name, slot)} ADD COLUMN IF NOT EXISTS superiors text[]")
        execute(f"CREATE INDEX ON {served} (salesperson_id, customer_id)")
        execute(f"CREATE INDEX ON {served} (area_id, customer_id)")
