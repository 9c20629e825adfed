import type { RunEvent } from '@nightshift/contracts';
import type { Client } from 'pg';

/** What a waiting caller was told. */
export interface Answer {
  runId: string;
  result: number[];
}

/** What the ledger holds of a sample of the measured runs. */
export interface ThreeStepsProof {
  runs: number;
  /** Of one of them, in order. */
  events: string[];
  /** How many different transactions wrote one run; the most in the sample. */
  transactionsPerRun: number;
}

type Row = Pick<RunEvent, 'type' | 'data'> & { run_id: string; transaction: string };

/**
 * Looks whether the three results of a run are in its history, are what the caller was told, and were written by three
 * different transactions: `xmin` of a row is the transaction that wrote it. Together with fsync that is what "three durable
 * steps" claims. @throws when it is not so, because the figures would then be of something else
 */
export const proveThreeSteps = async (ledger: Client, answers: readonly Answer[]): Promise<ThreeStepsProof> => {
  const { rows } = await ledger.query<Row>(
    `select run_id, type, data, xmin::text as transaction from nightshift.run_events
     where run_id = any($1::uuid[]) order by run_id, version`,
    [answers.map(({ runId }) => runId)],
  );
  const histories = Map.groupBy(rows, ({ run_id }) => run_id);
  const counts = answers.map((answer) => transactionsOf(answer, histories.get(answer.runId) ?? []));
  if (counts.length === 0) throw new Error('no run was sampled: measure for longer');
  return {
    runs: counts.length,
    events: histories.get(answers[0]!.runId)!.map(({ type, data }) => ('step' in data ? `${type} ${data.step}` : type)),
    transactionsPerRun: Math.max(...counts),
  };
};

const transactionsOf = ({ runId, result }: Answer, history: Row[]): number => {
  const completed = history.filter(({ type }) => type === 'StepCompleted');
  const results = completed.map(({ data }) => (data as { result?: unknown }).result);
  const distinct = new Set(completed.map(({ transaction }) => transaction)).size;
  if (completed.length !== 3 || distinct !== 3 || JSON.stringify(results) !== JSON.stringify(result)) {
    throw new Error(`run ${runId} has not three durable steps: ${JSON.stringify({ result, history })}`);
  }
  return new Set(history.map(({ transaction }) => transaction)).size;
};
