import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What statements use to change an array in its place, and who made a thing, for tables from before that was kept. */
export const Fields1700000000003 = class implements MigrationInterface {
  readonly name = 'Fields1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(functions);
    await runner.query(createdBy);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

const functions = `
-- The array with the items at its end that it has not yet, each once, in their order.
CREATE FUNCTION nightshift_data.add_to_array(held anyarray, items anyarray) RETURNS anyarray LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  added held%TYPE;
BEGIN
  SELECT array_agg(value ORDER BY place) INTO added FROM (
    SELECT value, min(place) AS place FROM unnest(items) WITH ORDINALITY AS item (value, place)
    WHERE NOT EXISTS (SELECT FROM unnest(held) AS has (value) WHERE has.value IS NOT DISTINCT FROM item.value)
    GROUP BY value
  ) AS new;
  RETURN CASE WHEN added IS NULL THEN held ELSE held || added END;
END
$body$;

-- The array without whatever is equal to one of the items.
CREATE FUNCTION nightshift_data.remove_from_array(held anyarray, items anyarray) RETURNS anyarray LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  rest held%TYPE;
BEGIN
  SELECT array_agg(value ORDER BY place) INTO rest
  FROM unnest(held) WITH ORDINALITY AS has (value, place)
  WHERE NOT EXISTS (SELECT FROM unnest(items) AS item (value) WHERE item.value IS NOT DISTINCT FROM has.value);
  RETURN CASE WHEN held IS NULL OR cardinality(rest) = cardinality(held) THEN held ELSE coalesce(rest, '{}') END;
END
$body$;
`;

const createdBy = `
DO $body$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT c.relname FROM nightshift_data.types t
    JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    WHERE NOT t.attached AND pg_has_role(current_user, c.relowner, 'USAGE')
  LOOP
    EXECUTE format('ALTER TABLE public.%I ADD COLUMN IF NOT EXISTS "createdBy" text', name);
  END LOOP;
END
$body$;
`;
