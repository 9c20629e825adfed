import type { DifferingRun, WorkflowCheck } from '@nightshift/contracts';
import type { Client } from '../create-client.ts';

/** What to check: a workflow's newest saved version, or the text of a document that is not saved. */
export type Checked = { name: string } | { document: string };

export interface NamedCheck extends WorkflowCheck {
  workflow: string;
}

/** Replays the runs of a workflow with the version. @throws NightshiftError, Error for a document that names no workflow */
export const check = async ({ workflows }: Pick<Client, 'workflows'>, given: Checked): Promise<NamedCheck> => {
  if ('name' in given) return { workflow: given.name, ...(await workflows.check(given.name)) };
  const workflow = nameIn(given.document);
  return { workflow, ...(await workflows.check(workflow, given.document)) };
};

/** JSON is YAML, but for the quotes around keys. The gateway reads the document; here only the name is needed, for the address. */
const nameIn = (document: string): string => {
  const [, name] = /^[\s{]*"?workflow"?\s*:\s*["']?([\w-]+)/m.exec(document) ?? [];
  if (name === undefined) throw new Error('The file has no `workflow: name`');
  return name;
};

/** What a person reads. */
export const describeCheck = ({ workflow, checked, agree, differ, openRuns }: NamedCheck): string => {
  const counts = `${checked} runs checked (${openRuns} open), ${agree} would have gone the same way`;
  const others = differ.length === 0 ? '' : `, ${differ.length} another`;
  return [`${workflow}: ${counts}${others}`, ...differ.map(describeRun)].join('\n');
};

const describeRun = ({ runId, status, version, event, expected, found }: DifferingRun): string =>
  [
    `  run ${runId}, ${status}, version ${version}, at event ${event}:`,
    `    happened:  ${found}`,
    `    would be:  ${expected}`,
  ].join('\n');
