import { createClient, isNightshiftError } from '@nightshift/client';
import type { FiveWays } from './deployment.ts';
import { load, workflowNames } from './load.ts';
import { chain } from './tour/chain.ts';
import { changeTrigger } from './tour/change-trigger.ts';
import { list } from './tour/list.ts';
import { findPlatform } from './tour/platform.ts';
import { recurrence } from './tour/recurrence.ts';
import { schedule } from './tour/schedule.ts';
import { makeScreen } from './tour/screen.ts';
import { signUp } from './tour/sign-up.ts';
import type { Tour, WayEnd } from './tour/tour.ts';

const ways: { title: string; go: (tour: Tour) => Promise<WayEnd> }[] = [
  { title: '1. A schedule: one run at a moment', go: schedule },
  { title: '2. A list: one run for each item', go: list },
  { title: '3. A recurrence: a run again and again', go: recurrence },
  { title: '4. A change trigger: a run because data changed', go: changeTrigger },
  { title: '5. A chain: a workflow schedules itself', go: chain },
];

/** It takes some twelve seconds. */
const TIME_LIMIT_MS = 60_000;

const main = async (): Promise<boolean> => {
  const startedAt = performance.now();
  const { gatewayUrl, adminKey, databaseUrl } = findPlatform(process.env);
  // Types that `generateTypes` has written; the signal ends whatever is still asked for, followed or waited for.
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const client = createClient<FiveWays>({ url: gatewayUrl, key: adminKey, signal });
  const screen = makeScreen(process.stdout);

  // `npm start` has loaded the example into an empty database; into any other, the tour does.
  const there = new Set((await client.workflows.list()).map(({ name }) => name));
  if (!workflowNames.every((name) => there.has(name))) await load({ gatewayUrl, adminKey });
  console.log(`Nightshift at ${gatewayUrl}`);

  const user = await signUp({ client, screen });
  const ends: string[] = [];
  let haveAllSucceeded = true;
  for (const { title, go } of ways) {
    screen.heading(title);
    const wayStartedAt = performance.now();
    const { id, status } = await go({ client, screen, databaseUrl, user });
    haveAllSucceeded &&= status === 'succeeded';
    ends.push(`${title.padEnd(50)} ${status.padEnd(10)} ${seconds(wayStartedAt)}  ${id}`);
  }
  screen.heading('The five ways');
  for (const end of ends) screen.say(end);
  screen.say(`${seconds(startedAt).trim()} in all`);
  return haveAllSucceeded;
};

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1).padStart(4)} s`;

const explain = (error: unknown): string => {
  if (isNightshiftError(error, 'client.unreachable')) {
    return 'Nightshift does not answer: run npm start first, or set NIGHTSHIFT_URL.';
  }
  if (isNightshiftError(error)) return `${error.code}: ${error.message}`;
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `The tour has not ended within ${TIME_LIMIT_MS / 1000} s.`;
  }
  return error instanceof Error ? error.message : String(error);
};

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(`\n✗ ${explain(error)}`);
  process.exitCode = 1;
}
process.disconnect?.();
