import {
  CheckBodySchema,
  compileSchema,
  isFinal,
  runStatuses,
  type DifferingRun,
  type RunStatus,
  type RunView,
  type WorkflowCheck,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { compileWorkflow, replayHistory, type Plan, type WorkflowDocument } from '@nightshift/workflow-core';
import { checked } from '../door/checked.ts';
import type { PublishedWorkflows } from './published-workflows.ts';
import { makeReadDocument, type ReadDocumentDeps } from './read-document.ts';

export interface CheckWorkflowDeps extends ReadDocumentDeps {
  ledger: Pick<Ledger, 'workflows' | 'runs'>;
  published: Pick<PublishedWorkflows, 'loadNewest' | 'loadVersion'>;
}

/**
 * Histories that one check replays, of the runs in each status, newest first. Fewer would miss a way that is rarely gone; a replay holds
 * the gateway up for a millisecond or so, and a check is somebody's patience.
 */
const OPEN_SAMPLE = 500;
const ENDED_SAMPLE = 100;

const checkBody = compileSchema(CheckBodySchema);

const isDocument = (body: unknown): boolean => typeof body === 'object' && body !== null && !isVersion(body);
const isVersion = (body: object): boolean => Object.keys(body).every((key) => key === 'version');

/**
 * Replays what runs of a workflow did with another version of it: a document that is given, one that is saved, or the newest. Nothing is
 * saved, and no run is changed.
 * @throws Failure `workflow.not_found`, `workflow.invalid`, `request.invalid`, `data.unavailable`
 */
export const makeCheckWorkflow = (deps: CheckWorkflowDeps) => {
  const { ledger, published } = deps;
  const readDocument = makeReadDocument(deps);

  const documentIn = async (name: string, body: unknown): Promise<WorkflowDocument> => {
    // A workflow that nobody saved has no runs: it is a name that was mistyped.
    const newest = await published.loadNewest(name);
    if (isDocument(body)) return readDocument({ name, body });
    const { version } = checked(checkBody, body ?? {});
    return (version === undefined ? newest : await published.loadVersion(name, version)).document;
  };

  /** The runs that are looked at, one after the other. */
  const sample = async function* (workflow: string): AsyncGenerator<RunView> {
    for (const status of runStatuses) {
      const { items } = await ledger.runs.search({ workflow, status }, sampleOf(status));
      yield* items;
    }
  };

  const differenceOf = async (plan: Plan, run: RunView): Promise<DifferingRun | undefined> => {
    const replay = await replayHistory(plan, await ledger.runs.events(run.id));
    if (replay.agrees) return undefined;
    const { version: event, step = null, expected, found } = replay;
    return { runId: run.id, status: run.status, version: run.workflowVersion, event, step, expected, found };
  };

  return async ({ name, body }: { name: string; body: unknown }): Promise<WorkflowCheck> => {
    const plan = compileWorkflow(await documentIn(name, body));
    const openVersions = await ledger.workflows.openVersions(name);
    const differ: DifferingRun[] = [];
    let replayed = 0;
    for await (const run of sample(name)) {
      replayed++;
      const difference = await differenceOf(plan, run);
      if (difference) differ.push(difference);
    }
    const openRuns = openVersions.reduce((sum, { runs }) => sum + runs, 0);
    return { checked: replayed, agree: replayed - differ.length, differ, openRuns };
  };
};

const sampleOf = (status: RunStatus): number => (isFinal(status) ? ENDED_SAMPLE : OPEN_SAMPLE);
