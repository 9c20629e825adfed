import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the rate of a list is told from, what runs have started, and how reports of progress are put together. */
export const Progress1700000000006 = class implements MigrationInterface {
  readonly name = 'Progress1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only');
  }
};

/** No rights are new: the tables have theirs, and everybody may call functions. */
const tables = `
ALTER TABLE nightshift.list_counts
  -- How many items had ended at two moments, the second at least ten seconds and ten items ago.
  ADD COLUMN mark_at           timestamptz,
  ADD COLUMN earlier_mark_at   timestamptz,
  ADD COLUMN mark_done         integer,
  ADD COLUMN earlier_mark_done integer;

CREATE INDEX lists_by_parent ON nightshift.lists (parent_run_id) WHERE parent_run_id IS NOT NULL;

-- What a progress step does not say stays as it was said before, and what is done does not become less.
CREATE FUNCTION nightshift.merge_progress(before json, said json) RETURNS json LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN before IS NULL OR said IS NULL THEN coalesce(said, before)
    WHEN (before ->> 'done')::float8 > (said ->> 'done')::float8
      THEN (before::jsonb || said::jsonb || jsonb_build_object('done', before -> 'done'))::json
    ELSE (before::jsonb || said::jsonb)::json END
$$;
`;
