import type { Define } from '../define.ts';

interface ApplyCommandOptions {
  file?: string[];
  dryRun?: boolean;
  prune?: boolean;
  yes?: boolean;
  force?: boolean;
}

/** What a platform is to have: applied from files, and exported to them. Loaded when it is asked for: it knows the whole language. */
export const addDefinitions = ({ command }: Define): void => {
  command<ApplyCommandOptions>('apply', {
    does: 'makes a platform have what files define: types, rules, workflows, flows, event sources, recurrences',
    options: [
      ['-f, --file <path>...', 'a file, a folder with all below it, or - for the standard input'],
      ['--dry-run', 'only says what would change'],
      ['--prune', 'removes recurrences, flows and event sources that are in no file'],
      ['-y, --yes', 'asks nothing, even if data is lost'],
      ['--force', 'publishes even what would break something that is planned'],
    ],
    action: async (session, options) => (await import('./apply.ts')).apply(session, options),
  });
  command<{ output?: string }>('export', {
    does: 'writes everything that is defined as files that apply takes',
    options: [['-o, --output <folder>', 'a file for each; otherwise all on the standard output']],
    action: async (session, options) => (await import('./export.ts')).exportAll(session, options),
  });
  command<object, [string[]]>('check <subject...>', {
    does: 'replays what runs did with another version: of a file, or the newest saved one of a name',
    action: async (session, _options, subjects) => (await import('./check.ts')).checkAll(session, subjects),
  });
};
