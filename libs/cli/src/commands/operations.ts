import type { DeadLetterInfo } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { problemOf } from '../problem-of.ts';
import { readText } from '../read-parameters.ts';
import { pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';

const columns = (nowMs: number): Column<DeadLetterInfo>[] => [
  { title: 'letter', of: ({ id }) => id },
  { title: 'stream', of: ({ stream }) => stream },
  { title: 'consumer', of: ({ consumer }) => consumer },
  { title: 'at', of: ({ at }) => relativeTime(at, nowMs) },
  { title: 'reason', of: ({ reason }) => `${reason.code}: ${reason.detail ?? reason.title}` },
];

/** What whoever keeps the platform running needs. */
export const addOperations = ({ command, group }: Define): void => {
  group('dead-letters', 'messages that could not be handled');
  command<PageOptions & { stream?: string }>('dead-letters list', {
    does: 'the oldest first',
    options: [['--stream <stream>', 'of one stream'], ...pageOptions],
    action: async ({ client, screen }, { stream, ...page }) => {
      const found = await client.deadLetters.list({ ...(stream && { stream }), ...readPage(page) });
      screen.table(columns(Date.now()), found.items, found);
      tellMore(screen, found);
    },
  });
  command<{ stream?: string; all?: boolean }, [string | undefined]>('dead-letters redrive [letter]', {
    does: 'has one handled again, or --all',
    options: [
      ['--all', 'all of them'],
      ['--stream <stream>', 'all of one stream'],
    ],
    action: async ({ client, screen }, { stream, all }, id) => {
      if (id !== undefined) {
        const letter = await client.deadLetters.redrive(id);
        return screen.answer(letter, `${letter.id} is sent again.`);
      }
      if (all !== true && stream === undefined)
        throw commandError('Which letter?', { advice: '--all means all of them.' });
      const answer = await client.deadLetters.redriveAll({ ...(stream && { stream }) });
      screen.answer(answer, `${answer.redriven} are sent again.`);
    },
  });

  command<{ data?: string; idempotencyKey?: string; header?: string[] }>('api <method> <path>', {
    does: 'sends any request of the REST contract, with your key',
    options: [
      ['-d, --data <file>', 'its body, from a file, or from the standard input with -'],
      ['-H, --header <header>...', 'a header: "Name: value"'],
      ['--idempotency-key <key>', 'the same request with the same key does nothing more'],
    ],
    action: async (session, { data, idempotencyKey, header = [] }, method, path) => {
      const { io } = session;
      if (!path!.startsWith('/'))
        throw commandError(`"${path}" is no path.`, { advice: 'It begins with a slash: /v1/runs' });
      const headers = new Headers({ ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) });
      if (data !== undefined)
        headers.set('content-type', /\.ya?ml$/.test(data) ? 'application/yaml' : 'application/json');
      for (const text of header) {
        const [name = '', ...value] = text.split(':');
        headers.set(name.trim(), value.join(':').trim());
      }
      const response = await session.fetch(path!, {
        method: method!.toUpperCase(),
        headers,
        ...(data !== undefined && { body: await readText(data, io) }),
      });
      const text = await response.text();
      if (!response.ok) throw problemOf(response, text);
      if (text !== '') io.out.write(text.endsWith('\n') ? text : `${text}\n`);
    },
  });
};
