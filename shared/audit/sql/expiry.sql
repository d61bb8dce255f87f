-- Deletes the reads of seals before the one from which the newest seal says that they are kept. It takes nothing to be told: what goes
-- is signed. By the server's own times nothing younger than 30 days goes, whatever a seal says.
CREATE OR REPLACE FUNCTION {schema}.forget_reads()
RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE gone bigint;
BEGIN
    DELETE FROM {schema}.reads r
     USING (SELECT b.gen, b.upto FROM {schema}.read_seals b
             WHERE b.number = (SELECT n.kept_from - 1 FROM {schema}.read_seals n ORDER BY n.number DESC LIMIT 1)) o
     WHERE (r.gen, r.xid) < (o.gen, o.upto) AND r.read_at < clock_timestamp() - interval '30 days';
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $f$;
GRANT EXECUTE ON FUNCTION {schema}.forget_reads() TO {schema};
REVOKE EXECUTE ON FUNCTION {schema}.forget_reads() FROM PUBLIC;
