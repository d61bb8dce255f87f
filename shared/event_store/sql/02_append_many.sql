-- Every append begins with this check: locks taken after the first write, or a second append, could wait in a circle.
CREATE OR REPLACE FUNCTION {schema}.begin_append() RETURNS void LANGUAGE plpgsql VOLATILE AS $f$
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL OR current_setting('regulars.appended', true) = 'y'
       OR current_setting('transaction_isolation') <> 'read committed'
       OR current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        RAISE EXCEPTION 'append must be the first write of a durable, read committed transaction' USING ERRCODE = '25001';
    END IF;
    PERFORM set_config('regulars.appended', 'y', true);
END $f$;

-- The time of an append. After a step of the clock backwards it is still later than the last tick, on which watermarks rest.
-- With p_floor it is later than everything recorded so far: the index finds rows later than now without reading the others.
CREATE OR REPLACE FUNCTION {schema}.append_time(p_floor boolean, OUT gen smallint, OUT at timestamptz) LANGUAGE plpgsql VOLATILE AS $f$
BEGIN
    SELECT s.gen, greatest(clock_timestamp(), s.last_tick + interval '1 us') INTO gen, at FROM {schema}.store s;
    IF p_floor THEN
        SELECT greatest(at, max(e.recorded_at) + interval '1 us') INTO at FROM {schema}.events e WHERE e.recorded_at >= at;
    END IF;
END $f$;

-- One append of at least one event, and no external id to claim: what nearly every command is. Called by append_many between its
-- steps 2 and 3, whose answers and order it keeps, without what many streams in one append take.
CREATE OR REPLACE FUNCTION {schema}.append_alone(p_append jsonb, p_command jsonb, p_skip_existing boolean)
RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $f$
DECLARE
    name text := p_append->>'stream'; expected int := (p_append->>'expected')::int; new jsonb := p_append->'events';
    head int; last timestamptz; verdict text; x xid8; g smallint; t timestamptz; at_pos bigint; results jsonb;
BEGIN
    SELECT e.version, e.recorded_at INTO head, last FROM {schema}.events e WHERE e.stream = name ORDER BY e.version DESC LIMIT 1;
    verdict := CASE WHEN expected IS NULL OR expected = coalesce(head, 0) THEN 'appended' WHEN expected > 0 THEN 'conflict' ELSE 'exists' END;
    IF verdict = 'conflict' OR verdict = 'exists' AND NOT p_skip_existing THEN
        RETURN jsonb_build_object('outcome', 'conflict', 'results', jsonb_build_array(
            jsonb_build_object('stream', name, 'outcome', verdict, 'version', coalesce(head, 0))));
    END IF;
    IF verdict = 'exists' AND p_command IS NULL THEN
        RETURN jsonb_build_object('outcome', 'appended', 'results', jsonb_build_array(
            jsonb_build_object('stream', name, 'outcome', verdict, 'version', head)));
    END IF;
    x := pg_current_xact_id();
    SELECT s.gen, greatest(s.at, last + interval '1 us') INTO g, t FROM {schema}.append_time(new @? '$[*] ? (@.floor == true)') s;
    IF verdict = 'appended' THEN
        WITH written AS (
            INSERT INTO {schema}.events (gen, xid, stream, version, event_id, type, customer_id, part, body, meta, occurred_at, recorded_at)
            SELECT g, x, name, coalesce(head, 0) + v.i, (v.e->>'id')::uuid, v.e->>'type', (p_append->>'customer')::uuid,
                   (p_append->>'part')::smallint, v.e->'body', v.e->'meta', (v.e->>'at')::timestamptz, t + (v.i - 1) * interval '1 us'
              FROM jsonb_array_elements(new) WITH ORDINALITY v(e, i)
             ORDER BY v.i
            RETURNING version, pos)
        SELECT w.version, w.pos INTO head, at_pos FROM written w ORDER BY w.version DESC LIMIT 1;
    END IF;
    results := jsonb_build_array(jsonb_build_object('stream', name, 'outcome', verdict, 'version', head,
                                                    'cursor', g || '.' || x || '.' || at_pos));
    IF p_command IS NOT NULL THEN
        INSERT INTO {schema}.commands (principal, route, key, fingerprint, status, answer, results, at)
        VALUES ((p_command->>'principal')::uuid, p_command->>'route', p_command->>'key', decode(p_command->>'fingerprint', 'hex'),
                (p_command->>'status')::int, p_command->'answer', results, t);
    END IF;
    RETURN jsonb_build_object('outcome', 'appended', 'status', p_command->'status', 'answer', p_command->'answer', 'results', results);
END $f$;

-- p_appends: [{stream, expected (null: any), customer, part, events: [{id, type, at, floor, meta, body}]}]
-- p_command: {principal, route, key, fingerprint (hex), status, answer} or null; p_guards: [{system, value, customer}]
-- Answers {outcome, results: [{stream, outcome, version, cursor}], status, answer, taken}. A conflict is an answer, since an
-- exception would take the caller's transaction with it.
CREATE OR REPLACE FUNCTION {schema}.append_many(p_appends jsonb, p_command jsonb, p_guards jsonb, p_skip_existing boolean)
RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $f$
DECLARE
    stored {schema}.commands; x xid8; g smallint; t timestamptz; floored boolean; results jsonb; bad jsonb;
    streams text[]; heads int[]; bases int[]; counts int[]; lasts timestamptz[]; outcomes text[];
BEGIN
    PERFORM {schema}.begin_append();
    -- 1. All locks in one ascending pass. A lock is released after the commit is visible and the next holder takes its
    --    transaction id after the lock: so along a stream the order of ids is the order of versions.
    PERFORM pg_advisory_xact_lock(k.category, k.bucket) FROM (
        SELECT DISTINCT hashtext(split_part(q.name, '-', 1)) AS category, hashtext(q.name) & 1023 AS bucket FROM (
            SELECT a->>'stream' AS name FROM jsonb_array_elements(p_appends) a
            UNION ALL SELECT 'command-' || concat_ws('/', p_command->>'principal', p_command->>'route', p_command->>'key')
                       WHERE p_command IS NOT NULL
            UNION ALL SELECT 'external-' || concat_ws('/', u->>'system', u->>'value') FROM jsonb_array_elements(p_guards) u
        ) q ORDER BY 1, 2) k;
    -- 2. The command may have been answered before.
    IF p_command IS NOT NULL THEN
        SELECT * INTO stored FROM {schema}.commands m
         WHERE m.principal = (p_command->>'principal')::uuid AND m.route = p_command->>'route' AND m.key = p_command->>'key';
        IF FOUND THEN
            RETURN CASE WHEN stored.fingerprint = decode(p_command->>'fingerprint', 'hex')
                THEN jsonb_build_object('outcome', 'replayed', 'status', stored.status, 'answer', stored.answer, 'results', stored.results)
                ELSE '{"outcome": "key_reused"}' END;
        END IF;
    END IF;
    IF jsonb_array_length(p_appends) = 1 AND jsonb_array_length(p_guards) = 0 AND p_appends @? '$[0].events[0]' THEN
        RETURN {schema}.append_alone(p_appends->0, p_command, p_skip_existing);
    END IF;
    -- 3. Heads against expectations. A stream may occur more than once: each append then begins where the one before ends.
    SELECT array_agg(q.stream ORDER BY q.o), array_agg(q.head ORDER BY q.o), array_agg(q.base ORDER BY q.o), array_agg(q.last ORDER BY q.o),
           array_agg(CASE WHEN q.outcome = 'appended' THEN q.n ELSE 0 END ORDER BY q.o), array_agg(q.outcome ORDER BY q.o),
           jsonb_agg(jsonb_build_object('stream', q.stream, 'outcome', q.outcome, 'version', q.base) ORDER BY q.o)
               FILTER (WHERE q.outcome = 'conflict' OR q.outcome = 'exists' AND NOT p_skip_existing)
      INTO streams, heads, bases, lasts, counts, outcomes, bad
      FROM (SELECT w.*, CASE WHEN w.expected IS NULL OR w.expected > 0 AND w.expected = w.base THEN 'appended'
                             WHEN w.expected > 0 THEN 'conflict' WHEN w.fresh THEN 'appended' ELSE 'exists' END AS outcome
              FROM (SELECT f.*, (f.head + coalesce(sum(f.n) FILTER (WHERE f.expected IS DISTINCT FROM 0 OR f.fresh) OVER before, 0))::int AS base
                      FROM (SELECT y.o, y.a->>'stream' AS stream, (y.a->>'expected')::int AS expected, h.n, l.recorded_at AS last,
                                   coalesce(l.version, 0) AS head,
                                   l.version IS NULL AND count(*) FILTER (WHERE h.n > 0) OVER before = 0 AS fresh
                              FROM jsonb_array_elements(p_appends) WITH ORDINALITY y(a, o)
                             CROSS JOIN LATERAL (SELECT jsonb_array_length(y.a->'events') AS n) h
                              LEFT JOIN LATERAL (SELECT e.version, e.recorded_at FROM {schema}.events e
                                                  WHERE e.stream = y.a->>'stream' ORDER BY e.version DESC LIMIT 1) l ON true
                            WINDOW before AS (PARTITION BY y.a->>'stream' ORDER BY y.o ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) f
                    WINDOW before AS (PARTITION BY f.stream ORDER BY f.o ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) w) q;
    IF bad IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'conflict', 'results', bad); END IF;
    -- 4. Guards, looked at only: an answer must leave no half claim.
    SELECT jsonb_agg(jsonb_build_object('system', c.system, 'value', c.value, 'customer', c.owner)) INTO bad
      FROM (SELECT u.g->>'system' AS system, u.g->>'value' AS value, (u.g->>'customer')::uuid AS customer,
                   coalesce(i.customer_id, first_value((u.g->>'customer')::uuid) OVER (PARTITION BY u.g->>'system', u.g->>'value' ORDER BY u.o)) AS owner
              FROM jsonb_array_elements(p_guards) WITH ORDINALITY u(g, o)
              LEFT JOIN {schema}.external_ids i ON i.system = u.g->>'system' AND i.value = u.g->>'value') c
     WHERE c.owner <> c.customer;
    IF bad IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'taken', 'taken', bad); END IF;
    IF p_command IS NULL AND jsonb_array_length(p_guards) = 0 AND NOT 0 < ANY (counts) THEN
        SELECT jsonb_agg(jsonb_build_object('stream', r.s, 'outcome', r.d, 'version', r.b) ORDER BY r.o) INTO results
          FROM unnest(streams, outcomes, bases) WITH ORDINALITY r(s, d, b, o);
        RETURN jsonb_build_object('outcome', 'appended', 'results', coalesce(results, '[]'));
    END IF;
    -- 5. The transaction id in a statement of its own, so that the snapshot that reads the last tick is younger than the id:
    --    either the id is below that of a tick, or the append sees the tick and records later.
    x := pg_current_xact_id();
    floored := p_appends @? '$[*].events[*] ? (@.floor == true)';
    SELECT s.gen, s.at INTO g, t FROM {schema}.append_time(floored) s;
    -- 6. Writes. No ON CONFLICT anywhere: a broken lock must fail loudly.
    INSERT INTO {schema}.external_ids (system, value, customer_id)
    SELECT DISTINCT u->>'system', u->>'value', (u->>'customer')::uuid FROM jsonb_array_elements(p_guards) u
     WHERE NOT EXISTS (SELECT FROM {schema}.external_ids i WHERE i.system = u->>'system' AND i.value = u->>'value');
    WITH written AS (
        INSERT INTO {schema}.events (gen, xid, stream, version, event_id, type, customer_id, part, body, meta, occurred_at, recorded_at)
        SELECT g, x, streams[y.o], bases[y.o] + v.i, (v.e->>'id')::uuid, v.e->>'type', (y.a->>'customer')::uuid,
               (y.a->>'part')::smallint, v.e->'body', v.e->'meta', (v.e->>'at')::timestamptz,
               greatest(t, lasts[y.o] + interval '1 us') + (bases[y.o] - heads[y.o] + v.i - 1) * interval '1 us'
          FROM jsonb_array_elements(p_appends) WITH ORDINALITY y(a, o), jsonb_array_elements(y.a->'events') WITH ORDINALITY v(e, i)
         WHERE counts[y.o] > 0
         ORDER BY y.o, v.i
        RETURNING stream, version, pos)
    SELECT jsonb_agg(jsonb_build_object('stream', r.s, 'outcome', r.d, 'version', r.b + r.n,
                     'cursor', g || '.' || x || '.' || w.pos) ORDER BY r.o)
      INTO results
      FROM unnest(streams, outcomes, bases, counts) WITH ORDINALITY r(s, d, b, n, o)
      LEFT JOIN written w ON r.n > 0 AND w.stream = r.s AND w.version = r.b + r.n;
    results := coalesce(results, '[]');
    IF p_command IS NOT NULL THEN
        INSERT INTO {schema}.commands (principal, route, key, fingerprint, status, answer, results, at)
        VALUES ((p_command->>'principal')::uuid, p_command->>'route', p_command->>'key', decode(p_command->>'fingerprint', 'hex'),
                (p_command->>'status')::int, p_command->'answer', results, t);
    END IF;
    RETURN jsonb_build_object('outcome', 'appended', 'status', p_command->'status', 'answer', p_command->'answer', 'results', results);
END $f$;
GRANT EXECUTE ON FUNCTION {schema}.begin_append(), {schema}.append_time(boolean), {schema}.append_alone(jsonb, jsonb, boolean), {schema}.append_many(jsonb, jsonb, jsonb, boolean) TO {schema};
REVOKE EXECUTE ON FUNCTION {schema}.begin_append(), {schema}.append_time(boolean), {schema}.append_alone(jsonb, jsonb, boolean), {schema}.append_many(jsonb, jsonb, jsonb, boolean) FROM PUBLIC;
