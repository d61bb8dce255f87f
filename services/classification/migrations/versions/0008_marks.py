"""Marks of customers and the company's own grade."""

from alembic import op

from services.classification.read_models.customer_grades import CUSTOMER_GRADES
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.mark_statements import MARK_STATEMENTS
from services.classification.read_models.potentials import POTENTIALS
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0008"
down_revision = "0007"

TABLES = """
CREATE TABLE {schema}.customer_grade_runs (
    run_id uuid PRIMARY KEY,
    principal uuid NOT NULL,
    fingerprint bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('QUEUED', 'DECIDING', 'APPENDING', 'DONE', 'FAILED')),
    graded_on date NOT NULL,
    standard text NOT NULL,
    customers int NOT NULL DEFAULT 0,
    changed int NOT NULL DEFAULT 0,
    appended int NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    ended_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX ON {schema}.customer_grade_runs (made_at) WHERE state NOT IN ('DONE', 'FAILED');

CREATE TABLE {schema}.customer_grade_changes (
    run_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    version int NOT NULL,
    body text NOT NULL,
    told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, customer_id)
);
GRANT SELECT, INSERT, UPDATE ON {schema}.customer_grade_runs TO {schema};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.customer_grade_changes TO {schema};
"""

VIEWS = """
-- The company's own grade of each customer and since when; customers without a grade are left out.
CREATE VIEW {schema}.public_customer_grades AS
    SELECT c.customer_id, c.grade, c.since
      FROM (SELECT * FROM {schema}.customer_grades_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'customer_grades') = 'a'
            UNION ALL
            SELECT * FROM {schema}.customer_grades_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'customer_grades') = 'b') c
     WHERE c.grade IS NOT NULL;
GRANT SELECT ON {schema}.public_customer_grades TO dashboards;
"""


def upgrade() -> None:
    made = [
        *statements(TABLES, "classification"),
        *create_read_model("classification", CUSTOMER_GRADES, indexes=["grade, customer_id"]),
        *create_read_model("classification", MARK_STATEMENTS, indexes=["customer_id, said_at"]),
        *create_read_model("classification", POTENTIALS),
        *create_read_model("classification", INVESTMENTS, indexes=["customer_id, spent_on"]),
        *statements(VIEWS, "classification"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
