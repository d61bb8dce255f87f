-- How far the relay has got: everything at or below the cursor is acknowledged by Kafka. Only the holder of the epoch saves.
CREATE TABLE {schema}.relay (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint NOT NULL,
    gen smallint NOT NULL,
    xid xid8 NOT NULL,
    pos bigint NOT NULL
);
INSERT INTO {schema}.relay (epoch, gen, xid, pos) VALUES (0, 0, '0', 0);

-- The last acknowledged record of each topic and part, and the offset behind it.
CREATE TABLE {schema}.relay_mark (
    topic text COLLATE "C" NOT NULL,
    part smallint NOT NULL,
    gen smallint NOT NULL,
    xid xid8 NOT NULL,
    pos bigint NOT NULL,
    end_offset bigint NOT NULL,
    PRIMARY KEY (topic, part)
);

-- All that was recorded before t lies at or below the cursor.
CREATE TABLE {schema}.watermark (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    t timestamptz NOT NULL,
    gen smallint NOT NULL,
    xid xid8 NOT NULL,
    pos bigint NOT NULL
);

CREATE VIEW {schema}.published_watermark AS SELECT t, gen, xid, pos FROM {schema}.watermark;

GRANT SELECT, UPDATE ON {schema}.relay TO {schema};
GRANT SELECT, INSERT, UPDATE ON {schema}.relay_mark, {schema}.watermark TO {schema};
GRANT SELECT ON {schema}.relay, {schema}.relay_mark, {schema}.watermark TO {schema}_rebuild;
GRANT SELECT ON {schema}.published_watermark TO {schema}, {schema}_reader;
