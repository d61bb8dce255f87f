-- Deletes the reads of seals before the one from which the newest seal says that they are kept. Here nobody can tell a signature: `work`
-- calls it behind a seal of its own, and goes on from no other's. Who calls it behind a seal that nobody has signed gets rid of no read
-- younger than 30 days, by the server's own times, and `regulars audit verify` misses the others: it believes signed seals only.
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
