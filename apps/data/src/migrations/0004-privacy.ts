import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The privacy rules of each type, and what refuses a change that they do not allow. */
export const Privacy1700000000004 = class implements MigrationInterface {
  readonly name = 'Privacy1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(statements);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

/** The codes that the functions raise are in `database/postgres-error.ts`. */
const statements = `
-- In their order, as they were set. None: users may do nothing with things of the type.
ALTER TABLE nightshift_data.types ADD COLUMN privacy json NOT NULL DEFAULT '[]';

-- Volatile, so that it is called where it stands and never before.
CREATE FUNCTION nightshift_data.permit(is_allowed boolean) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
  IF is_allowed IS NOT TRUE THEN
    RAISE EXCEPTION 'the privacy rules do not allow it' USING ERRCODE = 'NS003';
  END IF;
  RETURN true;
END
$body$;

-- A reference to a thing that somebody may not find is one to a thing that is not there.
CREATE FUNCTION nightshift_data.permit_reference(field text, is_found boolean) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
  IF is_found IS NOT TRUE THEN
    RAISE EXCEPTION 'the reference leads nowhere' USING ERRCODE = 'NS004', COLUMN = field;
  END IF;
  RETURN true;
END
$body$;
`;
