import type { WorkflowInfo, WorkflowVersionInfo } from '@nightshift/contracts';
import { stringify } from 'yaml';
import type { Define } from '../define.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { readNumber } from './paging.ts';

const columns: Column<WorkflowInfo>[] = [
  { title: 'workflow', of: ({ name }) => name },
  { title: 'published', of: ({ publishedVersion }) => publishedVersion ?? 'no', isRight: true },
  { title: 'newest', of: ({ version, draft }) => `${version}${draft ? ' (draft)' : ''}` },
  { title: 'title', of: ({ title }) => title },
];

const versionColumns = (nowMs: number): Column<WorkflowVersionInfo>[] => [
  { title: '', of: ({ published }) => (published ? '*' : '') },
  { title: 'version', of: ({ version }) => version, isRight: true },
  { title: 'saved', of: ({ createdAt }) => relativeTime(createdAt, nowMs) },
  { title: 'published first', of: ({ publishedAt }) => relativeTime(publishedAt, nowMs) },
];

const forceOption = ['--force', 'even if something that is planned would break'] as const;

const told = ({ name, publishedVersion, draft }: WorkflowInfo): string =>
  `${name}: version ${publishedVersion ?? 'none'} is the one that is started${draft ? '; a newer draft is not published' : ''}`;

/** Workflows and their versions. */
export const addWorkflows = ({ command, group }: Define): void => {
  group('workflows', 'what can be run');
  command('workflows list', {
    does: 'all of them',
    action: async ({ client, screen }) => {
      const workflows = await client.workflows.list();
      screen.table(columns, workflows, workflows);
    },
  });
  command<{ number?: string }>('workflows get <workflow>', {
    does: 'the document of its newest version',
    options: [['--number <version>', 'of another version']],
    action: async (session, { number }, name) => {
      session.about('workflow', name!);
      const { client, screen } = session;
      const found =
        number === undefined
          ? await client.workflows.get(name!)
          : await client.workflows.version(name!, readNumber(number, '--number'));
      screen.answer(found, stringify(found.document, { lineWidth: 0 }).trimEnd());
    },
  });
  command('workflows versions <workflow>', {
    does: 'its saved versions, the newest first',
    action: async (session, _options, name) => {
      session.about('workflow', name!);
      const versions = await session.client.workflows.versions(name!);
      session.screen.table(versionColumns(Date.now()), versions, versions);
    },
  });
  command<{ number?: string; force?: boolean }>('workflows publish <workflow>', {
    does: 'makes its newest version the one that is started',
    options: [['--number <version>', 'another version'], forceOption],
    action: async (session, { number, force }, name) => {
      session.about('workflow', name!);
      const info = await session.client.workflows.publish(name!, {
        ...(number && { version: readNumber(number, '--number') }),
        ...(force && { force }),
      });
      session.screen.answer(info, told(info));
    },
  });
  command<{ force?: boolean }>('workflows rollback <workflow>', {
    does: 'publishes the version again that was published before',
    options: [forceOption],
    action: async (session, { force }, name) => {
      session.about('workflow', name!);
      const info = await session.client.workflows.rollback(name!, { ...(force && { force }) });
      session.screen.answer(info, told(info));
    },
  });
};
