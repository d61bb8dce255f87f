"""What a run of value classes found for a thousand customers is one row."""

from alembic import op

from shared.contracts.money import OTHER_EXPONENTS
from shared.postgres.ddl import statements

revision = "0014"
down_revision = "0013"

_UNIT = "CASE currency {} ELSE 0.01 END".format(
    " ".join(f"WHEN '{code}' THEN {10**-places:.{places}f}" for code, places in OTHER_EXPONENTS.items())
)

TABLES = """
ALTER TABLE {schema}.value_class_runs ADD COLUMN unit numeric NOT NULL DEFAULT 1;
UPDATE {schema}.value_class_runs SET unit = {unit} WHERE currency IS NOT NULL;
-- What they had decided is not kept in this form: they decide again, and tell what is not told yet.
UPDATE {schema}.value_class_runs SET state = 'QUEUED', changed = 0, appended = 0 WHERE state IN ('DECIDING', 'APPENDING');

CREATE TABLE {schema}.value_class_changes (
    run_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    version int NOT NULL,
    body text NOT NULL,
    told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, customer_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.value_class_changes TO {schema};

ALTER TABLE {schema}.value_class_findings RENAME TO value_class_findings_each;
-- Amounts in minor units; 0 in to_next and to_fall: there is no better or no worse class.
CREATE TABLE {schema}.value_class_findings (
    run_id uuid NOT NULL,
    first_rank int NOT NULL,
    customers uuid[] NOT NULL,
    net bigint[] NOT NULL,
    before bigint[] NOT NULL,
    classes text NOT NULL,
    by_margin boolean[] NOT NULL,
    to_next bigint[] NOT NULL,
    to_fall bigint[] NOT NULL,
    PRIMARY KEY (run_id, first_rank)
);
CREATE TABLE {schema}.value_class_ranks (
    run_id uuid NOT NULL,
    first_customer uuid NOT NULL,
    customers uuid[] NOT NULL,
    ranks int[] NOT NULL,
    PRIMARY KEY (run_id, first_customer)
);
-- Ids do not get smaller, and trying takes longer than writing them.
ALTER TABLE {schema}.value_class_findings ALTER customers SET STORAGE EXTERNAL, ALTER net SET STORAGE EXTERNAL,
    ALTER before SET STORAGE EXTERNAL, ALTER to_next SET STORAGE EXTERNAL, ALTER to_fall SET STORAGE EXTERNAL;
ALTER TABLE {schema}.value_class_ranks ALTER customers SET STORAGE EXTERNAL, ALTER ranks SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, DELETE ON {schema}.value_class_findings, {schema}.value_class_ranks TO {schema};

INSERT INTO {schema}.value_class_findings (run_id, first_rank, customers, net, before, classes, by_margin, to_next, to_fall)
SELECT run_id, min(rank), array_agg(customer_id ORDER BY rank), array_agg((net / unit)::bigint ORDER BY rank),
       array_agg((before / unit)::bigint ORDER BY rank), string_agg(value_class, '' ORDER BY rank), array_agg(by_margin ORDER BY rank),
       array_agg(coalesce(to_next / unit, 0)::bigint ORDER BY rank), array_agg(coalesce(to_fall / unit, 0)::bigint ORDER BY rank)
  FROM (SELECT f.*, r.unit, sum(greatest(f.net, 0)) OVER (PARTITION BY f.run_id ORDER BY f.rank) - greatest(f.net, 0) AS before
          FROM {schema}.value_class_findings_each f JOIN {schema}.value_class_runs r USING (run_id)
         WHERE f.rank IS NOT NULL AND r.state = 'DONE') x GROUP BY run_id, (rank - 1) / 1000;
INSERT INTO {schema}.value_class_ranks (run_id, first_customer, customers, ranks)
SELECT run_id, (array_agg(customer_id ORDER BY customer_id))[1], array_agg(customer_id ORDER BY customer_id), array_agg(rank ORDER BY customer_id)
  FROM (SELECT f.*, row_number() OVER (PARTITION BY f.run_id ORDER BY f.customer_id) AS n
          FROM {schema}.value_class_findings_each f JOIN {schema}.value_class_runs r USING (run_id)
         WHERE f.rank IS NOT NULL AND r.state = 'DONE') x GROUP BY run_id, (n - 1) / 1000;

CREATE OR REPLACE VIEW {schema}.public_value_classes AS
    WITH last_run AS (SELECT * FROM {schema}.value_class_runs WHERE state IN ('APPENDING', 'DONE')
                       ORDER BY decided_at DESC, run_id LIMIT 1),
    figures AS (
        SELECT u.customer_id, (g.first_rank + u.place - 1)::int AS rank, u.net * r.unit AS net,
               round(coalesce(u.net * r.unit / nullif(r.total, 0), 0), 6) AS share,
               CASE WHEN u.net > 0 THEN round((u.before + u.net) * r.unit / r.total, 6) ELSE 1.000000 END AS cumulated_share,
               nullif(u.to_next, 0) * r.unit AS to_next
          FROM last_run r JOIN {schema}.value_class_findings g USING (run_id)
         CROSS JOIN LATERAL unnest(g.customers, g.net, g.before, g.to_next) WITH ORDINALITY AS u(customer_id, net, before, to_next, place))
    SELECT c.customer_id, c.value_class, c.previous, c.reason, c.since, f.rank, f.net, r.currency, f.share, f.cumulated_share, f.to_next,
           r.period_from, r.period_to, r.standard_version
      FROM (SELECT * FROM {schema}.value_classes_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'value_classes') = 'a'
            UNION ALL
            SELECT * FROM {schema}.value_classes_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'value_classes') = 'b') c
      LEFT JOIN last_run r ON true
      LEFT JOIN figures f ON f.customer_id = c.customer_id
     WHERE c.value_class IS NOT NULL;
DROP TABLE {schema}.value_class_findings_each;
"""


def upgrade() -> None:
    for statement in statements(TABLES.replace("{unit}", _UNIT), "classification"):
        op.get_bind().exec_driver_sql(statement)
