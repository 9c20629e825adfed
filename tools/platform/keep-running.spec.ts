import { waitFor } from '@nightshift/testing';
import { expect, it, vi } from 'vitest';
import { keepRunning, type Restartable } from './keep-running.ts';

/** A process whose end the test decides, and whose first `failures` restarts fail. */
const fakePart = (failures: number): Restartable & { end: () => void; restarts: number } => {
  let end = (): void => {};
  const next = (): Promise<number> =>
    new Promise((resolve) => {
      end = () => resolve(1);
    });
  let exited = next();
  return {
    restarts: 0,
    get exited() {
      return exited;
    },
    end: () => end(),
    restart() {
      this.restarts += 1;
      if (this.restarts <= failures) return Promise.reject(new Error('no port'));
      exited = next();
      return Promise.resolve();
    },
  };
};

it('starts again what ended, with pauses that double while it fails', async () => {
  const part = fakePart(2);
  const lines: string[] = [];
  const stopping = new AbortController();
  const onRestart = vi.fn();
  const keeping = keepRunning({
    name: 'executor',
    part,
    say: (line) => lines.push(line),
    onRestart,
    stopping: stopping.signal,
    pause: async () => {},
  });
  part.end();
  await waitFor(() => onRestart.mock.calls.length > 0, { intervalMs: 1 });
  expect(lines).toEqual([
    '! executor ended (1); starting it again in 0.5 s',
    '! executor did not start: no port; starting it again in 1 s',
    '! executor did not start: no port; starting it again in 2 s',
    '✓ executor runs again',
  ]);
  stopping.abort();
  part.end();
  await keeping;
});

it('leaves alone what ended because we are stopping', async () => {
  const part = fakePart(0);
  const stopping = new AbortController();
  const keeping = keepRunning({ name: 'data', part, say: () => {}, onRestart: () => {}, stopping: stopping.signal });
  stopping.abort();
  part.end();
  await keeping;
  expect(part.restarts).toBe(0);
});
