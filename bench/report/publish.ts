import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { format, resolveConfig } from 'prettier';
import { comparisonTable } from './comparison.ts';
import { cpuTable } from './cpu-table.ts';
import { judge } from './goals.ts';
import { memoryTable } from './print.ts';
import { median, type Report } from './report.ts';
import { markdownTable, tenths, whole } from './text-table.ts';

const folder = join(workspaceRoot, 'bench');
const begin = '<!-- figures: written by npm run bench -- --publish -->';
const end = '<!-- end of figures -->';

/** Makes these the project's published figures: the file and the part of the README between the marks. */
export const publishReport = async (report: Report): Promise<void> => {
  await write(join(folder, 'results', 'latest.json'), JSON.stringify(report));
  const readme = join(folder, 'README.md');
  const text = readFileSync(readme, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${readme} has lost its marks: ${begin} … ${end}`);
  await write(readme, `${text.slice(0, from + begin.length)}\n\n${figuresAsMarkdown(report)}\n\n${text.slice(to)}`);
};

/** As Prettier wants it, which the checks of the project ask for. */
const write = async (file: string, text: string): Promise<void> => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
};

const figuresAsMarkdown = (report: Report): string => {
  const { machine, versions, durability, loadAverage, threeSteps = [], list, timers, change, memory } = report;
  const goals = judge(report).map(({ goal, measured, isMet }) => [goal, measured, isMet ? 'met' : '**missed**']);
  const parts = [
    `Measured ${report.measuredAt.slice(0, 16).replace('T', ' ')} UTC with \`${report.command}\` on ${machine.cores} cores of ` +
      `${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}, Postgres ${versions.postgres} ` +
      `(fsync ${durability.fsync}, synchronous_commit ${durability.synchronousCommit}, ${durability.walSyncMethod}), nats-server ` +
      `${versions.natsServer}; load average ${loadAverage.before.map(tenths).join(', ')} before and ` +
      `${loadAverage.after.map(tenths).join(', ')} after.`,
    ...(threeSteps.length > 0
      ? [
          `### Three durable steps, 100 callers and one\n\nMedians of ${threeSteps.length} round${threeSteps.length > 1 ? 's' : ''}.`,
          markdownTable(comparisonTable(report)),
        ]
      : []),
    '### The rest, and the goals',
    ...(goals.length > 0 ? [markdownTable([['goal', 'measured', ''], ...goals])] : []),
    ...(list
      ? [
          `List of ${whole(list.items)} items: admitted in ${tenths(list.admissionSeconds)} s, then ${whole(list.itemsPerSecond)} items/s; ` +
            `${whole(list.itemsPerSecondWithAdmission)} items/s with the admission.`,
        ]
      : []),
    ...(timers
      ? [
          `${whole(timers.due)} schedules due within ${timers.spreadSeconds} s among ${whole(timers.pending)} pending: p50 ` +
            `${tenths(timers.lateness.p50Ms)}, p99 ${tenths(timers.lateness.p99Ms)}, at most ${tenths(timers.lateness.maxMs)} ms late. The ` +
            `scheduler takes ${tenths(timers.schedulerIdlePercent)} % of a core with nothing due.`,
        ]
      : []),
    ...(change
      ? [
          `SQL commit → run started at ${change.perSecond} updates/s: p50 ${tenths(change.commitToStart.p50Ms)}, p99 ` +
            `${tenths(change.commitToStart.p99Ms)}, at most ${tenths(change.commitToStart.maxMs)} ms.`,
        ]
      : []),
    ...(memory ? [markdownTable(memoryTable(memory))] : []),
    ...(threeSteps.length > 0
      ? ['### Processor time of three durable steps\n\n100 callers, the round in the middle.', cpuOf(report)]
      : []),
  ];
  return parts.join('\n\n');
};

/** Of the round whose rate is the median, or next to it. */
const cpuOf = ({ threeSteps = [] }: Report): string => {
  const middle = median(threeSteps.map(({ busy }) => busy.perSecond));
  const [nearest] = threeSteps.toSorted(
    (one, other) => Math.abs(one.busy.perSecond - middle) - Math.abs(other.busy.perSecond - middle),
  );
  return markdownTable(cpuTable(nearest!.cpu, nearest!.busy.count, 'run'));
};
