-- Facts in bulk: the same table, locks and order as append_many, a verdict for each row. All arrays have the same length.
-- A row without a body was found unfit before. p_stubs: [{system, value, customer, stream, part, events}]: the card of a
-- customer not met before, opened when one of its facts is recorded.
-- Statements here see each array as a parameter and reach streams by index one by one, so one plan fits all sizes.
CREATE OR REPLACE FUNCTION {schema}.append_facts(
    p_stream text[], p_id uuid[], p_type text[], p_customer uuid[], p_part smallint[], p_source text[], p_source_event_id text[],
    p_fingerprint bytea[], p_body text[], p_meta text[], p_occurred timestamptz[], p_stubs jsonb)
RETURNS text[] LANGUAGE plpgsql VOLATILE SET work_mem = '64MB' SET plan_cache_mode = force_generic_plan AS $f$
DECLARE
    verdicts text[]; versions int[]; times timestamptz[]; moved uuid[]; opened jsonb; x xid8; g smallint; t timestamptz;
BEGIN
    PERFORM {schema}.begin_append();
    -- 1. All locks in one ascending pass: streams, external ids of stubs, and 64 buckets of facts.
    PERFORM pg_advisory_xact_lock(k.category, k.bucket) FROM (
        SELECT hashtext(split_part(q.name, '-', 1)) AS category, hashtext(q.name) & 1023 AS bucket FROM (
            SELECT f.name FROM unnest(p_stream) f(name)
            UNION ALL SELECT u->>'stream' FROM jsonb_array_elements(p_stubs) u
            UNION ALL SELECT 'external-' || concat_ws('/', u->>'system', u->>'value') FROM jsonb_array_elements(p_stubs) u) q
        UNION SELECT hashtext('fact'), hashtext(f.source || '/' || f.id) & 63 FROM unnest(p_source, p_source_event_id) f(source, id)
        ORDER BY 1, 2) k;
    -- 2. Stubs whose external id belongs to another customer by now.
    IF jsonb_array_length(p_stubs) > 0 THEN
        SELECT array_agg(c.customer) INTO moved
          FROM (SELECT (u.s->>'customer')::uuid AS customer,
                       coalesce(i.customer_id, first_value((u.s->>'customer')::uuid) OVER (PARTITION BY u.s->>'system', u.s->>'value' ORDER BY u.o)) AS owner
                  FROM jsonb_array_elements(p_stubs) WITH ORDINALITY u(s, o)
                  LEFT JOIN {schema}.external_ids i ON i.system = u.s->>'system' AND i.value = u.s->>'value') c
         WHERE c.owner <> c.customer;
    END IF;
    -- 3. A verdict for each row, against the stored facts and the rows before it. Before the numbering, which must leave no holes.
    --    The size is that of the body as the table writes it, with a space behind each comma and colon: at most half as much
    --    again, so most bodies need not be written out to know. Most calls bring nothing but facts that are new and small: then
    --    nothing has to be sorted to know it.
    IF moved IS NULL
       AND NOT EXISTS (SELECT FROM unnest(p_body) f(body) WHERE f.body IS NULL OR octet_length(f.body) > 43690)
       AND NOT EXISTS (SELECT FROM unnest(p_source, p_source_event_id) f(source, id) GROUP BY f.source, f.id HAVING count(*) > 1)
       AND NOT EXISTS (SELECT FROM unnest(p_source, p_source_event_id) f(source, id)
                        CROSS JOIN LATERAL (SELECT FROM {schema}.events s
                                             WHERE s.source = f.source AND s.source_event_id = f.id LIMIT 1) e) THEN
        verdicts := array_fill('recorded'::text, ARRAY[cardinality(p_source)]);
    ELSE
        SELECT array_agg(q.verdict ORDER BY q.o) INTO verdicts FROM (
            SELECT r.o, CASE WHEN r.unfit THEN 'rejected'
                             WHEN e.fingerprint IS NOT NULL THEN CASE WHEN e.fingerprint = r.fingerprint THEN 'duplicate' ELSE 'conflict' END
                             WHEN r.elsewhere THEN 'moved'
                             WHEN r.n > 1 THEN CASE WHEN r.fingerprint = r.first THEN 'duplicate' ELSE 'conflict' END
                             ELSE 'recorded' END AS verdict
              FROM (SELECT m.*, row_number() OVER same AS n, first_value(m.fingerprint) OVER same AS first
                      -- What is to be prepared again is stored nowhere yet: nothing repeats it.
                      FROM (SELECT u.o, u.source, u.id, u.fingerprint, coalesce(u.customer = ANY (moved), false) AS elsewhere,
                                   coalesce(CASE WHEN octet_length(u.body) <= 43690 THEN false
                                                 ELSE octet_length(u.body::jsonb::text) > 65536 END, true) AS unfit
                              FROM unnest(p_source, p_source_event_id, p_fingerprint, p_customer, p_body)
                                   WITH ORDINALITY u(source, id, fingerprint, customer, body, o)) m
                    WINDOW same AS (PARTITION BY m.source, m.id COLLATE "C", m.unfit, m.elsewhere ORDER BY m.o)) r
              LEFT JOIN LATERAL (SELECT s.fingerprint FROM {schema}.events s
                                  WHERE s.source = r.source AND s.source_event_id = r.id LIMIT 1) e ON true) q;
    END IF;
    IF coalesce(cardinality(verdicts), 0) = 0 OR 'recorded' <> ALL (verdicts) THEN RETURN verdicts; END IF;
    -- 4. The transaction id in a statement of its own, then the time.
    x := pg_current_xact_id();
    SELECT s.gen, s.at INTO g, t FROM {schema}.append_time(false) s;
    -- 5. Writes. No ON CONFLICT: a broken lock must fail loudly.
    IF jsonb_array_length(p_stubs) > 0 THEN
        SELECT coalesce(jsonb_agg(u.s ORDER BY u.o), '[]') INTO opened FROM jsonb_array_elements(p_stubs) WITH ORDINALITY u(s, o)
         WHERE (u.s->>'customer')::uuid IN (SELECT f.customer FROM unnest(p_customer, verdicts) f(customer, verdict) WHERE f.verdict = 'recorded')
           AND NOT EXISTS (SELECT FROM {schema}.external_ids i WHERE i.system = u.s->>'system' AND i.value = u.s->>'value');
        INSERT INTO {schema}.external_ids (system, value, customer_id)
        SELECT DISTINCT s->>'system', s->>'value', (s->>'customer')::uuid FROM jsonb_array_elements(opened) s;
        -- A stream that exists has its card already; a second id of the same new customer must not open it twice.
        INSERT INTO {schema}.events (gen, xid, stream, version, event_id, type, customer_id, part, body, meta, occurred_at, recorded_at)
        SELECT g, x, o.s->>'stream', v.i, (v.e->>'id')::uuid, v.e->>'type', (o.s->>'customer')::uuid, (o.s->>'part')::smallint,
               v.e->'body', v.e->'meta', (v.e->>'at')::timestamptz, t + (v.i - 1) * interval '1 us'
          FROM (SELECT DISTINCT ON (s.s->>'stream') s.s, s.o FROM jsonb_array_elements(opened) WITH ORDINALITY s(s, o) ORDER BY s.s->>'stream', s.o) o,
               jsonb_array_elements(o.s->'events') WITH ORDINALITY v(e, i)
         WHERE NOT EXISTS (SELECT FROM {schema}.events e WHERE e.stream = o.s->>'stream')
         ORDER BY o.o, v.i;
    END IF;
    SELECT array_agg(n.version ORDER BY n.o), array_agg(n.at ORDER BY n.o) INTO versions, times FROM (
        SELECT m.o, CASE WHEN m.recorded THEN max(m.head) OVER one + m.i END AS version,
               greatest(t, max(m.last) OVER one + interval '1 us') + (m.i - 1) * interval '1 us' AS at
          FROM (SELECT k.*, coalesce(l.version, CASE WHEN k.i = 1 THEN 0 END) AS head, l.recorded_at AS last
                  FROM (SELECT u.o, u.stream, u.recorded, row_number() OVER (PARTITION BY u.stream, u.recorded ORDER BY u.o) AS i
                          FROM (SELECT f.o, f.stream COLLATE "C" AS stream, f.verdict = 'recorded' AS recorded
                                  FROM unnest(p_stream, verdicts) WITH ORDINALITY f(stream, verdict, o)) u) k
                  LEFT JOIN LATERAL (SELECT e.version, e.recorded_at FROM {schema}.events e
                                      WHERE k.recorded AND k.i = 1 AND e.stream = k.stream ORDER BY e.version DESC LIMIT 1) l ON true) m
        WINDOW one AS (PARTITION BY m.stream, m.recorded)) n;
    INSERT INTO {schema}.events (gen, xid, stream, version, event_id, type, customer_id, part, source, source_event_id, fingerprint,
                                 body, meta, occurred_at, recorded_at)
    SELECT g, x, u.stream, u.version, u.id, u.type, u.customer, u.part, u.source, u.source_event_id, u.fingerprint,
           u.body::jsonb, u.meta::jsonb, u.occurred, u.at
      FROM unnest(p_stream, p_id, p_type, p_customer, p_part, p_source, p_source_event_id, p_fingerprint, p_body, p_meta, p_occurred, versions, times)
           WITH ORDINALITY u(stream, id, type, customer, part, source, source_event_id, fingerprint, body, meta, occurred, version, at, o)
     WHERE u.version IS NOT NULL
     ORDER BY u.o;
    RETURN verdicts;
END $f$;
GRANT EXECUTE ON FUNCTION {schema}.append_facts(text[], uuid[], text[], uuid[], smallint[], text[], text[], bytea[], text[], text[], timestamptz[], jsonb) TO {schema};
REVOKE EXECUTE ON FUNCTION {schema}.append_facts(text[], uuid[], text[], uuid[], smallint[], text[], text[], bytea[], text[], text[], timestamptz[], jsonb) FROM PUBLIC;
