import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { makeEventParser } from '../../libs/client/src/events/parse-events.ts';

/**
 * A subscriber as its own process: `event-subscriber.ts <file> <key> <query> <gateway> [<gateway> …]`. What it has seen is in the file, a line an event,
 * and nothing else is remembered: it may die at any moment. It goes on from the last line, at whichever gateway answers.
 */
const [file = '', key = '', query = '', ...gateways] = process.argv.slice(2);

/** What was being written when it died last does not count. */
const lastPosition = (): string | undefined => {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  truncateSync(file, Buffer.byteLength(whole));
  return whole
    .trimEnd()
    .split('\n')
    .findLast((line) => line !== '')
    ?.split(' ')[0];
};

let position = lastPosition();

const read = async (gateway: string): Promise<void> => {
  const response = await fetch(`${gateway}/v1/events?${query}`, {
    headers: { authorization: `Bearer ${key}`, ...(position !== undefined && { 'last-event-id': position }) },
  });
  if (response.status !== 200 || response.body === null) return;
  const parse = makeEventParser();
  const decoder = new TextDecoder();
  for await (const piece of response.body) {
    let lines = '';
    for (const { id, data } of parse(decoder.decode(piece as Uint8Array, { stream: true }))) {
      if (id !== undefined) position = id;
      if (data === undefined) {
        // A place without an event is worth keeping too.
        if (id !== undefined) lines += `${id}\n`;
        continue;
      }
      const { runId, version } = JSON.parse(data) as { runId: string; version: number };
      lines += `${position} ${runId} ${version}\n`;
    }
    if (lines !== '') appendFileSync(file, lines);
  }
};

for (let turn = Math.floor(Math.random() * gateways.length); ; turn++) {
  await read(gateways[turn % gateways.length]!).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
}
