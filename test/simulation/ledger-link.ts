import { Failure } from '@nightshift/contracts';
import type { Append, Appended, Ledger } from '@nightshift/ledger';
import { makeControl } from '../../libs/ledger/src/control/change-runs.ts';
import type { Database } from '../../libs/ledger/src/database.ts';
import { makeEvents } from '../../libs/ledger/src/events.ts';
import type { GroupCommit } from '../../libs/ledger/src/group-commit.ts';
import { makeGuards } from '../../libs/ledger/src/guards.ts';
import { makeLocks } from '../../libs/ledger/src/locks.ts';
import { makeRuns } from '../../libs/ledger/src/runs.ts';
import { makeTimers } from '../../libs/ledger/src/timers.ts';
import type { Chance } from './chance.ts';
import type { Process } from './machine.ts';
import { appendTo, type AppendFlaws } from './memory-append.ts';
import { statements } from './memory-statements.ts';
import { toView, type Tables } from './memory-tables.ts';

/** The parts of the ledger that the simulation has. */
export type SimulatedLedger = Pick<Ledger, 'runs' | 'timers' | 'locks' | 'events' | 'guards' | 'control'>;

export interface LedgerFlaws extends AppendFlaws {
  /** Whoever asks for a lock gets it, and who had it is not told. */
  givesLocksAway?: boolean;
}

export interface LedgerLinkDeps {
  tables: Tables;
  process: Process;
  chance: Chance;
  flaws: LedgerFlaws;
  onAppend: (append: Append, appended: Appended) => void;
  /** It was appended, and whoever did it does not hear so. */
  onUnanswered: (append: Append) => void;
}

const unavailable = (): never => {
  throw new Failure('ledger.unavailable');
};

/**
 * The ledger as one process reaches it: the ledger's own code, with the tables in memory in place of Postgres. A transaction happens in one
 * moment. An append of which the answer is lost is repeated, and meets itself; one that is lost for too long is given up, done or not.
 */
export const linkLedger = ({
  tables,
  process,
  chance,
  flaws,
  onAppend,
  onUnanswered,
}: LedgerLinkDeps): SimulatedLedger => {
  const append = (given: Append): Appended => {
    const appended = appendTo(tables, given, flaws);
    onAppend(given, appended);
    return appended;
  };
  const commits: Pick<GroupCommit, 'append'> = {
    append: (given) =>
      process.call(
        () => append(given),
        (isDone) => {
          if (!isDone) return unavailable();
          onUnanswered(given);
          return chance.random() < 0.7 ? { outcome: 'conflict' } : unavailable();
        },
      ),
  };

  const execute = (name: string, values: unknown[] = []): { rows: object[]; rowCount: number } => {
    const statement = statements.get(name);
    if (!statement) throw new Error(`The simulation does not know the statement "${name}"`);
    const done = statement(tables, values as never) ?? [];
    return typeof done === 'number' ? { rows: [], rowCount: done } : { rows: done, rowCount: done.length };
  };
  const client = {
    query: ({ name, values }: { name: string; values?: unknown[] }) => Promise.resolve(execute(name, values)),
  };
  const database = {
    query: (name: string, _text: string, values?: unknown[]) =>
      process.call(() => execute(name, values).rows, unavailable),
    transaction: (work: (given: unknown) => Promise<unknown>) => process.call(() => work(client), unavailable),
  } as unknown as Database;

  const locks = makeLocks(database);
  if (flaws.givesLocksAway) {
    const { acquire } = locks;
    locks.acquire = (lock) => {
      tables.locks = tables.locks.filter(({ name }) => name !== lock.name);
      return acquire(lock);
    };
  }
  const runs: Ledger['runs'] = {
    ...makeRuns(database, commits as GroupCommit, locks),
    find: (runId) =>
      process.call(() => {
        const row = tables.runs.get(runId);
        return row && toView(row);
      }, unavailable),
  };
  return {
    runs,
    locks,
    timers: makeTimers(database),
    events: makeEvents(database, commits as GroupCommit),
    guards: makeGuards(database),
    control: makeControl({ database, runs, locks }),
  };
};
