import type { Identity } from '@nightshift/contracts';
import { formatDuration } from '../output/relative-time.ts';
import type { Session } from '../session.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** Signatures of webhooks and tokens are good for minutes; half a minute is felt first by schedules that look late. */
const SKEW_WARN_MS = 2_000;
const SKEW_FAIL_MS = 30_000;

/** Whether the gateway answers, and takes requests. @throws TypeError of `fetch` when nobody answers */
export const lookAtGateway = async ({ fetch, platform }: Session): Promise<Finding[]> => {
  const startedAt = performance.now();
  const alive = await fetch('/healthz');
  await alive.text();
  const took = formatDuration(performance.now() - startedAt);
  const from = `${platform.url} (from ${platform.from})`;
  if (!alive.ok) {
    return [
      fail(
        'gateway',
        `${from} answers with ${alive.status}`,
        'Something else listens there, or a proxy is in between: check the URL.',
      ),
    ];
  }
  const ready = await fetch('/readyz');
  const { failed = [] } = (await ready.json().catch(() => ({}))) as { failed?: string[] };
  return [
    ok('gateway', `${from} answers within ${took}`),
    ready.ok
      ? ok('ready', 'it takes requests')
      : fail(
          'ready',
          `it is without ${failed.join(', ') || 'something that it needs'}`,
          'Look at what is named, and at the log of the gateway.',
        ),
  ];
};

/** Whose key it is, and whether the clocks agree. @throws NightshiftError */
export const lookAtKey = async ({ client }: Session): Promise<Finding[]> => {
  const beforeMs = Date.now();
  const identity = await client.platform.whoami();
  const middleMs = (beforeMs + Date.now()) / 2;
  return [ok('version', identity.version), lookAtRole(identity), lookAtClock(Date.parse(identity.at) - middleMs)];
};

const lookAtRole = ({ caller, role, starts }: Identity): Finding => {
  const who = `${caller.kind} ${caller.name}`;
  if (role !== null) return ok('key', `${who}, role ${role}`);
  const rights = starts.length > 0 ? `it may only start ${starts.join(', ')}` : 'it may nothing';
  return warn(
    'key',
    `${who}, without a role: ${rights}`,
    'The looks below need the role viewer; log in with another key.',
  );
};

const lookAtClock = (skewMs: number): Finding => {
  const off = Math.abs(skewMs);
  const text = `the gateway's clock is ${off < 1_000 ? 'the same' : `${formatDuration(off)} ${skewMs > 0 ? 'ahead' : 'behind'}`}`;
  const advice = 'Let both machines keep their clocks by NTP.';
  if (off >= SKEW_FAIL_MS) return fail('clock', text, advice);
  return off >= SKEW_WARN_MS ? warn('clock', text, advice) : ok('clock', text);
};
