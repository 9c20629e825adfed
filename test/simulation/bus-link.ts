import { Failure, requests } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { DataService } from './data-service.ts';
import type { JetStream } from './jetstream.ts';
import type { Process } from './machine.ts';

/** Who hears what is sent over core NATS, by subject. */
export type Listeners = Map<string, Set<{ process: Process; hear: (body: unknown, subject: string) => void }>>;

/** The parts of the bus that the simulation has. */
export type SimulatedBus = Pick<
  Bus,
  'name' | 'publish' | 'whenWritable' | 'request' | 'send' | 'subscribe' | 'oldestUndelivered'
>;

export interface BusLinkDeps {
  process: Process;
  jetStream: JetStream;
  listeners: Listeners;
  data: DataService;
}

const transactionPrefix = requests.transaction('');

/**
 * The message server as one process reaches it. What is published stays in the process until the stream has it, and dies with it. A
 * request of which call or answer is lost, or late, is given up when its time is over.
 */
export const linkBus = ({ process, jetStream, listeners, data }: BusLinkDeps): SimulatedBus => ({
  name: process.name,
  publish: (subject, text, { id } = {}) => {
    if (process.isAlive) process.send(jetStream.expect(subject, text, id));
  },
  whenWritable: () => Promise.resolve(),
  oldestUndelivered: () => Promise.resolve(jetStream.oldestUndelivered()),
  request: <T>(subject: string, body: unknown, { timeoutMs, unavailable }: Parameters<Bus['request']>[2]) => {
    const given = JSON.parse(JSON.stringify(body)) as never;
    const answer = (): unknown => {
      if (subject === requests.beginTransaction) return data.begin(given);
      return subject.startsWith(transactionPrefix)
        ? data.askTransaction(subject.slice(transactionPrefix.length), given)
        : data.answer(given);
    };
    return new Promise<T>((resolve, reject) => {
      process.later(timeoutMs, () => reject(new Failure(unavailable ?? 'messaging.unavailable')));
      const never = (): Promise<never> => new Promise(() => {});
      process.call(answer, never).then((answered) => resolve(JSON.parse(JSON.stringify(answered)) as T), reject);
    });
  },
  send: (subject, body) =>
    process.send(() => {
      for (const { process: listener, hear } of listeners.get(subject) ?? [])
        listener.later(0, () => hear(JSON.parse(JSON.stringify(body)), subject));
    }),
  subscribe: (subject, hear) => {
    const listener = { process, hear };
    listeners.set(subject, (listeners.get(subject) ?? new Set()).add(listener));
    return { close: () => void listeners.get(subject)?.delete(listener) };
  },
});
