"""Articles, tasks and stock counts."""

from alembic import op

from services.classification.read_models.articles import ARTICLES
from services.classification.read_models.sales_tasks import SALES_TASKS
from services.classification.read_models.stock_counts import STOCK_COUNTS
from shared.projections.ddl import create_read_model

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    made = [
        *create_read_model("classification", ARTICLES, indexes=["article, from_on"]),
        *create_read_model("classification", SALES_TASKS, indexes=["first_on, last_on"]),
        *create_read_model("classification", STOCK_COUNTS, indexes=["customer_id, article, counted_on", "counted_on"]),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
