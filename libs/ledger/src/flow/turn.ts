import type { Flow } from '@nightshift/contracts';
import type { CompiledFlow, RateWindow } from '@nightshift/workflow-core';
import type pg from 'pg';
import type { AdmissionRules } from './flows.ts';

/** Keys that one turn looks at because they are due. */
export const KEYS_AT_ONCE = 1_000;
/** Runs that one turn admits. Larger holds their rows for longer; smaller costs more commits. */
export const ADMIT_AT_ONCE = 500;

/** What a turn at a queue is about. */
export interface Turn {
  client: pg.ClientBase;
  workflow: string;
  /** Undefined: the workflow has none any more. */
  flow: CompiledFlow | undefined;
  rules: AdmissionRules;
  now: Date;
}

/** What is held of a workflow: all of it, or some of its keys, or chains. */
export interface Holds {
  isAll: boolean;
  keys: string[];
  chains: string[];
}

/** A run that waits for its admission, as SQL says it of a row of `flow_runs`. */
export const isWaiting = (row: string): string =>
  `${row}.admitted_at IS NULL AND ${row}.ended_at IS NULL AND ${row}.ending IS NULL AND ${row}.batch_id IS NULL`;

const QUEUE_LOCK = 4_712;

/** Takes the workflow's queue until the end of the transaction. False: another scheduler has it. */
export const lockQueue = async (client: pg.ClientBase, workflow: string): Promise<boolean> => {
  const { rows } = await client.query<{ is_mine: boolean }>({
    name: 'lock-queue',
    text: 'SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS is_mine',
    values: [QUEUE_LOCK, workflow],
  });
  return rows[0]!.is_mine;
};

export const readFlow = async (
  client: pg.ClientBase,
  workflow: string,
  rules: AdmissionRules,
): Promise<{ flow: CompiledFlow | undefined; rate: RateWindow }> => {
  const { rows } = await client.query<{ spec: Flow; rate: RateWindow | null }>({
    name: 'read-flow',
    text: 'SELECT spec, rate FROM nightshift.flows WHERE workflow = $1',
    values: [workflow],
  });
  const [row] = rows;
  return { flow: row && rules.compile(row.spec), rate: row?.rate ?? [] };
};

/** Whatever is held of the workflow. The table stays shut for new holds until the end of the transaction. */
export const readHolds = async ({ client, workflow }: Turn): Promise<Holds> => {
  const { rows } = await client.query<{ key: string | null; chain_id: string | null }>({
    name: 'read-holds',
    text: `SELECT key, chain_id FROM nightshift.flow_holds WHERE workflow = $1 OR workflow IS NULL`,
    values: [workflow],
  });
  return {
    isAll: rows.some(({ key, chain_id: chainId }) => key === null && chainId === null),
    keys: rows.flatMap(({ key }) => key ?? []),
    chains: rows.flatMap(({ chain_id: chainId }) => chainId ?? []),
  };
};

/** Index: flow_keys_due. */
export const dueKeys = async ({ client, workflow, now }: Turn): Promise<string[]> => {
  const { rows } = await client.query<{ key: string }>({
    name: 'due-keys',
    text: 'SELECT key FROM nightshift.flow_keys WHERE workflow = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3',
    values: [workflow, now, KEYS_AT_ONCE],
  });
  return rows.map(({ key }) => key);
};

/** Index: flow_keys_due. */
export const nextDue = async ({ client, workflow, now }: Turn): Promise<Date | undefined> => {
  const { rows } = await client.query<{ due_at: Date | null }>({
    name: 'next-due-key',
    text: 'SELECT min(due_at) AS due_at FROM nightshift.flow_keys WHERE workflow = $1 AND due_at > $2',
    values: [workflow, now],
  });
  return rows[0]!.due_at ?? undefined;
};
