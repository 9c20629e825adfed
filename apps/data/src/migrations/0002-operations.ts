import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What statements use to change a list in its place, and to refuse an answer that nobody could be sent. */
export const Operations1700000000002 = class implements MigrationInterface {
  readonly name = 'Operations1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(functions);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

/** The codes that the functions raise are in `database/postgres-error.ts`. */
const functions = `
-- The list that a field holds, empty if it holds nothing.
CREATE FUNCTION nightshift_data.list_of(field text, held jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $body$
BEGIN
  CASE coalesce(jsonb_typeof(held), 'null')
    WHEN 'array' THEN RETURN held;
    WHEN 'null' THEN RETURN '[]';
    ELSE RAISE EXCEPTION 'the field holds no list' USING ERRCODE = 'NS001', COLUMN = field;
  END CASE;
END
$body$;

-- The list with the items at its end that it has not yet, each once, in their order.
CREATE FUNCTION nightshift_data.add_to_list(field text, held jsonb, items jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  list jsonb := nightshift_data.list_of(field, held);
  added jsonb;
BEGIN
  SELECT jsonb_agg(value ORDER BY place) INTO added FROM (
    SELECT value, min(place) AS place FROM jsonb_array_elements(items) WITH ORDINALITY AS item (value, place)
    WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(list) AS has (value) WHERE has.value = item.value)
    GROUP BY value
  ) AS new;
  RETURN CASE WHEN added IS NULL THEN held ELSE list || added END;
END
$body$;

-- The list without whatever is equal to one of the items.
CREATE FUNCTION nightshift_data.remove_from_list(field text, held jsonb, items jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $body$
DECLARE
  list jsonb := nightshift_data.list_of(field, held);
  rest jsonb;
BEGIN
  SELECT coalesce(jsonb_agg(value ORDER BY place), '[]') INTO rest
  FROM jsonb_array_elements(list) WITH ORDINALITY AS has (value, place)
  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(items) AS item (value) WHERE item.value = has.value);
  RETURN CASE WHEN rest = list THEN held ELSE rest END;
END
$body$;

-- The answer, or an error that takes back what it is the answer of.
CREATE FUNCTION nightshift_data.sendable(answer json, most_bytes integer) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $body$
BEGIN
  IF octet_length(answer::text) > most_bytes THEN
    RAISE EXCEPTION 'the answer is too long' USING ERRCODE = 'NS002';
  END IF;
  RETURN answer;
END
$body$;
`;
