import type { Problem, RunRequested } from '@nightshift/contracts';
import { compileItemKey, type EvaluationEnv, type StartListRequest } from '@nightshift/workflow-core';
import type { Clock } from '../clock.ts';
import type { Definition, Definitions } from '../definitions.ts';
import { startable } from '../effects/performers.ts';
import { statusOf, type RequestedRun, type RunRecord } from '../runs/run-record.ts';

export interface ListsDeps {
  clock: Clock;
  env: () => EvaluationEnv;
  newId: () => string;
  definitions: Definitions;
  start: (run: RequestedRun) => RunRecord;
}

/** Who starts a list; nobody in particular: a test. */
export interface ListParent {
  runId?: string;
  requested?: Pick<RunRequested, 'depth' | 'requestedBy'>;
}

export interface ListCounts {
  total: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
}

/** A list of a testbed, as it is at the moment when it is asked. */
export interface TestList {
  readonly id: string;
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly counts: Readonly<ListCounts>;
  /** How many items have ended. */
  readonly done: number;
}

export interface Lists {
  start(list: StartListRequest & { listId: string }, definition: Definition, parent: ListParent): TestList;
  /** No further item starts. @returns whether it went on until now */
  cancel(listId: string): boolean;
}

interface OpenList {
  readonly request: StartListRequest & { listId: string };
  readonly definition: Definition;
  readonly parent: ListParent;
  readonly counts: ListCounts;
  /** Indexes that have not started. */
  waiting: number[];
  /** Keys of the items that are under way. */
  readonly underWay: Map<number, string>;
  readonly keys: readonly string[];
  /** Nothing starts before. */
  notBefore: number;
  starts: number[];
  /** Why it ended before its last item. */
  endsAs?: 'cancelled' | 'failed';
  hasCompleted: boolean;
}

/** A workflow for each item of a list. */
export const makeLists = ({ clock, env, newId, definitions, start }: ListsDeps): Lists => {
  const lists = new Map<string, OpenList>();

  const hook = (list: OpenList, workflow: string | undefined, cause: RunRequested['cause'], more: object): void => {
    if (workflow === undefined) return;
    const given = { listId: list.request.listId, ...more };
    const { definition, parameters } = startable(definitions, workflow, given);
    const runId = newId();
    const depth = depthOf(list.parent);
    start({
      runId,
      requested: {
        workflow,
        workflowVersion: definition.version,
        parameters,
        cause,
        chainId: runId,
        iteration: 1,
        depth,
      },
    });
  };

  const complete = (list: OpenList): void => {
    const { request, counts, waiting, underWay } = list;
    if (list.hasCompleted || waiting.length > 0 || underWay.size > 0) return;
    list.hasCompleted = true;
    const cause = { kind: 'listCompleted', listId: request.listId } as const;
    hook(list, request.onComplete, cause, { status: statusOfList(list), ...counts });
  };

  const ended = (list: OpenList, index: number, run: RunRecord): void => {
    const { request, counts, underWay } = list;
    underWay.delete(index);
    const status = statusOf(run) as 'succeeded' | 'failed' | 'cancelled';
    counts[status]++;
    if (status === 'failed') {
      const problem: Problem | undefined = run.state.status === 'failed' ? run.state.problem : undefined;
      const { listId, items, onItemFailed, stopAbovePercent } = request;
      const cause = { kind: 'listItemFailed', listId, index, runId: run.id } as const;
      hook(list, onItemFailed, cause, { index, item: items[index], runId: run.id, problem });
      if (stopAbovePercent !== undefined && (counts.failed * 100) / counts.total > stopAbovePercent)
        drop(list, 'failed');
    }
    if (request.onProgress) tellProgress(list);
    if (request.gapMs !== undefined) list.notBefore = clock.now().getTime() + request.gapMs;
    go(list);
    complete(list);
  };

  const tellProgress = (list: OpenList): void => {
    const { everyItems, everyPercent = 100, workflow } = list.request.onProgress!;
    const done = doneOf(list);
    const stepAt = (count: number): number =>
      everyItems === undefined
        ? Math.floor((count * 100) / list.counts.total / everyPercent)
        : Math.floor(count / everyItems);
    const step = stepAt(done);
    if (step > stepAt(done - 1))
      hook(list, workflow, { kind: 'listProgress', listId: list.request.listId, step }, { done, ...list.counts });
  };

  const drop = (list: OpenList, endsAs: 'cancelled' | 'failed'): void => {
    list.endsAs ??= endsAs;
    list.counts.cancelled += list.waiting.length;
    list.waiting = [];
  };

  /** The next item that may start now; undefined: none, or not yet. */
  const nextOf = ({ request, waiting, underWay, keys }: OpenList): number | undefined => {
    const { order, concurrency, gapMs } = request;
    const most = order === 'sequential' ? 1 : (concurrency ?? (gapMs === undefined ? Infinity : 1));
    if (underWay.size >= most) return undefined;
    if (order !== 'byKey') return waiting[0];
    const busy = new Set(underWay.values());
    return waiting.find((index) => !busy.has(keys[index]!));
  };

  const begin = (list: OpenList, index: number): void => {
    const { request, definition, parent } = list;
    const { listId, as, items, parameters } = request;
    const item = items[index];
    const checked = definition.checkParameters(
      structuredClone({ ...parameters, ...(as !== undefined && { [as]: item }) }),
    );
    const runId = newId();
    list.waiting = list.waiting.filter((one) => one !== index);
    list.underWay.set(index, list.keys[index] ?? '');
    const run = start({
      runId,
      requested: {
        workflow: definition.name,
        workflowVersion: definition.version,
        parameters: (checked.ok ? checked.value : parameters) as Record<string, unknown>,
        cause: { kind: 'list', listId, index },
        chainId: runId,
        iteration: 1,
        depth: depthOf(parent),
        ...(parent.runId !== undefined && { parentRunId: parent.runId }),
        ...(parent.requested?.requestedBy && { requestedBy: parent.requested.requestedBy }),
        item,
      },
    });
    run.onEnd.push(() => ended(list, index, run));
  };

  const go = (list: OpenList): void => {
    const { request } = list;
    for (let index = nextOf(list); index !== undefined; index = nextOf(list)) {
      const nowMs = clock.now().getTime();
      if (request.rate) {
        const { limit, perMs } = request.rate;
        list.starts = list.starts.filter((atMs) => atMs > nowMs - perMs);
        if (list.starts.length >= limit) list.notBefore = Math.max(list.notBefore, list.starts[0]! + perMs);
      }
      if (list.notBefore > nowMs) return void clock.plan(list.notBefore, () => go(list));
      list.starts.push(nowMs);
      begin(list, index);
      if (request.intervalMs !== undefined) list.notBefore = nowMs + request.intervalMs;
    }
  };

  return {
    start: (request, definition, parent) => {
      const { listId, items } = request;
      const list: OpenList = {
        request,
        definition,
        parent,
        counts: { total: items.length, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 },
        waiting: items.map((_, index) => index),
        underWay: new Map(),
        keys: keysOf(request, env()),
        notBefore: clock.now().getTime(),
        starts: [],
        hasCompleted: false,
      };
      lists.set(listId, list);
      go(list);
      complete(list);
      return {
        id: listId,
        get status() {
          return statusOfList(list);
        },
        get counts() {
          return { ...list.counts };
        },
        get done() {
          return doneOf(list);
        },
      };
    },
    cancel: (listId) => {
      const list = lists.get(listId);
      if (list === undefined || list.hasCompleted) return false;
      drop(list, 'cancelled');
      complete(list);
      return true;
    },
  };
};

const depthOf = ({ requested }: ListParent): number => (requested === undefined ? 0 : requested.depth + 1);

const doneOf = ({ counts: { succeeded, failed, cancelled, skipped } }: OpenList): number =>
  succeeded + failed + cancelled + skipped;

const statusOfList = ({ hasCompleted, endsAs }: OpenList): TestList['status'] =>
  hasCompleted ? (endsAs ?? 'succeeded') : 'running';

const keysOf = ({ key, items, parameters }: StartListRequest, env: EvaluationEnv): string[] => {
  if (key === undefined) return [];
  const compiled = compileItemKey(key, '/key');
  if ('violations' in compiled) throw new Error(`The key of the list is wrong: ${compiled.violations[0]!.detail}`);
  return items.map((item, index) => {
    const made = compiled.keyOf({ item, index, parameters }, env);
    if (typeof made !== 'string')
      throw new Error('The testing kit takes simple keys of lists: paths, comparisons, texts');
    return made;
  });
};
