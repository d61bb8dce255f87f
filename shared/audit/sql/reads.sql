-- Rows of an older generation are complete: what is recorded now belongs to the newest.
CREATE FUNCTION {schema}.generation() RETURNS smallint LANGUAGE sql STABLE
    AS 'SELECT gen FROM {schema}.store';

-- One row a read: who, which customers, when and why. Ids only, so that erasing a person changes nothing here.
-- What the server knows by itself no writer may say: place and time are defaults that nobody is granted to give.
CREATE TABLE {schema}.reads (
    gen smallint NOT NULL DEFAULT {schema}.generation(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    pos bigint GENERATED ALWAYS AS IDENTITY,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    principal uuid NOT NULL,
    key_id text NOT NULL,
    person_id text,
    operation text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('OPENED', 'LISTED', 'EXPORTED')),
    purpose text,
    personal boolean NOT NULL,
    customers uuid[] NOT NULL CHECK (cardinality(customers) > 0),
    trace_id text,
    PRIMARY KEY (gen, xid, pos)
);
CREATE INDEX reads_customers ON {schema}.reads USING gin (customers) WITH (fastupdate = on);
CREATE INDEX reads_at ON {schema}.reads USING brin (read_at) WITH (autosummarize = on);

-- A seal closes the reads of transactions below `upto` that the seal before has left open.
CREATE TABLE {schema}.read_seals (
    number bigint PRIMARY KEY CHECK (number > 0),
    gen smallint NOT NULL,
    upto xid8 NOT NULL,
    rows bigint NOT NULL,
    digest bytea NOT NULL,
    previous bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    kept_from bigint NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL
);

GRANT EXECUTE ON FUNCTION {schema}.generation() TO {schema};
GRANT SELECT ON {schema}.reads, {schema}.read_seals TO {schema}, auditor;
GRANT INSERT (principal, key_id, person_id, operation, kind, purpose, personal, customers, trace_id) ON {schema}.reads TO {schema};
GRANT INSERT ON {schema}.read_seals TO {schema};
GRANT USAGE ON SCHEMA {schema} TO auditor;
