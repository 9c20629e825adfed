import { deliveryStatuses, type RedeliverBody, type WebhookDelivery, type WebhookView } from '@nightshift/contracts';
import { commandError } from '../command-error.ts';
import type { Define } from '../define.ts';
import { exitCodes } from '../exit-codes.ts';
import { relativeTime } from '../output/relative-time.ts';
import { oneLine, type Column } from '../output/table.ts';
import { oneOf, pageOptions, readPage, tellMore, type PageOptions } from './paging.ts';

const stateOf = ({ paused, pauseReason, failingSince }: WebhookView, nowMs: number): string => {
  if (paused) return pauseReason === 'gone' ? 'paused: its receiver is gone' : 'paused';
  return failingSince === null ? 'well' : `failing since ${relativeTime(failingSince, nowMs)}`;
};

const columns = (nowMs: number): Column<WebhookView>[] => [
  { title: 'webhook', of: ({ name }) => name },
  { title: 'url', of: ({ url }) => url },
  { title: 'state', of: (webhook) => stateOf(webhook, nowMs) },
  { title: 'pending', of: ({ pending }) => pending, isRight: true },
  { title: 'dead', of: ({ dead }) => dead, isRight: true },
  { title: 'events', of: ({ events }) => events.join(', ') },
];

const lastOf = ({ latest }: WebhookDelivery): string => {
  const last = latest.at(-1);
  return last === undefined ? '' : (last.error ?? String(last.statusCode ?? ''));
};

const deliveryColumns = (nowMs: number): Column<WebhookDelivery>[] => [
  { title: 'delivery', of: ({ id }) => id },
  { title: 'event', of: ({ type }) => type },
  { title: 'workflow', of: ({ workflow }) => workflow },
  { title: 'run', of: ({ runId }) => runId },
  { title: 'status', of: ({ status }) => status },
  { title: 'attempts', of: ({ attempts }) => attempts, isRight: true },
  { title: 'next', of: ({ nextAttemptAt }) => relativeTime(nextAttemptAt, nowMs) },
  { title: 'last answer', of: lastOf },
];

/** Who is told of run events, and how that goes; what there is of them is for `apply`. */
export const addWebhooks = ({ command, group }: Define): void => {
  group('webhooks', 'who is told of run events');
  command('webhooks list', {
    does: 'all of them, and how they do',
    action: async ({ client, screen }) => {
      const webhooks = await client.webhooks.list();
      screen.table(columns(Date.now()), webhooks, webhooks);
    },
  });
  command('webhooks test <name>', {
    does: 'sends a ping, and says what came back; ends with 1 if it was not taken',
    action: async ({ client, screen }, _options, name) => {
      const ping = await client.webhooks.test(name!);
      const { delivered, statusCode, tookMs, answer, error } = ping;
      const said = [statusCode ?? 'no answer', `after ${tookMs} ms`, error ?? '', answer ?? ''];
      const mark = screen.style(delivered ? 'green' : 'red', delivered ? '✓' : '✗');
      screen.answer(ping, `${mark} ${oneLine(said.filter((part) => part !== '').join('  '))}`);
      return delivered ? exitCodes.done : exitCodes.finding;
    },
  });
  command<PageOptions & { status?: string; run?: string }>('webhooks deliveries <name>', {
    does: 'what was sent, or is to be, and how it went; the newest events first',
    options: [['--status <status>', deliveryStatuses.join(', ')], ['--run <id>', 'of one run'], ...pageOptions],
    action: async ({ client, screen }, { status: given, run, ...page }, name) => {
      const status = oneOf(deliveryStatuses, given, '--status');
      const found = await client.webhooks.deliveries(name!, {
        ...(status && { status }),
        ...(run && { run }),
        ...readPage(page),
      });
      screen.table(deliveryColumns(Date.now()), found.items, found);
      tellMore(screen, found);
    },
  });
  command<{ from?: string; to?: string; status?: string }, [string, string | undefined]>(
    'webhooks redeliver <name> [delivery]',
    {
      does: 'sends a delivery again, or all of some time',
      options: [
        ['--from <moment>', 'all of events that happened then or later'],
        ['--to <moment>', 'and before then'],
        ['--status <status>', 'dead, if absent, or delivered'],
      ],
      action: async ({ client, screen }, { from, to, status: given }, name, delivery) => {
        const status = oneOf(['dead', 'delivered'] as const, given, '--status');
        if (delivery === undefined && from === undefined)
          throw commandError('Which delivery?', { advice: '--from means all since a moment.' });
        const which = { from, ...(to && { to }), ...(status && { status }) } as RedeliverBody;
        const answer = await (delivery === undefined
          ? client.webhooks.redeliverMany(name, which)
          : client.webhooks.redeliver(name, delivery));
        screen.answer(answer, `${answer.redelivered} are sent again.`);
      },
    },
  );
};
