"""Purchase intents, reviews and samples."""

from alembic import op

from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.introductions import INTRODUCTIONS
from services.classification.read_models.posts import POSTS
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.samples import SAMPLES
from shared.projections.ddl import create_read_model

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    made = [
        *create_read_model("classification", INTENTS, indexes=["customer_id"]),
        *create_read_model("classification", STEPS, indexes=["intent_id"]),
        *create_read_model("classification", INTRODUCTIONS, indexes=["introduced_by"]),
        *create_read_model("classification", POSTS),
        *create_read_model("classification", SAMPLES, indexes=["salesperson_id, week_from"]),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
