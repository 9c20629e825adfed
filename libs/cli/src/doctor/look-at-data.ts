import { formatDuration } from '../output/relative-time.ts';
import type { Session } from '../session.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** Change capture that is this far behind fills the disk in the end; with capture at work it is some megabytes. */
const RETAINED_WARN_BYTES = 1024 ** 3;
const DAY_MS = 86_400_000;

/** Whether the data service answers. @throws NightshiftError `data.unavailable` */
export const lookAtTypes = async ({ client }: Session): Promise<Finding> => {
  const types = await client.types.list();
  return ok('data', `the data service answers, with ${types.length} types`);
};

/** Whether changes have been lost to triggers. */
export const lookAtGaps = async ({ client }: Session): Promise<Finding> => {
  const gaps = await client.changes.gaps();
  const open = gaps.find(({ to }) => to.position === null && to.at === null);
  if (open !== undefined)
    return fail(
      'changes',
      `they become no events: ${open.detail}`,
      'Look at the log of the data service, and at docs/guides/changes.md.',
    );
  const recent = gaps.filter(({ to }) => to.at !== null && Date.now() - Date.parse(to.at) < DAY_MS);
  const [last] = recent;
  if (last === undefined) return ok('changes', 'every change of the last day became an event');
  const ago = formatDuration(Date.now() - Date.parse(last.to.at!));
  return warn(
    'changes',
    `some became no events, until ${ago} ago: ${last.detail}`,
    'Triggers did not see them; nightshift api GET /v1/changes/gaps says which types, so that you can make up for it.',
  );
};

/** How much log Postgres keeps for change capture, where the gateway can tell. */
export const lookAtSlot = async ({ fetch }: Session): Promise<Finding | undefined> => {
  const response = await fetch('/metrics');
  if (!response.ok) return undefined;
  const found = [...(await response.text()).matchAll(/^nightshift_slot_retained_wal_bytes\{slot="([^"]*)"\} (\S+)$/gm)];
  if (found.length === 0) return undefined;
  const [slot, bytes] = found.map(([, name, text]) => [name!, Number(text)] as const).sort((a, b) => b[1] - a[1])[0]!;
  const detail = `Postgres keeps ${(bytes / 1024 ** 2).toFixed(1)} MB of log for ${slot}`;
  if (bytes < RETAINED_WARN_BYTES) return ok('slot', detail);
  return warn('slot', detail, 'Is the data service running, and at work? Until it is, the disk fills up.');
};
