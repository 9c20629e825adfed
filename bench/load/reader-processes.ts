import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FromReaders, ReaderKind, ReadersReport, ToReaders } from './event-readers.ts';

const processes = 2;

export const send = (child: ChildProcess, message: ToReaders): void => void child.send(message);

const heard = async (child: ChildProcess): Promise<FromReaders> => {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the readers have died');
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [FromReaders];
  return message;
};

/** Processes that hold the connections of all readers between them. Resolves when all are open. */
export const openReaders = async (
  { url, key }: { url: string; key: string },
  readers: readonly ReaderKind[],
): Promise<ChildProcess[]> => {
  const children = Array.from({ length: processes }, () =>
    fork(fileURLToPath(new URL('./event-readers.ts', import.meta.url)), { serialization: 'advanced' }),
  );
  const opened = children.map(async (child, index) => {
    const own = readers.filter((_, number) => number % processes === index);
    const answer = heard(child);
    send(child, { open: { url, key, readers: own } });
    await answer;
  });
  await Promise.all(opened);
  return children;
};

/** What the readers have seen, when nothing more comes. */
export const settled = async (children: readonly ChildProcess[]): Promise<ReadersReport[]> => {
  const ask = (): Promise<ReadersReport[]> =>
    Promise.all(
      children.map(async (child) => {
        const answer = heard(child);
        send(child, 'report');
        const message = await answer;
        if (!('report' in message)) throw new Error('not a report');
        return message.report;
      }),
    );
  const total = (reports: readonly ReadersReport[]): number => reports.reduce((sum, { events }) => sum + events, 0);
  let before = await ask();
  for (;;) {
    await sleep(1_000);
    const now = await ask();
    if (total(now) === total(before)) return now;
    before = now;
  }
};

/** All reports as one. */
export const merge = (reports: readonly ReadersReport[]) => {
  const tenths = new Map<number, number>();
  for (const { histogram } of reports)
    for (const [took, count] of histogram) tenths.set(took, (tenths.get(took) ?? 0) + count);
  const sorted = [...tenths].sort(([one], [other]) => one - other);
  const sum = (of: (report: ReadersReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const events = sum((report) => report.events);
  const at = (share: number): number => {
    let seen = 0;
    for (const [took, count] of sorted) {
      seen += count;
      if (seen >= events * share) return took / 10;
    }
    return NaN;
  };
  return { at, events, closedStalled: sum((one) => one.closedStalled), closedOthers: sum((one) => one.closedOthers) };
};
