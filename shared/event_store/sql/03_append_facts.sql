-- Facts in bulk: the same table, locks and order as append_many, a verdict for each row. Arrays of rows have the same length.
-- p_stubs: [{system, value, customer, stream, part, events}]: the card of a customer not met before, opened when one of its
-- facts is recorded.
-- Statements here see each array as a parameter and reach streams by index one by one, so one plan fits all sizes. Arrays are
-- unnested side by side in a list of columns: as a table each of them would be stored once more.

-- Everything but the rows themselves, which the caller writes in the same transaction, in their order: each recorded one with the
-- next version of its stream, at `at` and as many microseconds later as `later` says of its stream and as it has rows before.
-- p_streams: each stream once, best in order; `heads` and `later` are theirs. A body that was found unfit before is null; p_body
-- is empty when all are known to be fit and small. `xid` is null when nothing is to be recorded.
CREATE OR REPLACE FUNCTION {schema}.admit_facts(
    p_streams text[], p_customer uuid[], p_source text[], p_source_event_id text[], p_fingerprint bytea[], p_body text[], p_stubs jsonb,
    OUT verdicts text[], OUT heads int[], OUT later bigint[], OUT gen smallint, OUT xid xid8, OUT at timestamptz)
LANGUAGE plpgsql VOLATILE SET work_mem = '64MB' SET plan_cache_mode = force_generic_plan AS $f$
DECLARE
    moved uuid[]; opened jsonb; x xid8; g smallint; t timestamptz;
BEGIN
    PERFORM {schema}.begin_append();
    -- 1. All locks in one ascending pass: streams, external ids of stubs, and 64 buckets of facts.
    PERFORM pg_advisory_xact_lock(k.category, k.bucket) FROM (
        SELECT hashtext(split_part(q.name, '-', 1)) AS category, hashtext(q.name) & 1023 AS bucket FROM (
            SELECT unnest(p_streams) AS name
            UNION ALL SELECT u->>'stream' FROM jsonb_array_elements(p_stubs) u
            UNION ALL SELECT 'external-' || concat_ws('/', u->>'system', u->>'value') FROM jsonb_array_elements(p_stubs) u) q
        UNION SELECT hashtext('fact'), hashtext(f.source || '/' || f.id) & 63
                FROM (SELECT unnest(p_source) AS source, unnest(p_source_event_id) AS id) f
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
       AND NOT EXISTS (SELECT FROM (SELECT unnest(p_body) AS body) f WHERE f.body IS NULL OR octet_length(f.body) > 43690)
       AND NOT EXISTS (SELECT FROM (SELECT unnest(p_source) AS source, unnest(p_source_event_id) AS id) f
                        GROUP BY f.source, f.id HAVING count(*) > 1)
       -- All numbers of a source are looked up in one walk along the index.
       AND NOT EXISTS (SELECT FROM (SELECT f.source, array_agg(f.id) AS ids
                                      FROM (SELECT unnest(p_source) AS source, unnest(p_source_event_id) AS id) f GROUP BY f.source) w
                        CROSS JOIN LATERAL (SELECT FROM {schema}.events s
                                             WHERE s.source = w.source AND s.source_event_id = ANY (w.ids) LIMIT 1) e) THEN
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
                                   cardinality(p_body) > 0 AND coalesce(CASE WHEN octet_length(u.body) <= 43690 THEN false
                                                 ELSE octet_length(u.body::jsonb::text) > 65536 END, true) AS unfit
                              FROM unnest(p_source, p_source_event_id, p_fingerprint, p_customer, p_body)
                                   WITH ORDINALITY u(source, id, fingerprint, customer, body, o)) m
                    WINDOW same AS (PARTITION BY m.source, m.id COLLATE "C", m.unfit, m.elsewhere ORDER BY m.o)) r
              LEFT JOIN LATERAL (SELECT s.fingerprint FROM {schema}.events s
                                  WHERE s.source = r.source AND s.source_event_id = r.id LIMIT 1) e ON true) q;
    END IF;
    IF coalesce(cardinality(verdicts), 0) = 0 OR 'recorded' <> ALL (verdicts) THEN RETURN; END IF;
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
    SELECT array_agg(coalesce(l.version, 0)),
           array_agg(CASE WHEN l.recorded_at >= t THEN (extract(epoch FROM l.recorded_at - t) * 1000000)::bigint + 1 ELSE 0 END)
      INTO heads, later
      FROM (SELECT unnest(p_streams) COLLATE "C" AS stream) k
      LEFT JOIN LATERAL (SELECT e.version, e.recorded_at FROM {schema}.events e
                          WHERE e.stream = k.stream ORDER BY e.version DESC LIMIT 1) l ON true;
    gen := g; xid := x; at := t;
END $f$;

-- All of it in one statement, for facts that come one by one or by the hundred.
CREATE OR REPLACE FUNCTION {schema}.append_facts(
    p_stream text[], p_id uuid[], p_type text[], p_customer uuid[], p_part smallint[], p_source text[], p_source_event_id text[],
    p_fingerprint bytea[], p_body text[], p_meta text[], p_occurred timestamptz[], p_stubs jsonb)
RETURNS text[] LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $f$
DECLARE
    streams text[]; a record;
BEGIN
    streams := ARRAY(SELECT DISTINCT unnest(p_stream) COLLATE "C" ORDER BY 1);
    SELECT * INTO a FROM {schema}.admit_facts(streams, p_customer, p_source, p_source_event_id, p_fingerprint, p_body, p_stubs);
    IF a.xid IS NOT NULL THEN
        INSERT INTO {schema}.events (gen, xid, stream, version, event_id, type, customer_id, part, source, source_event_id, fingerprint,
                                     body, meta, occurred_at, recorded_at)
        SELECT a.gen, a.xid, n.stream, a.heads[n.place] + n.i, n.id, n.type, n.customer, n.part, n.source, n.source_event_id, n.fingerprint,
               n.body::jsonb, n.meta::jsonb, n.occurred, a.at + (a.later[n.place] + n.i - 1) * interval '1 us'
          FROM (SELECT u.*, count(*) FILTER (WHERE u.verdict = 'recorded') OVER (PARTITION BY u.stream COLLATE "C" ORDER BY u.o) AS i,
                       dense_rank() OVER (ORDER BY u.stream COLLATE "C") AS place
                  FROM unnest(p_stream, p_id, p_type, p_customer, p_part, p_source, p_source_event_id, p_fingerprint, p_body, p_meta,
                              p_occurred, a.verdicts)
                       WITH ORDINALITY u(stream, id, type, customer, part, source, source_event_id, fingerprint, body, meta,
                                         occurred, verdict, o)) n
         WHERE n.verdict = 'recorded'
         ORDER BY n.o;
    END IF;
    RETURN a.verdicts;
END $f$;
GRANT EXECUTE ON FUNCTION {schema}.admit_facts(text[], uuid[], text[], text[], bytea[], text[], jsonb) TO {schema};
REVOKE EXECUTE ON FUNCTION {schema}.admit_facts(text[], uuid[], text[], text[], bytea[], text[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.append_facts(text[], uuid[], text[], uuid[], smallint[], text[], text[], bytea[], text[], text[], timestamptz[], jsonb) TO {schema};
REVOKE EXECUTE ON FUNCTION {schema}.append_facts(text[], uuid[], text[], uuid[], smallint[], text[], text[], bytea[], text[], text[], timestamptz[], jsonb) FROM PUBLIC;
