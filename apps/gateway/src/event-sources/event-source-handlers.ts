import {
  compileSchema,
  EventSourceBodySchema,
  Failure,
  type EventSource,
  type EventSourceBody,
  type Page,
  type Violation,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { checked, refusal } from '../door/checked.ts';
import { makeReceiveSigned, type ReceiveSignedDeps } from './receive-signed.ts';

export interface EventSourceHandlersDeps extends ReceiveSignedDeps {
  ledger: Pick<Ledger, 'events' | 'eventSources' | 'secrets'>;
}

const checkBody = compileSchema(EventSourceBodySchema);
const ofHmac = ['header', 'algorithm', 'encoding', 'prefix', 'timestampHeader', 'signed'] as const;

const violationsOf = (body: EventSourceBody): Violation[] => {
  if (body.scheme !== 'hmac') {
    return ofHmac
      .filter((key) => body[key] !== undefined)
      .map((key) => ({ pointer: `/${key}`, detail: 'has a meaning with the scheme hmac only' }));
  }
  if (body.header === undefined) return [{ pointer: '/header', detail: 'is required with the scheme hmac' }];
  return body.signed?.includes('{timestamp}') && body.timestampHeader === undefined
    ? [{ pointer: '/timestampHeader', detail: 'is required where the timestamp is signed' }]
    : [];
};

const notFound = (name: string): Failure =>
  new Failure('event_source.not_found', { detail: `There is no source of events "${name}"` });

/** Who sends signed events, and what they send. */
export const makeEventSourceHandlers = (deps: EventSourceHandlersDeps) => {
  const { ledger } = deps;

  const missingSecrets = async ({ secret }: EventSourceBody): Promise<Violation[]> => {
    const known = new Set((await ledger.secrets.list()).map(({ name }) => name));
    return [secret]
      .flat()
      .flatMap((name, index) =>
        known.has(name)
          ? []
          : [{ pointer: Array.isArray(secret) ? `/secret/${index}` : '/secret', detail: `there is no secret ${name}` }],
      );
  };

  return {
    /** Keeps a source, or replaces it. @throws Failure `request.invalid`, `ledger.unavailable` */
    put: async (name: string, input: unknown): Promise<EventSource> => {
      const body = checked(checkBody, input ?? {});
      const violations = [...violationsOf(body), ...(await missingSecrets(body))];
      if (violations.length > 0) throw refusal('request.invalid', violations);
      return ledger.eventSources.put(name, body);
    },

    list: async (): Promise<Page<EventSource>> => ({ items: await ledger.eventSources.list(), nextCursor: null }),

    /** @throws Failure `event_source.not_found` */
    get: async (name: string): Promise<EventSource> => {
      const source = await ledger.eventSources.find(name);
      if (source === undefined) throw notFound(name);
      return source;
    },

    /** @throws Failure `event_source.not_found` */
    remove: async (name: string): Promise<void> => {
      if (!(await ledger.eventSources.remove(name))) throw notFound(name);
    },

    receive: makeReceiveSigned(deps),
  };
};

export type EventSourceHandlers = ReturnType<typeof makeEventSourceHandlers>;
