import type { LogPosition } from './log-position.ts';

/** Some transactions that follow each other, and what became of their events. */
export interface Batch {
  transactions: number;
  /** Where its last transaction ends; undefined while the first one is still coming in. */
  end: LogPosition | undefined;
  /** Events that the stream has not acknowledged yet. */
  unacked: number;
  /** The largest stream sequence among its events. */
  lastSequence: number;
  isOpen: boolean;
}

/**
 * Up to where Postgres may forget the log: everything before has been acknowledged by the stream and finished by its
 * consumer, or had no events. Transactions are counted in batches, so that a consumer that is away for long costs little memory.
 */
export interface ConfirmedPosition {
  /** 0 until something was confirmed. */
  readonly position: LogPosition;
  /** How many transactions wait to be confirmed. */
  readonly waiting: number;
  begin(): void;
  /** An event of the transaction was handed over. Answers with what `acked` is to be called with. */
  published(): Batch;
  acked(batch: Batch, streamSequence: number): void;
  commit(end: LogPosition): void;
  /** The log is read up to here, and Postgres has nothing more for us. Ignored within a transaction. */
  idleAt(position: LogPosition): void;
  /** The consumer has finished everything up to this stream sequence. */
  finishedTo(streamSequence: number): void;
}

/** Larger confirms more coarsely while the consumer lags, and repeats more after a crash then; smaller costs memory. */
const BATCH_TRANSACTIONS = 64;

export const makeConfirmedPosition = (): ConfirmedPosition => {
  const batches: Batch[] = [];
  let first = 0;
  let position = 0;
  let finished = -1;
  let waiting = 0;

  const advance = (): void => {
    for (let batch = batches[first]; batch !== undefined; batch = batches[++first]) {
      if (batch.isOpen || batch.unacked > 0 || batch.lastSequence > finished) break;
      position = Math.max(position, batch.end ?? 0);
      waiting -= batch.transactions;
    }
    if (first > 1_024 || first === batches.length) {
      batches.splice(0, first);
      first = 0;
    }
  };
  const last = (): Batch => batches[batches.length - 1]!;

  return {
    get position() {
      return position;
    },
    get waiting() {
      return waiting;
    },
    begin: () => {
      const tail = batches[batches.length - 1];
      if (tail !== undefined && tail.transactions < BATCH_TRANSACTIONS) {
        tail.transactions++;
        tail.isOpen = true;
      } else {
        batches.push({ transactions: 1, end: undefined, unacked: 0, lastSequence: -1, isOpen: true });
      }
      waiting++;
    },
    published: () => {
      const batch = last();
      batch.unacked++;
      return batch;
    },
    acked: (batch, streamSequence) => {
      batch.unacked--;
      if (streamSequence > batch.lastSequence) batch.lastSequence = streamSequence;
      // An ack alone confirms only what the consumer has been quicker to finish.
      if (streamSequence <= finished) advance();
    },
    commit: (end) => {
      const batch = last();
      batch.end = end;
      batch.isOpen = false;
      if (batch === batches[first] && batch.lastSequence === -1 && batch.unacked === 0) advance();
    },
    idleAt: (idle) => {
      if (batches.length === 0 && idle > position) position = idle;
    },
    finishedTo: (streamSequence) => {
      finished = streamSequence;
      advance();
    },
  };
};
