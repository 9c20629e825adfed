import {
  Failure,
  TRANSACTION_IDLE_MS,
  type BeginTransaction,
  type BegunTransaction,
  type DataAnswer,
  type DataRequest,
  type Thing,
  type TransactionRequest,
} from '@nightshift/contracts';
import type { Chance } from './chance.ts';
import type { Planned, VirtualTime } from './virtual-time.ts';

/** One change of the application's data, as it was applied. */
export interface Applied {
  key: string;
  runId: string;
  action: string;
  thing: string;
  at: number;
}

/** What a broken data service does, to prove that the simulation would notice. */
export interface DataFlaws {
  forgetsKeys?: boolean;
  /** The last change of a transaction may be missing. */
  commitsInParts?: boolean;
}

export interface DataServiceDeps {
  time: VirtualTime;
  chance: Chance;
  flaws: DataFlaws;
  onApplied: (applied: Applied) => void;
}

type Things = Map<string, Thing>;

interface OpenTransaction {
  key: string;
  runId: string;
  things: Things;
  answers: DataAnswer[];
  applied: Applied[];
  idle?: Planned;
}

/** Things of this type are made and changed without ado. */
export const THING = 'thing';
/** Things of this type are refused now and then by something that passes. */
export const FLAKY = 'flaky';
/** Things of this type are refused always. */
export const REFUSED = 'refused';

/** The application's data. Each key is applied once; a repeat gets the answer that was kept. */
export const makeDataService = ({ time, chance, flaws, onApplied }: DataServiceDeps) => {
  const things: Things = new Map();
  const kept = new Map<string, DataAnswer | DataAnswer[]>();
  const open = new Map<string, OpenTransaction>();
  let transactions = 0;

  const apply = (request: DataRequest, on: Things, key: string, runId: string): [DataAnswer, Applied?] => {
    if (request.type === FLAKY && chance.strikes(0.5)) throw new Failure('platform.bug', { detail: 'It passes' });
    if (request.type === REFUSED) throw new Failure('thing.in_conflict');
    const at = time.now();
    switch (request.action) {
      case 'get':
        return [on.get(request.id) ?? null];
      case 'create': {
        const thing: Thing = { id: key, ...request.fields };
        on.set(thing.id, thing);
        return [thing, { key, runId, action: 'create', thing: thing.id, at }];
      }
      case 'change': {
        const before = on.get(request.id);
        if (!before) return [null];
        const thing: Thing = { ...before, ...request.fields };
        for (const [field, by] of Object.entries(request.increment ?? {}))
          thing[field] = ((thing[field] as number | undefined) ?? 0) + by;
        on.set(thing.id, thing);
        return [thing, { key, runId, action: 'change', thing: thing.id, at }];
      }
      default:
        throw new Failure('request.invalid', { detail: `The simulation has no ${request.action}` });
    }
  };

  const lose = (transactionId: string): void => {
    open.get(transactionId)?.idle?.cancel();
    open.delete(transactionId);
  };
  const waitForMore = (transactionId: string, transaction: OpenTransaction): void => {
    transaction.idle?.cancel();
    transaction.idle = time.after(TRANSACTION_IDLE_MS, () => open.delete(transactionId));
  };

  return {
    kept: kept as ReadonlyMap<string, DataAnswer | DataAnswer[]>,
    things: things as ReadonlyMap<string, Thing>,

    answer: (request: DataRequest): DataAnswer => {
      if (request.action === 'get' || request.action === 'search') return apply(request, things, '', '')[0];
      const { key, origin } = request;
      if (key === undefined) throw new Failure('request.invalid', { detail: 'A change without a key' });
      if (!flaws.forgetsKeys && kept.has(key)) return kept.get(key) as DataAnswer;
      const [answer, applied] = apply(request, things, key, origin?.runId ?? '');
      kept.set(key, answer);
      if (applied) onApplied(applied);
      return answer;
    },

    begin: ({ key, origin }: BeginTransaction): BegunTransaction => {
      const answers = kept.get(key);
      if (answers !== undefined) return { answers: answers as DataAnswer[] };
      const transactionId = String(++transactions);
      const transaction = { key, runId: origin?.runId ?? '', things: new Map(things), answers: [], applied: [] };
      open.set(transactionId, transaction);
      waitForMore(transactionId, transaction);
      return { transactionId };
    },

    askTransaction: (transactionId: string, request: TransactionRequest): DataAnswer => {
      if (chance.strikes(0.01)) lose(transactionId);
      const transaction = open.get(transactionId);
      if (request.action === 'rollback') {
        lose(transactionId);
        return null;
      }
      if (!transaction) throw new Failure('transaction.lost');
      if (request.action === 'commit') {
        lose(transactionId);
        if (kept.has(transaction.key)) throw new Failure('transaction.lost');
        kept.set(transaction.key, transaction.answers);
        const isWhole = !flaws.commitsInParts || chance.random() < 0.5;
        for (const applied of isWhole ? transaction.applied : transaction.applied.slice(0, -1)) {
          things.set(applied.thing, transaction.things.get(applied.thing)!);
          onApplied(applied);
        }
        return null;
      }
      try {
        const key = `${transaction.key}#${transaction.answers.length}`;
        const [answer, applied] = apply(request, transaction.things, key, transaction.runId);
        transaction.answers.push(answer);
        if (applied) transaction.applied.push(applied);
        waitForMore(transactionId, transaction);
        return answer;
      } catch (error) {
        lose(transactionId);
        throw error;
      }
    },
  };
};

export type DataService = ReturnType<typeof makeDataService>;
