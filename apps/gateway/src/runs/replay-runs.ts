import {
  compileSchema,
  Failure,
  ReplayRunBodySchema,
  ReplayRunsBodySchema,
  type ControlledRuns,
  type FailureCode,
  type Page,
  type ReplayRunBody,
  type RunView,
} from '@nightshift/contracts';
import type { ControlTarget, Ledger } from '@nightshift/ledger';
import { requestedBy, type Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters, type StartableWorkflow } from '../workflows/startable-workflow.ts';
import type { DispatchRuns } from './dispatch-runs.ts';
import { makeGetRun } from './get-run.ts';
import { readTarget } from './read-target.ts';

export interface ReplayRunsDeps {
  ledger: Pick<Ledger, 'control' | 'flows' | 'runs'>;
  published: PublishedWorkflows;
  dispatchRuns: DispatchRuns;
}

/** Runs found at once, and replayed at the same time: their commits share a statement. */
const PAGE = 100;
const REPORTED_MAX = 100;

const checkOne = compileSchema(ReplayRunBodySchema);
const checkMany = compileSchema(ReplayRunsBodySchema);

export const makeReplayRuns = ({ ledger, published, dispatchRuns }: ReplayRunsDeps) => {
  const getRun = makeGetRun({ ledger });

  /** Definitions, each read once for all the runs of one request. */
  const makeLoad = () => {
    const known = new Map<string, Promise<StartableWorkflow>>();
    return (name: string, version: number | 'latest'): Promise<StartableWorkflow> => {
      const key = `${name}/${version}`;
      const loading =
        known.get(key) ?? (version === 'latest' ? published.load(name) : published.loadVersion(name, version));
      known.set(key, loading);
      return loading;
    };
  };

  const makeReplay = ({ fromStep, version, parameters }: ReplayRunBody, asked: Asked) => {
    const load = makeLoad();
    return async (runId: string): Promise<string> => {
      const run = await getRun(runId);
      const workflow = await load(run.workflow, version ?? run.workflowVersion);
      const given = parameters ?? structuredClone(run.parameters) ?? {};
      const requested = await ledger.control.replay(runId, {
        fromStep,
        workflowVersion: workflow.version,
        parameters: checkParameters(workflow, given, '/parameters'),
        at: new Date(asked.atMs).toISOString(),
        id: asked.newId(runId),
        ...requestedBy(asked),
      });
      if (requested.isGated) dispatchRuns.queued([workflow.name]);
      else dispatchRuns.moved([{ runId: requested.runId, version: 1 }]);
      return requested.runId;
    };
  };

  /** The runs that are meant, page by page. New ones, as a replay makes them, come before the first page. */
  const pagesOf = async function* (target: ControlTarget): AsyncGenerator<string[]> {
    if ('runIds' in target) {
      for (let from = 0; from < target.runIds.length; from += PAGE) yield target.runIds.slice(from, from + PAGE);
      return;
    }
    const { where } = target;
    let cursor: string | undefined;
    do {
      const page: Page<RunView> = await ledger.runs.search(where, PAGE, cursor);
      yield page.items.map(({ id }) => id);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  };

  return {
    /**
     * Starts a new run with what an earlier one was requested with, from its beginning or from one of its steps on; what was before
     * that step is taken from the earlier run.
     * @throws Failure `run.not_found`, `step.not_found`, `request.invalid`, `parameters.invalid`, `workflow.not_found`,
     * `workflow.not_published`, `ledger.unavailable`
     */
    one: async (runId: string, body: unknown, asked: Asked): Promise<{ runId: string }> => ({
      runId: await makeReplay(checked(checkOne, body ?? {}), asked)(runId),
    }),

    /** Replays all runs that are named or found. @throws Failure `request.invalid`, `ledger.unavailable` */
    many: async (body: unknown, asked: Asked): Promise<ControlledRuns> => {
      const { ids, where, ...options } = checked(checkMany, body ?? {});
      const replay = makeReplay(options, asked);
      const answer: ControlledRuns = { changed: 0, unchanged: [] };
      const refuse = async (runId: string, code: FailureCode): Promise<void> => {
        if (answer.unchanged.length >= REPORTED_MAX) return;
        answer.unchanged.push({ runId, status: (await ledger.runs.find(runId))?.status ?? null, code });
      };
      for await (const page of pagesOf(readTarget({ ids, where }))) {
        const results = await Promise.allSettled(page.map(replay));
        for (const [index, result] of results.entries()) {
          if (result.status === 'fulfilled') answer.changed++;
          else if (result.reason instanceof Failure && !result.reason.canRetry)
            await refuse(page[index]!, result.reason.code);
          else throw result.reason;
        }
      }
      return answer;
    },
  };
};

export type ReplayRuns = ReturnType<typeof makeReplayRuns>;
