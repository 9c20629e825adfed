import { pino } from 'pino';
import { expect, it } from 'vitest';
import { makeNestLogger } from './nest-logger.ts';

it('writes what Nest says as JSON, its chatter at debug', () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const nest = makeNestLogger(logger);
  nest.log('Nest application started', 'NestApplication');
  nest.error(new Error('broken'), 'Injector');
  expect(lines).toMatchObject([
    { level: 20, nest: 'NestApplication', detail: 'Nest application started' },
    { level: 50, nest: 'Injector', err: { message: 'broken' } },
  ]);
});
