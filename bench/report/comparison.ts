import { mediansOf, type Report } from './report.ts';
import { tenths, whole } from './text-table.ts';

/** Rows: the medians of every engine on three steps, and how many times of it Nightshift's runs per second are. */
export const comparisonTable = ({ threeSteps = [], peers = [], versions }: Report): string[][] => {
  const ours = mediansOf(threeSteps);
  const rows = [
    { name: `Nightshift ${versions.nightshift}`, medians: ours },
    ...peers.map(({ name, version, kind, rounds }) => ({
      name: `${name} ${version}${kind === 'queue' ? ' (a queue: no steps)' : ''}`,
      medians: mediansOf(rounds),
    })),
  ];
  return [
    ['three durable steps', 'runs/s', 'lowest–highest', 'Nightshift is', 'one at a time p50, ms', 'p99, ms'],
    ...rows.map(({ name, medians }) => [
      medians.errors > 0 ? `${name}, ${medians.errors} errors` : name,
      whole(medians.runsPerSecond),
      `${whole(medians.lowest)}–${whole(medians.highest)}`,
      medians === ours ? '' : `${tenths(ours.runsPerSecond / medians.runsPerSecond)} ×`,
      tenths(medians.p50Ms),
      tenths(medians.p99Ms),
    ]),
  ];
};
