-- Data keys of customers, wrapped by a master key that is never in the database. Every statement may be run again.
-- Services reach the tables through the functions alone.
CREATE SCHEMA IF NOT EXISTS keystore AUTHORIZATION regulars_keystore;
REVOKE ALL ON SCHEMA keystore FROM PUBLIC;

CREATE TABLE IF NOT EXISTS keystore.keys (
  key_id uuid PRIMARY KEY,
  customer_id uuid NOT NULL UNIQUE,
  wrapped bytea,
  erased_at timestamptz,
  CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL)));

-- Backed up apart from the keys: after a restore it says which keys must be destroyed again.
CREATE TABLE IF NOT EXISTS keystore.erasures (
  customer_id uuid PRIMARY KEY,
  erased_at timestamptz NOT NULL,
  signature bytea NOT NULL);

ALTER TABLE keystore.keys OWNER TO regulars_keystore;
ALTER TABLE keystore.erasures OWNER TO regulars_keystore;

-- Keys of many customers. A row for each customer that has one, also for erased ones, then with wrapped NULL.
CREATE OR REPLACE FUNCTION keystore.keys_for(p_customers uuid[])
RETURNS TABLE (customer_id uuid, key_id uuid, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT k.customer_id, k.key_id, k.wrapped FROM keystore.keys k WHERE k.customer_id = ANY (p_customers)
$f$;

CREATE OR REPLACE FUNCTION keystore.key_for(p_customer uuid)
RETURNS TABLE (customer_id uuid, key_id uuid, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT k.customer_id, k.key_id, k.wrapped FROM keystore.keys k WHERE k.customer_id = p_customer
$f$;

-- Offers new keys; a customer that has a key, or had one, keeps what is there. Answers like keys_for.
CREATE OR REPLACE FUNCTION keystore.make_keys(p_customers uuid[], p_keys uuid[], p_wrapped bytea[])
RETURNS TABLE (customer_id uuid, key_id uuid, wrapped bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
#variable_conflict use_column
BEGIN
  -- Sorted, so that two processes that make keys of the same customers wait for each other instead of locking each other out.
  -- The statement after this one sees what the other has committed.
  INSERT INTO keystore.keys AS k (key_id, customer_id, wrapped)
    SELECT n.key_id, n.customer_id, n.wrapped FROM unnest(p_customers, p_keys, p_wrapped) AS n (customer_id, key_id, wrapped)
     WHERE NOT EXISTS (SELECT FROM keystore.erasures e WHERE e.customer_id = n.customer_id)
     ORDER BY n.customer_id
    ON CONFLICT (customer_id) DO NOTHING;
  RETURN QUERY SELECT k.customer_id, k.key_id, k.wrapped FROM keystore.keys k WHERE k.customer_id = ANY (p_customers);
END $f$;

-- Keys by their ids, for reading what was sealed with them. Destroyed and unknown ones are left out.
CREATE OR REPLACE FUNCTION keystore.open_keys(p_keys uuid[])
RETURNS TABLE (key_id uuid, customer_id uuid, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT k.key_id, k.customer_id, k.wrapped FROM keystore.keys k WHERE k.key_id = ANY (p_keys) AND k.wrapped IS NOT NULL
$f$;

-- Destroys a customer's key for ever; one who never had a key never gets one. True when this call did it.
CREATE OR REPLACE FUNCTION keystore.destroy_key(p_customer uuid, p_spare uuid, p_at timestamptz, p_signature bytea)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE done boolean;
BEGIN
  INSERT INTO keystore.keys AS k (key_id, customer_id, wrapped, erased_at) VALUES (p_spare, p_customer, NULL, p_at)
    ON CONFLICT (customer_id) DO UPDATE SET wrapped = NULL, erased_at = p_at WHERE k.erased_at IS NULL
    RETURNING true INTO done;
  INSERT INTO keystore.erasures AS e (customer_id, erased_at, signature) VALUES (p_customer, p_at, p_signature)
    ON CONFLICT (customer_id) DO NOTHING;
  RETURN coalesce(done, false);
END $f$;

-- The erasure ledger, for replaying it after a restore.
CREATE OR REPLACE FUNCTION keystore.erased_customers()
RETURNS TABLE (customer_id uuid, erased_at timestamptz, signature bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  SELECT e.customer_id, e.erased_at, e.signature FROM keystore.erasures e
$f$;
