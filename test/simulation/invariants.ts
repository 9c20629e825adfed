import { isFinal, type DataAnswer, type RunEvent, type RunFeedEvent } from '@nightshift/contracts';
import { evolve, initialState, type PlanStep, type RunState } from '@nightshift/workflow-core';
import type { Applied } from './data-service.ts';
import { definitionOf } from './documents.ts';
import type { RunRow, Tables } from './memory-tables.ts';
import { workflows } from './workflows.ts';

/** What a simulation leaves behind. */
export interface Remains {
  tables: Tables;
  /** In the order in which they were applied. */
  effects: readonly Applied[];
  /** The data service's answers, by key. */
  kept: ReadonlyMap<string, DataAnswer | DataAnswer[]>;
  feed: readonly RunFeedEvent[];
  /** Runs of which the stream lost a dispatch, or a user got no answer to what he did with them. */
  untold: ReadonlySet<string>;
}

/** Everything that was promised and does not hold, each with its run. */
export const findViolations = (remains: Remains): string[] => {
  const { tables } = remains;
  return [
    ...[...tables.runs.values()].flatMap((run) => {
      const history = tables.events.get(run.id)!;
      return [
        ...historyViolations(run, history),
        ...stepViolations(remains, run, history),
        ...changeViolations(remains, run, history),
        ...childViolations(tables, run, history),
        ...undoViolations(history),
      ].map((violation) => `run ${run.id} (${run.workflow}): ${violation}`);
    }),
    ...keyViolations(remains),
    ...chainViolations(tables),
    ...feedViolations(remains),
    ...tables.locks.map(({ name, runId }) => `lock ${name}: run ${runId} has ended and still has it, or waits for it`),
  ];
};

const historyViolations = (run: RunRow, history: readonly RunEvent[]): string[] => {
  const violations: string[] = [];
  if (run.finishedAt === null) violations.push(`it never ends: it is ${run.status}`);
  history.forEach(({ version }, index) => {
    if (version !== index + 1) violations.push(`version ${version} stands where ${index + 1} should`);
  });
  let isOver = false;
  for (const { type, version } of history) {
    if (type === 'RunRetried') isOver = false;
    else if (isOver) violations.push(`${type} at ${version} after its end`);
    if (type === 'RunSucceeded' || type === 'RunFailed' || type === 'RunCancelled') isOver = true;
  }
  const { plan } = definitionOf(run.workflow);
  const state = history.reduce<RunState>((folded, event) => evolve(plan, folded, event), initialState);
  if (isFinal(run.status) && state.status !== run.status)
    violations.push(`its row says ${run.status}, its history ${state.status}`);
  if (state.status === 'succeeded' && JSON.stringify(state.result) !== JSON.stringify(run.result))
    violations.push('its row has another result than its history');
  return violations;
};

const keyOf = (runId: string, { step, iteration }: { step: string; iteration?: string }): string =>
  `${runId}/${step}/${iteration ?? '1'}`;

const changing = new Set(['create', 'change', 'transaction']);

/** Each execution of a step is completed once, and what a change gave is what the data service kept. */
const stepViolations = ({ kept }: Remains, run: RunRow, history: readonly RunEvent[]): string[] => {
  const violations: string[] = [];
  const completed = new Set<string>();
  const { steps } = definitionOf(run.workflow).plan;
  const caught = new Set<string>();
  for (const { type, data } of history) {
    if (type === 'StepFailed' && data.handledBy !== undefined) caught.add(data.handledBy);
    if (type !== 'StepCompleted') continue;
    const key = keyOf(run.id, data);
    if (completed.has(key)) violations.push(`${key} is completed twice`);
    completed.add(key);
    const step = steps.get(data.step)!;
    const isInTransaction = step.path.some(({ owner }) => owner?.kind === 'transaction');
    if (isInTransaction || !changing.has(step.kind) || caught.has(step.name)) continue;
    if (!kept.has(key)) violations.push(`${key} is completed, but was never applied`);
    else if (step.kind !== 'transaction' && JSON.stringify(kept.get(key)) !== JSON.stringify(data.result))
      violations.push(`${key} has another result than the data service gave`);
  }
  return violations;
};

/** As the data service is given it, without the run: workflows of the simulation leave out the iteration where there is none. */
const wholeKey = (change: string): string => (change.includes('/') ? change : change.replace(/(#|$)/, '/1$1'));

/** Which round of a retried block it was is left out. */
const withoutRounds = (key: string): string => {
  const [step, iteration = ''] = key.split('/');
  const rest = iteration.split('.').filter((part) => !/^r\d+/.test(part));
  return `${step}/${rest.length === 0 ? '1' : rest.join('.')}`;
};

const changeViolations = ({ effects }: Remains, run: RunRow, history: readonly RunEvent[]): string[] => {
  const { ending, changes, maybe = [] } = workflows.get(run.workflow)!;
  const wanted = changes.map(wholeKey);
  const made = effects.filter(({ runId }) => runId === run.id).map(({ key }) => key.slice(run.id.length + 1));
  const violations: string[] = [];
  if (ending !== 'either' && run.status !== ending && run.status !== 'cancelled' && run.finishedAt !== null)
    violations.push(`it has ${run.status}, and not ${ending}`);
  const isRetried = history.some(({ type }) => type === 'RunRetried');
  const known = isRetried ? withoutRounds : (key: string): string => key;
  const allowed = new Set([...wanted, ...maybe.map(wholeKey)].map(known));
  const unknown = made.filter((key) => !allowed.has(known(key)));
  const mustBeWhole = run.status === (ending === 'either' ? 'succeeded' : ending);
  const missing = mustBeWhole ? wanted.filter((key) => !made.some((other) => known(other) === known(key))) : [];
  if (unknown.length > 0) violations.push(`it made changes that its workflow has not: ${unknown.join(', ')}`);
  if (missing.length > 0) violations.push(`it did not make ${missing.join(', ')}`);
  return violations;
};

/** What a run's steps have started is what there is of it, each once. */
const childViolations = (tables: Tables, run: RunRow, history: readonly RunEvent[]): string[] => {
  const { steps } = definitionOf(run.workflow).plan;
  const started = history.flatMap(({ type, data }) => {
    if (type === 'WaitStarted') return data.calledRunId ?? [];
    if (type !== 'StepCompleted' || steps.get(data.step)?.kind !== 'schedule') return [];
    return (data.result as { runId: string }).runId;
  });
  const children = [...tables.runs.values()].filter(({ parentId }) => parentId === run.id).map(({ id }) => id);
  const twice = started.filter((id, index) => started.indexOf(id) !== index);
  return [
    ...twice.map((id) => `it has started ${id} twice`),
    ...children.filter((id) => !started.includes(id)).map((id) => `it does not know of its child ${id}`),
    ...started.filter((id) => !children.includes(id)).map((id) => `its child ${id} is not there`),
  ];
};

/** After each failure, the steps are undone in the reverse order of their completion. */
const undoViolations = (history: readonly RunEvent[]): string[] => {
  const completedAt = new Map<string, number>();
  const violations: string[] = [];
  let before = Infinity;
  for (const { type, data, version } of history) {
    if (type === 'StepCompleted') completedAt.set(keyOf('', data), version);
    if (type === 'StepFailed') before = Infinity;
    if (type !== 'StepCompensated' && type !== 'CompensationFailed') continue;
    const completed = completedAt.get(keyOf('', data));
    if (completed === undefined) violations.push(`${data.step} is undone, but was not done`);
    else if (completed > before) violations.push(`${data.step} is undone too late`);
    before = completed ?? before;
  }
  return violations;
};

const keyViolations = ({ effects }: Remains): string[] => {
  const seen = new Set<string>();
  return effects.flatMap(({ key }) => (seen.has(key) ? [`${key} was applied twice`] : (seen.add(key), [])));
};

const chainViolations = ({ runs, events }: Tables): string[] => {
  const seen = new Set<string>();
  return [...runs.values()].flatMap(({ id, workflow, chainId, iteration }) => {
    const place = `${workflow} ${chainId} ${iteration}`;
    const violations = seen.has(place) ? [`chain ${chainId} has cycle ${iteration} twice`] : [];
    seen.add(place);
    const hasStarted = events.get(id)!.some(({ type }) => type === 'RunStarted');
    const { cycles } = definitionOf(workflow).guards;
    if (iteration > cycles && hasStarted) violations.push(`chain ${chainId} goes beyond its ${cycles} cycles`);
    return violations;
  });
};

/** The feed tells nothing but what is in the ledger, and tells every run's end unless what led to it was lost. */
const feedViolations = ({ tables, feed, untold }: Remains): string[] => {
  const violations: string[] = [];
  const told = new Set<string>();
  for (const { runId, version, type, at } of feed) {
    told.add(`${runId} ${version}`);
    const event = tables.events.get(runId)?.[version - 1];
    if (event?.type !== type || event.at !== at)
      violations.push(`feed: run ${runId} has no ${type} at ${version}, but ${event?.type ?? 'nothing'}`);
  }
  for (const [runId, history] of tables.events)
    if (!untold.has(runId) && tables.runs.get(runId)!.finishedAt !== null && !told.has(`${runId} ${history.length}`))
      violations.push(`feed: the end of run ${runId} was never told`);
  return violations;
};

const lockOf = ({ path }: PlanStep): boolean =>
  path.some(({ owner, role }) => role === 'body' && owner?.kind === 'lock');

/**
 * Whether a change is made under a lock that another run has. A run that lost its lock because its lease ran out, or that was cancelled,
 * may still have had a request on the way.
 */
export const lockViolation = (
  { runs, events, locks, lapsed, now }: Tables,
  { key, runId }: Applied,
): string | undefined => {
  const run = runs.get(runId);
  const [name] = key.slice(runId.length + 1).split(/[/#]/);
  const step = run && definitionOf(run.workflow).plan.steps.get(name!);
  if (!step || !lockOf(step) || run.status === 'cancelled') return undefined;
  const lock = String((events.get(runId)![0] as RunEvent & { type: 'RunRequested' }).data.parameters['lock']);
  const holder = locks.find((row) => row.name === lock && row.heldUntil !== null);
  if (holder?.runId === runId || lapsed.has(`${runId} ${lock}`)) return undefined;
  return holder && holder.heldUntil! > now()
    ? `run ${runId} makes the change ${key} under the lock ${lock}, which run ${holder.runId} has`
    : `run ${runId} makes the change ${key} without the lock ${lock}`;
};
