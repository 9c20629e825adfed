import { createRequire } from 'node:module';
import tab from '@bomb.sh/tab/commander';
import { Command, Option } from 'commander';
import { addAccess } from './commands/access.ts';
import { addAudit } from './commands/audit.ts';
import { addCall } from './commands/call.ts';
import { addControls } from './commands/controls.ts';
import { addCreateList } from './commands/create-list.ts';
import { addData } from './commands/data.ts';
import { addDefinitions } from './commands/definitions.ts';
import { addDoctor } from './commands/doctor.ts';
import { addKeys } from './commands/keys.ts';
import { addLists } from './commands/lists.ts';
import { addOperations } from './commands/operations.ts';
import { addRecurrences } from './commands/recurrences.ts';
import { addRuns } from './commands/runs.ts';
import { addSchedules } from './commands/schedules.ts';
import { addStarts } from './commands/starts.ts';
import { addTypes } from './commands/types.ts';
import { addWatching } from './commands/watching.ts';
import { addWebhooks } from './commands/webhooks.ts';
import { addWorkflows } from './commands/workflows.ts';
import type { Io } from './io.ts';
import { makeDefine } from './define.ts';
import type { Executing } from './run-command-line.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const exits = `
Ends with 0 if all is well, 1 if the run failed or something was found, 2 if the command was wrong or refused,
3 if the run was cancelled, 4 if nobody answers, and 130 after Ctrl-C.`;

/** All commands. */
export const makeProgram = (io: Io, executing: Executing): Command => {
  const program = new Command('nightshift')
    .description('Workflows of a Nightshift platform: define, start, watch and repair them.')
    .version(version, '-V, --version', 'says the version')
    .helpOption('-h, --help', 'says what a command does')
    .helpCommand('help [command]', 'says what a command does')
    .showSuggestionAfterError()
    .showHelpAfterError('→ --help says what there is.')
    .addHelpText('after', exits)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.out.write(text),
      writeErr: (text) => void io.error.write(text),
      getOutHelpWidth: () => io.out.columns ?? 100,
      getErrHelpWidth: () => io.error.columns ?? 100,
    })
    .addOption(new Option('--url <url>', 'of the gateway'))
    .addOption(new Option('--key <key>', 'an API key; better in NIGHTSHIFT_KEY, or kept by login'))
    .addOption(new Option('--key-file <file>', 'a file that holds the key'))
    .addOption(new Option('--context <name>', 'a deployment that you have logged in to'))
    .addOption(new Option('--json', 'answers as the API gives them, in JSON'))
    .addOption(new Option('-q, --quiet', 'only what was asked for'));

  const define = makeDefine(program, io, executing);
  addAccess(define);
  addDefinitions(define);
  addWorkflows(define);
  addStarts(define);
  addCall(define);
  addRuns(define);
  addControls(define);
  addWatching(define);
  addSchedules(define);
  addLists(define);
  addCreateList(define);
  addRecurrences(define);
  addData(define);
  addTypes(define);
  addKeys(define);
  addWebhooks(define);
  addAudit(define);
  addOperations(define);
  addDoctor(define);
  tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('prints what bash, zsh or fish needs to complete commands and options');
  return program;
};
