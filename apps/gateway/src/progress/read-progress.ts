import { Failure, isFinal, type ImportView, type Progress, type RunView } from '@nightshift/contracts';
import type { Ledger, ListView } from '@nightshift/ledger';
import { calledRuns, isEnded, shareDone } from '@nightshift/workflow-core';
import { chainProgress, statusOfChain } from './chain-progress.ts';
import { makeFoldRun, type FoldedRun } from './fold-run.ts';
import { importProgress } from './import-progress.ts';
import { makeIsStalled } from './is-stalled.ts';
import { makeKnownPlans } from './known-plans.ts';
import { listProgress } from './list-progress.ts';
import { runProgress, shareOfRun } from './run-progress.ts';

export interface ReadProgressDeps {
  ledger: Pick<Ledger, 'runs' | 'lists' | 'workflows' | 'progress' | 'flows'>;
  /** Undefined when there is no such import. */
  findImport: (id: string) => Promise<ImportView | undefined>;
  nowMs: () => number;
  stalledAfterMs: number;
}

/** Runs that wait for each other one below the other. Deeper ones count when they end. */
const CALLS_LOOKED_INTO = 5;
/** Cycles that the rate of a chain is told from. */
const CYCLES_MARKED = 20;

export type ReadProgress = (id: string) => Promise<Progress>;

/**
 * How far a run, a list, a chain or an import is. A chain's id is that of its first run: a run of a workflow that starts itself is a chain from the
 * beginning, so that what is counted stays the same.
 * @throws Failure `run.not_found`, `data.unavailable` when it could only be an import
 */
export const makeReadProgress = ({ ledger, findImport, nowMs, stalledAfterMs }: ReadProgressDeps): ReadProgress => {
  const plans = makeKnownPlans({ ledger });
  const foldRun = makeFoldRun({ ledger, plans });
  const isStalled = makeIsStalled({ ledger, nowMs, floorMs: stalledAfterMs });

  /** One that stands in the queue of its workflow is held back, not stalled. */
  const isRunAtWork = async ({ id, status }: Pick<RunView, 'id' | 'status'>): Promise<boolean> =>
    status === 'running' || (status === 'queued' && (await ledger.flows.placeOf(id)) === undefined);

  const readList = async (list: ListView): Promise<Progress> => {
    const mark = await ledger.progress.listMark(list.id);
    const stalled = await isStalled({
      sinceMs: (list.progressAt ?? list.requestedAt).getTime(),
      kin: { listId: list.id },
      isAtWork: () => list.status === 'running' && list.inFlight > 0 && ledger.progress.isListAtWork(list.id),
    });
    return listProgress({
      list,
      mark: mark && { atMs: mark.at.getTime(), done: mark.done },
      isStalled: stalled,
      nowMs: nowMs(),
    });
  };

  const readChain = async (first: RunView): Promise<Progress | undefined> => {
    const facts = await ledger.progress.chain(first.id);
    if (!facts) return undefined;
    const { last, reported } = facts;
    const marks = await ledger.progress.chainMarks(first.id, CYCLES_MARKED);
    const status = statusOfChain(facts);
    const stalled = await isStalled({
      sinceMs: Date.parse(last.finishedAt ?? last.startedAt ?? last.requestedAt),
      kin: { chainId: first.id },
      isAtWork: () => isRunAtWork({ id: last.id, status }),
    });
    const doneAt = ({ iteration, reported: said }: (typeof marks)[number]): number | null =>
      reported.done === undefined ? iteration : said;
    return chainProgress({
      first,
      facts,
      marks: marks.flatMap((mark) => {
        const done = doneAt(mark);
        return done === null ? [] : [{ atMs: mark.at.getTime(), done }];
      }),
      isStalled: stalled,
      nowMs: nowMs(),
    });
  };

  /** Of the steps of a run, with the runs that it waits for looked into. */
  const readShare = async (known: Awaited<ReturnType<typeof foldRun>>, depth: number): Promise<number | null> => {
    if (!known) return null;
    const { state } = known.folded;
    const ids = depth < CALLS_LOOKED_INTO ? calledRuns(state) : [];
    const called = await Promise.all(
      ids.map(async (id): Promise<[string, number]> => {
        const run = await ledger.runs.find(id);
        const share = run && shareOfRun(run, await readShare(await foldRun(run), depth + 1));
        return [id, share ?? 0];
      }),
    );
    return shareDone(known.plan, state, new Map(called));
  };

  /** Its history is read after its row: one that has ended, or was taken up again, in between is read once more. */
  const asFolded = async (run: RunView, folded: FoldedRun | undefined): Promise<RunView> =>
    folded && isEnded(folded.state.status) !== isFinal(run.status) ? ((await ledger.runs.find(run.id)) ?? run) : run;

  const readRun = async (found: RunView): Promise<Progress> => {
    const [known, children] = await Promise.all([foldRun(found), ledger.progress.children(found.id)]);
    const run = await asFolded(found, known?.folded);
    const [share, stalled] = await Promise.all([
      readShare(known, 0),
      isStalled({
        sinceMs: Date.parse(known?.folded.lastAt ?? run.requestedAt),
        kin: { workflow: run.workflow },
        isAtWork: () => isRunAtWork(run),
      }),
    ]);
    return runProgress({
      run,
      folded: known?.folded,
      share,
      ...(children && { children }),
      isStalled: stalled,
      nowMs: nowMs(),
    });
  };

  return async (id) => {
    const [run, list] = await Promise.all([ledger.runs.find(id), ledger.lists.find(id)]);
    if (list !== undefined) return readList(list);
    if (run === undefined) {
      const imported = await findImport(id);
      if (imported !== undefined) return importProgress(imported);
      throw new Failure('run.not_found', { detail: `There is no run, list, chain or import ${id}` });
    }
    const isChain = run.chainId === id && (await plans(run.workflow, run.workflowVersion))?.startsItself;
    return (isChain && (await readChain(run))) || readRun(run);
  };
};
