"""Purchase intents, reviews and samples."""

from alembic import op

from services.classification.read_models.erasures import ERASURES
from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.introductions import INTRODUCTIONS
from services.classification.read_models.posts import POSTS
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.samples import SAMPLES
from shared.projections.ddl import SLOTS, create_read_model, table_name

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    made = [
        *create_read_model("classification", ERASURES),
        *create_read_model("classification", INTENTS, indexes=["customer_id", "ended_on"]),
        *create_read_model("classification", STEPS, indexes=["intent_id"]),
        *create_read_model("classification", INTRODUCTIONS, indexes=["introduced_by"]),
        *create_read_model("classification", POSTS),
        *create_read_model("classification", SAMPLES, indexes=["salesperson_id, week_from"]),
    ]
    made += [
        f"CREATE INDEX ON {table_name('classification', INTENTS.name, slot)} ({columns}) WHERE state = 'OPEN'{more}"
        for slot in SLOTS
        for columns, more in (("customer_id", ""), ("intent_id", " AND (graded_man IS NULL OR graded_man < man_version)"))
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
