import type { Flow } from '@nightshift/contracts';
import type pg from 'pg';

/**
 * Sets or takes away a workflow's flow, unless it is as it was. Shuts the table until the end of the transaction: whoever requests a run has
 * seen the old state and committed, or sees the new one.
 * @returns whether it changed
 */
export const setFlow = async (client: pg.ClientBase, workflow: string, flow: Flow | null): Promise<boolean> => {
  const { rows } = await client.query<{ is_same: boolean }>(
    'SELECT spec::jsonb = $2::jsonb AS is_same FROM nightshift.flows WHERE workflow = $1',
    [workflow, JSON.stringify(flow)],
  );
  const isSame = rows[0] ? rows[0].is_same : flow === null;
  if (isSame) return false;
  await client.query('LOCK TABLE nightshift.flows IN ACCESS EXCLUSIVE MODE');
  await (flow === null
    ? client.query('DELETE FROM nightshift.flows WHERE workflow = $1', [workflow])
    : client.query(
        `INSERT INTO nightshift.flows (workflow, spec) VALUES ($1, $2)
         ON CONFLICT (workflow) DO UPDATE SET spec = excluded.spec, updated_at = now()`,
        [workflow, JSON.stringify(flow)],
      ));
  return true;
};
