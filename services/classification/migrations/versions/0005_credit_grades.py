"""Whom to grow, hold, shrink or stop."""

from alembic import op

from services.classification.read_models.credit_grades import CREDIT_GRADES
from services.classification.read_models.credit_standings import CREDIT_STANDINGS
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE {schema}.credit_grade_runs (
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
CREATE INDEX ON {schema}.credit_grade_runs (made_at) WHERE state NOT IN ('DONE', 'FAILED');

CREATE TABLE {schema}.credit_grade_changes (
    run_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    version int NOT NULL,
    body text NOT NULL,
    told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, customer_id)
);
GRANT SELECT, INSERT, UPDATE ON {schema}.credit_grade_runs TO {schema};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.credit_grade_changes TO {schema};
"""

VIEWS = """
-- The credit grade of each customer, since when, and the points behind it; customers without a grade are left out.
CREATE VIEW {schema}.public_credit_grades AS
    SELECT c.customer_id, c.grade, c.since, c.points
      FROM (SELECT * FROM {schema}.credit_grades_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'credit_grades') = 'a'
            UNION ALL
            SELECT * FROM {schema}.credit_grades_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'credit_grades') = 'b') c
     WHERE c.grade IS NOT NULL;
GRANT SELECT ON {schema}.public_credit_grades TO dashboards;
"""


def upgrade() -> None:
    made = [
        *statements(TABLES, "classification"),
        *create_read_model("classification", CREDIT_STANDINGS),
        *create_read_model("classification", CREDIT_GRADES, indexes=["points DESC, customer_id"]),
        *statements(VIEWS, "classification"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
