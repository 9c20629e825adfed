import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { waitFor } from '@nightshift/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openCaptureStage, slot, type CaptureStage } from './capture-stage.ts';

let stage: CaptureStage;
interface Replica {
  process: ChildProcess;
  isReading: boolean;
}
const replicas: Replica[] = [];
let isWriting = false;
let writing: Promise<number>;

const openReplica = (): Replica => {
  const child = fork(join(import.meta.dirname, 'capture-process.ts'), [stage.url, stage.nats.url, slot], {
    execArgv: ['--no-warnings'],
  });
  const replica: Replica = { process: child, isReading: false };
  child.on('message', (message) => Object.assign(replica, message));
  replicas.push(replica);
  return replica;
};
const leader = (): Promise<Replica> =>
  waitFor(() => replicas.find((replica) => replica.isReading && replica.process.exitCode === null), {
    timeoutMs: 20_000,
    describe: 'a replica that reads',
  });
/** Numbered rows, a transaction each, as fast as they go. */
const write = async (): Promise<number> => {
  let n = 0;
  for (isWriting = true; isWriting;) await stage.sql.query('INSERT INTO item (n) VALUES ($1)', [++n]);
  return n;
};

beforeAll(async () => {
  stage = await openCaptureStage();
  await stage.data.declareType({ name: 'item', fields: { n: { kind: 'integer' } } });
  await stage.actAsTrigger();
  openReplica();
  await leader();
  openReplica();
}, 60_000);
afterEach(() => {
  isWriting = false;
});
afterAll(async () => {
  isWriting = false;
  await writing;
  for (const { process: child } of replicas) child.kill('SIGKILL');
  await stage?.close();
}, 60_000);

it.each(['SIGKILL', 'SIGSTOP'] as const)(
  'a leader that gets %s under load is followed by a standby, and nothing is lost or out of order',
  async (signal) => {
    await stage.sql.query('TRUNCATE item');
    stage.clear();
    const first = await leader();
    writing = write();
    await stage.seen('item', 50);
    const before = stage.once().length;

    first.process.kill(signal);
    first.isReading = false;
    await waitFor(() => replicas.some((replica) => replica !== first && replica.isReading), { timeoutMs: 20_000 });
    await waitFor(() => stage.once().length > before + 50, { timeoutMs: 20_000 });
    isWriting = false;
    const count = await writing;
    // What was stopped comes back in the middle of what it was doing, and must do no harm.
    if (signal === 'SIGSTOP') first.process.kill('SIGCONT');
    const numbers = () => stage.eventsOf('item').flatMap(({ kind, now }) => (kind === 'created' ? [now!.n] : []));
    await waitFor(() => numbers().length >= count, { timeoutMs: 20_000 });
    expect(numbers()).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    if (signal === 'SIGKILL') openReplica();
  },
  60_000,
);
