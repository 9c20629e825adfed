import type { AuditEntryView } from '@nightshift/contracts';
import type { Define } from '../define.ts';
import { shortJson } from '../output/describe-event.ts';
import type { Column } from '../output/table.ts';
import { pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';

const columns: Column<AuditEntryView>[] = [
  { title: 'at', of: ({ at }) => at },
  { title: 'who', of: ({ caller }) => (caller === null ? '?' : caller.name) },
  { title: 'operation', of: ({ operation }) => operation },
  { title: 'subject', of: ({ subject }) => Object.values(subject).join(' ') },
  { title: 'answer', of: ({ status }) => status ?? '?', isRight: true },
  { title: 'from', of: ({ address }) => address },
  { title: 'details', of: ({ details }) => (details === undefined ? '' : shortJson(details)) },
];

interface AuditOptions extends PageOptions {
  actor?: string;
  operation?: string;
  subject?: string;
  from?: string;
  to?: string;
}

export const addAudit = ({ command }: Define): void => {
  command<AuditOptions>('audit', {
    does: 'who changed what, and what was refused, the newest first',
    options: [
      ['--actor <name>', 'of one caller, such as a key'],
      ['--operation <operation>', 'of one kind: workflows.publish'],
      ['--subject <name>', 'about one name or id'],
      ['--from <moment>', 'at a moment or later'],
      ['--to <moment>', 'before a moment'],
      ...pageOptions,
    ],
    action: async ({ client, screen }, { actor, operation, subject, from, to, ...page }) => {
      const found = await client.audit.search({
        ...(actor && { actor }),
        ...(operation && { operation }),
        ...(subject && { subject }),
        ...(from && { from }),
        ...(to && { to }),
        ...readPage(page),
      });
      screen.table(columns, found.items, found);
      tellMore(screen, found);
    },
  });
};
