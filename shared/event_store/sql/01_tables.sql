GRANT USAGE ON SCHEMA {schema} TO {schema}, {schema}_rebuild, {schema}_reader, dashboards;

-- The cursor of an event is (gen, xid, pos): generation of the cluster, transaction, position within it.
CREATE TABLE {schema}.events (
    gen smallint NOT NULL,
    xid xid8 NOT NULL,
    pos bigint GENERATED ALWAYS AS IDENTITY,
    stream text COLLATE "C" NOT NULL,
    version int NOT NULL CHECK (version > 0),
    event_id uuid NOT NULL,
    type text NOT NULL,
    customer_id uuid,
    part smallint NOT NULL,
    source text COLLATE "C",
    source_event_id text COLLATE "C",
    fingerprint bytea,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    meta jsonb NOT NULL,
    PRIMARY KEY (stream, version),
    CONSTRAINT events_body_size CHECK (octet_length(body::text) <= 65536)
);
CREATE INDEX events_cursor ON {schema}.events (gen, xid, pos);
CREATE UNIQUE INDEX events_source ON {schema}.events (source, source_event_id) WHERE source IS NOT NULL;
-- Almost free at insert; finds the facts recorded later than now, of which there are none unless the clock went back.
CREATE INDEX events_recorded ON {schema}.events USING brin (recorded_at) WITH (autosummarize = on);

-- Answers hold ids, versions and positions, never personal data.
CREATE TABLE {schema}.commands (
    principal uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status int NOT NULL,
    answer jsonb NOT NULL,
    results jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (principal, route, key)
);

CREATE TABLE {schema}.external_ids (
    system text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (system, value)
);
CREATE INDEX external_ids_customer ON {schema}.external_ids (customer_id);

CREATE TABLE {schema}.store (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    gen smallint NOT NULL,
    last_tick timestamptz NOT NULL,
    parts smallint CHECK (parts > 0)
) WITH (fillfactor = 10);
INSERT INTO {schema}.store (gen, last_tick) VALUES (1, clock_timestamp());

CREATE VIEW {schema}.published_events AS
    SELECT gen, xid, pos, stream, version, event_id, type, customer_id, part, occurred_at, recorded_at, body, meta
      FROM {schema}.events;

-- Older generations are complete; of this one only what lies below the oldest running transaction.
CREATE VIEW {schema}.published_generation AS SELECT gen FROM {schema}.store;

GRANT SELECT, INSERT ON {schema}.events, {schema}.commands, {schema}.external_ids TO {schema};
GRANT SELECT ON {schema}.store TO {schema};
GRANT UPDATE (last_tick) ON {schema}.store TO {schema};
GRANT SELECT ON {schema}.events, {schema}.external_ids, {schema}.store TO {schema}_rebuild;
GRANT SELECT ON {schema}.published_events, {schema}.published_generation TO {schema}, {schema}_reader;
