import { runStatuses, type RunStatus, type RunView } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import { confirm } from '../connection/read-secret.ts';
import type { Define } from '../define.ts';
import { shortJson } from '../output/describe-event.ts';
import { formatDuration, relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { parameterOptions, readParameters, type ParameterOptions } from '../read-parameters.ts';
import type { Session } from '../session.ts';
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

/** Finding runs, reading one, and controlling them. */
export const addRuns = (define: Define): void => {
  const { command, group } = define;
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
  addControls(define);
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

interface ControlOptions {
  workflow?: string;
  status?: string;
  yes?: boolean;
  reason?: string;
}

const targetOptions = [
  ['--workflow <name>', 'all runs of a workflow, in place of single ones'],
  ['--status <status>', 'only those that are in this status'],
  ['-y, --yes', 'asks nothing'],
] as const;
const reasonOption = ['--reason <text>', "kept in the run's history"] as const;

const addControls = ({ command }: Define): void => {
  for (const [action, does] of [
    ['cancel', 'ends runs'],
    ['pause', 'holds runs where they are'],
    ['resume', 'lets paused runs go on'],
    ['retry', 'lets failed runs go on at the step that failed'],
  ] as const) {
    const hasReason = action === 'cancel' || action === 'pause';
    command<ControlOptions, [string[]]>(`${action} [run...]`, {
      does,
      options: hasReason ? [reasonOption, ...targetOptions] : targetOptions,
      action: (session, options, ids) => control(session, action, options, ids),
    });
  }
  command<ParameterOptions & { from?: string }>('replay <run>', {
    does: 'starts a new run like another one, or like its rest from a step on',
    options: [['--from <step>', 'the step to begin with'], ...parameterOptions],
    action: async ({ client, screen, io }, { from, ...given }, id) => {
      const hasParameters = given.p !== undefined || given.parameters !== undefined;
      const parameters = hasParameters ? await readParameters(given, io) : undefined;
      const started = await client.runs.replay(id!, {
        ...(from && { fromStep: from }),
        ...(parameters && { parameters }),
      });
      screen.answer(started, started.runId);
    },
  });
};

const control = async (
  session: Session,
  action: 'cancel' | 'pause' | 'resume' | 'retry',
  { workflow, status: statusText, yes, reason }: ControlOptions,
  ids: readonly string[],
) => {
  const { client, screen, io } = session;
  if (ids.length > 0) {
    if (workflow !== undefined) throw commandError('Name runs or a workflow, not both.');
    for (const id of ids) {
      const run = await client.runs[action](id, reason === undefined ? {} : { reason });
      screen.answer(run, `${run.id}  ${run.status}`);
    }
    return;
  }
  if (workflow === undefined) {
    throw commandError('Which runs?', { advice: `nightshift ${action} <run>, or --workflow for all of a workflow` });
  }
  const status = oneOf(runStatuses, statusText, '--status') ?? usualStatus[action];
  const where = { workflow, ...(status !== undefined && { status }) };
  const which = `all ${status === undefined ? '' : `${status} `}runs of ${workflow}`;
  if (yes !== true && !(await confirm(io, `${action} ${which}?`))) {
    throw commandError(`Nothing is done to ${which}.`, { advice: '--yes does it without asking.' });
  }
  const answer = await client.runs[`${action}Many`]({ where }, reason === undefined ? {} : { reason });
  const { changed, unchanged } = answer;
  screen.answer(answer, `${changed} changed${unchanged.length > 0 ? `, ${unchanged.length} could not be` : ''}`);
};

const usualStatus: Partial<Record<string, RunStatus>> = { resume: 'paused', retry: 'failed' };
