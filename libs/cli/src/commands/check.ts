import type { DifferingRun, WorkflowCheck } from '@nightshift/contracts';
import { parse } from 'yaml';
import { commandError } from '../command-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { readText } from '../read-parameters.ts';
import type { Session } from '../session.ts';

interface NamedCheck extends WorkflowCheck {
  workflow: string;
}

/** Replays the runs of workflows with another version each. Ends with a finding if some run would have gone another way. */
export const checkAll = async (session: Session, subjects: readonly string[]): Promise<ExitCode> => {
  let isDifferent = false;
  for (const subject of subjects) {
    const found = await check(session, subject);
    if (found.differ.length > 0) isDifferent = true;
    session.screen.answer(found, describeCheck(found));
  }
  return isDifferent ? exitCodes.finding : exitCodes.done;
};

/** A name of a workflow has neither dots nor slashes; files have. */
const check = async (session: Session, subject: string): Promise<NamedCheck> => {
  const { client, io } = session;
  const isFile = subject === '-' || /[./\\]/.test(subject);
  const document = isFile ? await readText(subject, io) : undefined;
  const workflow = document === undefined ? subject : nameIn(document, subject);
  session.about('workflow', workflow);
  return { workflow, ...(await client.workflows.check(workflow, document)) };
};

/** For the address; everything else the gateway reads. */
const nameIn = (document: string, file: string): string => {
  let value: unknown;
  try {
    value = parse(document);
  } catch (error) {
    throw commandError(`${file} is neither YAML nor JSON: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
  const name = (value as { workflow?: unknown } | null)?.workflow;
  if (typeof name !== 'string') throw commandError(`${file} has no \`workflow: name\`.`);
  return name;
};

/** What a person reads. */
const describeCheck = ({ workflow, checked, agree, differ, openRuns }: NamedCheck): string => {
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
