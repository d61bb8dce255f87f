-- What the store holds of one customer, and what it forgets. Every statement may be run again: stores made before this file get it by
-- a migration. Facts are left out of the index, so that recording them costs nothing more: they are found by the stream of the ledger.
CREATE INDEX IF NOT EXISTS events_customer ON {schema}.events (customer_id) WHERE source IS NULL;

CREATE OR REPLACE VIEW {schema}.published_decisions AS
    SELECT stream, version, event_id, type, customer_id, occurred_at, recorded_at, body FROM {schema}.events WHERE source IS NULL;
GRANT SELECT ON {schema}.published_decisions TO {schema}, {schema}_reader;

CREATE INDEX IF NOT EXISTS commands_at ON {schema}.commands USING brin (at) WITH (autosummarize = on);

-- Forgets answers to commands that were given before a moment, some at a time. How many. Never those of the last day: a caller that
-- repeats must still be known.
CREATE OR REPLACE FUNCTION {schema}.forget_commands(p_before timestamptz, p_most int)
RETURNS int LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone int;
BEGIN
    IF p_before > clock_timestamp() - interval '1 day' THEN RAISE 'answers of the last day are kept'; END IF;
    DELETE FROM {schema}.commands c WHERE c.ctid = ANY (ARRAY(
        SELECT o.ctid FROM {schema}.commands o WHERE o.at < p_before LIMIT p_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $f$;
GRANT EXECUTE ON FUNCTION {schema}.forget_commands(timestamptz, int) TO {schema};
REVOKE EXECUTE ON FUNCTION {schema}.forget_commands(timestamptz, int) FROM PUBLIC;
