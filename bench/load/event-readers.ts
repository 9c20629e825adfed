import { openEventReader } from './event-reader.ts';

/** What a process of readers is told. */
export type ToReaders =
  | { open: { url: string; key: string; readers: readonly ReaderKind[] } }
  /** Forget what was seen up to now. */
  | 'begin'
  | 'report';

/** So many connections, each with the query of its number. */
export interface ReaderKind {
  query: string;
  isStalled: boolean;
}

export type FromReaders = { opened: number } | { report: ReadersReport };

export interface ReadersReport {
  /** Events by how long they took, in tenths of a millisecond. */
  histogram: [number, number][];
  events: number;
  /** Connections that the gateway has closed. */
  closedStalled: number;
  closedOthers: number;
}

/** Opening at once; more, and the listen queue of the gateway overflows. */
const OPEN_AT_ONCE = 100;

const state = { histogram: new Map<number, number>(), events: 0, closedStalled: 0, closedOthers: 0 };
const nowMs = (): number => performance.timeOrigin + performance.now();
const tell = (message: FromReaders): void => void process.send?.(message);

const onEvent = (sentAtMs: number): void => {
  state.events++;
  const took = Math.max(0, Math.round((nowMs() - sentAtMs) * 10));
  state.histogram.set(took, (state.histogram.get(took) ?? 0) + 1);
};

const openAll = async ({
  url,
  key,
  readers,
}: {
  url: string;
  key: string;
  readers: readonly ReaderKind[];
}): Promise<void> => {
  const { hostname: host, port } = new URL(url);
  const left = [...readers];
  const work = async (): Promise<void> => {
    for (let reader = left.pop(); reader !== undefined; reader = left.pop()) {
      const { query, isStalled } = reader;
      const onClose = (): void => void (isStalled ? state.closedStalled++ : state.closedOthers++);
      await openEventReader({ host, port: Number(port), key, query, isStalled, onEvent, onClose });
    }
  };
  await Promise.all(Array.from({ length: OPEN_AT_ONCE }, work));
};

process.on('message', (message: ToReaders) => {
  if (message === 'begin') {
    state.histogram.clear();
    state.events = 0;
  } else if (message === 'report') {
    const { histogram, ...rest } = state;
    tell({ report: { histogram: [...histogram], ...rest } });
  } else {
    openAll(message.open).then(
      () => tell({ opened: message.open.readers.length }),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  }
});
process.on('disconnect', () => process.exit(0));
