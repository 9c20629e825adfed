import { runStatuses, type RunView } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';
import { exitCodes } from '../exit-codes.ts';
import { shortJson } from '../output/describe-event.ts';
import { formatDuration, relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import type { Session } from '../session.ts';
import { awaitRun } from './await-run.ts';
import { followRun } from './follow-run.ts';
import { oneOf, pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';

interface SearchOptions extends PageOptions {
  workflow?: string;
  status?: string;
  list?: string;
  chain?: string;
  scheduleKey?: string;
  user?: string;
  dueAfter?: string;
  dueBefore?: string;
}

const tookMs = ({ startedAt, finishedAt }: RunView): number | undefined =>
  startedAt === null || finishedAt === null ? undefined : Date.parse(finishedAt) - Date.parse(startedAt);

export const runColumns = (nowMs: number): Column<RunView>[] => [
  { title: 'run', of: ({ id }) => id },
  { title: 'workflow', of: ({ workflow }) => workflow },
  { title: 'status', of: ({ status }) => status },
  { title: 'cause', of: ({ cause }) => cause.kind },
  { title: 'requested', of: ({ requestedAt }) => relativeTime(requestedAt, nowMs) },
  {
    title: 'took',
    of: (run) => {
      const ms = tookMs(run);
      return ms === undefined ? '' : formatDuration(ms);
    },
    isRight: true,
  },
  {
    title: 'problem',
    of: ({ problem }) => (problem === undefined ? '' : `${problem.code}: ${problem.detail ?? problem.title}`),
  },
];

const search = async (
  { client, screen }: Session,
  { json: _json, ...options }: SearchOptions & { json?: boolean },
): Promise<void> => {
  const { workflow, list, chain, scheduleKey: key, user, dueAfter, dueBefore } = options;
  const status = oneOf(runStatuses, options.status, '--status');
  const page = await client.runs.search({
    ...{ workflow, status, list, chain, key, user, dueAfter, dueBefore },
    ...readPage(options),
  });
  screen.table(runColumns(Date.now()), page.items, page);
  tellMore(screen, page);
};

const searchOptions = [
  ['--workflow <name>', 'of one workflow'],
  ['--status <status>', runStatuses.join(', ')],
  ['--list <id>', 'of the items of a list'],
  ['--chain <id>', 'of a chain'],
  ['--schedule-key <key>', 'that were scheduled under a key'],
  ['--user <name>', 'that somebody asked for'],
  ['--due-after <time>', 'that are due after a time'],
  ['--due-before <time>', 'that are due before a time'],
  ...pageOptions,
] as const;

/** Finding runs, reading one, and waiting for the next one. */
export const addRuns = ({ command, group }: Define): void => {
  group('runs', 'runs, the newest first');
  command<SearchOptions>('runs list', { does: 'finds runs', options: searchOptions, action: search });
  command<SearchOptions>('runs search', { does: 'the same as list', options: searchOptions, action: search });
  command('runs get <run>', {
    does: 'one run, with why it does not move if it does not',
    action: async ({ client, screen }, _options, id) => {
      const run = await client.runs.get(id!);
      screen.answer(run, describeRun(run, Date.now()));
    },
  });
  command<{ workflow?: string; requestedAfter?: string; watch?: boolean }>('runs wait', {
    does: 'waits for the next run of a workflow, whatever starts it, and ends as it does',
    options: [
      ['--workflow <name>', 'of which workflow'],
      ['--requested-after <time>', 'one that was requested since then will do; now, if absent'],
      ['--watch', 'shows its steps'],
    ],
    action: async (session, { workflow, requestedAfter = new Date().toISOString(), watch = false }) => {
      if (workflow === undefined) throw commandError('For a run of what?', { advice: '--workflow names it.' });
      const runId = await awaitRun(session, { workflow, requestedAfter });
      if (runId === undefined) return exitCodes.interrupted;
      session.screen.note(`Run ${runId} of ${workflow}`);
      return followRun(session, runId, { isShown: watch });
    },
  });
};

const describeRun = (run: RunView, nowMs: number): string => {
  const { requestedAt, startedAt, finishedAt, dueAt, problem } = run;
  const took = tookMs(run);
  const facts: [string, string | undefined][] = [
    ['run', run.id],
    ['workflow', `${run.workflow}, version ${run.workflowVersion}`],
    ['status', run.status],
    ['cause', shortJson(run.cause)],
    ['asked for by', run.requestedBy === undefined ? undefined : `${run.requestedBy.kind} ${run.requestedBy.name}`],
    ['parent', run.parentRunId ?? undefined],
    ['chain', run.iteration > 1 ? `${run.chainId}, cycle ${run.iteration}` : undefined],
    ['list', run.listId ?? undefined],
    ['requested', `${requestedAt} (${relativeTime(requestedAt, nowMs)})`],
    ['due', dueAt === null ? undefined : `${dueAt} (${relativeTime(dueAt, nowMs)})`],
    ['started', startedAt ?? undefined],
    [
      'finished',
      finishedAt === null ? undefined : `${finishedAt}${took === undefined ? '' : `, took ${formatDuration(took)}`}`,
    ],
    ['held by', run.heldBy],
    ['parameters', run.parameters === undefined ? undefined : shortJson(run.parameters, 1_000)],
    ['result', run.result === undefined ? undefined : shortJson(run.result, 1_000)],
    ['problem', problem === undefined ? undefined : `${problem.code}: ${problem.detail ?? problem.title}`],
    ['failed step', problem?.step],
    ...(run.waitingFor ?? []).map(({ detail }): [string, string] => ['waits', detail]),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .filter((fact): fact is [string, string] => fact[1] !== undefined)
    .map(([name, value]) => `${name.padEnd(width)}  ${value}`)
    .join('\n');
};
