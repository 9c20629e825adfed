import type { OperationId } from '@nightshift/contracts';

/** Bodies of the operations that people try first. */
export const examples: Readonly<Record<string, unknown>> = {
  'workflows.save': {
    workflow: 'welcome-user',
    parameters: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    do: [{ greeting: { set: '=parameters.name' } }],
    return: { hello: '=greeting' },
  },
  'runs.start': { parameters: { name: 'Ada' } },
  'schedules.create': { in: { minutes: 30 }, parameters: { name: 'Ada' } },
  'lists.create': { items: ['Ada', 'Grace'], as: 'name', rate: { limit: 10, per: { seconds: 1 } } },
  'recurrences.put': { calendar: { frequency: 'weekly', days: ['monday'], at: '09:00' }, timeZone: 'Europe/Berlin' },
  'recurrences.preview': { spec: { cron: '0 9 * * 1-5' }, count: 5 },
  'flows.set': { concurrency: { limit: 10 } },
  'events.send': { specversion: '1.0', id: 'order-17-paid', source: 'shop', type: 'order.paid', data: { order: 17 } },
  'eventSources.put': { scheme: 'stripe', secret: 'STRIPE_SECRET' },
  'secrets.set': { value: 'the secret itself' },
  'types.declare': {
    fields: { name: { kind: 'text', required: true }, plan: { kind: 'option', options: ['free', 'pro'] } },
  },
  'things.create': { name: 'Ada', plan: 'free' },
  'things.search': { where: { plan: 'free' }, sort: ['-createdAt'], limit: 20 },
  'things.change': { plan: 'pro' },
  'runs.cancelMany': { where: { workflow: 'welcome-user', status: 'waiting' }, reason: 'no longer needed' },
} satisfies Partial<Record<OperationId, unknown>>;
