import { openLedger, type Ledger, type ScheduleFilter } from '@nightshift/ledger';
import { median } from '../report/report.ts';
import type { Platform } from '../platform/platform.ts';

export interface SearchFigures {
  schedules: number;
  insertSeconds: number;
  /** The median of a few first pages and the slowest, which reads what is not in memory yet; and the slowest count. */
  searches: { name: string; found: number; firstPageMs: number; slowestMs: number; countMs: number }[];
}

const PAGE = 50;
const TRIES = 5;

/** Schedules of a hundred workflows and a thousand users, most of which wait; every hundredth has a key. */
const insert = (count: number): string => `
  WITH one AS (
    SELECT n, uuidv7() AS id, 'workflow-' || n % 100 AS workflow, now() + n * interval '1 second' AS due_at,
      CASE WHEN n % 1000 = 0 THEN 'cancelled' WHEN n % 5000 = 1 THEN 'paused' WHEN n % 10 = 3 THEN 'succeeded' ELSE 'scheduled' END AS status,
      json_build_object('tenant', n % 20, 'order', json_build_object('id', n)) AS parameters
    FROM generate_series(1, ${count}) AS n),
  request AS (
    INSERT INTO nightshift.run_events (run_id, version, type, at, data)
    SELECT id, 1, 'RunRequested', now(), json_build_object('workflow', workflow, 'workflowVersion', 1, 'parameters', parameters,
      'cause', json_build_object('kind', 'schedule', 'dueAt', due_at), 'chainId', id, 'iteration', 1, 'depth', 0, 'dueAt', due_at)
    FROM one),
  run AS (
    INSERT INTO nightshift.runs (id, workflow, workflow_version, status, cause, parent_waits, iteration, depth, requested_at, due_at, finished_at)
    SELECT id, workflow, 1, status, '{"kind":"schedule"}', false, 1, 0, now(), due_at,
      CASE WHEN status IN ('cancelled', 'succeeded') THEN now() END
    FROM one)
  INSERT INTO nightshift.schedules (run_id, due_at, ended_at, is_latest, phase, workflow, key, requested_by, parameters)
  SELECT id, due_at, CASE WHEN status IN ('cancelled', 'succeeded') THEN now() END, false, status, workflow,
    CASE WHEN n % 100 = 0 THEN 'order-' || n END, CASE WHEN n % 2 = 0 THEN 'admin' ELSE 'user-' || n % 1000 END, parameters
  FROM one`;

const dueAfterHalf = (count: number): Date => new Date(Date.now() + (count / 2) * 1_000);

const searchesOf = (count: number): Record<string, ScheduleFilter> => ({
  nothing: {},
  waiting: { status: 'scheduled' },
  paused: { status: 'paused' },
  'running (none)': { status: 'running' },
  workflow: { workflow: 'workflow-7' },
  'workflow, paused': { workflow: 'workflow-1', status: 'paused' },
  'user with half of all': { user: 'admin' },
  'user with few': { user: 'user-77' },
  'user with half of all, paused': { user: 'admin', status: 'paused' },
  'due in the second half': { status: 'scheduled', dueAfter: dueAfterHalf(count) },
  key: { key: 'order-500' },
  'keys with a rare beginning': { keyPrefix: 'order-99' },
  'keys with any beginning': { keyPrefix: 'o' },
  'parameter that 5 % have': { parameters: [[{ tenant: 7 }]] },
  'parameter that one has': { parameters: [[{ order: { id: count - 1 } }]] },
  'parameter that none has': { parameters: [[{ tenant: 'nobody' }]] },
  'workflow and parameter': { workflow: 'workflow-7', parameters: [[{ order: { id: 7 } }]] },
});

/** How long the first page of each search takes among many schedules. */
export const measureSearch = async (
  platform: Platform,
  { schedules }: { schedules: number },
): Promise<SearchFigures> => {
  const { database, cluster } = platform;
  const startedAt = performance.now();
  await database.query(insert(schedules));
  const insertSeconds = (performance.now() - startedAt) / 1_000;
  // As autovacuum does it by itself after a while.
  await database.query('VACUUM ANALYZE nightshift.schedules');
  await database.query('ANALYZE nightshift.runs');

  const ledger = await openLedger({ url: cluster.databaseUrl, applicationName: 'bench' });
  try {
    const searches = [];
    for (const [name, filter] of Object.entries(searchesOf(schedules))) {
      searches.push({ name, ...(await measureOne(ledger, filter)) });
    }
    return { schedules, insertSeconds, searches };
  } finally {
    await ledger.close();
  }
};

const measureOne = async (
  ledger: Ledger,
  filter: ScheduleFilter,
): Promise<Pick<SearchFigures['searches'][number], 'found' | 'firstPageMs' | 'slowestMs' | 'countMs'>> => {
  const pagesMs: number[] = [];
  let [countMs, found] = [0, 0];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const before = performance.now();
    await ledger.schedules.search(filter, PAGE);
    const between = performance.now();
    found = await ledger.schedules.count(filter);
    pagesMs.push(between - before);
    countMs = Math.max(countMs, performance.now() - between);
  }
  return { found, firstPageMs: median(pagesMs), slowestMs: Math.max(...pagesMs), countMs };
};
