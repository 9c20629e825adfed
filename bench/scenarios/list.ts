import type { AdmittedList } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import type { Platform } from '../platform/platform.ts';
import { watchCpu, type CpuUse } from '../watch/cpu-use.ts';

export interface ListFigures {
  items: number;
  /** From sending the first byte of the list to the answer with its id. */
  admissionSeconds: number;
  /** From that answer to the end of the last item. */
  runSeconds: number;
  itemsPerSecond: number;
  /** Over both stretches. */
  itemsPerSecondWithAdmission: number;
  /** While the items ran. */
  cpu: CpuUse;
}

/** One durable step. */
const document = {
  workflow: 'one-step',
  title: 'One durable step for each item',
  do: [{ draw: { set: '=$random()' } }],
  return: '=draw',
};

const giveUpAfterMs = 600_000;

/** A list as NDJSON in one request, without pacing: as fast as the platform hands out and executes items. */
export const measureList = async (platform: Platform, { items }: { items: number }): Promise<ListFigures> => {
  const { api, database } = platform;
  await api.publish(document);
  const lines = Array.from({ length: items }, (_, index) =>
    JSON.stringify({ number: index, email: `user-${index}@example.com`, plan: index % 3 === 0 ? 'team' : 'free' }),
  );
  const sentAt = Date.now();
  const path = `/v1/workflows/${document.workflow}/lists`;
  const { listId, total } = await api.send<AdmittedList>('POST', path, lines.join('\n'), 'application/x-ndjson');
  const admittedAt = Date.now();
  const endWatch = watchCpu(platform);
  const finishedAt = await waitFor(
    async () => {
      const { rows } = await database.query<{ finished_at: Date | null }>(
        'select finished_at from nightshift.lists where id = $1',
        [listId],
      );
      return rows[0]?.finished_at?.getTime();
    },
    { timeoutMs: giveUpAfterMs, intervalMs: 200, describe: `the end of list ${listId}` },
  );
  const cpu = endWatch();
  const { rows } = await database.query<{ runs: string }>(
    "select count(*) as runs from nightshift.runs where list_id = $1 and status = 'succeeded'",
    [listId],
  );
  if (total !== items || Number(rows[0]?.runs) !== items) {
    throw new Error(`of ${items} items ${total} were admitted and ${rows[0]?.runs} succeeded`);
  }
  return {
    items,
    admissionSeconds: (admittedAt - sentAt) / 1_000,
    runSeconds: (finishedAt - admittedAt) / 1_000,
    itemsPerSecond: (items * 1_000) / (finishedAt - admittedAt),
    itemsPerSecondWithAdmission: (items * 1_000) / (finishedAt - sentAt),
    cpu,
  };
};
