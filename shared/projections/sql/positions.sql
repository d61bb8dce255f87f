-- How far each slot of each read model has got, by part: one revision, and per topic the cursor reached and the next offset.
-- The revision fences: a worker that lost the part finds another one and writes nothing.
CREATE TABLE {schema}.positions (
  read_model text COLLATE "C" NOT NULL,
  slot text COLLATE "C" NOT NULL CHECK (slot IN ('a', 'b')),
  part smallint NOT NULL,
  version int NOT NULL,
  rev bigint NOT NULL DEFAULT 0,
  cursors jsonb NOT NULL DEFAULT '{}',
  offsets jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL CHECK (state IN ('live', 'building', 'old')),
  extra jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (read_model, slot, part)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Which slot readers are shown.
CREATE TABLE {schema}.routing (
  read_model text COLLATE "C" PRIMARY KEY,
  live text NOT NULL CHECK (live IN ('a', 'b')),
  version int NOT NULL
);

-- Row keys whose events wait, because one of them could not be applied. The cause names types and fields, never values.
CREATE TABLE {schema}.parked (
  read_model text COLLATE "C" NOT NULL,
  slot text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  part smallint NOT NULL,
  topic text NOT NULL,
  cursor text NOT NULL,
  cause text NOT NULL CHECK (length(cause) <= 500),
  parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  retry boolean NOT NULL DEFAULT false,
  PRIMARY KEY (read_model, slot, key)
);
CREATE INDEX ON {schema}.parked (parked_at);

-- Records of Kafka without readable headers, kept as they came.
CREATE TABLE {schema}.raw_records (
  topic text COLLATE "C" NOT NULL,
  part smallint NOT NULL,
  record_offset bigint NOT NULL,
  raw bytea NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, part, record_offset)
);

GRANT SELECT, INSERT, UPDATE ON {schema}.positions TO {schema};
GRANT SELECT ON {schema}.routing TO {schema};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.parked, {schema}.raw_records TO {schema};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.positions, {schema}.parked, {schema}.raw_records TO {schema}_rebuild;
GRANT SELECT, UPDATE ON {schema}.routing TO {schema}_rebuild;
