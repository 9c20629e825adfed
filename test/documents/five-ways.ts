import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import type { Example, Setup } from './example.ts';

interface Way {
  /** The workflows that are needed, the one that is run last. */
  workflows: string[];
  setup?: Setup;
  result: unknown;
}

const ada = { users: { ada: { name: 'Ada', email: 'ada@example.com', trial: 2 } } };
const user = { user: '@ada' };

const ways: Way[] = [
  { workflows: ['hello'], setup: { parameters: { name: 'Ada' } }, result: { greeting: 'Hello, Ada!' } },
  {
    workflows: ['welcome-user'],
    setup: { things: ada, parameters: { ...user, pause: 0.01 } },
    result: { welcomed: '…' },
  },
  {
    workflows: ['send-newsletter'],
    setup: { things: ada, start: { items: [{ id: '@ada', name: 'Ada' }], as: 'user' } },
    result: { letter: '…', number: 1 },
  },
  {
    workflows: ['report-mailing'],
    setup: { parameters: { listId: 'l', total: 3, succeeded: 2, failed: 1, cancelled: 0 } },
    result: { mailing: '…' },
  },
  { workflows: ['count-users'], setup: { things: ada }, result: { free: 1, pro: 0 } },
  {
    workflows: ['user-upgraded'],
    setup: { things: ada, start: { sql: "UPDATE users SET plan = 'pro'" } },
    result: { order: '…' },
  },
  {
    workflows: ['count-down'],
    setup: { things: ada, parameters: { ...user, day: 0.01 } },
    result: { trial: 1, isLast: false },
  },
  { workflows: ['check-email'], setup: { parameters: { email: 'a@example.com' } }, result: { isTaken: false } },
  {
    workflows: ['welcome-user', 'check-email', 'sign-up'],
    setup: { parameters: { name: 'Mary', email: 'mary@example.com' } },
    result: { user: '…', isNew: true, welcomeAt: '…' },
  },
];

const folder = 'examples/five-ways/workflows';

/** Every workflow of the example application, with a run of it. */
export const fiveWays: Example[] = ways.map(({ workflows, setup = {}, result }) => ({
  page: `${folder}/${workflows.at(-1)!}.yaml`,
  number: 1,
  setup,
  documents: workflows.map((name) => readFileSync(join(workspaceRoot, folder, `${name}.yaml`), 'utf8')),
  result,
}));
