import { openCapture, openData } from '@nightshift/data';
import { makeLogger } from '@nightshift/runtime';
import { Registry } from 'prom-client';

/** A replica of change capture in a process of its own, to be stopped and killed: `node capture-process.ts <postgres> <nats> <slot>`. */
const [url, natsUrl, slot] = process.argv.slice(2) as [string, string, string];
const logger = makeLogger({ app: 'data', level: 'silent' });
const registry = new Registry();
const data = openData({
  url,
  connections: 2,
  statementTimeoutMs: 5_000,
  answerRetentionDays: 30,
  registry,
  logger,
});
const capture = openCapture({ url, natsUrl, natsReplicas: 1, slot, warnBytes: 1e9, db: data.pool, registry, logger });
let wasReading = false;
setInterval(() => {
  if (capture.isReading !== wasReading) process.send?.({ isReading: (wasReading = capture.isReading) });
}, 20);
process.on('disconnect', () => process.exit());
