import { Failure, signals, type Challenge, type ReceivedEvent } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { SecretCipher } from '@nightshift/runtime';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import { checkSignature, type SignedRequest } from './signature.ts';
import { readData, signedEvent } from './signed-event.ts';

export interface ReceiveSignedDeps {
  ledger: Pick<Ledger, 'events' | 'eventSources'>;
  bus: Pick<Bus, 'send'>;
  cipher: Pick<SecretCipher, 'open'>;
  dispatchRuns: DispatchRuns;
  nowMs: () => number;
}

const challengeOf = (data: unknown): string | undefined => {
  const { type, challenge } = (data ?? {}) as { type?: unknown; challenge?: unknown };
  return type === 'url_verification' && typeof challenge === 'string' ? challenge : undefined;
};

/**
 * Takes in an event from a sender that signs, once, however often it comes. Who has no right signature learns nothing beyond that.
 * @throws Failure `event_source.not_found`, `signature.wrong`, `signature.expired`, `request.malformed`, `secret.unavailable`, `ledger.unavailable`
 */
export const makeReceiveSigned =
  ({ ledger, bus, cipher, dispatchRuns, nowMs }: ReceiveSignedDeps) =>
  async (name: string, request: SignedRequest): Promise<ReceivedEvent | Challenge> => {
    const source = await ledger.eventSources.find(name);
    if (source === undefined) throw new Failure('event_source.not_found');
    const sealed = await ledger.eventSources.sealedSecrets(name);
    if (sealed.length === 0) throw new Failure('secret.unavailable', { detail: 'The secret of this source is gone' });
    const verdict = checkSignature(
      request,
      source,
      sealed.map((one) => cipher.open(one)),
      nowMs(),
    );
    if (verdict !== 'right') throw new Failure(verdict === 'wrong' ? 'signature.wrong' : 'signature.expired');
    const data = readData(request);
    const challenge = source.scheme === 'slack' ? challengeOf(data) : undefined;
    if (challenge !== undefined) return { challenge };

    const event = signedEvent(request, source, data, nowMs());
    const { isNew, woken, isMatched } = await ledger.events.receive(event, request.body);
    dispatchRuns.moved(woken);
    if (!isMatched) bus.send(signals.events, {});
    return { id: event.id, isNew, woken: woken.length, matching: !isMatched };
  };
