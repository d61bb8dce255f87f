"""Tables of the service: runs and what they found, read models, public views."""

from alembic import op

from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE {schema}.value_class_runs (
    run_id uuid PRIMARY KEY,
    principal uuid NOT NULL,
    fingerprint bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('QUEUED', 'DECIDING', 'APPENDING', 'DONE', 'FAILED')),
    period_from date NOT NULL,
    period_to date NOT NULL,
    currency text,
    standard_version int NOT NULL,
    a_below numeric NOT NULL,
    b_below numeric NOT NULL,
    total numeric,
    customers int NOT NULL DEFAULT 0,
    changed int NOT NULL DEFAULT 0,
    appended int NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    decided_at timestamptz,
    ended_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX ON {schema}.value_class_runs (made_at) WHERE state NOT IN ('DONE', 'FAILED');
CREATE INDEX ON {schema}.value_class_runs (decided_at);

CREATE TABLE {schema}.value_class_findings (
    run_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    value_class text,
    previous text,
    reason text NOT NULL,
    net numeric,
    rank int,
    share numeric,
    cumulated_share numeric,
    to_next numeric,
    version int NOT NULL,
    changed boolean NOT NULL,
    told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, customer_id)
);
CREATE INDEX ON {schema}.value_class_findings (run_id, rank);
CREATE INDEX ON {schema}.value_class_findings (run_id, customer_id) WHERE changed AND NOT told;
GRANT SELECT, INSERT, UPDATE ON {schema}.value_class_runs TO {schema};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.value_class_findings TO {schema};
"""

VIEWS = """
-- The class of each customer with the figures of the last run that decided; customers without a class are left out.
CREATE VIEW {schema}.public_value_classes AS
    SELECT c.customer_id, c.value_class, c.previous, c.reason, c.since, f.rank, f.net, r.currency, f.share, f.cumulated_share, f.to_next,
           r.period_from, r.period_to, r.standard_version
      FROM (SELECT * FROM {schema}.value_classes_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'value_classes') = 'a'
            UNION ALL
            SELECT * FROM {schema}.value_classes_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'value_classes') = 'b') c
      LEFT JOIN (SELECT * FROM {schema}.value_class_runs WHERE state IN ('APPENDING', 'DONE')
                  ORDER BY decided_at DESC, run_id LIMIT 1) r ON true
      LEFT JOIN {schema}.value_class_findings f ON f.run_id = r.run_id AND f.customer_id = c.customer_id
     WHERE c.value_class IS NOT NULL;
GRANT SELECT ON {schema}.public_value_classes TO dashboards;
"""


def upgrade() -> None:
    made = [
        *statements(TABLES, "classification"),
        *create_read_model("classification", CUSTOMER_SALES),
        *create_read_model("classification", VALUE_CLASSES, indexes=["value_class, customer_id"]),
        *statements(VIEWS, "classification"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
