"""Tables of the service: search hashes, imports, read models, public views."""

from alembic import op

from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.receivables import RECEIVABLES
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE {schema}.customer_search (
    hash bytea NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (hash, customer_id)
);
CREATE INDEX ON {schema}.customer_search (customer_id);
GRANT SELECT, INSERT, DELETE ON {schema}.customer_search TO {schema};

-- Few rows; found without reading the store from its beginning.
CREATE INDEX ON {schema}.events (customer_id) WHERE type = 'regulars.cards.customer-erased.v1';

-- salt: from it and the master key comes the key of the job's lines; it is deleted when the job ends.
CREATE TABLE {schema}.import_jobs (
    job_id uuid PRIMARY KEY,
    principal uuid NOT NULL,
    fingerprint bytea NOT NULL,
    body_hash bytea,
    kind text NOT NULL CHECK (kind IN ('transactions', 'customers')),
    source text NOT NULL,
    ends boolean NOT NULL,
    on_error text NOT NULL CHECK (on_error IN ('continue', 'abort')),
    state text NOT NULL CHECK (state IN ('receiving', 'stored', 'running', 'done', 'cancelled', 'failed')),
    cancel_wanted boolean NOT NULL DEFAULT false,
    salt bytea,
    lines int NOT NULL DEFAULT 0,
    lines_read int NOT NULL DEFAULT 0,
    recorded int NOT NULL DEFAULT 0,
    duplicate int NOT NULL DEFAULT 0,
    conflict int NOT NULL DEFAULT 0,
    rejected int NOT NULL DEFAULT 0,
    opened text[] NOT NULL DEFAULT '{}',
    cause text,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX ON {schema}.import_jobs (made_at) WHERE state IN ('receiving', 'stored', 'running');

CREATE TABLE {schema}.import_lines (
    job_id uuid NOT NULL,
    first_line int NOT NULL,
    lines int NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (job_id, first_line)
);
-- Sealed bytes do not compress: trying would only cost time.
ALTER TABLE {schema}.import_lines ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE {schema}.import_errors (
    job_id uuid NOT NULL,
    line int NOT NULL,
    n smallint NOT NULL,
    pointer text NOT NULL,
    code text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (job_id, line, n)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.import_jobs, {schema}.import_lines TO {schema};
GRANT SELECT, INSERT, DELETE ON {schema}.import_errors TO {schema};
"""

VIEWS = """
CREATE VIEW {schema}.public_customers AS
    SELECT customer_id, stub, kind, name, area_id, salesperson_id, nature, shop_kind, industry, payment_days, credit_limit,
           credit_currency, agreed_on, restriction, changed_at
      FROM {schema}.customers_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'customers') = 'a'
    UNION ALL
    SELECT customer_id, stub, kind, name, area_id, salesperson_id, nature, shop_kind, industry, payment_days, credit_limit,
           credit_currency, agreed_on, restriction, changed_at
      FROM {schema}.customers_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'customers') = 'b';

-- One row a customer and currency. Days past due count to the server's current date; the five buckets add up to outstanding.
CREATE VIEW {schema}.public_receivables AS
    SELECT r.customer_id, r.name, r.area_id, r.salesperson_id, b.key AS currency,
           (b.value ->> 'outstanding')::numeric AS outstanding, (b.value ->> 'unallocated')::numeric AS unallocated,
           coalesce(sum(i.open) FILTER (WHERE i.days <= 0), 0) AS not_due,
           coalesce(sum(i.open) FILTER (WHERE i.days BETWEEN 1 AND 30), 0) AS days_1_30,
           coalesce(sum(i.open) FILTER (WHERE i.days BETWEEN 31 AND 60), 0) AS days_31_60,
           coalesce(sum(i.open) FILTER (WHERE i.days BETWEEN 61 AND 90), 0) AS days_61_90,
           coalesce(sum(i.open) FILTER (WHERE i.days > 90), 0) AS over_90,
           coalesce(sum(i.open) FILTER (WHERE i.days > 0), 0) AS overdue,
           r.credit_limit, r.credit_currency
      FROM (SELECT * FROM {schema}.receivables_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'receivables') = 'a'
            UNION ALL
            SELECT * FROM {schema}.receivables_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'receivables') = 'b') r
     CROSS JOIN LATERAL jsonb_each(r.open_items) b
      LEFT JOIN LATERAL (SELECT (x ->> 'open')::numeric AS open, current_date - (x ->> 'due_on')::date AS days
                           FROM jsonb_array_elements(b.value -> 'items') x) i ON true
     GROUP BY r.customer_id, r.name, r.area_id, r.salesperson_id, b.key, b.value, r.credit_limit, r.credit_currency;
GRANT SELECT ON {schema}.public_customers, {schema}.public_receivables TO dashboards;
"""


def upgrade() -> None:
    made = [
        *statements(TABLES, "cards"),
        *create_read_model(
            "cards",
            CUSTOMERS,
            indexes=[
                "sort_name, customer_id",
                "salesperson_id, sort_name, customer_id",
                "area_id, sort_name, customer_id",
            ],
        ),
        *create_read_model(
            "cards", RECEIVABLES, indexes=["oldest_due_on, customer_id", "salesperson_id, oldest_due_on, customer_id"]
        ),
        *statements(VIEWS, "cards"),
    ]
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
